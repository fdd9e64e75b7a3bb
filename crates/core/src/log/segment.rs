//! A run of messages as contiguous bytes, each ended by a newline, with an index.
//! Must not know who reads it. Bounds: the log's segment size, or one message where that is longer.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::fingerprint::{Fingerprint, SPARE_BITS};
use crate::rank::Rank;
use crate::state::State;

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

/// What is to be told of an entry beside its message, where there is anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The place of the poorer copy that it takes the place of.
    pub replaces: Option<u64>,
    /// The nick to show, where nobody vouches for the one in the message, or it has none.
    pub nick: Option<String>,
    /// The user's own name for the author.
    pub petname: Option<String>,
    /// The first digits of the author's key, where they must stand beside the name.
    pub short: Option<String>,
    /// What a reader must be told of the author.
    pub warning: Option<String>,
}

impl Note {
    /// Ready for an entry; nothing where there is nothing to tell.
    #[must_use]
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }

    /// What it takes in memory.
    pub(super) fn memory_bytes(&self) -> usize {
        let texts = [&self.nick, &self.petname, &self.short, &self.warning];
        texts.into_iter().flatten().fold(NOTE_BYTES, |sum, text| sum.saturating_add(text.capacity()))
    }
}

/// A note and its place in a map.
const NOTE_BYTES: usize = size_of::<Note>() + 2 * size_of::<(u64, usize)>();

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
    /// How rich a copy it is; [`Rank::WithFile`] for all that cannot come in a richer one.
    pub rank: Rank,
    /// How far its author was believed when it came.
    pub state: State,
    start: u32,
    length: u32,
}

impl Entry {
    /// An unsigned entry that has no place yet: the log gives it one.
    #[must_use]
    pub const fn new(fingerprint: Fingerprint, author: Fingerprint, received: i64, marks: Marks) -> Self {
        let (rank, state) = (Rank::WithFile, State::Unsigned);
        Self { seq: 0, fingerprint, author, received, marks, rank, state, start: 0, length: 0 }
    }

    /// The same, of an author who is believed so far, and so rich a copy.
    #[must_use]
    pub const fn known(self, state: State, rank: Rank) -> Self {
        Self { state, rank, ..self }
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
    /// By place.
    notes: BTreeMap<u64, Box<Note>>,
    notes_bytes: usize,
}

impl Segment {
    /// Bytes that belong to no entry of the log, such as the greeting that begins a link.
    #[must_use]
    pub const fn unindexed(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            index: Vec::new(),
            authors: 0,
            only_author: None,
            special: false,
            notes: BTreeMap::new(),
            notes_bytes: 0,
        }
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

    pub(super) fn push(&mut self, entry: Entry, raw: &[u8], note: Option<Box<Note>>) {
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let length = u32::try_from(raw.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(raw);
        self.bytes.push(b'\n');
        let same = self.index.is_empty() || self.only_author == Some(entry.author);
        self.only_author = same.then_some(entry.author);
        self.authors |= author_bit(entry.author);
        self.special |= entry.marks.withheld;
        if let Some(note) = note {
            self.notes_bytes = self.notes_bytes.saturating_add(note.memory_bytes());
            self.notes.insert(entry.seq, note);
        }
        self.index.push(Entry { start, length, ..entry });
    }

    /// All its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it takes in memory, as far as it is filled.
    pub(super) fn memory_bytes(&self) -> usize {
        let index = self.index.len().saturating_mul(super::ENTRY_BYTES);
        self.bytes.len().saturating_add(index).saturating_add(self.notes_bytes)
    }

    /// What is to be told of the entry at `seq` beside its message.
    pub(super) fn note(&self, seq: u64) -> Option<&Note> {
        self.notes.get(&seq).map(|note| &**note)
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
    1 << ((author.to_bits() >> SPARE_BITS.count_ones()) % 64)
}
