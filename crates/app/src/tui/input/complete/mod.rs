//! What the word before the cursor can be completed to. Must not know keys, nor change the draft.
//! Bounds: [`CANDIDATES_MAX`]; those of reading a folder.

mod command;
mod emoji;
mod path;
mod person;
mod word;

use command::Argument;
pub(super) use command::live;
pub(super) use emoji::closed;

use super::{Item, Lookup};

/// Most candidates of a word.
const CANDIDATES_MAX: usize = 200;

/// Something that a word can be completed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// How it is shown.
    pub(super) item: Item,
    /// What takes the word's place, with what follows it.
    pub(super) inserted: String,
}

/// What a word can be completed to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where the word begins. It ends at the cursor.
    pub(super) start: usize,
    /// At least one.
    pub(super) candidates: Vec<Candidate>,
    /// With what all of them begin, as it is written; `None` where that is no more than what stands there.
    pub(super) common: Option<String>,
}

impl Found {
    /// `names` are what the candidates are told apart by, and `typed` is how far one of them stands there already.
    fn new(start: usize, typed: &str, names: &[String], candidates: Vec<Candidate>) -> Option<Self> {
        let common = common(names).filter(|common| common.chars().count() > typed.chars().count());
        (!candidates.is_empty()).then_some(Self { start, candidates, common })
    }
}

/// What the word that ends where `left` does can be completed to.
pub(super) fn complete(left: &str, lookup: &dyn Lookup) -> Option<Found> {
    if let Some(argument) = command::argument(left).filter(Argument::is_literal) {
        return argument.complete(lookup);
    }
    command::name(left).or_else(|| emoji::complete(left)).or_else(|| person::mention(left, &lookup.nicks()))
}

/// Whether the words here are names or addresses, in which nothing may be put into the place of what is typed.
pub(super) fn is_literal(left: &str) -> bool {
    command::argument(left).is_some_and(|argument| argument.is_literal())
}

/// With what all of these begin, whatever the case of letters, as the first one writes it.
fn common(names: &[String]) -> Option<String> {
    let (first, others) = names.split_first()?;
    let shared = |other: &String| first.chars().zip(other.chars()).take_while(|(a, b)| is_same(*a, *b)).count();
    let length = others.iter().map(shared).min().unwrap_or_else(|| first.chars().count());
    Some(first.chars().take(length).collect())
}

/// Whether a name begins with this, whatever the case of letters.
fn begins(name: &str, with: &str) -> bool {
    let mut chars = name.chars();
    with.chars().all(|c| chars.next().is_some_and(|other| is_same(c, other)))
}

fn is_same(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

#[cfg(test)]
mod tests;
