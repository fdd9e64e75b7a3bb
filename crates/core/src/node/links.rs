//! Links: which there are, whose they are, and what their going means. Must not know what is sent on them.
//! Bounds: [`Config::inbound_max`](super::Config) incoming, [`OUTGOING_MAX`] outgoing, [`PER_IP_MAX`] an IP.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use super::ahead::Ahead;
use super::hold::Pace;
use super::output::{Cause, Change, Output, PeerRecord, Told};
use super::trail::Trail;
use super::{Node, greet};
use crate::addr::{self, Range};
use crate::counters::Count;
use crate::fingerprint::Fingerprint;
use crate::identity::PublicKey;
use crate::log::Cursor;
use crate::source::Source;
use crate::time::{Instant, Now, UnixMillis};

/// Most outgoing links.
pub(super) const OUTGOING_MAX: usize = 256;
/// Incoming links for which the bounds per IP hold as they stand; more lift them in proportion.
const INCOMING_DEFAULT: usize = 256;
/// Incoming links from one IP.
const PER_IP_MAX: usize = 8;
/// The same for IPs that many may share: loopback and private ranges.
const PER_SHARED_IP_MAX: usize = 64;
/// A link to an address that had one within this time resumes where that one stood.
pub(super) const RESUME_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// A cursor that stands still is saved again after this time, so that it is never taken for an old one.
const RESUME_SAVE_INTERVAL: Duration = Duration::from_secs(3600);
/// Bytes of a backlog.
const BACKLOG_BYTES_MAX: usize = 256 * 1024;

/// Names a link of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// A link that was accepted: it is only read.
pub(super) struct Incoming {
    pub(super) remote: SocketAddr,
    pub(super) since: Now,
    /// Whom its budgets are for. Complete once it has named an Addr.
    pub(super) source: Source,
    /// The Addr that it named first.
    pub(super) named: Option<String>,
    /// The same, where it lies at the IP that the link comes from: then the link is the named peer's own.
    pub(super) peer: Option<SocketAddr>,
    /// The last Addr as it stood on the wire, and whose it is.
    pub(super) last_addr: Vec<u8>,
    pub(super) last_author: Fingerprint,
    pub(super) last_hidden: bool,
    /// The last Addr is the one that the link named first.
    pub(super) last_is_own: bool,
    /// Whether to dial the last Addr was considered.
    pub(super) last_considered: bool,
    /// The nick that the peer was known to use last, as it stood on the wire, and whether it was written as a daemon does.
    pub(super) noted: Option<Box<(Vec<u8>, bool)>>,
    /// Who signs the peer's greetings, as far as it has greeted: nobody else's words are its own, whatever Addr they name.
    pub(super) key: Option<PublicKey>,
    /// The last message was not signed, or with that key.
    pub(super) last_key_is_own: bool,
    /// By how many milliseconds the peer's clock was ahead of ours when it was heard last.
    pub(super) ahead: Option<i64>,
}

/// A link that was dialled: it is only written.
pub(super) struct Outgoing {
    pub(super) addr: SocketAddr,
    pub(super) author: Fingerprint,
    pub(super) cursor: Cursor,
    /// What comes before the cursor's next entry: a greeting, or what was fetched from the store.
    pub(super) ahead: Option<Ahead>,
    /// Entries before this are backlog.
    pub(super) backlog_end: u64,
    pub(super) daemon: bool,
    pub(super) since: Instant,
    /// Where a link that follows this one begins.
    pub(super) trail: Trail,
    /// The store was asked for what comes next, while memory began at this place.
    pub(super) fetching: Option<u64>,
    /// A fresh greeting is to go out at the next message boundary.
    pub(super) greet: bool,
    pub(super) greeted: Instant,
    pub(super) pace: Pace,
}

impl Outgoing {
    /// The entry that a link which follows this one begins with.
    fn successor_start(&self) -> u64 {
        let at_cursor = (self.cursor.seq, self.cursor.written > 0);
        let (next, begun) = self.ahead.as_ref().and_then(Ahead::next).unwrap_or(at_cursor);
        self.trail.start(next, begun)
    }
}

/// A link as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// Where the peer listens, as far as known; else the connection's address.
    pub addr: SocketAddr,
    /// Whether it was accepted rather than dialled.
    pub incoming: bool,
    /// Entries of the log that it has yet to be sent.
    pub lag: u64,
    /// Who signs the peer's greetings, as far as it has greeted on this link.
    pub key: Option<PublicKey>,
}

impl Node {
    fn new_link(&mut self) -> LinkId {
        self.next_link = self.next_link.saturating_add(1);
        LinkId(self.next_link)
    }

    /// A connection was accepted. `None`: it is to be closed at once.
    pub fn accepted(&mut self, now: Now, remote: SocketAddr, out: &mut Vec<Output>) -> Option<LinkId> {
        let remote = addr::canonical(remote);
        let source = Source { ip: remote.ip(), name: None };
        let banned = self.flood.banned(&source, now.wall);
        if banned.is_some() || self.is_blocked(remote.ip(), None) {
            self.counters.add(Count::Blocked);
            return None;
        }
        if !self.has_room(remote.ip(), out) {
            self.counters.add(Count::Crowded);
            return None;
        }
        let id = self.new_link();
        let link = Incoming {
            remote,
            since: now,
            source,
            named: None,
            peer: None,
            last_addr: Vec::new(),
            last_author: self.keyed.fingerprint(b""),
            last_hidden: false,
            last_is_own: false,
            last_considered: false,
            noted: None,
            key: None,
            last_key_is_own: true,
            ahead: None,
        };
        self.incoming.insert(id, Box::new(link));
        tell(out, remote, true, Change::Up);
        Some(id)
    }

    /// Whether one more incoming link from `ip` fits. A silent one makes room: the oldest goes first.
    fn has_room(&mut self, ip: IpAddr, out: &mut Vec<Output>) -> bool {
        if self.config.flood_limit {
            let per_ip = if Range::of(ip).is_shared() { PER_SHARED_IP_MAX } else { PER_IP_MAX };
            let per_ip = per_ip.saturating_mul(self.config.inbound_max.max(INCOMING_DEFAULT)) / INCOMING_DEFAULT;
            let from_ip = |link: &Incoming| link.remote.ip() == ip;
            if self.incoming.values().filter(|link| from_ip(link)).count() >= per_ip && !self.evict(from_ip, out) {
                return false;
            }
        }
        self.incoming.len() < self.config.inbound_max || self.evict(|_| true, out)
    }

    fn evict(&mut self, among: impl Fn(&Incoming) -> bool, out: &mut Vec<Output>) -> bool {
        let silent = self.incoming.iter().find(|(_, link)| link.named.is_none() && among(link)).map(|(id, _)| *id);
        let Some(id) = silent else { return false };
        self.close(id, Cause::Crowded, out);
        true
    }

    /// The dial of `addr` has led to a link.
    pub fn dialled(&mut self, now: Now, addr: SocketAddr, out: &mut Vec<Output>) -> Option<LinkId> {
        let unwelcome = self.book.is_held(&addr) || self.is_blocked(addr.ip(), Some(&addr.to_string()));
        if self.outgoing.len() >= OUTGOING_MAX || unwelcome {
            self.book.lost(addr, Duration::ZERO, 0.0, now.instant);
            return None;
        }
        let resume =
            self.book.get(&addr).and_then(|known| known.cursor).filter(|(_, at)| at.after(RESUME_WITHIN) > now.wall);
        let end = self.log.end();
        let (cursor, backlog_end) = match resume {
            // A place beyond the end is of a history that is no more.
            Some((seq, _)) => (Cursor::at(seq.min(end)), 0),
            None => {
                let counts = |entry: &crate::log::Entry| super::lag::is_backlog(entry.marks);
                (self.log.back(end, self.config.backlog, BACKLOG_BYTES_MAX, counts), end)
            }
        };
        let id = self.new_link();
        self.book.linked(addr, now.wall);
        if let Some(known) = self.book.get_mut(&addr) {
            // Kept from the first: a run that is killed before it saves cursors again resumes here, and sends what it acknowledged.
            known.cursor = Some((cursor.seq, now.wall));
        }
        let link = Outgoing {
            addr,
            author: self.author(&addr.to_string()),
            cursor,
            ahead: Some(Ahead::greeting(self.hello.segment())),
            backlog_end,
            daemon: self.book.get(&addr).is_some_and(|known| known.daemon),
            since: now.instant,
            trail: Trail::new(cursor.seq),
            fetching: None,
            greet: false,
            greeted: now.instant,
            pace: Pace::new(now.instant),
        };
        self.outgoing.insert(id, link);
        self.greetings_due.insert((now.instant.after(greet::COME_BACK_WITHIN), id));
        self.save_peer(addr, out);
        tell(out, addr, false, Change::Up);
        Some(id)
    }

    /// The dial of `addr` has failed.
    pub fn dial_failed(&mut self, now: Now, addr: SocketAddr) {
        self.counters.add(Count::DialFailed);
        let jitter = self.fraction();
        self.book.failed(addr, jitter, now.instant);
    }

    /// A link has ended by itself. Nothing where the node had closed it.
    pub fn link_down(&mut self, now: Now, id: LinkId, cause: Cause, out: &mut Vec<Output>) {
        if let Some(link) = self.incoming.remove(&id) {
            self.counters.add(cause.count());
            tell(out, link.remote, true, Change::Down(cause));
        } else if self.outgoing.contains_key(&id) {
            self.outgoing_down(now, id, cause, out);
        }
        self.hurry_beacon(now);
    }

    fn outgoing_down(&mut self, now: Now, id: LinkId, cause: Cause, out: &mut Vec<Output>) {
        let Some(link) = self.outgoing.remove(&id) else { return };
        self.counters.add(cause.count());
        self.greetings_due.retain(|(_, due)| *due != id);
        let jitter = self.fraction();
        if let Some(known) = self.book.get_mut(&link.addr) {
            known.cursor = Some((link.successor_start(), now.wall));
            known.linked_at = Some(now.wall);
        }
        self.book.lost(link.addr, now.instant.since(link.since), jitter, now.instant);
        self.save_peer(link.addr, out);
        tell(out, link.addr, false, Change::Down(cause));
    }

    /// Closes an incoming link and tells why.
    pub(super) fn close(&mut self, id: LinkId, cause: Cause, out: &mut Vec<Output>) {
        if let Some(link) = self.incoming.remove(&id) {
            self.counters.add(cause.count());
            out.push(Output::Close(id));
            tell(out, link.remote, true, Change::Down(cause));
        }
    }

    /// Closes an incoming link whose source gets none for now.
    pub(super) fn close_blocked(&mut self, id: LinkId, cause: Cause, until: Option<UnixMillis>, out: &mut Vec<Output>) {
        if let Some(link) = self.incoming.remove(&id) {
            self.counters.add(Count::Blocked);
            out.push(Output::Close(id));
            tell(out, link.remote, true, Change::Blocked(cause, until));
        }
    }

    /// Closes an outgoing link; it is dialled again where nothing speaks against that.
    pub(super) fn close_outgoing(&mut self, now: Now, id: LinkId, cause: Cause, out: &mut Vec<Output>) {
        if self.outgoing.contains_key(&id) {
            out.push(Output::Close(id));
            self.outgoing_down(now, id, cause, out);
        }
    }

    pub(super) fn save_peer(&self, addr: SocketAddr, out: &mut Vec<Output>) {
        if let Some(known) = self.book.get(&addr) {
            out.push(Output::SavePeer(PeerRecord { addr, known: known.clone() }));
        }
    }

    /// What must be kept of every peer that has a link: where its cursor stands. For regular saving, and before an end.
    pub fn save_cursors(&mut self, now: Now, out: &mut Vec<Output>) {
        let cursors: Vec<_> = self.outgoing.values().map(|link| (link.addr, link.successor_start())).collect();
        for (addr, seq) in cursors {
            let Some(known) = self.book.get_mut(&addr) else { continue };
            let kept = |(before, at): (u64, UnixMillis)| before == seq && at.after(RESUME_SAVE_INTERVAL) > now.wall;
            if !known.cursor.is_some_and(kept) {
                known.cursor = Some((seq, now.wall));
                known.linked_at = Some(now.wall);
                self.save_peer(addr, out);
            }
        }
    }

    /// The links there are.
    #[must_use]
    pub fn links(&self) -> Vec<LinkStatus> {
        let incoming = self.incoming.values().map(|link| LinkStatus {
            addr: link.peer.unwrap_or(link.remote),
            incoming: true,
            lag: 0,
            key: link.key,
        });
        let outgoing = self.outgoing.values().map(|link| LinkStatus {
            addr: link.addr,
            incoming: false,
            lag: self.log.count(link.cursor.seq, self.log.end()),
            key: None,
        });
        outgoing.chain(incoming).collect()
    }

    /// Where the peer listens that brings what comes by the incoming link `id`, as far as known; else the connection's address.
    #[must_use]
    pub fn source(&self, id: LinkId) -> Option<SocketAddr> {
        self.incoming.get(&id).map(|link| link.peer.unwrap_or(link.remote))
    }

    /// What is known of addresses.
    #[must_use]
    pub const fn book(&self) -> &crate::dial::Book {
        &self.book
    }

    /// Whether nobody is linked.
    pub(super) fn is_alone(&self) -> bool {
        self.incoming.is_empty() && self.outgoing.is_empty()
    }
}

pub(super) fn tell(out: &mut Vec<Output>, addr: SocketAddr, incoming: bool, change: Change) {
    out.push(Output::Tell(Told::Link { addr, incoming, change }));
}
