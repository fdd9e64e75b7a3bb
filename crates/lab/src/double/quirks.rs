//! In what the two old peers differ, as one value for each.
//! Must not know how a peer does what it is told here.
//! Holds nothing that grows.

use super::message::{Message, Shape};

/// One old peer's ways.
#[derive(Clone, Copy)]
pub(super) struct Quirks {
    pub(super) shape: Shape,
    pub(super) slow: SlowLink,
    pub(super) receive: fn(&Message) -> Received,
    pub(super) typed: fn(&str) -> Typed,
}

/// What a broadcast does at a link that takes nothing, or whose dial has not succeeded.
#[derive(Clone, Copy)]
pub(super) enum SlowLink {
    HoldsAllUp,
    Misses { queue_messages_max: usize },
}

/// What becomes of a new message; one that does not crash the peer is relayed and its Addr dialled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    Show(String),
    Hide,
    Crash,
}

/// What becomes of a line of the user.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    Say,
    Connect(String),
    Swallow,
}
