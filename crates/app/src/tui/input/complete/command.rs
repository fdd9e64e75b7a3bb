//! /commands by name and what stands after one, from the table that parses them. Must not know what a command does.
//! Bounds: those of the table.

use super::super::Lookup;
use super::{Candidate, Found, Item, path, person};
use crate::slash::{COMMANDS, Command};

/// What an argument is, by its name in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Who,
    HostPort,
    Path,
    Command,
    Words,
}

/// The argument that ends where the cursor is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Argument<'a> {
    kind: Kind,
    /// Where it begins.
    start: usize,
    /// As much as stands there, with the quote that begins it.
    typed: &'a str,
    /// Whether nothing can follow it.
    is_last: bool,
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

/// The argument that ends where `left` does, if that is in a command behind its name.
pub(super) fn argument(left: &str) -> Option<Argument<'_>> {
    let (command, rest) = command(left)?;
    let usage = command.usage();
    let kinds = usage.split_whitespace().skip(1).map(kind).collect::<Vec<_>>();
    let mut rest = rest.trim_start();
    for (index, kind) in kinds.iter().enumerate() {
        let is_last = index + 1 == kinds.len();
        let to_the_end = is_last && matches!(kind, Kind::Path | Kind::Words);
        let is_quoted = matches!(kind, Kind::Who | Kind::Path) && rest.starts_with('"');
        let end = match is_quoted {
            true => rest[1..].find('"').map(|at| at + 2),
            false if to_the_end => None,
            false => rest.find(char::is_whitespace),
        };
        match end {
            None => return Some(Argument { kind: *kind, start: left.len() - rest.len(), typed: rest, is_last }),
            // Right behind the second quote nothing is left to complete.
            Some(end) if end == rest.len() => return None,
            Some(end) => rest = rest[end..].trim_start(),
        }
    }
    None
}

impl Argument<'_> {
    pub(super) fn complete(&self, lookup: &dyn Lookup) -> Option<Found> {
        match self.kind {
            Kind::Who => person::who(self.start, self.typed, &lookup.whos()),
            Kind::HostPort => person::who(self.start, self.typed, &lookup.peers()),
            Kind::Path => path::complete(self.start, self.typed, self.is_last, lookup.home()),
            Kind::Command => {
                let slash = if self.typed.starts_with('/') { 0 } else { 1 };
                let names = COMMANDS.iter().map(|command| command.name[slash..].to_owned()).collect::<Vec<_>>();
                person::who(self.start, self.typed, &names)
            }
            Kind::Words => None,
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
    let (name, rest) = left.split_once(char::is_whitespace)?;
    let command = COMMANDS.iter().find(|command| command.name == name)?;
    (!rest.contains('\n')).then_some((command, rest))
}

fn kind(name: &str) -> Kind {
    match name.trim_matches(['[', ']', '.']) {
        "WHO" => Kind::Who,
        "HOST:PORT" => Kind::HostPort,
        "PATH" => Kind::Path,
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
