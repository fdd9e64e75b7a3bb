//! The table of /commands: how each is written, what it takes, and what it is for.
//! Must not know how a command is carried out. Bounds: [`ARGUMENTS_MAX`] arguments of a command.

use Kind::{Count, HostPort, Text, Who};

/// Most arguments that a command takes.
pub(super) const ARGUMENTS_MAX: usize = 2;

/// A command as the table has it.
#[derive(Debug)]
pub(crate) struct Command {
    /// With its slash.
    pub(crate) name: &'static str,
    /// What stands after the name, in this order; those that may be left out come last.
    pub(crate) takes: &'static [Argument],
    /// What it does, in one line.
    pub(crate) help: &'static str,
    /// `None`: others read it as it was typed.
    pub(super) act: Option<Act>,
}

/// What stands in one place after a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Argument {
    /// What it is called where it is explained.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) kind: Kind,
    /// Whether it may be left out.
    pub(crate) optional: bool,
}

/// What an argument is: how far it reaches, and what can complete it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A person, or where a command says so an address: one word, or more in quotes.
    Who,
    /// `HOST:PORT`.
    HostPort,
    /// A number of things, from 1.
    Count,
    /// The name of a command, with or without its slash.
    Command,
    /// A file or a folder: where it is the last argument, to the end of the line; else one word, or more in quotes.
    Path,
    /// Any words: where it is the last argument, to the end of the line.
    Text,
}

impl Kind {
    /// Whether it may stand in quotes, to hold more than one word.
    const fn may_be_quoted(self) -> bool {
        matches!(self, Self::Who | Self::Path)
    }

    /// Whether it goes on to the end of the line where nothing else follows.
    const fn takes_the_rest(self) -> bool {
        matches!(self, Self::Path | Self::Text)
    }
}

impl Command {
    /// How to write it.
    pub(crate) fn usage(&self) -> String {
        let mut usage = self.name.to_owned();
        for Argument { name, optional, .. } in self.takes {
            usage.push_str(&if *optional { format!(" [{name}]") } else { format!(" {name}") });
        }
        usage
    }

    /// What else is to be known of how to write it.
    pub(super) fn hint(&self) -> &'static str {
        if self.takes.iter().any(|argument| argument.kind == Who) {
            " (a WHO of several words stands in \"quotes\")"
        } else {
            ""
        }
    }
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
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
    Nick,
    History,
    Search,
    Status,
    Marks,
    Help,
    Quit,
}

const WHO: Argument = Argument { name: "WHO", kind: Who, optional: false };
const HOST_PORT: Argument = Argument { name: "HOST:PORT", kind: HostPort, optional: false };
const NAME: Argument = Argument { name: "NAME", kind: Text, optional: false };
const DIGITS: Argument = Argument { name: "DIGITS", kind: Text, optional: false };
const TEXT: Argument = Argument { name: "TEXT", kind: Text, optional: false };
const WORDS: Argument = Argument { name: "WORDS", kind: Text, optional: false };
const MAYBE_NAME: Argument = Argument { optional: true, ..NAME };
const MAYBE_N: Argument = Argument { name: "N", kind: Count, optional: true };
const MAYBE_COMMAND: Argument = Argument { name: "COMMAND", kind: Kind::Command, optional: true };

/// Every command, in the order of the help.
pub(crate) static COMMANDS: [Command; 19] = [
    Command {
        name: "/connect",
        takes: &[HOST_PORT],
        help: "connect to a peer, and keep at it",
        act: Some(Act::Connect),
    },
    Command {
        name: "/disconnect",
        takes: &[HOST_PORT],
        help: "cut the links with a peer, until a connect",
        act: Some(Act::Disconnect),
    },
    Command { name: "/peers", takes: &[], help: "list the peers", act: Some(Act::Peers) },
    Command {
        name: "/block",
        takes: &[WHO],
        help: "give an IP or IP:PORT no link; of these or a person, hide what they say",
        act: Some(Act::Block),
    },
    Command { name: "/unblock", takes: &[WHO], help: "take a block back", act: Some(Act::Unblock) },
    Command { name: "/blocks", takes: &[], help: "list who is blocked", act: Some(Act::Blocks) },
    Command {
        name: "/whois",
        takes: &[WHO],
        help: "tell what is known of a person: a nick, a name you gave, or a key",
        act: Some(Act::Whois),
    },
    Command {
        name: "/verify",
        takes: &[WHO, DIGITS],
        help: "compare a key with the digits or QR text its owner shows",
        act: Some(Act::Verify),
    },
    Command {
        name: "/trust",
        takes: &[WHO],
        help: "believe a key under its name, though another has one like it",
        act: Some(Act::Trust),
    },
    Command {
        name: "/rename",
        takes: &[WHO, MAYBE_NAME],
        help: "call a person as you like; without a name, by the nick again",
        act: Some(Act::Rename),
    },
    Command { name: "/key", takes: &[], help: "show your own key, for others to compare", act: Some(Act::Key) },
    Command { name: "/nick", takes: &[NAME], help: "take another nick", act: Some(Act::Nick) },
    Command { name: "/me", takes: &[TEXT], help: "say what you do: `/me waves`", act: None },
    Command {
        name: "/history",
        takes: &[MAYBE_N],
        help: "show the newest N messages again, or 20",
        act: Some(Act::History),
    },
    Command {
        name: "/search",
        takes: &[WORDS],
        help: "show the newest messages whose text or nick contains these words",
        act: Some(Act::Search),
    },
    Command { name: "/status", takes: &[], help: "tell how this peer is", act: Some(Act::Status) },
    Command { name: "/marks", takes: &[], help: "tell what the marks before messages mean", act: Some(Act::Marks) },
    Command {
        name: "/help",
        takes: &[MAYBE_COMMAND],
        help: "list these commands, or tell how to write one",
        act: Some(Act::Help),
    },
    Command { name: "/quit", takes: &[], help: "stop this peer", act: Some(Act::Quit) },
];

/// What stands after a name, one for each argument; `None` where that is too little, too much, or quotes do not end.
pub(super) fn arguments<'a>(takes: &[Argument], text: &'a str) -> Option<[&'a str; ARGUMENTS_MAX]> {
    let mut values = [""; ARGUMENTS_MAX];
    let mut rest = text.trim();
    for (place, (argument, value)) in takes.iter().zip(&mut values).enumerate() {
        if rest.is_empty() && argument.optional {
            break;
        }
        let is_last = place + 1 == takes.len();
        (*value, rest) = match argument.kind {
            kind if is_last && kind.takes_the_rest() => (rest, ""),
            kind if kind.may_be_quoted() => phrase(rest)?,
            _ => word(rest),
        };
        if value.is_empty() {
            return None;
        }
    }
    rest.is_empty().then_some(values)
}

/// The first word, and what stands after it.
fn word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

/// The first word or what stands in quotes, without them, and what stands after. `None`: the quotes do not end.
fn phrase(text: &str) -> Option<(&str, &str)> {
    let Some(quoted) = text.strip_prefix('"') else { return Some(word(text)) };
    let ends = |(_, rest): &(&str, &str)| rest.is_empty() || rest.starts_with(char::is_whitespace);
    let (phrase, rest) = quoted.split_once('"').filter(ends)?;
    Some((phrase.trim(), rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for (index, command) in COMMANDS.iter().enumerate() {
            assert!(command.name.starts_with('/') && !command.help.is_empty());
            assert!(command.takes.len() <= ARGUMENTS_MAX, "{}", command.name);
            assert!(command.takes.is_sorted_by_key(|argument| argument.optional), "{}", command.name);
            assert!(COMMANDS[..index].iter().all(|other| other.name != command.name && other.act != command.act));
        }
    }

    #[test]
    fn usage_in_words() {
        let usage = |name: &str| COMMANDS.iter().find(|command| command.name == name).map(Command::usage);
        assert_eq!(usage("/quit").as_deref(), Some("/quit"));
        assert_eq!(usage("/verify").as_deref(), Some("/verify WHO DIGITS"));
        assert_eq!(usage("/rename").as_deref(), Some("/rename WHO [NAME]"));
    }

    #[test]
    fn arguments_reach_as_far_as_their_kind() {
        let argument = |kind, optional| Argument { name: "X", kind, optional };
        let check = |kinds: &[Argument], text: &str, values: Option<[&str; ARGUMENTS_MAX]>| {
            assert_eq!(arguments(kinds, text), values, "{kinds:?} of {text:?}");
        };
        let path = argument(Kind::Path, false);
        check(&[path], " /tmp/two words ", Some(["/tmp/two words", ""]));
        check(&[path, argument(Text, true)], "\"two words\" and  more", Some(["two words", "and  more"]));
        check(&[path, argument(Text, true)], "\"two words\"", Some(["two words", ""]));
        check(&[argument(Count, true), path], "1 a b", Some(["1", "a b"]));
        check(&[argument(Count, true)], "", Some(["", ""]));
        check(&[argument(Count, true)], "1 2", None);
        check(&[argument(Who, false)], "\"open", None);
        check(&[argument(Who, false)], "\" \"", None);
        check(&[], "x", None);
    }
}
