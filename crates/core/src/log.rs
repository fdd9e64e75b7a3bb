//! The one log: every accepted message once, as the bytes in which it came, in segments of contiguous bytes.
//! Must not know links, the store or faces: they are cursors. Bounds: [`Limits`]; a segment leaves memory only when the
//! store has committed it, or when nothing is stored.

mod cursor;
mod segment;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::bound::Bound;

pub use cursor::{Chunk, Cursor, Read};
pub use segment::{Entry, Marks, Note, Segment};

/// What the index holds of a message: not little beside a short one.
const ENTRY_BYTES: usize = size_of::<Entry>();
const _: () = assert!(ENTRY_BYTES <= 48);

/// What bounds the log's memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of messages and their index kept in memory, in whole segments.
    pub tail_bytes: usize,
    /// Bytes of a segment, beyond which the next one begins.
    pub segment_bytes: usize,
    /// Bytes not yet committed beyond which reading from links pauses.
    pub uncommitted_bytes: usize,
}

impl Default for Limits {
    /// 64 MiB in segments of 1 MiB, 16 MiB uncommitted (guesses; the store takes some 80,000 short messages a second, so that
    /// an end of the peer finds at most about a second's work).
    fn default() -> Self {
        Self { tail_bytes: 64 << 20, segment_bytes: 1 << 20, uncommitted_bytes: 16 << 20 }
    }
}

/// Emptied segments kept for reuse: fresh ones above 128 KiB are mapped anew each time.
const SPARE_MAX: usize = 2;

/// The newest part of the history, in memory.
pub struct Log {
    segments: VecDeque<Arc<Segment>>,
    spare: Vec<Segment>,
    bytes: usize,
    /// The `seq` of this run's first entry.
    first: u64,
    /// The next `seq`.
    end: u64,
    /// All entries from here on are in memory.
    floor: u64,
    /// Those from here on are half of what memory keeps.
    half: u64,
    /// Entries before this are committed (or never will be, with nothing stored).
    committed: u64,
    /// Bytes of entries from `committed` on.
    uncommitted: usize,
    stored: bool,
    limits: Limits,
}

impl Log {
    /// An empty log whose first entry will be `first`. `stored`: whether somebody commits.
    #[must_use]
    pub fn new(first: u64, stored: bool, limits: Limits) -> Self {
        Self {
            segments: VecDeque::new(),
            spare: Vec::new(),
            bytes: 0,
            first,
            end: first,
            floor: first,
            half: first,
            committed: first,
            uncommitted: 0,
            stored,
            limits,
        }
    }

    /// The `seq` that the next entry gets.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// All entries from this `seq` on are in memory.
    #[must_use]
    pub const fn floor(&self) -> u64 {
        self.floor
    }

    /// All entries before this `seq` are committed.
    #[must_use]
    pub const fn committed(&self) -> u64 {
        self.committed
    }

    /// How many entries there are from `seq` up to `before`, as far as they are of this run: between runs numbers are left out.
    #[must_use]
    pub fn count(&self, seq: u64, before: u64) -> u64 {
        before.saturating_sub(seq.max(self.first))
    }

    /// Bytes of messages in memory, and of their index.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of messages that are not committed.
    #[must_use]
    pub const fn uncommitted_bytes(&self) -> usize {
        self.uncommitted
    }

    /// What it holds in memory. Beyond the marks, reading from links pauses after the turn in which it came there.
    #[must_use]
    pub fn watermarks(&self) -> [Bound; 2] {
        [
            Bound::bytes("bytes of the log in memory", self.bytes, self.limits.tail_bytes),
            Bound::bytes("bytes of the log that are not on disk yet", self.uncommitted, self.limits.uncommitted_bytes),
        ]
    }

    /// Whether reading from links should pause until more is committed.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.stored && self.uncommitted > self.limits.uncommitted_bytes
    }

    /// Puts back an entry of an earlier run: committed, before all others, oldest first and leaving out none.
    pub fn restore(&mut self, seq: u64, entry: Entry, raw: &[u8], note: Option<Box<Note>>) {
        let entry = entry.at(seq);
        if entry.seq >= self.end || self.segments.back().is_some_and(|s| s.last_seq() >= Some(entry.seq)) {
            return;
        }
        if self.segments.is_empty() {
            self.floor = entry.seq;
        }
        self.push(entry, raw, note);
    }

    /// Appends `raw` (without a newline) and gives it the next `seq`.
    pub fn append(&mut self, entry: Entry, raw: &[u8], note: Option<Box<Note>>) -> u64 {
        let seq = self.end;
        self.end = seq.saturating_add(1);
        self.push(entry.at(seq), raw, note);
        if self.stored {
            self.uncommitted = self.uncommitted.saturating_add(raw.len());
        }
        self.trim();
        seq
    }

    fn push(&mut self, entry: Entry, raw: &[u8], note: Option<Box<Note>>) {
        let noted = note.as_ref().map_or(0, |note| note.memory_bytes());
        let room = self.limits.segment_bytes;
        // A segment that somebody is reading is left alone: the next one begins.
        match self.segments.back_mut().and_then(Arc::get_mut) {
            Some(last) if last.bytes().len().saturating_add(raw.len()) < room => last.push(entry, raw, note),
            last => {
                // Where much is said, the next segment is sized once: one that grew by doubling would not be reused.
                let grew = last.map_or(0, |last| last.bytes().len());
                let wanted = if grew >= room / 2 { room } else { 0 };
                let mut fresh = self.spare.pop().unwrap_or_else(|| Segment::with_room(wanted));
                fresh.push(entry, raw, note);
                self.segments.push_back(Arc::new(fresh));
                self.half = self.half_from_end();
            }
        }
        self.bytes =
            self.bytes.saturating_add(raw.len()).saturating_add(1).saturating_add(ENTRY_BYTES).saturating_add(noted);
    }

    fn half_from_end(&self) -> u64 {
        let half = self.limits.tail_bytes / 2;
        let mut bytes = 0_usize;
        let beyond = self.segments.iter().rev().find(|segment| {
            bytes = bytes.saturating_add(segment.memory_bytes());
            bytes > half
        });
        beyond.and_then(|segment| segment.last_seq()).map_or(self.floor, |last| last.saturating_add(1))
    }

    /// A reader that has yet to come to this `seq` lags behind by half of what memory keeps.
    #[must_use]
    pub const fn half(&self) -> u64 {
        self.half
    }

    /// Tells that entries before `seq` are on disk.
    pub fn commit(&mut self, seq: u64) {
        let seq = seq.clamp(self.committed, self.end);
        let mut bytes = 0_usize;
        for entry in self.entries(self.committed).take_while(|(entry, _)| entry.seq < seq) {
            bytes = bytes.saturating_add(entry.1.len());
        }
        self.uncommitted = self.uncommitted.saturating_sub(bytes);
        self.committed = seq;
        self.trim();
    }

    /// Tells whether anybody commits from now on. Where nobody does, memory is all there is and the oldest goes.
    pub fn set_stored(&mut self, stored: bool) {
        self.stored = stored;
        if stored {
            // What left memory meanwhile is lost to the store.
            self.committed = self.committed.max(self.floor);
            self.uncommitted = self.entries(self.committed).fold(0, |sum, (_, raw)| sum.saturating_add(raw.len()));
        }
        self.trim();
    }

    /// Whether somebody commits.
    #[must_use]
    pub const fn is_stored(&self) -> bool {
        self.stored
    }

    fn trim(&mut self) {
        while self.bytes > self.limits.tail_bytes && self.segments.len() > 1 {
            let Some(last) = self.segments.front().and_then(|s| s.last_seq()) else { return };
            if self.stored && last >= self.committed {
                return;
            }
            let Some(gone) = self.segments.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(gone.memory_bytes());
            self.floor = last.saturating_add(1);
            if let Ok(segment) = Arc::try_unwrap(gone)
                && self.spare.len() < SPARE_MAX
                && let Some(segment) = segment.recycled(self.limits.segment_bytes)
            {
                self.spare.push(segment);
            }
        }
    }

    /// Entries in memory from `seq` on, with their bytes.
    pub fn entries(&self, seq: u64) -> impl DoubleEndedIterator<Item = (&Entry, &[u8])> {
        let first = self.segments.partition_point(|s| s.last_seq() < Some(seq));
        self.segments.iter().skip(first).flat_map(move |s| s.entries_from(seq))
    }
}

#[cfg(test)]
mod tests;
