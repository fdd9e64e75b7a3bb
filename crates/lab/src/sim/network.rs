//! Connections, as pipes with a bound that deliver late and in pieces, in order, or break with what is on the way.
//! Must not know what the bytes mean. Bounds: each pipe holds its capacity; a partition is one number a host.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::codec::Decoder;
use whispernet_core::node::LinkId;
use whispernet_core::time::Instant;

use super::dice::Dice;
use super::plan::{HostId, PIPE_BYTES_MAX};

/// A connection: its place among all that there ever were.
pub(super) type PipeId = usize;

/// Who is at an end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A link of this run of a host.
    Host { host: HostId, epoch: u32, link: LinkId },
    /// A stranger.
    Stranger(usize),
}

impl End {
    pub(super) const fn host(self) -> Option<HostId> {
        match self {
            Self::Host { host, .. } => Some(host),
            Self::Stranger(_) => None,
        }
    }
}

/// One connection: only `from` writes, only `to` reads.
pub(super) struct Pipe {
    pub(super) from: End,
    pub(super) to: End,
    pub(super) since: Instant,
    /// Where it comes from, as the reading end sees it.
    pub(super) remote: SocketAddr,
    /// What the reading link keeps of an unfinished object.
    pub(super) decoder: Decoder,
    /// The simulator's own reading of the same bytes.
    pub(super) watch: Decoder,
    /// The sender waits for room.
    pub(super) parked: bool,
    /// The reader has had what its pace allows, and will read on.
    pub(super) rests: bool,
    /// Nobody reads it for now.
    pub(super) stalled: bool,
    /// The writing end has forgotten it.
    pub(super) sender_left: bool,
    /// The reading end has forgotten it.
    pub(super) receiver_left: bool,
    flying: VecDeque<(Instant, Vec<u8>)>,
    flying_bytes: usize,
    inbox: Vec<u8>,
    capacity: usize,
    latency: Duration,
    /// No byte crosses it any more, though its ends may not know yet.
    broken: bool,
    /// The sender has closed it: it ends where it is empty.
    finished: bool,
}

impl Pipe {
    /// Bytes that can be written now.
    pub(super) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.flying_bytes + self.inbox.len())
    }

    pub(super) const fn latency(&self) -> Duration {
        self.latency
    }

    pub(super) const fn is_broken(&self) -> bool {
        self.broken
    }

    pub(super) const fn is_finished(&self) -> bool {
        self.finished
    }

    pub(super) const fn unread(&self) -> usize {
        self.inbox.len()
    }

    pub(super) fn is_drained(&self) -> bool {
        self.inbox.is_empty() && self.flying.is_empty()
    }

    /// Takes bytes on their way; they arrive then.
    pub(super) fn write(&mut self, bytes: Vec<u8>, now: Instant, dice: &mut Dice) -> Instant {
        let earliest = self.flying.back().map_or(now, |(at, _)| *at);
        let at = now.after(dice.time(self.latency / 2, self.latency * 2)).max(earliest);
        self.flying_bytes += bytes.len();
        self.flying.push_back((at, bytes));
        at
    }

    /// What has arrived can be read.
    pub(super) fn arrive(&mut self, now: Instant) {
        if self.broken {
            return;
        }
        while let Some((_, bytes)) = self.flying.pop_front_if(|(at, _)| *at <= now) {
            self.flying_bytes -= bytes.len();
            self.inbox.extend_from_slice(&bytes);
        }
    }

    /// Reads at most `bytes_max` bytes, often fewer than there are; in `crumbs` of a hundred reads very few.
    pub(super) fn read(&mut self, bytes_max: usize, crumbs: usize, dice: &mut Dice) -> Vec<u8> {
        let there = self.inbox.len().min(bytes_max);
        let bytes = match dice.below(100) {
            throw if throw < crumbs => dice.between(1, 4).min(there),
            0..80 => there,
            _ => dice.between(1, there.max(1)).min(there),
        };
        self.inbox.drain(..bytes).collect()
    }

    /// What is on the way is lost.
    pub(super) fn cut(&mut self) {
        self.broken = true;
    }

    /// What is on the way arrives, and then it ends.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }
}

/// All connections.
#[derive(Default)]
pub(super) struct Network {
    /// `None`: both ends have forgotten it.
    pipes: Vec<Option<Box<Pipe>>>,
    /// Hosts with different numbers do not reach one another.
    sides: BTreeMap<HostId, usize>,
    /// The cluster of each host: only within it, and across a bridge, do hosts reach one another.
    clusters: Vec<usize>,
    bridges: BTreeSet<(HostId, HostId)>,
    latency_max: Duration,
}

impl Network {
    pub(super) fn new(clusters: Vec<usize>, bridges: BTreeSet<(HostId, HostId)>, latency_max: Duration) -> Self {
        Self { clusters, bridges, latency_max, ..Self::default() }
    }

    pub(super) fn open(&mut self, from: End, to: End, remote: SocketAddr, now: Instant, dice: &mut Dice) -> PipeId {
        let pipe = Pipe {
            from,
            to,
            since: now,
            remote,
            decoder: Decoder::default(),
            watch: Decoder::default(),
            parked: false,
            rests: false,
            stalled: false,
            sender_left: false,
            receiver_left: false,
            flying: VecDeque::new(),
            flying_bytes: 0,
            inbox: Vec::new(),
            capacity: dice.between(300, PIPE_BYTES_MAX),
            latency: self.latency(dice),
            broken: false,
            finished: false,
        };
        self.pipes.push(Some(Box::new(pipe)));
        self.pipes.len() - 1
    }

    pub(super) fn latency(&self, dice: &mut Dice) -> Duration {
        dice.time(Duration::from_micros(50), self.latency_max)
    }

    pub(super) fn get(&mut self, id: PipeId) -> Option<&mut Pipe> {
        self.pipes.get_mut(id)?.as_deref_mut()
    }

    pub(super) fn remove(&mut self, id: PipeId) {
        self.pipes[id] = None;
    }

    /// All connections that nobody has cut.
    pub(super) fn whole(&self) -> Vec<PipeId> {
        self.iter().filter(|(_, pipe)| !pipe.broken).map(|(id, _)| id).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PipeId, &Pipe)> {
        self.pipes.iter().enumerate().filter_map(|(id, pipe)| Some((id, pipe.as_deref()?)))
    }

    /// Hosts on different sides do not reach one another from now on. Gives the connections that this cuts.
    pub(super) fn divide(&mut self, sides: BTreeMap<HostId, usize>) -> Vec<PipeId> {
        self.sides = sides;
        let across = self.iter().filter(|(_, pipe)| !pipe.broken && !self.reaches(pipe.from, pipe.to));
        across.map(|(id, _)| id).collect()
    }

    pub(super) fn heal(&mut self) {
        self.sides.clear();
    }

    pub(super) fn is_divided(&self) -> bool {
        !self.sides.is_empty()
    }

    /// Whether bytes get from one host to the other. Strangers get everywhere.
    pub(super) fn are_joined(&self, one: HostId, other: HostId) -> bool {
        let near =
            self.clusters[one] == self.clusters[other] || self.bridges.contains(&(one.min(other), one.max(other)));
        near && self.sides.get(&one) == self.sides.get(&other)
    }

    fn reaches(&self, from: End, to: End) -> bool {
        match (from.host(), to.host()) {
            (Some(from), Some(to)) => self.are_joined(from, to),
            _ => true,
        }
    }
}
