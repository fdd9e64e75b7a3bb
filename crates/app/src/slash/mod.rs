//! The /commands: one table that drives parsing, help, completion and the suggestion for a mistyped name.
//! Must not know which face a line came from, nor how a reply is shown. Bounds: those of the node behind the handle.

mod help;
mod nearest;
mod past;
mod people;
mod run;
mod table;

use std::borrow::Cow;
use std::fmt;

use whispernet_node::event::Message;
use whispernet_node::handle::{CommandError, HistoryError, PersonError};

pub(crate) use nearest::nearest;
pub(crate) use people::verified;
pub(crate) use run::call;
pub(crate) use table::{Argument, COMMANDS, Command, Kind};

use self::table::{ARGUMENTS_MAX, Act};

use crate::line::show::Look;
use crate::shown::safe;
use crate::whom::Nobody;

/// Longest part of an unknown name that is repeated to the user, in characters.
const NAME_SHOWN_CHARS_MAX: usize = 32;

/// What a line that a user typed asks for.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    /// To say this.
    Say(Cow<'a, str>),
    /// To do this.
    Call(Call<'a>),
}

/// A command with what stood after it.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    act: Act,
    /// What stands after the name, one for each of what the command takes, without quotes; empty where it was left out.
    arguments: [&'a str; ARGUMENTS_MAX],
}

/// What a command answers: lines of text, not yet made safe to show.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    /// May be none.
    pub(crate) lines: Vec<String>,
    /// What was found in the history, oldest first.
    pub(crate) messages: Vec<Message>,
}

impl Reply {
    /// All of it in lines that are safe to show, each ended, messages as this look has them.
    pub(crate) fn text(&self, look: &mut Look) -> String {
        let mut text = String::new();
        for line in &self.lines {
            text.extend([&safe::line(line), "\n"]);
        }
        for message in &self.messages {
            // Who wrote it is told beside it where that matters: whom this look meets first is no news.
            let _ = look.message(message, &mut text);
        }
        text
    }
}

/// Why a line was not carried out. Each is one line: what, and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no such command. Such a line is never sent: it was meant for the program.
    #[error("no command `{name}`: {} (`//` sends a slash)", Hint(*.nearest))]
    Unknown {
        /// What was typed, cut.
        name: String,
        /// The one that was probably meant.
        nearest: Option<&'static str>,
    },
    /// Too little or too much stands after the name.
    #[error("write `{}`{}", .0.usage(), .0.hint())]
    Usage(&'static Command),
    /// The peer refused it.
    #[error(transparent)]
    Refused(#[from] CommandError),
    /// So it did, for the person whom it is about.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// It is neither an address nor a person.
    #[error(transparent)]
    Nobody(#[from] Nobody),
    /// The history does not answer.
    #[error(transparent)]
    History(#[from] HistoryError),
}

struct Hint(Option<&'static str>);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "did you mean `{name}`?"),
            None => f.write_str("/help lists them"),
        }
    }
}

/// Reads a line: a leading `/` is a command, `//` says a slash, everything else is said as it stands.
///
/// # Errors
/// `Unknown`, `Usage`.
pub(crate) fn parse(line: &str) -> Result<Line<'_>, Error> {
    if !line.starts_with('/') {
        return Ok(Line::Say(Cow::Borrowed(line)));
    }
    if line.starts_with("//") {
        return Ok(Line::Say(Cow::Borrowed(&line[1..])));
    }
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    let command = find(name)?;
    let Some(arguments) = table::arguments(command.takes, argument) else { return Err(Error::Usage(command)) };
    match command.act {
        None => Ok(Line::Say(Cow::Owned(format!("{name} {argument}")))),
        Some(act) => Ok(Line::Call(Call { act, arguments })),
    }
}

/// The command of that name, which has its slash.
fn find(name: &str) -> Result<&'static Command, Error> {
    COMMANDS.iter().find(|command| command.name == name).ok_or_else(|| Error::Unknown {
        name: name.chars().take(NAME_SHOWN_CHARS_MAX).collect(),
        nearest: nearest(name, COMMANDS.iter().map(|command| command.name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line asks for, in a form to compare: `say TEXT`, `call ACT ARGUMENT` or the error.
    fn read(line: &str) -> String {
        match parse(line) {
            Ok(Line::Say(text)) => format!("say {text}"),
            Ok(Line::Call(Call { act, arguments: [argument, ""] })) => format!("call {act:?} {argument}"),
            Ok(Line::Call(Call { act, arguments: [argument, text] })) => format!("call {act:?} {argument}|{text}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn lines_are_said_or_done() {
        let check = |line: &str, read_as: &str| assert_eq!(read(line), read_as, "of {line:?}");
        check("hi", "say hi");
        check(" /quit", "say  /quit");
        check("//quit", "say /quit");
        check("//", "say /");
        check("///", "say //");
        check("/me waves  twice", "say /me waves  twice");
        check("/me\twaves ", "say /me waves");
        check("/quit", "call Quit ");
        check("/connect  10.0.0.7:55555 ", "call Connect 10.0.0.7:55555");
        check("/nick two words", "call Nick two words");
        check("/whois bob", "call Whois bob");
        check("/whois \"two words\"", "call Whois two words");
        check("/block 10.0.0.7:55555", "call Block 10.0.0.7:55555");
        check("/verify bob 12345  67890", "call Verify bob|12345  67890");
        check("/verify \" two words\"\t12345", "call Verify two words|12345");
        check("/rename bob", "call Rename bob");
        check("/rename bob Bob  Smith ", "call Rename bob|Bob  Smith");
        check("/rename b\"o\"b Bob", "call Rename b\"o\"b|Bob");
    }

    #[test]
    fn mistakes_are_told_and_never_sent() {
        let check = |line: &str, error: &str| assert_eq!(read(line), error, "of {line:?}");
        check("/conect x", "no command `/conect`: did you mean `/connect`? (`//` sends a slash)");
        check("/", "no command `/`: /help lists them (`//` sends a slash)");
        check("/usr/bin/env", "no command `/usr/bin/env`: /help lists them (`//` sends a slash)");
        check("/Quit", "no command `/Quit`: did you mean `/quit`? (`//` sends a slash)");
        check("/connect", "write `/connect HOST:PORT`");
        check("/connect a:1 b:2", "write `/connect HOST:PORT`");
        check("/me", "write `/me TEXT`");
        check("/nick  ", "write `/nick NAME`");
        check("/quit now", "write `/quit`");
        let quoted = "(a WHO of several words stands in \"quotes\")";
        for line in ["/whois", "/whois two words", "/whois \"\"", "/whois \"open", "/whois \"a\"b"] {
            check(line, &format!("write `/whois WHO` {quoted}"));
        }
        check("/verify bob", &format!("write `/verify WHO DIGITS` {quoted}"));
        check("/rename", &format!("write `/rename WHO [NAME]` {quoted}"));
        let long = format!("/{}", "x".repeat(20_000));
        assert!(read(&long).len() < 100);
    }
}
