//! A run of messages as contiguous bytes, each ended by a newline, with an index.
//! Must not know who reads it. Bounds: the log's segment size, or one message where that is longer.

use alloc::vec::Vec;

use crate::fingerprint::Fingerprint;

/// Facts about an entry that decide who gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Said here.
    pub own: bool,
    /// A greeting: no chat, not part of backlog or history.
    pub hello: bool,
    /// Said well before the link it came by was up.
    pub replay: bool,
    /// Carries a file.
    pub file: bool,
    /// Its author is blocked: relayed, but neither shown nor stored.
    pub hidden: bool,
    /// Not for classic links.
    pub withheld: bool,
}

/// One message of the log.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its place: strictly grows.
    pub seq: u64,
    /// Of its ID.
    pub fingerprint: Fingerprint,
    /// Of its author's Addr.
    pub author: Fingerprint,
    /// When it was taken in, in milliseconds since the UNIX epoch.
    pub received: i64,
    /// Who gets it.
    pub marks: Marks,
    start: u32,
    length: u32,
}

impl Entry {
    /// An entry that has no place yet: the log gives it one.
    #[must_use]
    pub const fn new(fingerprint: Fingerprint, author: Fingerprint, received: i64, marks: Marks) -> Self {
        Self { seq: 0, fingerprint, author, received, marks, start: 0, length: 0 }
    }

    pub(super) const fn at(self, seq: u64) -> Self {
        Self { seq, ..self }
    }

    pub(super) const fn start(&self) -> usize {
        self.start as usize
    }

    /// Where its bytes end, the newline included.
    pub(super) const fn end(&self) -> usize {
        (self.start as usize).saturating_add(self.length as usize).saturating_add(1)
    }
}

/// A run of messages.
#[derive(Debug, Default)]
pub struct Segment {
    bytes: Vec<u8>,
    index: Vec<Entry>,
    /// Bit n: some entry's author has a fingerprint that is n modulo 64.
    authors: u64,
    /// The author of all entries, where they have one.
    only_author: Option<Fingerprint>,
    /// Some entry is not for every classic link.
    special: bool,
}

impl Segment {
    /// Bytes that belong to no entry of the log, such as the greeting that begins a link.
    #[must_use]
    pub const fn unindexed(bytes: Vec<u8>) -> Self {
        Self { bytes, index: Vec::new(), authors: 0, only_author: None, special: false }
    }

    /// Empty, with room for so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self::unindexed(Vec::with_capacity(bytes))
    }

    /// Emptied for reuse; `None` where it has grown beyond `bytes_max`.
    pub(super) fn recycled(mut self, bytes_max: usize) -> Option<Self> {
        if self.bytes.capacity() > bytes_max {
            return None;
        }
        self.bytes.clear();
        self.index.clear();
        Some(Self { index: self.index, ..Self::unindexed(self.bytes) })
    }

    pub(super) fn push(&mut self, entry: Entry, raw: &[u8]) {
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let length = u32::try_from(raw.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(raw);
        self.bytes.push(b'\n');
        let same = self.index.is_empty() || self.only_author == Some(entry.author);
        self.only_author = same.then_some(entry.author);
        self.authors |= author_bit(entry.author);
        self.special |= entry.marks.withheld;
        self.index.push(Entry { start, length, ..entry });
    }

    /// All its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it takes in memory, as far as it is filled.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.len().saturating_add(self.index.len().saturating_mul(super::ENTRY_BYTES))
    }

    pub(super) fn index(&self) -> &[Entry] {
        &self.index
    }

    pub(super) fn last_seq(&self) -> Option<u64> {
        self.index.last().map(|entry| entry.seq)
    }

    /// Whether nothing in it needs to be cut out for a link whose peer is `author`.
    pub(super) const fn is_all_for(&self, author: Fingerprint) -> bool {
        !self.special && self.authors & author_bit(author) == 0
    }

    /// Whether nothing in it is for a link whose peer is `author`.
    pub(super) fn is_none_for(&self, author: Fingerprint) -> bool {
        self.only_author == Some(author)
    }

    /// The entries that lie between two offsets.
    pub(super) fn entries_within(&self, start: usize, end: usize) -> impl Iterator<Item = (&Entry, &[u8])> {
        let first = self.index.partition_point(|entry| entry.start() < start);
        let within = self.index.iter().skip(first).take_while(move |entry| entry.end() <= end);
        within.map(|entry| (entry, self.raw(entry)))
    }

    pub(super) fn entries_from(&self, seq: u64) -> impl DoubleEndedIterator<Item = (&Entry, &[u8])> {
        let first = self.index.partition_point(|entry| entry.seq < seq);
        self.index.iter().skip(first).map(|entry| (entry, self.raw(entry)))
    }

    /// The entry's message, without its newline.
    fn raw(&self, entry: &Entry) -> &[u8] {
        self.bytes.get(entry.start()..entry.end().saturating_sub(1)).unwrap_or_default()
    }
}

const fn author_bit(author: Fingerprint) -> u64 {
    1 << (author.to_bits() % 64)
}
