//! Where passphrases come from: the terminal, without echo, or the first line of a file or of standard input. Never the command line or
//! the environment, which other programs see. Must not know what they open. Bounds: [`PASSPHRASE_BYTES_MAX`] are read.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use whispernet_node::key::{KeyError, PASSPHRASE_BYTES_MAX, Passphrase, Wanted};
use zeroize::Zeroizing;

/// Names standard input where a file could be named.
pub(crate) const STDIN: &str = "-";
/// The terminal of this process, wherever its standard input and output go.
const TERMINAL: &str = "/dev/tty";
/// What Ctrl-C sends.
const CTRL_C: u8 = 3;

/// An option that names a file with a passphrase, and what it names.
#[derive(Clone, Copy)]
pub(crate) struct FromFile<'a> {
    pub(crate) option: &'static str,
    pub(crate) path: Option<&'a Path>,
}

impl<'a> FromFile<'a> {
    /// The option `--passphrase-file`.
    pub(crate) fn usual(path: Option<&'a Path>) -> Self {
        Self { option: "--passphrase-file", path }
    }
}

/// How to come by passphrases.
#[derive(Clone, Copy)]
pub(crate) struct Passphrases<'a> {
    /// What is under a passphrase now.
    pub(crate) what: &'a str,
    pub(crate) present: FromFile<'a>,
    pub(crate) new: FromFile<'a>,
}

impl<'a> Passphrases<'a> {
    /// All from the option `--passphrase-file`, or from the terminal.
    pub(crate) fn usual(what: &'a str, path: Option<&'a Path>) -> Self {
        Self { what, present: FromFile::usual(path), new: FromFile::usual(path) }
    }

    /// Asks for one; on the terminal for a new one twice.
    ///
    /// # Errors
    /// There is none to be had, or it cannot be one.
    pub(crate) fn ask(&self, wanted: Wanted) -> Result<Passphrase, KeyError> {
        let FromFile { option, path } = match wanted {
            Wanted::Present => self.present,
            Wanted::New => self.new,
        };
        match path {
            Some(path) => from_file(path, option),
            None => self.ask_terminal(wanted, option),
        }
    }

    fn ask_terminal(&self, wanted: Wanted, option: &str) -> Result<Passphrase, KeyError> {
        let what = self.what;
        let silent = |why: io::Error| {
            let need = match wanted {
                Wanted::Present => format!("{what} is under a passphrase"),
                Wanted::New => "a new passphrase is needed".to_owned(),
            };
            KeyError::NoPassphrase(format!("{need}, and no terminal can be asked for it ({why}): give {option} PATH"))
        };
        let terminal = File::options().read(true).write(true).open(TERMINAL).map_err(silent)?;
        let asked = |prompt: &str| ask_on(&terminal, prompt).map_err(silent)?.and_then(|line| parse(&line));
        match wanted {
            Wanted::Present => asked(&format!("Passphrase of {what}: ")),
            Wanted::New => {
                let line = |prompt: &str| ask_on(&terminal, prompt).map_err(silent)?;
                let first = line("New passphrase: ")?;
                let passphrase = parse(&first)?;
                if *first != *line("The same again: ")? {
                    return Err(KeyError::NoPassphrase("the two passphrases are not the same: try again".to_owned()));
                }
                Ok(passphrase)
            }
        }
    }
}

fn from_file(path: &Path, option: &str) -> Result<Passphrase, KeyError> {
    let line = if path == Path::new(STDIN) {
        // Past the buffer of `io::stdin()`: what follows is for others, and what stays behind would not be wiped.
        io::stdin().as_fd().try_clone_to_owned().and_then(|stdin| first_line(File::from(stdin), None))
    } else {
        File::open(path).and_then(|file| first_line(file, None))
    };
    let unread = |error| KeyError::NoPassphrase(format!("{option} {} cannot be read: {error}", path.display()));
    parse(&line.map_err(unread)?)
}

fn parse(line: &[u8]) -> Result<Passphrase, KeyError> {
    let text = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line));
    Passphrase::new(
        text.map_err(|_| KeyError::NoPassphrase("the passphrase is no UTF-8: give another one".to_owned()))?,
    )
}

/// The first line, without its end; of a longer one than any passphrase, so much that it shows. Reads not a byte of what follows.
fn first_line(mut input: impl Read, end_too: Option<u8>) -> io::Result<Zeroizing<Vec<u8>>> {
    // With room for all: one that grows would leave copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(PASSPHRASE_BYTES_MAX + 2));
    let mut byte = Zeroizing::new([0_u8]);
    while line.len() < line.capacity() {
        match input.read_exact(&mut *byte) {
            Ok(()) if *byte == *b"\n" => break,
            Ok(()) => line.extend_from_slice(&*byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
        if end_too.is_some() && line.last().copied() == end_too {
            break;
        }
    }
    Ok(line)
}

/// What is typed at the prompt, unseen.
fn ask_on(mut terminal: &File, prompt: &str) -> io::Result<Result<Zeroizing<Vec<u8>>, KeyError>> {
    let _silenced = Silenced::new(terminal)?;
    terminal.write_all(prompt.as_bytes())?;
    let line = first_line(terminal, Some(CTRL_C));
    terminal.write_all(b"\n")?;
    let line = line?;
    Ok(if line.ends_with(&[CTRL_C]) {
        Err(KeyError::NoPassphrase("no passphrase was given".to_owned()))
    } else {
        Ok(line)
    })
}

/// A terminal that shows nothing of what is typed, until this is dropped. Ctrl-C ends the line instead of the process, which could not
/// put the terminal back.
struct Silenced<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silenced<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG);
        silent.local_modes.insert(LocalModes::ICANON);
        silent.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        // What was typed before the prompt was meant for something else.
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silenced<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs no care.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_and_no_byte_more() {
        for (input, line, rest) in [
            (&b""[..], &b""[..], &b""[..]),
            (b"\nsecond", b"", b"second"),
            (b"one", b"one", b""),
            (b"one\n", b"one", b""),
            (b"one two \r\nsecond\n", b"one two \r", b"second\n"),
        ] {
            let mut reader = input;
            assert_eq!(*first_line(&mut reader, None).unwrap(), line);
            assert_eq!(reader, rest);
        }
        let mut reader = &b"ab\x03cd\n"[..];
        assert_eq!((&**first_line(&mut reader, Some(CTRL_C)).unwrap(), reader), (&b"ab\x03"[..], &b"cd\n"[..]));
    }

    #[test]
    fn what_can_be_a_passphrase() {
        let longest = "x".repeat(PASSPHRASE_BYTES_MAX);
        for (line, is) in [
            (&b"a"[..], true),
            (b"a\r", true),
            (b" ", true),
            (longest.as_bytes(), true),
            (format!("{longest}\r").as_bytes(), true),
            (format!("{longest}x").as_bytes(), false),
            (b"", false),
            (b"\r", false),
            (b"\xff", false),
        ] {
            let mut reader = line;
            let passphrase = parse(&first_line(&mut reader, None).unwrap());
            assert_eq!(passphrase.is_ok(), is, "{line:?}");
        }
    }
}
