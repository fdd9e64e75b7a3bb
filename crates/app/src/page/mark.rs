//! How far an author may be believed, as the page says it: a word, and what it means.
//! Must not know who the author is. Bounds: one mark for each standing.

use serde::Serialize;
use whispernet_node::event::Trust;

/// A mark beside a name.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Mark {
    /// Of its class in the style sheet, and what scripts tell it by.
    pub(super) name: &'static str,
    /// What is read; empty where nothing need be.
    pub(super) word: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
}

/// All that are shown, as the legend lists them.
pub(super) const LEGEND: [Mark; 4] =
    [mark(Trust::Verified), mark(Trust::New), mark(Trust::Unsigned), mark(Trust::Changed)];

/// The mark of every standing, for what marks authors itself.
pub(super) const ALL: [Mark; 6] = [
    mark(Trust::Own),
    mark(Trust::Unsigned),
    mark(Trust::New),
    mark(Trust::Pinned),
    mark(Trust::Verified),
    mark(Trust::Changed),
];

/// The mark of a standing.
pub(super) const fn mark(trust: Trust) -> Mark {
    let (name, word, meaning) = match trust {
        Trust::Own => ("self", "you", "Said here, or signed with your key"),
        Trust::Verified => ("verified", "✓ verified", "You compared the digits of this key with its owner"),
        Trust::Pinned => ("pinned", "", "This key holds this name here"),
        Trust::New => ("new", "new", "This key is new under this name"),
        Trust::Unsigned => ("unsigned", "unsigned", "Nothing proves who wrote it: anybody can write this name"),
        Trust::Changed => ("changed", "! changed", "Another key holds a name like this one, or this key was given up"),
    };
    Mark { name, word, meaning }
}
