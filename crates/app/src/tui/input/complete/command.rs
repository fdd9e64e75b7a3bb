//! /commands by name and what stands after one, from the table that parses them. Must not know what a command does.
//! Bounds: those of the table.

use super::super::Lookup;
use super::{Candidate, Found, Item, path, person, word};
use crate::slash::{COMMANDS, Command};

/// What an argument is, by its name in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Who,
    HostPort,
    Path,
    File,
    Command,
    Words,
    /// There is none: all that the command takes stands there.
    Nothing,
}

/// The argument that ends where the cursor is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Argument<'a> {
    kind: Kind,
    /// Where it begins.
    start: usize,
    /// As much as stands there, with the quote that begins it.
    typed: &'a str,
}

/// What the name that ends where `left` does can be completed to.
pub(super) fn name(left: &str) -> Option<Found> {
    let matching = named(left)?;
    let names = matching.iter().map(|command| command.name.to_owned()).collect::<Vec<_>>();
    let candidate = |command: &&Command| Candidate { item: item(command), inserted: format!("{} ", command.name) };
    Found::new(0, left, &names, matching.iter().map(candidate).collect())
}

/// What is to be seen while a command is typed: those that the name may become, or how the one that stands there is written.
pub(in super::super) fn live(text: &str, left: &str) -> (Vec<Item>, Option<String>) {
    let is_command = !text.contains('\n');
    match (named(left), command(left)) {
        (_, Some((command, _))) if is_command => (Vec::new(), Some(explained(command))),
        (Some(matching), None) if is_command => match matching[..] {
            [command] if command.name == left => (Vec::new(), Some(explained(command))),
            _ => (matching.into_iter().map(item).collect(), None),
        },
        _ => (Vec::new(), None),
    }
}

/// The argument that ends where `left` does; `None`: it does not end in a command, behind its name.
pub(super) fn argument(left: &str) -> Option<Argument<'_>> {
    let (command, rest) = command(left)?;
    let usage = command.usage();
    let kinds = usage.split_whitespace().skip(1).map(kind).collect::<Vec<_>>();
    let mut rest = rest.trim_start();
    for (index, kind) in kinds.iter().enumerate() {
        let is_last = index + 1 == kinds.len();
        let end = match kind {
            Kind::Path | Kind::File => word::read(rest).end,
            Kind::Who if rest.starts_with('"') => rest[1..].find('"').map(|at| at + 2),
            Kind::Words if is_last => None,
            _ => rest.find(char::is_whitespace),
        };
        match end {
            None => return Some(Argument { kind: *kind, start: left.len() - rest.len(), typed: rest }),
            // Right behind the second quote nothing is left to complete.
            Some(end) if end == rest.len() => break,
            Some(end) => rest = rest[end..].trim_start(),
        }
    }
    Some(Argument { kind: Kind::Nothing, start: left.len(), typed: "" })
}

impl Argument<'_> {
    pub(super) fn complete(&self, lookup: &dyn Lookup) -> Option<Found> {
        match self.kind {
            Kind::Who => person::who(self.start, self.typed, &lookup.persons()),
            Kind::HostPort => person::who(self.start, self.typed, &lookup.peers()),
            Kind::Path => path::complete(self.start, self.typed, lookup.home()),
            Kind::File => path::sent(self.start, self.typed, &lookup.files()),
            Kind::Command => {
                let slash = if self.typed.starts_with('/') { 0 } else { 1 };
                let names = COMMANDS.iter().map(|command| command.name[slash..].to_owned()).collect::<Vec<_>>();
                person::who(self.start, self.typed, &names)
            }
            Kind::Words | Kind::Nothing => None,
        }
    }

    /// Whether nothing but what is typed may stand there.
    pub(super) fn is_literal(&self) -> bool {
        self.kind != Kind::Words
    }
}

/// The commands whose name begins like `left`, which is nothing but the beginning of one.
fn named(left: &str) -> Option<Vec<&'static Command>> {
    let is_name = left.starts_with('/') && !left.starts_with("//") && !left.contains(char::is_whitespace);
    is_name.then(|| COMMANDS.iter().filter(|command| command.name.starts_with(left)).collect())
}

/// The command whose whole name stands there, and what is behind it.
fn command(left: &str) -> Option<(&'static Command, &str)> {
    // Several lines are no command.
    let (name, rest) = left.split_once(char::is_whitespace).filter(|_| !left.contains('\n'))?;
    COMMANDS.iter().find(|command| command.name == name).map(|command| (command, rest))
}

fn kind(name: &str) -> Kind {
    match name.trim_matches(['[', ']', '.']) {
        "WHO" => Kind::Who,
        "HOST:PORT" => Kind::HostPort,
        "PATH" => Kind::Path,
        "FILE" => Kind::File,
        "COMMAND" => Kind::Command,
        _ => Kind::Words,
    }
}

fn item(command: &Command) -> Item {
    Item { text: command.usage(), help: command.help.to_owned() }
}

fn explained(command: &Command) -> String {
    format!("{}  {}", command.usage(), command.help)
}
