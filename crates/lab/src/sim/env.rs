//! All that hosts share: time, chance, the network, what was said, and what is known of everyone.
//! Must not know nodes. Bounds: those of its parts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use super::dice::Dice;
use super::network::{End, Network, PipeId};
use super::plan::HostId;
use super::queue::{Event, Queue, Run};
use super::said::Registry;
use super::trace::Trace;
use super::verdicts::Verdicts;
use super::view::View;

/// What a dial waits for where nobody answers.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
/// A sender learns within this time that a link is broken: what it wrote is not acknowledged.
const SENDER_LEARNS_MAX: Duration = Duration::from_secs(15);
/// A receiver learns it within this time: it waits for bytes.
const RECEIVER_LEARNS_MAX: Duration = Duration::from_secs(60);
/// How much later the second copy of a beacon comes at most.
const BEACON_LATE_MAX: Duration = Duration::from_secs(90);
/// Where beacons come from.
const BEACON_PORT: u16 = 5_555;

/// Who listens at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    Host(HostId),
    Stranger(usize),
}

/// See the module.
pub(super) struct Env {
    pub(super) queue: Queue,
    pub(super) dice: Dice,
    pub(super) net: Network,
    pub(super) trace: Trace,
    pub(super) said: Registry,
    pub(super) verdicts: Verdicts,
    pub(super) views: Vec<View>,
    pub(super) listeners: BTreeMap<SocketAddr, Party>,
    /// Strangers who bring more authors than a link has budgets for.
    pub(super) relays: BTreeSet<usize>,
    pub(super) clusters: Vec<Vec<HostId>>,
    pub(super) beacon_loss: usize,
    pub(super) beacon_twice: usize,
    /// Reads that give a few bytes only, in percent.
    pub(super) crumbs: usize,
    /// Bytes that nodes were given.
    pub(super) received: u64,
}

impl Env {
    pub(super) fn note(&mut self, host: HostId, other: Option<HostId>, what: &'static str, numbers: [u64; 2]) {
        self.trace.note(self.queue.now(), host, other, what, numbers);
    }

    pub(super) fn host_at(&self, addr: &SocketAddr) -> Option<HostId> {
        match self.listeners.get(addr) {
            Some(Party::Host(host)) => Some(*host),
            _ => None,
        }
    }

    /// A dial begins: how it ends is seen then.
    pub(super) fn dial(&mut self, run: Run, addr: SocketAddr) {
        let answers = match self.listeners.get(&addr) {
            Some(Party::Host(host)) => self.net.are_joined(run.host, *host),
            Some(Party::Stranger(_)) => true,
            None => false,
        };
        // Where nobody is, nothing answers; where somebody is and does not listen, he says so at once.
        let refuses = !answers && addr.port().is_multiple_of(2);
        let pause = if answers || refuses { self.net.latency(&mut self.dice) * 2 } else { DIAL_TIMEOUT };
        self.queue.after(pause, Event::DialEnds(run, addr));
    }

    /// Everybody on the segment hears it, the sender too: some twice, and some late.
    pub(super) fn broadcast(&mut self, from: HostId, addr: SocketAddr, cluster: usize) {
        // Those of one machine are told apart by the ports that they send from.
        let port = if addr.ip().is_loopback() { addr.port() - BEACON_PORT } else { BEACON_PORT };
        let source = SocketAddr::new(addr.ip(), port);
        for place in 0..self.clusters[cluster].len() {
            let to = self.clusters[cluster][place];
            if self.net.are_joined(from, to) && !self.dice.chance(self.beacon_loss) {
                let pause = self.net.latency(&mut self.dice);
                self.queue.after(pause, Event::Datagram(to, source, addr.to_string()));
                if self.dice.chance(self.beacon_twice) {
                    let late = self.dice.time(Duration::ZERO, BEACON_LATE_MAX);
                    self.queue.after(pause + late, Event::Datagram(to, source, addr.to_string()));
                }
            }
        }
    }

    /// The network breaks a connection: what is on the way is lost, and its ends learn of it late.
    pub(super) fn cut(&mut self, id: PipeId) {
        let Some(pipe) = self.net.get(id) else { return };
        pipe.cut();
        let ends = (pipe.from.host(), pipe.to.host());
        if let (Some(from), to) = ends {
            self.note(from, to, "link is cut", [id as u64, 0]);
        }
        let sender = self.dice.time(Duration::ZERO, SENDER_LEARNS_MAX);
        let receiver = self.dice.time(Duration::ZERO, RECEIVER_LEARNS_MAX);
        self.queue.after(sender, Event::SenderLearns(id));
        self.queue.after(receiver, Event::ReceiverLearns(id));
    }

    /// The reading end has closed a connection.
    pub(super) fn receiver_leaves(&mut self, id: PipeId) {
        let Some(pipe) = self.net.get(id) else { return };
        pipe.receiver_left = true;
        pipe.cut();
        if pipe.sender_left {
            self.net.remove(id);
        } else {
            let pause = pipe.latency();
            self.queue.after(pause, Event::SenderLearns(id));
        }
    }

    /// The writing end has closed a connection: what is on the way arrives, where it `finishes`.
    pub(super) fn sender_leaves(&mut self, id: PipeId, finishes: bool) {
        let Some(pipe) = self.net.get(id) else { return };
        pipe.sender_left = true;
        if finishes {
            pipe.finish()
        } else {
            pipe.cut()
        }
        if pipe.receiver_left {
            self.net.remove(id);
        } else {
            let pause = pipe.latency() * 2;
            self.queue.after(pause, Event::ReceiverLearns(id));
        }
    }

    /// A connection between two ends that both agreed, from `remote`.
    pub(super) fn open(&mut self, from: End, to: End, remote: SocketAddr) -> PipeId {
        let now = self.queue.now();
        self.net.open(from, to, remote, now, &mut self.dice)
    }
}
