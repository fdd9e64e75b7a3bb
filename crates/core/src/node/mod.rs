//! The node: composes codec, seen IDs, flood control, dialling and the log. Bytes, times and commands in, outputs and log
//! entries out. Must not know sockets, files or clocks. Bounds: those of its parts, and the constants of its files.

mod ahead;
mod bounds;
mod candidate;
mod checks;
mod clock;
mod compose;
mod config;
mod copies;
mod followed;
mod greet;
mod hold;
mod judge;
mod lag;
mod learn;
mod links;
mod old;
mod output;
mod pending;
mod people;
mod recognise;
mod say;
mod sent_file;
mod signed;
mod take_in;
mod trail;
mod users;
mod wake;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub use checks::CheckId;
pub use config::{Config, IdKind, SEEN_MAX};
pub use followed::{Delivery, Sending};
pub use judge::{BODY_BYTES_MAX, NICK_GRAPHEMES_MAX};
pub use lag::{Fetch, Stored};
pub use links::{LinkId, LinkStatus};
pub use output::{Cause, Change, Output, PeerRecord, SayToken, Told};
pub use pending::SAY_PENDING_MAX;
pub use say::{SEQ_BLOCK, SayRefused, Words};
pub use sent_file::{FILE_SEND_BYTES_MAX, SentFile};
pub use users::{BLOCKS_MAX, Refused, Who};
pub use wake::BEACON_BYTES_MAX;

use crate::budget::Bucket;
use crate::counters::Counters;
use crate::dial::{self, Book};
use crate::fingerprint::{Fingerprint, Keyed};
use crate::flood::Flood;
use crate::identity::PublicKey;
use crate::log::{Entry, Log, Marks, Note};
use crate::rank::Rank;
use crate::seen::Seen;
use crate::state::State;
use crate::time::{Instant, Now};
use crate::trust::Trust;

/// One peer's whole protocol state.
pub struct Node {
    config: Config,
    rng: ChaCha12Rng,
    keyed: Keyed,
    /// Of our own Addr.
    own_author: Fingerprint,
    log: Log,
    seen: Seen,
    flood: Flood,
    book: Book,
    counters: Counters,
    /// Boxed: a map's nodes are half empty.
    incoming: BTreeMap<LinkId, Box<links::Incoming>>,
    outgoing: BTreeMap<LinkId, links::Outgoing>,
    /// When to look whether the other side of an outgoing link has come back.
    greetings_due: BTreeSet<(Instant, LinkId)>,
    next_link: u64,
    /// Addresses the user blocked: `IP`, or `IP:PORT`.
    blocks: BTreeSet<String>,
    hello: greet::Hello,
    mouth: say::Mouth,
    lookups: old::Lookups,
    checks: checks::Checks,
    /// Something of it may be known, and waits for the end of a pause.
    unsettled: bool,
    copies: copies::Copies,
    followed: followed::Followed,
    next_beacon: Option<Instant>,
    beacons_heard: BTreeMap<SocketAddr, Instant>,
    seqs: say::SeqReserve,
    trust: Trust,
    own_key: PublicKey,
    /// Statements of other keys that may be looked at now.
    rotations: Bucket,
    /// Nicks of unsigned messages that may be looked at now.
    looks: Bucket,
    /// Greetings of links that may be looked at now.
    greetings: Bucket,
    /// The user was told that most clocks differ from ours.
    clock_told: bool,
}

impl Node {
    /// A node that nobody is linked to, with what an earlier run kept (but for seen IDs: [`Node::remember`]). `seed` must
    /// be unpredictable outside of simulations: IDs come from it.
    #[must_use]
    pub fn new(config: Config, past: Past<'_>, seed: [u8; 32], now: Now) -> Self {
        let keyed = Keyed::new(&config.fingerprint_key);
        let limits = if config.flood_limit { dial::Limits::On } else { dial::Limits::Off };
        let own_author = keyed.fingerprint(config.addr.to_string().as_bytes());
        let mut node = Self {
            rng: ChaCha12Rng::from_seed(seed),
            keyed,
            own_author,
            log: Log::new(config.first_seq, config.stored, config.log),
            seen: Seen::new(config.seen_max, now.wall),
            flood: Flood::default(),
            book: Book::new(limits, now.instant),
            counters: Counters::default(),
            incoming: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            greetings_due: BTreeSet::new(),
            next_link: 0,
            blocks: BTreeSet::new(),
            hello: greet::Hello::default(),
            mouth: say::Mouth::new(now.instant),
            lookups: old::Lookups::default(),
            checks: checks::Checks::new(now.instant),
            unsettled: false,
            copies: copies::Copies::default(),
            followed: followed::Followed::default(),
            next_beacon: config.discovery.then_some(now.instant),
            beacons_heard: BTreeMap::new(),
            seqs: say::SeqReserve::new(config.first_seq),
            trust: Trust::default(),
            own_key: config.key.public(),
            rotations: Bucket::full(take_in::ROTATIONS, now.instant),
            looks: Bucket::full(take_in::LOOKS, now.instant),
            greetings: Bucket::full(recognise::LOOKS, now.instant),
            clock_told: false,
            config,
        };
        node.restore(past, now);
        node.hold_own_nick(now);
        // After what was restored: it is the first entry of this run.
        node.prepare_hello(now);
        node
    }

    /// The log: what was accepted, for whoever reads it.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The settings it runs with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What happened so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many IDs are remembered.
    #[must_use]
    pub const fn seen_len(&self) -> usize {
        self.seen.len()
    }

    /// The fingerprint of an ID.
    #[must_use]
    pub fn fingerprint(&self, id: &str) -> Fingerprint {
        self.keyed.fingerprint(id.as_bytes())
    }

    /// Whether the message with this ID is here in its richest copy.
    #[must_use]
    pub fn has_whole(&self, id: &str) -> bool {
        self.seen.rank(self.fingerprint(id)) == Some(Rank::WithFile)
    }

    /// The fingerprint of an author's Addr, however it is written.
    fn author(&self, addr: &str) -> Fingerprint {
        self.keyed.fingerprint(crate::addr::normal(addr).as_bytes())
    }

    fn own_addr(&self) -> String {
        self.config.addr.to_string()
    }

    fn random_id(&mut self) -> String {
        let mut bits = [0; 16];
        self.rng.fill_bytes(&mut bits);
        crate::id::random(bits)
    }

    /// A random fraction, for jitter.
    fn fraction(&mut self) -> f32 {
        let bits = u16::try_from(self.rng.next_u32() >> 16).unwrap_or_default();
        f32::from(bits) / f32::from(u16::MAX)
    }

    /// Appends what we say.
    fn append_own(&mut self, now: Now, id: &str, marks: Marks, raw: &[u8]) -> u64 {
        let (fingerprint, author) = (self.fingerprint(id), self.author(&self.own_addr()));
        self.seen.insert(fingerprint, Rank::WithFile, now.wall);
        let entry = Entry::new(fingerprint, author, now.wall.0, Marks { own: true, ..marks });
        self.log.append(entry.known(State::Own, Rank::WithFile), raw, None)
    }

    /// Refills the seen IDs from what an earlier run kept, oldest first, the oldest of them from `since`; `more` where there
    /// were older ones. Before anything is received.
    pub fn remember(
        &mut self,
        seen: impl IntoIterator<Item = (Fingerprint, Rank)>,
        since: crate::time::UnixMillis,
        more: bool,
    ) {
        self.seen.refill(seen, since, more);
    }

    /// Takes back which stored copies may still come richer, oldest first: of each its place, rank, Addr and Body.
    pub fn remember_copies<'a>(
        &mut self,
        copies: impl IntoIterator<Item = (Fingerprint, u64, Rank, &'a str, &'a str)>,
    ) {
        for (fingerprint, seq, rank, addr, body) in copies {
            let content = self.keyed.of_two(addr.as_bytes(), body.as_bytes());
            self.copies.note(fingerprint, copies::Poor { seq, content, rank });
        }
    }

    fn restore(&mut self, past: Past<'_>, now: Now) {
        for Restored { stored, fingerprint, received, rank, state, note } in past.backlog {
            let author = self.author(stored.addr);
            let entry = Entry::new(fingerprint, author, received, stored.marks).known(state, rank);
            self.log.restore(stored.seq, entry, stored.raw, note.boxed());
        }
        for (addr, known) in past.peers {
            let lately = known.linked_at.is_some_and(|at| at.after(links::RESUME_WITHIN) > now.wall);
            let dial = !known.held && (known.wanted || lately);
            self.book.restore(addr, known, dial, now.instant);
        }
        for (source, ban) in past.bans {
            self.flood.restore(source, ban);
        }
        self.blocks.extend(past.blocks.into_iter().take(BLOCKS_MAX));
        self.trust = Trust::restore(past.trust);
    }

    /// Whether `ip`, or `addr` where given, is blocked by the user.
    fn is_blocked(&self, ip: IpAddr, addr: Option<&str>) -> bool {
        !self.blocks.is_empty()
            && (self.blocks.contains(&ip.to_string()) || addr.is_some_and(|addr| self.blocks.contains(addr)))
    }
}

/// A message of an earlier run.
#[derive(Clone, Debug)]
pub struct Restored<'a> {
    /// As it was stored.
    pub stored: Stored<'a>,
    /// Of its ID.
    pub fingerprint: Fingerprint,
    /// When it was taken in, in milliseconds since the UNIX epoch.
    pub received: i64,
    /// How rich a copy it is.
    pub rank: Rank,
    /// How far its author was believed.
    pub state: State,
    /// What is to be told beside it.
    pub note: Note,
}

/// What an earlier run kept.
#[derive(Default)]
pub struct Past<'a> {
    /// The newest messages, oldest first and without a gap, so that readers who resume miss none.
    pub backlog: Vec<Restored<'a>>,
    /// What was known of addresses.
    pub peers: Vec<(SocketAddr, dial::Known)>,
    /// Bans.
    pub bans: Vec<(crate::source::Source, crate::flood::Ban)>,
    /// Addresses the user blocked.
    pub blocks: Vec<String>,
    /// What was known of keys.
    pub trust: Vec<crate::trust::Record>,
}
