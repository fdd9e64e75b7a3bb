//! What a host has on disk: it survives a crash; what is on the way to it does not.
//! Must not know the node. Bounds: the run's length; a fetch gives at most [`FETCH_ROWS_MAX`] rows and [`FETCH_BYTES_MAX`] bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::net::SocketAddr;
use std::rc::Rc;

use whispernet_core::dial::Known;
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::flood::Ban;
use whispernet_core::identity::PublicKey;
use whispernet_core::log::{Marks, Note};
use whispernet_core::node::{PeerRecord, Restored, SEQ_BLOCK, Stored};
use whispernet_core::rank::Rank;
use whispernet_core::source::Source;
use whispernet_core::state::State;
use whispernet_core::time::UnixMillis;
use whispernet_core::trust;

use super::host::Batch;

/// Rows that one fetch gives: few, so that a lagging link needs many.
const FETCH_ROWS_MAX: usize = 64;
/// Bytes that one fetch gives, but at least one row.
const FETCH_BYTES_MAX: usize = 16 * 1024;

/// One committed entry.
pub(super) struct Row {
    pub(super) seq: u64,
    pub(super) fingerprint: Fingerprint,
    pub(super) received: i64,
    pub(super) addr: String,
    pub(super) body: String,
    pub(super) marks: Marks,
    pub(super) raw: Vec<u8>,
    pub(super) rank: Rank,
    pub(super) state: State,
    pub(super) note: Note,
}

impl Row {
    pub(super) fn restored(&self) -> Restored<'_> {
        let Self { fingerprint, received, rank, state, .. } = *self;
        Restored { stored: self.stored(), fingerprint, received, rank, state, note: self.note.clone() }
    }

    pub(super) fn stored(&self) -> Stored<'_> {
        Stored { seq: self.seq, addr: &self.addr, marks: self.marks, raw: &self.raw }
    }
}

/// The small tables' writes that wait for the next commit.
#[derive(Default)]
pub(super) struct Staged {
    peers: BTreeMap<SocketAddr, Known>,
    bans: BTreeMap<Source, Ban>,
    trust: Vec<trust::Change>,
}

/// A host's disk.
#[derive(Default)]
pub(super) struct Disk {
    rows: BTreeMap<u64, Rc<Row>>,
    /// Places of rows that a richer copy took the place of.
    replaced: BTreeSet<u64>,
    prints: BTreeMap<Fingerprint, u64>,
    peers: BTreeMap<SocketAddr, Known>,
    bans: BTreeMap<Source, Ban>,
    trust: BTreeMap<PublicKey, trust::Record>,
    reserved: u64,
    staged: Staged,
}

impl Disk {
    /// The first place of a new run, with as many reserved as a node takes for granted.
    pub(super) fn begin_run(&mut self) -> u64 {
        let first = self.reserved.max(1);
        self.reserved = first + SEQ_BLOCK;
        self.staged = Staged::default();
        first
    }

    pub(super) fn reserve(&mut self, until: u64) {
        self.reserved = self.reserved.max(until);
    }

    /// A transaction becomes durable.
    pub(super) fn write(&mut self, batch: Batch) {
        for row in batch.rows {
            self.replaced.extend(row.note.replaces);
            self.prints.insert(row.fingerprint, row.seq);
            self.rows.insert(row.seq, Rc::new(row));
        }
        self.apply(batch.staged);
    }

    fn apply(&mut self, mut staged: Staged) {
        self.peers.append(&mut staged.peers);
        self.bans.append(&mut staged.bans);
        for trust::Change { save, forget } in staged.trust {
            forget.and_then(|key| self.trust.remove(&key));
            save.and_then(|record| self.trust.insert(record.key, record));
        }
    }

    pub(super) fn stage_peer(&mut self, record: PeerRecord) {
        // What the real store has columns for.
        let mut known = Known::default();
        known.wanted = record.known.wanted;
        known.held = record.known.held;
        known.daemon = record.known.daemon;
        known.nick = record.known.nick;
        known.linked_at = record.known.linked_at;
        known.cursor = record.known.cursor;
        self.staged.peers.insert(record.addr, known);
    }

    pub(super) fn stage_ban(&mut self, source: Source, ban: Ban) {
        self.staged.bans.insert(source, ban);
    }

    pub(super) fn stage_trust(&mut self, change: trust::Change) {
        self.staged.trust.push(change);
    }

    /// The small tables' writes become durable.
    pub(super) fn flush(&mut self) {
        let staged = self.take_staged();
        self.apply(staged);
    }

    /// Whether anything waits.
    pub(super) fn is_staging(&self) -> bool {
        let Staged { peers, bans, trust } = &self.staged;
        !(peers.is_empty() && bans.is_empty() && trust.is_empty())
    }

    /// What the next transaction has of the small tables.
    pub(super) fn take_staged(&mut self) -> Staged {
        mem::take(&mut self.staged)
    }

    /// A transaction failed: what was staged since is newer.
    pub(super) fn stage_again(&mut self, mut failed: Staged) {
        failed.peers.append(&mut self.staged.peers);
        failed.bans.append(&mut self.staged.bans);
        failed.trust.append(&mut self.staged.trust);
        self.staged = failed;
    }

    pub(super) fn has(&self, seq: u64) -> bool {
        self.rows.contains_key(&seq)
    }

    pub(super) fn knows(&self, fingerprint: Fingerprint) -> bool {
        self.prints.contains_key(&fingerprint)
    }

    /// Rows after `after`, oldest first.
    pub(super) fn fetch(&self, after: u64) -> Vec<Rc<Row>> {
        let mut bytes = 0;
        let rows = self.rows.range(after + 1..).map(|(_, row)| row).take(FETCH_ROWS_MAX).take_while(|row| {
            let first = bytes == 0;
            bytes += row.raw.len();
            first || bytes <= FETCH_BYTES_MAX
        });
        rows.cloned().collect()
    }

    /// The newest rows of every kind, oldest first, so many that `chat` of them are what a backlog may hold.
    pub(super) fn tail(&self, mut chat: usize) -> Vec<Rc<Row>> {
        let rows = self.rows.values().rev().take_while(|row| {
            let wanted = chat > 0;
            chat = chat.saturating_sub(usize::from(!(row.marks.hello || row.marks.file || row.marks.withheld)));
            wanted
        });
        let mut tail: Vec<_> = rows.cloned().collect();
        tail.reverse();
        tail
    }

    /// The newest `count` fingerprints, oldest first; when the oldest of them came; whether there are older ones.
    pub(super) fn fingerprints(&self, count: usize) -> (Vec<(Fingerprint, Rank)>, Option<UnixMillis>, bool) {
        let newest: Vec<_> = self.rows.values().rev().take(count).collect();
        let oldest = newest.last().map(|row| UnixMillis(row.received));
        let prints = newest.iter().rev().map(|row| (row.fingerprint, row.rank)).collect();
        (prints, oldest, self.rows.len() > newest.len())
    }

    /// Copies that may still come richer, oldest first.
    pub(super) fn copies(&self) -> impl Iterator<Item = (Fingerprint, u64, Rank, &str, &str)> {
        let poor = self.rows.values().filter(|row| row.rank < Rank::WithFile && !self.replaced.contains(&row.seq));
        poor.map(|row| (row.fingerprint, row.seq, row.rank, row.addr.as_str(), row.body.as_str()))
    }

    pub(super) fn trust(&self) -> Vec<trust::Record> {
        self.trust.values().cloned().collect()
    }

    pub(super) fn peers(&self) -> Vec<(SocketAddr, Known)> {
        self.peers.iter().map(|(addr, known)| (*addr, known.clone())).collect()
    }

    pub(super) fn bans(&self) -> Vec<(Source, Ban)> {
        self.bans.iter().map(|(source, ban)| (source.clone(), *ban)).collect()
    }

    /// Whether a link to `addr` resumes after a restart.
    pub(super) fn has_cursor(&self, addr: &SocketAddr) -> bool {
        self.peers.get(addr).is_some_and(|known| known.cursor.is_some())
    }
}
