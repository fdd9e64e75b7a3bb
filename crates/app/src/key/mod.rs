//! `whisper key`: shows, exports, imports and protects the key of a data directory; and how a peer comes by it at its start.
//! Must not know what is in a key file. Bounds: those of the key files.

mod passphrase;
mod qr;

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;
use whispernet_node::Home;
use whispernet_node::config::{Config, StartError};
use whispernet_node::key;
pub(crate) use whispernet_node::key::PublicKey;

use self::passphrase::{FromFile, Passphrases, STDIN};
use self::qr::Code;
use crate::args::{ExportArgs, ImportArgs, KeyCommand, PassphraseArgs, ProtectArgs, ShowArgs};
use crate::client;
use crate::shown::{color, safe};

/// What is asked about where it is not an export.
const THE_KEY: &str = "the key";

/// The folder and the key of the peer that is to start; where the key is under a passphrase that is asked for.
///
/// # Errors
/// They cannot be had.
pub(crate) fn home(config: &Config, passphrase_file: Option<&Path>) -> Result<Home, StartError> {
    let mut asked = false;
    let home = Home::open(config, |wanted| {
        asked = true;
        Passphrases::usual(THE_KEY, passphrase_file).ask(wanted)
    })?;
    if passphrase_file.is_some() && !asked {
        say("the key is under no passphrase, so --passphrase-file is not used: `whisper key protect` sets one");
    }
    Ok(home)
}

/// Does what is to be done with the key of that data directory.
///
/// # Errors
/// It cannot be done.
pub(crate) fn run(command: &KeyCommand, dir: &Path) -> anyhow::Result<ExitCode> {
    let done = match command {
        KeyCommand::Show(args) => show(args, dir),
        KeyCommand::Export(args) => export(args, dir),
        KeyCommand::Import(args) => import(args, dir),
        KeyCommand::Protect(args) => protect(args, dir),
        KeyCommand::Rotate(args) => rotate(args, dir),
        KeyCommand::Verify(args) => return Ok(client::verify(args, dir)),
        KeyCommand::Unprotect(args) => {
            let passphrases = Passphrases::usual(THE_KEY, args.passphrase_file.as_deref());
            key::unprotect(dir, |wanted| passphrases.ask(wanted))?;
            say("the key is under no passphrase now");
            Ok(())
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn show(args: &ShowArgs, dir: &Path) -> anyhow::Result<()> {
    let passphrases = Passphrases::usual(THE_KEY, args.passphrase.passphrase_file.as_deref());
    let key = key::load(dir, |wanted| passphrases.ask(wanted))?.public();
    if args.json {
        let json = json!({"key": key.to_string(), "short": key.short(), "digits": key.digits(), "qr": key.qr_text()});
        return print(&format!("{json}\n"));
    }
    print(&in_words(&key))?;
    let code = Code::of(&key.qr_text()).filter(|code| io::stdout().is_terminal() && color::allowed() && fits(code));
    code.map_or(Ok(()), |code| print(&format!("\n{}", code.draw())))
}

/// The key, its first digits, and the digits to compare, in lines, each ended.
pub(crate) fn in_words(key: &PublicKey) -> String {
    let mut words = format!("key     {key}\nshort   {}\n", key.short());
    for (number, digits) in digit_lines(&key.digits()).iter().enumerate() {
        let name = if number == 0 { "digits" } else { "" };
        words.push_str(&format!("{name:<8}{digits}\n"));
    }
    words
}

/// The digits to compare, in lines of six groups.
pub(crate) fn digit_lines(digits: &str) -> Vec<String> {
    digits.split(' ').collect::<Vec<_>>().chunks(6).map(|groups| groups.join(" ")).collect()
}

/// Whether the terminal is wide enough, as far as it tells.
fn fits(code: &Code) -> bool {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    size.map_or(true, |size| size.ws_col == 0 || usize::from(size.ws_col) >= code.columns())
}

fn export(args: &ExportArgs, dir: &Path) -> anyhow::Result<()> {
    let to_stdout = args.file == Path::new(STDIN);
    // Before a passphrase is asked for in vain.
    if !to_stdout && args.file.symlink_metadata().is_ok() {
        bail!("{} is there already: name a new file", args.file.display());
    }
    let passphrases = Passphrases::usual(THE_KEY, args.passphrase_file.as_deref());
    let export = key::export(dir, |wanted| passphrases.ask(wanted))?;
    if to_stdout {
        return print(&export);
    }
    key::write_export(&args.file, &export)?;
    say(&format!("the key is in {}, under its passphrase", args.file.display()));
    Ok(())
}

fn import(args: &ImportArgs, dir: &Path) -> anyhow::Result<()> {
    let passphrase_file = args.passphrase.passphrase_file.as_deref();
    let from_stdin = args.file == Path::new(STDIN);
    if from_stdin && passphrase_file == Some(Path::new(STDIN)) {
        return Err(
            StartError::Usage("the export and its passphrase cannot both be on standard input".to_owned()).into()
        );
    }
    let (name, reader): (_, Box<dyn Read>) = if from_stdin {
        ("standard input".to_owned(), Box::new(io::stdin()))
    } else {
        let name = args.file.display().to_string();
        let file = File::open(&args.file).with_context(|| format!("{name} cannot be read"))?;
        (name, Box::new(file))
    };
    let passphrases = Passphrases::usual(&name, passphrase_file);
    let imported = key::import(dir, reader, &name, args.replace, |wanted| passphrases.ask(wanted))?;
    if let Some(kept) = imported.kept {
        say(&format!("the key before is kept as {}", kept.display()));
    }
    say(&format!("the key is {} now, under no passphrase: `whisper key protect` sets one", imported.key));
    Ok(())
}

fn protect(args: &ProtectArgs, dir: &Path) -> anyhow::Result<()> {
    let passphrases = Passphrases {
        what: THE_KEY,
        present: FromFile { option: "--old-passphrase-file", path: args.old_passphrase_file.as_deref() },
        new: FromFile::usual(args.passphrase_file.as_deref()),
    };
    key::protect(dir, |wanted| passphrases.ask(wanted))?;
    say("the key is under this passphrase now: without it nobody can use the key, not even you");
    Ok(())
}

fn rotate(args: &PassphraseArgs, dir: &Path) -> anyhow::Result<()> {
    let passphrases = Passphrases::usual(THE_KEY, args.passphrase_file.as_deref());
    let rotated = key::rotate(dir, |wanted| passphrases.ask(wanted))?;
    say(&format!("the key before, {}, is kept as {}", rotated.old.short(), rotated.kept.display()));
    say(&format!("the key is {} now; with the next start, your peer tells the others", rotated.new));
    Ok(())
}

/// Data, to standard output; where nobody reads it that is an end, not an error.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output cannot be written")
        }
        _ => Ok(()),
    }
}

/// Chatter, to standard error; one that is closed is no error.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{}", safe::line(text));
}
