//! The network thread: every classic link, discovery, and the node's outputs and deadlines, on one runtime of its own, so that
//! a batch goes from one link's read to all other links' writes without waking anybody.
//! Must not know faces or the store's insides. Bounds: those of the node, and of its parts.

mod alive;
mod dial;
mod discovery;
mod incoming;
mod outgoing;
mod progress;
mod refused;

pub(crate) use incoming::PARTIAL_BYTES_MAX;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::LocalSet;
use tokio::time::{sleep, sleep_until, timeout};
use whispernet_core::node::{Cause, LinkId, Output};
use whispernet_core::time::Instant;

use self::incoming::InLink;
use self::outgoing::OutLink;
use self::refused::Refused;
use crate::counts::Count;
use crate::event::Level;
use crate::shared::Shared;
use crate::tell;
use crate::writer::Job;

/// Between two savings of where the cursors of links stand.
const SAVE_INTERVAL: Duration = Duration::from_secs(10);
/// How long links get at the end to take what is left.
const FLUSH_MAX: Duration = Duration::from_millis(800);
/// After a failed accept, for example with no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the network thread is started with.
pub(crate) struct Start {
    pub(crate) shared: Arc<Shared>,
    pub(crate) listener: std::net::TcpListener,
    pub(crate) bound: IpAddr,
    pub(crate) discovery: Option<u16>,
    /// Resolves once seen IDs are back in memory: nothing is read from links before.
    pub(crate) ready: watch::Receiver<bool>,
}

/// What the tasks of the network thread share.
struct Net {
    shared: Arc<Shared>,
    bound: IpAddr,
    incoming: RefCell<BTreeMap<LinkId, Rc<InLink>>>,
    outgoing: RefCell<BTreeMap<LinkId, Rc<OutLink>>>,
    /// A link has taken something, while others are not read until it has.
    room: Notify,
    /// How many links wait for that.
    waiting_for_room: Cell<usize>,
    /// Whether links may be read.
    ready: watch::Receiver<bool>,
    discovery: RefCell<Option<Rc<discovery::Discovery>>>,
    /// When the main task wakes next by itself.
    scheduled: Cell<Option<Instant>>,
    reschedule: Notify,
    /// Deliveries are being told.
    telling: Cell<bool>,
    stopping: Cell<bool>,
}

/// Runs the network thread until the peer is to stop and its links are flushed.
pub(crate) fn run(start: Start) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return start.shared.notice(Level::Error, format!("no network: {error}")),
    };
    LocalSet::new().block_on(&runtime, main_task(start));
    // Look-ups of names and the store may still be under way; nobody waits for them.
    runtime.shutdown_background();
}

async fn main_task(start: Start) {
    let shared = Arc::clone(&start.shared);
    let net = Rc::new(Net {
        shared: start.shared,
        bound: start.bound,
        incoming: RefCell::default(),
        outgoing: RefCell::default(),
        room: Notify::new(),
        waiting_for_room: Cell::default(),
        ready: start.ready,
        discovery: RefCell::default(),
        scheduled: Cell::default(),
        reschedule: Notify::new(),
        telling: Cell::default(),
        stopping: Cell::default(),
    });
    if let Some(port) = start.discovery {
        discovery::start(&net, port);
    }
    let accepting = match TcpListener::from_std(start.listener) {
        Ok(listener) => tokio::task::spawn_local(accept(Rc::clone(&net), listener)),
        Err(error) => return shared.notice(Level::Error, format!("links cannot be accepted: {error}")),
    };
    tokio::task::spawn_local(incoming::watch_pace(Rc::clone(&net)));
    let mut save_at = shared.clock.now().instant.after(SAVE_INTERVAL);
    let mut refused = Refused::default();
    let mut stopped = std::pin::pin!(shared.stopped());
    loop {
        net.turn();
        let now = shared.clock.now().instant;
        if save_at <= now {
            save_at = now.after(SAVE_INTERVAL);
            net.save_cursors();
            refused.tell(&shared);
        }
        let deadline = shared.node().deadline(now);
        let due = deadline.map_or(save_at, |deadline| deadline.min(save_at));
        net.scheduled.set(Some(due));
        tokio::select! {
            () = shared.network.notified() => {}
            () = net.reschedule.notified() => {}
            () = sleep_until(shared.clock.deadline(due)) => {}
            () = &mut stopped => break,
        }
    }
    accepting.abort();
    net.stopping.set(true);
    net.turn();
    // Who does not take it now gets it when the link is resumed.
    let _ = timeout(FLUSH_MAX, net.flush()).await;
    net.save_cursors();
}

async fn accept(net: Rc<Net>, listener: TcpListener) {
    let mut told = false;
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                told = false;
                let now = net.shared.clock.now();
                let mut out = Vec::new();
                let id = net.shared.node().accepted(now, remote, &mut out);
                if let Some(id) = id {
                    incoming::start(&net, id, stream);
                }
                net.carry_out(out);
            }
            Err(error) => {
                net.shared.counts.add(Count::AcceptFailed, 1);
                if !std::mem::replace(&mut told, true) {
                    net.shared.notice(Level::Warn, format!("a link could not be accepted: {error}"));
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Net {
    /// Does what is due, carries out what commands of other threads asked for, and writes what there is to write.
    fn turn(self: &Rc<Self>) {
        let mut out = self.shared.take_outputs();
        let end = {
            let now = self.shared.clock.now();
            let mut node = self.shared.node();
            node.wake(now, &mut out);
            node.log().end()
        };
        self.shared.grew_to(end);
        self.carry_out(out);
        self.write_all();
        if self.waiting_for_room.get() > 0 {
            // Signatures may have been checked.
            self.room.notify_waiters();
        }
    }

    /// Does what the node says.
    fn carry_out(self: &Rc<Self>, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Dial(addr) => {
                    if !self.stopping.get() {
                        tokio::task::spawn_local(dial::dial(Rc::clone(self), addr));
                    }
                }
                Output::Close(id) => {
                    self.close(id);
                    // One that we dialled is dialled again soon.
                    self.reschedule.notify_one();
                }
                Output::Beacon => {
                    if let Some(discovery) = &*self.discovery.borrow() {
                        discovery.send(self);
                    }
                }
                Output::LookUp { token, fingerprint, id } => {
                    if !self.shared.job(Job::LookUp { token, fingerprint, id }) {
                        // The store is busy: counted as known, so that the next copy asks again.
                        self.shared.node().looked_up(self.shared.clock.now(), token, true, &mut Vec::new());
                    }
                }
                Output::Reserve(until) => {
                    if !self.shared.job(Job::Reserve(until)) {
                        self.shared.node().reserve_again();
                    }
                }
                Output::Said { token, seq, id, repeated } => {
                    self.shared.answer(token, (seq, id, repeated));
                    self.follow_file(seq);
                }
                Output::SavePeer(record) => {
                    self.shared.job(Job::Peer(record));
                }
                Output::SaveBan(source, ban) => {
                    self.shared.job(Job::Ban(source, ban));
                }
                Output::SaveTrust(change) => {
                    self.shared.job(Job::Trust(Box::new(change)));
                }
                Output::Tell(told) => self.shared.tell(tell::event(&told)),
            }
        }
    }

    fn close(&self, id: LinkId) {
        if let Some(link) = self.incoming.borrow_mut().remove(&id) {
            link.close();
        }
        if let Some(link) = self.outgoing.borrow_mut().remove(&id) {
            link.close();
        }
    }

    /// A link has ended by itself.
    fn link_down(self: &Rc<Self>, id: LinkId, cause: Cause) {
        let mut out = Vec::new();
        self.shared.node().link_down(self.shared.clock.now(), id, cause, &mut out);
        self.close(id);
        self.carry_out(out);
        self.reschedule.notify_one();
    }

    /// Wakes the main task where the node has become due earlier.
    fn check_deadline(&self, deadline: Option<Instant>) {
        if let Some(deadline) = deadline
            && self.scheduled.get().is_none_or(|scheduled| deadline < scheduled)
        {
            self.reschedule.notify_one();
        }
    }

    fn save_cursors(self: &Rc<Self>) {
        let mut out = Vec::new();
        self.shared.node().save_cursors(self.shared.clock.now(), &mut out);
        self.carry_out(out);
    }

    /// Addresses that we may dial from.
    fn source(&self, to: SocketAddr) -> Option<SocketAddr> {
        let same_family = self.bound.is_ipv4() == to.is_ipv4();
        (same_family && !self.bound.is_unspecified()).then(|| SocketAddr::new(self.bound, 0))
    }
}
