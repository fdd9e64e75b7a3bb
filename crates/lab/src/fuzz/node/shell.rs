//! The shell around the node: does what the operations say and what the node asks for, and looks at both.
//! Must not know what entries and streams say. Bounds: the node's own, which it checks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::codec::{Decoder, OBJECT_BYTES_MAX};
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::log::{Chunk, Cursor, Read};
use whispernet_core::node::{Cause, Config, LinkId, Node, Output, Past, SAY_PENDING_MAX, SayToken, Told, Who, Words};
use whispernet_core::time::{Instant, Now, UnixMillis};

use super::config::config;
use super::input::{Op, Payload, Place, Setup, body, many};
use super::said::{History, Stream};
use super::store::Store;
use super::verify::Verifiers;

/// The wall clock at the start, in milliseconds since the UNIX epoch.
const START_MILLIS: i64 = 1_750_000_000_000;
/// Wakes at one moment beyond which a node spins.
const WAKES_AT_ONCE_MAX: u32 = 1_000;
/// Turns of writing at the end, beyond which a link does not get on.
const LAST_WRITES_MAX: u32 = 100_000;
/// What appends without asking whether there is room: greetings, and one turn of reading.
const UNCOMMITTED_SLACK_BYTES: usize = 512 * 1024;

/// An accepted link.
#[derive(Default)]
struct Incoming {
    decoder: Decoder,
    /// What has come and was not read.
    inbox: Vec<u8>,
}

pub(super) struct Shell {
    setup: Setup,
    config: Config,
    node: Node,
    now: Now,
    out: Vec<Output>,
    runs: u8,
    /// The latest that the wall clock has shown.
    latest: UnixMillis,
    incoming: BTreeMap<LinkId, Incoming>,
    outgoing: BTreeMap<LinkId, (SocketAddr, Stream)>,
    dials: Vec<SocketAddr>,
    lookups: Vec<(u64, Fingerprint)>,
    reserves: Vec<u64>,
    fetches: Vec<(LinkId, u64)>,
    asked: BTreeMap<SayToken, (String, String)>,
    tags: BTreeMap<String, (u64, String)>,
    held: BTreeSet<SocketAddr>,
    blocks: BTreeSet<String>,
    verifiers: Verifiers,
    history: History,
    store: Store,
    store_cursor: Cursor,
    /// The store failed at some time: memory may have lost what nobody has.
    store_failed: bool,
}

impl Shell {
    pub(super) fn new(setup: Setup) -> Self {
        let now = Now { instant: Instant::default(), wall: UnixMillis(START_MILLIS) };
        let (mut store, mut history) = (Store::default(), History::default());
        let config = Config { first_seq: store.begin_run(), ..config(setup) };
        history.begin_run(config.first_seq, |_| false);
        Self {
            setup,
            node: Node::new(config.clone(), Past::default(), [0; 32], now),
            store_cursor: Cursor::at(config.first_seq),
            config,
            now,
            out: Vec::new(),
            runs: 0,
            latest: now.wall,
            incoming: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            dials: Vec::new(),
            lookups: Vec::new(),
            reserves: Vec::new(),
            fetches: Vec::new(),
            asked: BTreeMap::new(),
            tags: BTreeMap::new(),
            held: BTreeSet::new(),
            blocks: BTreeSet::new(),
            verifiers: Verifiers::default(),
            history,
            store,
            store_failed: !setup.stored,
        }
    }

    pub(super) fn apply(&mut self, op: Op) {
        let now = self.now;
        self.latest = self.latest.max(now.wall);
        match op {
            Op::Accept(from) => {
                if let Some(id) = self.node.accepted(now, from.remote(), &mut self.out) {
                    self.incoming.insert(id, Incoming::default());
                }
            }
            Op::Send { link, payload, piece, held } => self.send(link, payload, piece, held),
            Op::Down(which) => self.down(which),
            Op::Dialled { which, well } => self.dialled(which, well),
            Op::Connect(to) => {
                if self.node.connect(now, to.addr(), &mut self.out).is_ok() {
                    self.held.remove(&to.addr());
                }
            }
            Op::Disconnect(to) => {
                // What names one connection, and no peer, is held by nobody.
                if self.node.disconnect(now, to.addr(), &mut self.out).is_ok() {
                    self.held.insert(to.addr());
                }
            }
            Op::Block(whom, all) => {
                let who = who(whom, all);
                if self.node.block(now, who, &mut self.out).is_ok() {
                    self.blocks.insert(who.to_string());
                }
            }
            Op::Unblock(whom, all) => {
                if let Ok(lifted) = self.node.unblock(who(whom, all)) {
                    self.store.lift(&lifted);
                    self.blocks.remove(&who(whom, all).to_string());
                }
            }
            Op::Say { body: choice, tag } => self.say(choice, tag),
            Op::Nick(choice) => {
                self.config.nick = format!("nick {choice}");
                self.node.set_nick(&self.config.nick.clone(), now);
            }
            Op::Hear { source, named, on_link } => {
                let datagram = named.addr().to_string();
                self.node.heard(now, source.remote(), on_link, datagram.as_bytes(), &mut self.out);
            }
            Op::Wait(power) => {
                self.pass(Duration::from_millis(1 << (power % 36)));
                self.wake();
            }
            Op::SetClock(power) => {
                let millis = 1_i64 << (power.unsigned_abs() % 40);
                let wall = self.now.wall.0;
                self.now.wall =
                    UnixMillis(if power < 0 { wall.saturating_sub(millis) } else { wall.saturating_add(millis) });
            }
            Op::Wake => {
                if let Some(due) = self.node.deadline(now.instant) {
                    self.pass(due.since(now.instant));
                }
                self.wake();
            }
            Op::Write { link, most, taken } => {
                if let Some(id) = nth(self.outgoing.keys(), link) {
                    self.write(id, usize::from(most), usize::from(taken));
                }
            }
            Op::Fetched { which, rows, well } => self.fetched(which, rows, well),
            Op::Answer { which, well } => {
                let Some(place) = usize::from(which).checked_rem(self.lookups.len()) else {
                    return self.check(which, well);
                };
                let (token, fingerprint) = self.lookups.swap_remove(place);
                self.node.looked_up(now, token, !well || self.store.knows(fingerprint), &mut self.out);
            }
            Op::Reserved => {
                let Some(until) = self.reserves.pop() else { return };
                self.store.reserve(until);
                self.node.reserved(now, until, &mut self.out);
            }
            Op::Commit(bytes) => self.commit(usize::from(bytes)),
            Op::Store(works) => {
                if self.setup.stored {
                    self.node.set_stored(works);
                    self.store_failed |= !works;
                    if self.store_failed {
                        self.outgoing.values_mut().for_each(|(_, stream)| stream.misses = true);
                    }
                }
            }
            Op::Save => self.node.save_cursors(now, &mut self.out),
            Op::Restart => self.restart(),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = Now { instant: self.now.instant.after(time), wall: self.now.wall.after(time) };
    }

    fn wake(&mut self) {
        for _ in 0..WAKES_AT_ONCE_MAX {
            if self.node.deadline(self.now.instant).is_none_or(|due| due > self.now.instant) {
                return;
            }
            self.node.wake(self.now, &mut self.out);
            self.look();
        }
        panic!("it spins: its deadline stays where it is");
    }

    fn send(&mut self, which: u8, payload: Payload, piece: u8, held: u8) {
        let Some(id) = nth(self.incoming.keys(), which) else { return };
        let bytes = match payload {
            Payload::Message(draft) => draft.json(self.now.wall.0, &mut self.history.truths),
            Payload::Echo(which) => self.history.raw(which).unwrap_or_default().to_vec(),
            Payload::Many { addr, from, count } => many(addr, from, count),
            Payload::Raw(raw) => raw.0,
        };
        let Some(link) = self.incoming.get_mut(&id) else { return };
        link.inbox.extend_from_slice(&bytes);
        let due = link.inbox.len().saturating_sub(usize::from(held));
        let read: Vec<u8> = link.inbox.drain(..due).collect();
        // Long payloads in few pieces, or an input takes too long.
        let piece = if piece == 0 { usize::MAX } else { usize::from(piece) + read.len() / 200 };
        for (number, bytes) in read.chunks(piece.min(read.len().max(1))).enumerate() {
            let Some(link) = self.incoming.get_mut(&id) else { return };
            if self.node.is_paused() || self.node.is_held_back(id) {
                // A shell does not read then.
                let unread = read.chunks(piece.min(read.len())).skip(number).flatten().copied();
                let unread: Vec<u8> = unread.chain(link.inbox.iter().copied()).collect();
                link.inbox = unread;
                return;
            }
            self.node.receive(self.now, id, &mut link.decoder, bytes, &mut self.out);
            assert!(link.decoder.partial_bytes() <= OBJECT_BYTES_MAX, "an unfinished object");
            self.look();
        }
    }

    fn down(&mut self, which: u8) {
        let id = nth(self.incoming.keys().chain(self.outgoing.keys()), which);
        let Some(id) = id else { return };
        self.incoming.remove(&id);
        self.outgoing.remove(&id);
        self.node.link_down(self.now, id, Cause::Closed, &mut self.out);
    }

    fn dialled(&mut self, which: u8, well: bool) {
        let Some(place) = usize::from(which).checked_rem(self.dials.len()) else { return };
        let addr = self.dials.swap_remove(place);
        if !well {
            return self.node.dial_failed(self.now, addr);
        }
        if let Some(id) = self.node.dialled(self.now, addr, &mut self.out) {
            let mut stream = Stream::new(addr, self.node.log().end());
            stream.misses = self.store_failed;
            self.outgoing.insert(id, (addr, stream));
        }
    }

    fn say(&mut self, choice: u8, tag: u8) {
        let tag = (!tag.is_multiple_of(4)).then(|| format!("tag{tag}"));
        let text = body(choice);
        let key = tag.clone().unwrap_or_default();
        let words = Words { body: text.clone(), client: tag, ..Words::default() };
        if let Ok(token) = self.node.say(self.now, words, &mut self.out) {
            assert!(self.asked.insert(token, (text, key)).is_none(), "a token comes once");
        }
    }

    /// One turn of writing. Whether there was anything to do.
    fn write(&mut self, id: LinkId, most: usize, taken: usize) -> bool {
        let mut chunk = Chunk::default();
        let read = self.node.read(self.now, id, most, &mut chunk);
        // A greeting is an entry of the log, like all that goes out.
        self.look();
        match read {
            Read::UpToDate => return false,
            Read::Chunk => {
                let bytes = chunk.slices().collect::<Vec<_>>().concat();
                assert_eq!(bytes.len(), chunk.len(), "a chunk's length");
                let taken = taken.min(bytes.len());
                if let Some((_, stream)) = self.outgoing.get_mut(&id) {
                    self.history.read(stream, &bytes[..taken]);
                }
                self.node.written(id, &chunk, taken);
            }
            Read::Behind => {
                let fetch = self.node.fetch(self.now, id, &mut self.out);
                self.carry_out();
                if let Some(fetch) = fetch {
                    assert!(self.fetches.iter().all(|(other, _)| *other != id), "one fetch at a time");
                    self.fetches.push((id, fetch.after));
                }
            }
        }
        true
    }

    fn fetched(&mut self, which: u8, rows: u8, well: bool) {
        let Some(place) = usize::from(which).checked_rem(self.fetches.len()) else { return };
        let (id, after) = self.fetches.swap_remove(place);
        let entries = well.then(|| self.store.fetch(after, rows));
        self.node.fetched(self.now, id, entries.as_deref(), &mut self.out);
    }

    fn commit(&mut self, bytes: usize) {
        if !self.node.log().is_stored() {
            return;
        }
        let mut chunk = Chunk::default();
        match self.node.read_log(self.store_cursor, bytes, |_| true, &mut chunk) {
            Read::Behind => self.store_cursor = Cursor::at(self.node.log().floor()),
            Read::UpToDate => {}
            Read::Chunk => {
                for (entry, raw) in chunk.entries().filter(|(entry, _)| !entry.marks.hidden) {
                    self.store.write(entry, raw, chunk.note(entry.seq));
                }
                self.store_cursor = chunk.next();
            }
        }
        self.node.committed(self.now, self.store_cursor.seq, &mut self.out);
    }

    fn restart(&mut self) {
        self.config.first_seq = self.store.begin_run();
        self.history.begin_run(self.config.first_seq, |seq| self.store.has(seq));
        self.runs = self.runs.wrapping_add(1);
        // A hashed ID of a greeting depends on the time alone, and a node greets before it remembers: runs begin apart.
        self.latest = self.latest.after(Duration::from_secs(1));
        self.now.wall = self.latest;
        let past = Past {
            backlog: self.store.tail(self.config.backlog),
            peers: self.store.peers(),
            bans: self.store.bans(),
            blocks: self.blocks.iter().cloned().collect(),
            trust: self.store.trust(),
        };
        self.node = Node::new(self.config.clone(), past, [self.runs; 32], self.now);
        // One generation, as the real shell reads back: more would push out what the run itself has seen by now.
        if let Some((prints, since, more)) = self.store.fingerprints(self.config.seen_max / 2) {
            self.node.remember(prints, since, more);
        }
        self.node.remember_copies(self.store.copies());
        self.store_cursor = Cursor::at(self.config.first_seq);
        self.store_failed = !self.setup.stored;
        self.out.clear();
        self.incoming.clear();
        self.outgoing.clear();
        self.dials.clear();
        self.lookups.clear();
        self.reserves.clear();
        self.fetches.clear();
        self.asked.clear();
        self.tags.clear();
        self.verifiers.forget();
    }

    /// Threads take signatures, or tell what came of some.
    fn check(&mut self, which: u8, takes: bool) {
        if takes {
            self.verifiers.take(&mut self.node, self.now, which);
        } else {
            self.verifiers.tell(&mut self.node, self.now, which, &mut self.out);
        }
    }

    /// Looks at what has become of the node.
    pub(super) fn look(&mut self) {
        let log = self.node.log();
        if log.floor() > self.history.looked {
            assert!(!log.is_stored(), "entries left memory before the store had them");
            self.history.skip_to(log.floor());
        }
        let remembered = self.config.seen_max / 2;
        let (own, mut chunk) = ((self.config.addr, self.config.nick.as_str()), Chunk::default());
        let mut next = Cursor::at(self.history.looked);
        while self.node.read_log(next, usize::MAX, |_| true, &mut chunk) == Read::Chunk {
            for (entry, raw) in chunk.entries() {
                self.history.entry((entry, chunk.note(entry.seq)), raw, own, remembered);
            }
            next = chunk.next();
        }
        assert_eq!(self.history.looked, log.end(), "the log ends where its entries end");
        self.carry_out();
        self.check_bounds();
    }

    /// Does what the node has asked for.
    fn carry_out(&mut self) {
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Dial(addr) => {
                    assert!(addr != self.config.addr && !self.config.own.contains(&addr), "it dials itself");
                    assert!(!self.held.contains(&addr), "it dials {addr}, which the user disconnected");
                    let blocked = [addr.to_string(), addr.ip().to_string()].iter().any(|who| self.blocks.contains(who));
                    assert!(!blocked, "it dials {addr}, which the user blocked");
                    let linked = self.outgoing.values().any(|(other, _)| *other == addr);
                    assert!(!linked && !self.dials.contains(&addr), "it dials {addr} twice");
                    self.dials.push(addr);
                }
                Output::Close(id) => {
                    let there = self.incoming.remove(&id).is_some() | self.outgoing.remove(&id).is_some();
                    assert!(there, "it closes a link that is no more");
                    self.fetches.retain(|(other, _)| *other != id);
                }
                Output::Beacon => assert!(self.config.discovery, "discovery is off"),
                Output::LookUp { token, fingerprint, id } => {
                    assert_eq!(self.node.fingerprint(&id), fingerprint, "what is looked up");
                    assert!(self.lookups.iter().all(|(other, _)| *other != token), "a token comes once");
                    self.lookups.push((token, fingerprint));
                }
                Output::Reserve(until) => {
                    assert!(until > self.node.log().end() && self.reserves.is_empty(), "one reservation at a time");
                    self.reserves.push(until);
                }
                Output::Said { token, seq, id, repeated } => self.said(token, seq, id, repeated),
                Output::SavePeer(record) => self.store.save_peer(record),
                Output::SaveBan(source, ban) => self.store.save_ban(source, ban),
                Output::SaveTrust(change) => self.store.save_trust(change),
                Output::Tell(Told::Skipped { addr, count }) => {
                    assert!(count > 0, "nothing was skipped");
                    let missing = self.outgoing.values_mut().filter(|(other, _)| *other == addr);
                    missing.for_each(|(_, stream)| stream.misses = true);
                }
                Output::Tell(_) => {}
            }
        }
    }

    fn said(&mut self, token: SayToken, seq: u64, id: String, repeated: bool) {
        let (body, tag) = self.asked.remove(&token).expect("somebody asked for what is said, once");
        if repeated {
            assert_eq!(self.tags.get(&tag), Some(&(seq, id)), "the message of the tag {tag}");
            return;
        }
        let logged = self.history.body(seq, &id);
        // Without a store it may have left memory by now.
        assert!(
            logged == Some(body) || (logged.is_none() && seq < self.node.log().floor()),
            "what was said is in the log"
        );
        if !tag.is_empty() {
            assert!(self.tags.insert(tag, (seq, id)).is_none(), "a tag is said once");
        }
    }

    fn check_bounds(&self) {
        let (log, limits) = (self.node.log(), self.config.log);
        let uncommitted_max = limits.uncommitted_bytes + UNCOMMITTED_SLACK_BYTES;
        let incoming = self.node.links().iter().filter(|link| link.incoming).count();
        for (what, is, most) in [
            ("uncommitted bytes", if log.is_stored() { log.uncommitted_bytes() } else { 0 }, uncommitted_max),
            ("bytes of the log", log.bytes(), limits.tail_bytes + limits.segment_bytes + uncommitted_max),
            ("words that wait", self.node.pending(), SAY_PENDING_MAX),
            ("seen IDs", self.node.seen_len(), self.config.seen_max),
            ("incoming links", incoming, self.config.inbound_max),
            ("messages that are looked up", self.lookups.len(), 1_024),
        ] {
            assert!(is <= most, "{what}: {is}, and {most} is the bound");
        }
        let broken = self.node.bounds().into_iter().find(|bound| bound.is_broken());
        assert_eq!(broken, None, "what the node counts itself");
        assert_eq!(self.node.pending(), self.asked.len(), "each word that was asked for waits, or was said");
        assert_eq!(incoming, self.incoming.len(), "the incoming links that there are");
        assert_eq!(self.node.links().len() - incoming, self.outgoing.len(), "the outgoing links that there are");
        assert!(
            !log.is_stored() || log.floor() <= log.committed().max(self.config.first_seq),
            "what left memory is on disk"
        );
    }

    /// Writes all that there is to write: nothing may be missing, and no link may stand still.
    pub(super) fn finish(&mut self) {
        for id in self.outgoing.keys().copied().collect::<Vec<_>>() {
            let mut writes = 0;
            loop {
                while let Some(place) = self.fetches.iter().position(|(other, _)| *other == id) {
                    let (id, after) = self.fetches.swap_remove(place);
                    let entries = self.store.fetch(after, 200);
                    self.node.fetched(self.now, id, Some(&entries), &mut self.out);
                    self.look();
                }
                if !self.outgoing.contains_key(&id) || !self.write(id, 1 << 20, usize::MAX) {
                    break;
                }
                self.look();
                writes += 1;
                assert!(writes < LAST_WRITES_MAX, "a link does not get on");
            }
            if let Some((_, stream)) = self.outgoing.get(&id) {
                self.history.check_end(stream);
            }
        }
    }
}

fn who(whom: Place, all: bool) -> Who {
    if all { Who::Ip(whom.ip()) } else { Who::Addr(whom.addr()) }
}

/// One of them, counted round and round.
fn nth<'a>(mut links: impl Iterator<Item = &'a LinkId> + Clone, which: u8) -> Option<LinkId> {
    let place = usize::from(which).checked_rem(links.clone().count())?;
    links.nth(place).copied()
}
