//! What outlives a run of the node: entries, peers, bans, and the places reserved. Must not know the node.
//! Bounds: the input's operations.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use whispernet_core::dial::Known;
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::flood::Ban;
use whispernet_core::identity::PublicKey;
use whispernet_core::log::{Entry, Marks, Note};
use whispernet_core::node::{PeerRecord, Restored, SEQ_BLOCK, Stored};
use whispernet_core::rank::Rank;
use whispernet_core::source::Source;
use whispernet_core::state::State;
use whispernet_core::time::UnixMillis;
use whispernet_core::trust;

use super::super::reference;

/// One entry on disk.
pub(super) struct Row {
    seq: u64,
    fingerprint: Fingerprint,
    received: i64,
    addr: String,
    body: String,
    marks: Marks,
    raw: Vec<u8>,
    rank: Rank,
    state: State,
    note: Note,
    /// A richer copy took its place.
    replaced: bool,
}

/// Fingerprints of IDs, with how rich a copy each came in.
type Prints = Vec<(Fingerprint, Rank)>;

/// The disk.
#[derive(Default)]
pub(super) struct Store {
    rows: BTreeMap<u64, Row>,
    peers: BTreeMap<SocketAddr, Known>,
    bans: BTreeMap<Source, Ban>,
    trust: BTreeMap<PublicKey, trust::Record>,
    reserved: u64,
}

impl Store {
    /// The first place of a new run.
    pub(super) fn begin_run(&mut self) -> u64 {
        let first = self.reserved.max(1);
        self.reserved = first + SEQ_BLOCK;
        first
    }

    pub(super) fn reserve(&mut self, until: u64) {
        assert!(until > self.reserved, "a reservation goes forward");
        self.reserved = until;
    }

    pub(super) fn write(&mut self, entry: &Entry, raw: &[u8], note: Option<&Note>) {
        let Entry { seq, fingerprint, received, marks, rank, state, .. } = *entry;
        let object = reference::decode(raw).objects.pop();
        let (addr, body) = object.map(|object| (object.addr, object.body)).unwrap_or_default();
        let (raw, note) = (raw.to_vec(), note.cloned().unwrap_or_default());
        if let Some(poorer) = note.replaces.and_then(|replaced| self.rows.get_mut(&replaced)) {
            poorer.replaced = true;
        }
        let row = Row { seq, fingerprint, received, addr, body, marks, raw, rank, state, note, replaced: false };
        self.rows.insert(seq, row);
    }

    pub(super) fn has(&self, seq: u64) -> bool {
        self.rows.contains_key(&seq)
    }

    pub(super) fn knows(&self, fingerprint: Fingerprint) -> bool {
        self.rows.values().any(|row| row.fingerprint == fingerprint)
    }

    /// So many entries after `after`, at least one where there is one.
    pub(super) fn fetch(&self, after: u64, rows: u8) -> Vec<Stored<'_>> {
        let rows = self.rows.range(after + 1..).take(usize::from(rows).max(1));
        rows.map(|(_, row)| row.stored()).collect()
    }

    /// The newest entries, oldest first, as a start puts them back.
    pub(super) fn tail(&self, mut chat: usize) -> Vec<Restored<'_>> {
        let rows = self.rows.values().rev().take_while(|row| {
            let wanted = chat > 0;
            chat = chat.saturating_sub(usize::from(!(row.marks.hello || row.marks.file || row.marks.withheld)));
            wanted
        });
        let mut tail: Vec<_> = rows.map(Row::restored).collect();
        tail.reverse();
        tail
    }

    /// The newest `count` fingerprints, oldest first, when the oldest of them came, and whether there are more.
    pub(super) fn fingerprints(&self, count: usize) -> Option<(Prints, UnixMillis, bool)> {
        let skipped = self.rows.len().saturating_sub(count);
        let mut newest = self.rows.values().skip(skipped).peekable();
        let since = UnixMillis(newest.peek()?.received);
        Some((newest.map(|row| (row.fingerprint, row.rank)).collect(), since, skipped > 0))
    }

    /// Copies that may still come richer, oldest first.
    pub(super) fn copies(&self) -> impl Iterator<Item = (Fingerprint, u64, Rank, &str, &str)> {
        let poor = self.rows.values().filter(|row| row.rank < Rank::WithFile && !row.replaced);
        poor.map(|row| (row.fingerprint, row.seq, row.rank, row.addr.as_str(), row.body.as_str()))
    }

    pub(super) fn save_trust(&mut self, change: trust::Change) {
        if let Some(key) = change.forget {
            self.trust.remove(&key);
        }
        if let Some(record) = change.save {
            self.trust.insert(record.key, record);
        }
    }

    pub(super) fn trust(&self) -> Vec<trust::Record> {
        self.trust.values().cloned().collect()
    }

    pub(super) fn save_peer(&mut self, record: PeerRecord) {
        self.peers.insert(record.addr, record.known);
    }

    pub(super) fn save_ban(&mut self, source: Source, ban: Ban) {
        self.bans.insert(source, ban);
    }

    pub(super) fn lift(&mut self, lifted: &[Source]) {
        self.bans.retain(|source, _| !lifted.contains(source));
    }

    pub(super) fn peers(&self) -> Vec<(SocketAddr, Known)> {
        self.peers.iter().map(|(addr, known)| (*addr, known.clone())).collect()
    }

    pub(super) fn bans(&self) -> Vec<(Source, Ban)> {
        self.bans.iter().map(|(source, ban)| (source.clone(), *ban)).collect()
    }
}

impl Row {
    fn restored(&self) -> Restored<'_> {
        let Self { fingerprint, received, rank, state, .. } = *self;
        Restored { stored: self.stored(), fingerprint, received, rank, state, note: self.note.clone() }
    }

    fn stored(&self) -> Stored<'_> {
        Stored { seq: self.seq, addr: &self.addr, marks: self.marks, raw: &self.raw }
    }
}
