//! What goes out on a link before its cursor goes on: a greeting, or entries that were fetched from the store.
//! Must not know who asked for it. Bounds: those of one fetch.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::lag::Stored;
use crate::log::{Chunk, Segment};

/// Bytes, and the entries among them.
pub(super) struct Ahead {
    segment: Arc<Segment>,
    /// How many bytes are out.
    written: usize,
    /// Each entry's place, and where it ends.
    entries: Vec<(u64, usize)>,
}

impl Ahead {
    /// Bytes that are no entry.
    pub(super) const fn greeting(segment: Arc<Segment>) -> Self {
        Self { segment, written: 0, entries: Vec::new() }
    }

    /// Of the first entry `written` bytes are out already. `None` where there is nothing.
    pub(super) fn fetched<'a>(stored: impl Iterator<Item = Stored<'a>>, written: usize) -> Option<Self> {
        let (mut bytes, mut entries) = (Vec::new(), Vec::new());
        for entry in stored {
            bytes.extend_from_slice(entry.raw);
            bytes.push(b'\n');
            entries.push((entry.seq, bytes.len()));
        }
        let segment = Arc::new(Segment::unindexed(bytes));
        (!entries.is_empty()).then_some(Self { segment, written, entries })
    }

    /// Begins a chunk with what is not out.
    pub(super) fn begin(&self, chunk: &mut Chunk) {
        chunk.begin(Arc::clone(&self.segment), self.written);
    }

    pub(super) const fn wrote(&mut self, bytes: usize) {
        self.written = self.written.saturating_add(bytes);
    }

    /// With so many more bytes out: the entry that comes next, if one does, and how many ended in those bytes.
    pub(super) fn after(&self, bytes: usize) -> (Option<u64>, u64) {
        let ended = |written: usize| self.entries.partition_point(|(_, end)| *end <= written);
        let (before, after) = (ended(self.written), ended(self.written.saturating_add(bytes)));
        (self.entries.get(after).map(|(seq, _)| *seq), after.saturating_sub(before) as u64)
    }

    /// The entry that comes next, if one does, and whether some of it is out.
    pub(super) fn next(&self) -> Option<(u64, bool)> {
        let place = self.entries.partition_point(|(_, end)| *end <= self.written);
        let start = place.checked_sub(1).and_then(|before| self.entries.get(before)).map_or(0, |(_, end)| *end);
        self.entries.get(place).map(|(seq, _)| (*seq, self.written > start))
    }
}
