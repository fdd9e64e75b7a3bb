//! What every face shows in the same way: text made safe, words for events, colours and whom a face has met.
//! Must not know which face shows it. Bounds: those of its parts.

pub(crate) mod acquaintance;
pub(crate) mod color;
pub(crate) mod found;
pub(crate) mod mark;
pub(crate) mod safe;
pub(crate) mod words;
