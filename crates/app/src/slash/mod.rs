//! The /commands: one table that drives parsing, help and the suggestion for a mistyped name.
//! Must not know which face a line came from, nor how a reply is shown. Bounds: those of the node behind the handle.

mod doctor;
mod file;
mod help;
mod past;
mod people;
mod run;
mod web;

use std::borrow::Cow;
use std::fmt;

use whispernet_node::event::Message;
use whispernet_node::handle::{CommandError, HistoryError, PersonError, Say};

pub(crate) use file::FileTrouble;
pub(crate) use past::MESSAGES_DEFAULT as FOUND_MAX;
pub(crate) use people::verified;
pub(crate) use run::call;

use crate::nearest::nearest;
use crate::whom::Nobody;

/// Longest part of an unknown name that is repeated to the user, in characters.
const NAME_SHOWN_CHARS_MAX: usize = 32;

/// A command as the table has it.
#[derive(Debug)]
pub(crate) struct Command {
    /// With its slash.
    pub(crate) name: &'static str,
    /// What stands after the name; empty where nothing may.
    pub(crate) arguments: &'static str,
    /// What it does, in one line.
    pub(crate) help: &'static str,
    takes: Takes,
    /// `None`: others read it as it was typed.
    act: Option<Act>,
}

impl Command {
    /// How to write it.
    pub(crate) fn usage(&self) -> String {
        format!("{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    /// Whether others read it as it was typed, so that it is said rather than done.
    pub(crate) const fn is_said(&self) -> bool {
        self.act.is_none()
    }

    /// Whether it makes sense only for whoever sits at the machine of the peer.
    pub(crate) const fn is_for_terminals(&self) -> bool {
        matches!(self.act, Some(Act::Send | Act::Save | Act::Web))
    }

    /// What else is to be known of how to write it.
    const fn hint(&self) -> &'static str {
        match self.takes {
            Takes::Nothing | Takes::Word | Takes::MaybeWord | Takes::Text => "",
            Takes::Who | Takes::WhoAndText | Takes::WhoAndMaybeText => " (a WHO of several words stands in \"quotes\")",
        }
    }
}

/// What may stand after a name.
#[derive(Clone, Copy, Debug)]
enum Takes {
    Nothing,
    /// Exactly one word.
    Word,
    /// At most one word.
    MaybeWord,
    /// One word or more.
    Text,
    /// A person: one word, or more in quotes.
    Who,
    /// A person, and one word or more.
    WhoAndText,
    /// A person, and what words there are.
    WhoAndMaybeText,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Connect,
    Disconnect,
    Peers,
    Block,
    Unblock,
    Blocks,
    Whois,
    Verify,
    Trust,
    Rename,
    Key,
    Send,
    Save,
    Files,
    History,
    Search,
    Nick,
    Status,
    Web,
    Doctor,
    Marks,
    Help,
    Quit,
}

/// Every command, in the order of the help.
pub(crate) static COMMANDS: [Command; 24] = {
    use Act as A;
    use Takes::{MaybeWord, Nothing, Text, Who, WhoAndMaybeText, WhoAndText, Word};
    const fn command(
        name: &'static str,
        arguments: &'static str,
        help: &'static str,
        takes: Takes,
        act: Option<Act>,
    ) -> Command {
        Command { name, arguments, help, takes, act }
    }
    [
        command("/connect", "HOST:PORT", "connect to a peer, and keep at it", Word, Some(A::Connect)),
        command("/disconnect", "HOST:PORT", "cut the links with a peer, until a connect", Word, Some(A::Disconnect)),
        command("/peers", "", "list the peers", Nothing, Some(A::Peers)),
        command(
            "/block",
            "WHO",
            "give an IP or IP:PORT no link; of these or a person, hide what they say",
            Who,
            Some(A::Block),
        ),
        command("/unblock", "WHO", "take a block back", Who, Some(A::Unblock)),
        command("/blocks", "", "list who is blocked", Nothing, Some(A::Blocks)),
        command(
            "/whois",
            "WHO",
            "tell what is known of a person: a nick, a name you gave, or a key",
            Who,
            Some(A::Whois),
        ),
        command(
            "/verify",
            "WHO DIGITS",
            "compare a key with the digits or QR text its owner shows",
            WhoAndText,
            Some(A::Verify),
        ),
        command("/trust", "WHO", "believe a key under its name, though another has one like it", Who, Some(A::Trust)),
        command(
            "/rename",
            "WHO [NAME]",
            "call a person as you like; without a name, by the nick again",
            WhoAndMaybeText,
            Some(A::Rename),
        ),
        command("/key", "", "show your own key, for others to compare", Nothing, Some(A::Key)),
        command(
            "/send",
            "PATH [TEXT]",
            "send a file of up to 1 MiB, with words if you like: `/send ~/cat.gif look`",
            Text,
            Some(A::Send),
        ),
        command(
            "/save",
            "FILE [PATH]",
            "copy a file that came to PATH; without one, propose a place",
            Text,
            Some(A::Save),
        ),
        command("/files", "", "list the newest files that were sent", Nothing, Some(A::Files)),
        command("/history", "[N]", "list the newest messages, 20 or N", MaybeWord, Some(A::History)),
        command("/search", "WORDS", "find messages by words in their text or nick", Text, Some(A::Search)),
        command("/nick", "NAME", "take another nick", Text, Some(A::Nick)),
        command("/me", "TEXT", "say what you do: `/me waves`", Text, None),
        command("/status", "", "tell how this peer is", Nothing, Some(A::Status)),
        command("/web", "", "make a link that opens the page in a browser, once", Nothing, Some(A::Web)),
        command("/doctor", "", "look for what keeps this peer from others", Nothing, Some(A::Doctor)),
        command("/marks", "", "tell what the marks before messages mean", Nothing, Some(A::Marks)),
        command("/help", "[COMMAND]", "list these commands, or tell how to write one", MaybeWord, Some(A::Help)),
        command("/quit", "", "stop this peer", Nothing, Some(A::Quit)),
    ]
};

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
    /// What the act is for, where it takes something: a person without quotes.
    argument: &'a str,
    /// What stands after a person.
    text: &'a str,
}

/// What a command answers: lines of text, not yet made safe to show.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// May be none.
    pub(crate) lines: Vec<String>,
    /// What was found in the history, oldest first.
    pub(crate) messages: Vec<Message>,
    /// What is to be said for it, in its turn among what else was typed.
    pub(crate) say: Option<Say>,
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
    /// Where a number should stand.
    #[error("`{0}` is no number of messages from 1 to 500: write `/history 20`")]
    NoCount(String),
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// It is neither an address nor a person.
    #[error(transparent)]
    Nobody(#[from] Nobody),
    /// It is about a file, and that cannot be done.
    #[error(transparent)]
    File(#[from] FileTrouble),
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
    let words = argument.split_whitespace().count();
    let (who, text) = person(argument).unwrap_or_default();
    let fits = match command.takes {
        Takes::Nothing => words == 0,
        Takes::Word => words == 1,
        Takes::MaybeWord => words <= 1,
        Takes::Text => words >= 1,
        Takes::Who => !who.is_empty() && text.is_empty(),
        Takes::WhoAndText => !who.is_empty() && !text.is_empty(),
        Takes::WhoAndMaybeText => !who.is_empty(),
    };
    let (argument, text) = match command.takes {
        Takes::Nothing | Takes::Word | Takes::MaybeWord | Takes::Text => (argument, ""),
        Takes::Who | Takes::WhoAndText | Takes::WhoAndMaybeText => (who, text),
    };
    match command.act {
        _ if !fits => Err(Error::Usage(command)),
        None => Ok(Line::Say(Cow::Owned(format!("{name} {argument}")))),
        Some(act) => Ok(Line::Call(Call { act, argument, text })),
    }
}

/// The command of that name, which has its slash.
fn find(name: &str) -> Result<&'static Command, Error> {
    COMMANDS.iter().find(|command| command.name == name).ok_or_else(|| Error::Unknown {
        name: name.chars().take(NAME_SHOWN_CHARS_MAX).collect(),
        nearest: nearest(name, COMMANDS.iter().map(|command| command.name)),
    })
}

/// The person at the beginning of `text`, which is one word or stands in quotes, and what stands after. `None`: quotes do not end.
fn person(text: &str) -> Option<(&str, &str)> {
    let (who, rest) = match text.strip_prefix('"') {
        Some(quoted) => {
            quoted.split_once('"').filter(|(_, rest)| rest.is_empty() || rest.starts_with(char::is_whitespace))?
        }
        None => text.split_once(char::is_whitespace).unwrap_or((text, "")),
    };
    Some((who.trim(), rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line asks for, in a form to compare: `say TEXT`, `call ACT ARGUMENT` or the error.
    fn read(line: &str) -> String {
        match parse(line) {
            Ok(Line::Say(text)) => format!("say {text}"),
            Ok(Line::Call(Call { act, argument, text: "" })) => format!("call {act:?} {argument}"),
            Ok(Line::Call(Call { act, argument, text })) => format!("call {act:?} {argument}|{text}"),
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

    #[test]
    fn the_table_is_in_order() {
        for (index, command) in COMMANDS.iter().enumerate() {
            assert!(command.name.starts_with('/') && !command.help.is_empty());
            assert_eq!(command.arguments.is_empty(), matches!(command.takes, Takes::Nothing), "{}", command.name);
            assert!(COMMANDS[..index].iter().all(|other| other.name != command.name && other.act != command.act));
        }
    }
}
