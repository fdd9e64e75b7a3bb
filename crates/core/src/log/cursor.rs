//! Reading from the log: where a reader stands, and what it may have next. Must not know who reads.
//! Bounds: a chunk holds at most 64 slices and about the bytes asked for.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Log;
use super::segment::{Entry, Note, Segment};
use crate::fingerprint::Fingerprint;

/// Most slices of a chunk: what one vectored write takes (IOV_MAX is 1,024; more than 64 gives nothing).
const SLICES_MAX: usize = 64;

/// Where a reader stands: at the entry `seq`, of which it has had `written` bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The next entry's `seq`, or one between the last read and the next.
    pub seq: u64,
    /// Bytes of that entry that were taken already.
    pub written: usize,
}

impl Cursor {
    /// At the start of the entry `seq`.
    #[must_use]
    pub const fn at(seq: u64) -> Self {
        Self { seq, written: 0 }
    }
}

/// What there is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The chunk holds something, or the cursor can move on past what this reader does not get.
    Chunk,
    /// Nothing new.
    UpToDate,
    /// What comes next has left memory: the store has it.
    Behind,
}

/// What a reader may be given next, without holding up the log: its segments are shared.
#[derive(Debug, Default)]
pub struct Chunk {
    slices: Vec<Slice>,
    bytes: usize,
    ahead: usize,
    next: Cursor,
}

#[derive(Debug)]
struct Slice {
    segment: Arc<Segment>,
    start: usize,
    end: usize,
    /// The place in the segment's index of the first entry that ends in it.
    first: usize,
    /// How many entries end in it.
    entries: usize,
}

impl Chunk {
    /// Empties it, so that it holds no segment.
    pub fn clear(&mut self) {
        self.slices.clear();
        self.bytes = 0;
        self.ahead = 0;
    }

    /// Empties it, for a reader that stands at `cursor`.
    pub fn reset(&mut self, cursor: Cursor) {
        self.clear();
        self.next = cursor;
    }

    /// Bytes in it that belong to no entry.
    #[must_use]
    pub const fn ahead(&self) -> usize {
        self.ahead
    }

    /// Its bytes, in order.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.slices.iter().map(|s| s.segment.bytes().get(s.start..s.end).unwrap_or_default())
    }

    /// The entries that it holds whole, with their messages (without newlines).
    pub fn entries(&self) -> impl Iterator<Item = (&Entry, &[u8])> {
        self.slices.iter().flat_map(|slice| slice.segment.entries_within(slice.start, slice.end))
    }

    /// What is to be told of one of its entries beside the message.
    #[must_use]
    pub fn note(&self, seq: u64) -> Option<&Note> {
        self.slices.iter().find_map(|slice| slice.segment.note(seq))
    }

    /// How many bytes it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Where a reader stands that took all of it.
    #[must_use]
    pub const fn next(&self) -> Cursor {
        self.next
    }

    /// Where a reader stands that took `taken` bytes of it.
    #[must_use]
    pub fn after(&self, taken: usize) -> Cursor {
        self.place(taken).0
    }

    /// Where a reader stands that took `taken` bytes of it, and how many entries ended in them.
    #[must_use]
    pub fn place(&self, taken: usize) -> (Cursor, u64) {
        let (mut left, mut ended) = (taken, 0_usize);
        for slice in &self.slices {
            let length = slice.end.saturating_sub(slice.start);
            if left < length {
                let (cursor, entries) = slice.place(slice.start.saturating_add(left));
                return (cursor, ended.saturating_add(entries) as u64);
            }
            left = left.saturating_sub(length);
            ended = ended.saturating_add(slice.entries);
        }
        (self.next, ended as u64)
    }

    /// Begins it with the bytes of `segment` from `start` on, which belong to no entry.
    pub fn begin(&mut self, segment: Arc<Segment>, start: usize) {
        let end = segment.bytes().len();
        self.ahead = end.saturating_sub(start);
        self.push(Slice { segment, start, end, first: 0, entries: 0 });
    }

    fn push(&mut self, slice: Slice) {
        self.bytes = self.bytes.saturating_add(slice.end.saturating_sub(slice.start));
        match self.slices.last_mut() {
            Some(last) if last.end == slice.start && Arc::ptr_eq(&last.segment, &slice.segment) => {
                last.end = slice.end;
                last.entries = last.entries.saturating_add(slice.entries);
            }
            _ => self.slices.push(slice),
        }
    }
}

impl Slice {
    /// The cursor at a byte offset of the segment, and how many of its entries end before that.
    fn place(&self, offset: usize) -> (Cursor, usize) {
        let index = self.segment.index();
        let after = index.partition_point(|entry| entry.end() <= offset);
        let cursor = index.get(after).map_or_else(Cursor::default, |entry| Cursor {
            seq: entry.seq,
            written: offset.saturating_sub(entry.start()),
        });
        (cursor, after.saturating_sub(self.first))
    }
}

impl Log {
    /// Reads on from `cursor` into `chunk` (cleared before, perhaps begun): about `bytes_max` bytes, at least one entry.
    /// Only what `wants` gets in; where `author` is given, `wants` is asked only in segments that hold something of that
    /// author or something not for everybody, since all else is for all.
    pub fn read(
        &self,
        cursor: Cursor,
        bytes_max: usize,
        author: Option<Fingerprint>,
        mut wants: impl FnMut(&Entry) -> bool,
        chunk: &mut Chunk,
    ) -> Read {
        chunk.next = cursor;
        if cursor.seq < self.floor {
            return Read::Behind;
        }
        if cursor.seq >= self.end {
            return Read::UpToDate;
        }
        let bytes_max = bytes_max.max(1);
        let first = self.segments.partition_point(|s| s.last_seq() < Some(cursor.seq));
        for segment in self.segments.iter().skip(first) {
            let all = author.is_some_and(|author| segment.is_all_for(author));
            if chunk.next.written == 0
                && author.is_some_and(|author| segment.is_none_for(author))
                && let Some(last) = segment.last_seq()
            {
                chunk.next = Cursor::at(last.saturating_add(1));
                continue;
            }
            let index = segment.index();
            let mut at = index.partition_point(|entry| entry.seq < chunk.next.seq);
            while let Some(entry) = index.get(at) {
                if chunk.bytes >= bytes_max || chunk.slices.len() >= SLICES_MAX {
                    return Read::Chunk;
                }
                // Bytes of an entry that was begun must be finished, whatever `wants` says now.
                let written = if chunk.next.seq == entry.seq { chunk.next.written } else { 0 };
                let start = entry.start().saturating_add(written);
                let first = at;
                let mut last = entry;
                if all {
                    let room = start.saturating_add(bytes_max.saturating_sub(chunk.bytes));
                    let end = index.partition_point(|entry| entry.end() <= room).max(at.saturating_add(1));
                    last = index.get(end.saturating_sub(1)).unwrap_or(entry);
                    at = end;
                } else {
                    at = at.saturating_add(1);
                }
                if all || written > 0 || wants(entry) {
                    let (segment, entries) = (Arc::clone(segment), at.saturating_sub(first));
                    chunk.push(Slice { segment, start, end: last.end(), first, entries });
                }
                chunk.next = Cursor::at(last.seq.saturating_add(1));
            }
        }
        chunk.next = Cursor::at(self.end);
        Read::Chunk
    }

    /// Steps back from `cursor` over at most `entries_max` entries and `bytes_max` bytes that `counts` says count; never
    /// before what is in memory.
    pub fn back(
        &self,
        from: u64,
        entries_max: usize,
        bytes_max: usize,
        mut counts: impl FnMut(&Entry) -> bool,
    ) -> Cursor {
        let (mut entries, mut bytes, mut seq) = (0_usize, 0_usize, from);
        for (entry, raw) in self.entries(self.floor).rev().skip_while(|(entry, _)| entry.seq >= from) {
            if counts(entry) {
                entries = entries.saturating_add(1);
                bytes = bytes.saturating_add(raw.len()).saturating_add(1);
                if entries > entries_max || bytes > bytes_max {
                    break;
                }
                seq = entry.seq;
            }
        }
        Cursor::at(seq)
    }
}
