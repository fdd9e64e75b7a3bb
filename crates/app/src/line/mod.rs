//! Line mode: lines of standard input to the peer, its events to standard output, the rest to standard error.
//! Must not know how the peer works. Bounds: those of its parts.

pub(crate) mod display;
mod input;
mod outbox;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod show;
pub(crate) mod typed;
mod wrap;
