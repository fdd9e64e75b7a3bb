//! What is to happen, in order of virtual time; what falls on one moment happens in the order in which it was put in.
//! Must not know what an event means. Bounds: each thing that can happen again is in here once at a time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::Duration;

use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::node::{CheckId, LinkId};
use whispernet_core::time::Instant;

use super::disk::Row;
use super::network::PipeId;
use super::plan::HostId;
use super::scenario::Trouble;

/// One run of a host: what was begun for an earlier one is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) host: HostId,
    pub(super) epoch: u32,
}

/// What can happen.
pub(super) enum Event {
    /// The node's deadline.
    Wake(Run),
    /// The shell's turn: it writes on all links that take something.
    Turn(Run),
    /// The store begins to write what is new.
    Commit(Run),
    /// What the store began to write is on disk.
    Written(Run),
    /// Cursors are saved.
    Save(Run),
    /// A dial ends, well or not.
    DialEnds(Run, std::net::SocketAddr),
    /// Bytes reach the far end.
    Arrive(PipeId),
    /// A slow reader reads on.
    Read(PipeId),
    /// The sender learns that there is room again.
    Room(PipeId),
    /// The sender learns that the link is gone.
    SenderLearns(PipeId),
    /// The receiver learns that the link is gone.
    ReceiverLearns(PipeId),
    /// A thread looks for signatures to check.
    Check(Run),
    /// What came of them.
    Verified(Run, Rc<[(CheckId, bool)]>),
    /// The store's rows for a link that lags.
    Fetched(Run, LinkId, Option<Vec<Rc<Row>>>),
    /// The store's word on an old message.
    LookedUp(Run, u64, Fingerprint, String),
    /// The store has noted the places up to here.
    Reserved(Run, u64),
    /// A beacon is heard.
    Datagram(HostId, std::net::SocketAddr, String),
    /// A user says something.
    Chat,
    /// The user of this host says something last.
    Probe(HostId),
    /// A host starts.
    Start(HostId),
    /// A host reads again.
    ReadOn(HostId),
    /// A host's store works again.
    StoreBack(HostId),
    /// Something breaks.
    Trouble(Trouble),
    /// The sides of a partition reach each other again.
    Heal,
    /// A link is read again.
    ReadAgain(PipeId),
    /// A host's wall clock is put right.
    ClockRight(HostId),
    /// A stranger acts.
    Stranger(usize),
    /// All is mended; nothing breaks any more.
    Calm,
}

struct Scheduled {
    at: Instant,
    order: u64,
    event: Event,
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives its greatest first.
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Scheduled {}

/// Events to come, and what time it is.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Scheduled>,
    order: u64,
    now: Instant,
}

impl Queue {
    pub(super) const fn now(&self) -> Instant {
        self.now
    }

    pub(super) fn at(&mut self, at: Instant, event: Event) {
        self.order += 1;
        self.heap.push(Scheduled { at: at.max(self.now), order: self.order, event });
    }

    pub(super) fn after(&mut self, pause: Duration, event: Event) {
        self.at(self.now.after(pause), event);
    }

    /// The next event up to `until`: time moves on to it.
    pub(super) fn next(&mut self, until: Instant) -> Option<Event> {
        if self.heap.peek()?.at > until {
            return None;
        }
        let next = self.heap.pop()?;
        self.now = next.at;
        Some(next.event)
    }
}
