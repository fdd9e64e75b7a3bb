//! How an author stands, in one character beside what he says. Must not know its colours. Bounds: one character.

use whispernet_node::event::Trust;

/// The mark of a standing; a blank where there is nothing to tell.
pub(crate) const fn mark(trust: Trust) -> char {
    match trust {
        Trust::Own | Trust::Pinned => ' ',
        Trust::Verified => '=',
        Trust::New => '+',
        Trust::Unsigned => '?',
        Trust::Changed => '!',
    }
}
