//! One node with a shell around it, as the real one: it takes inputs, does what the outputs say, and looks at the clock.
//! Must not know the other hosts. Bounds: the node's; one event of each kind at a time.

pub(super) mod checks;
mod links;
mod store;

pub(super) use store::Batch;

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::identity::Token;
use whispernet_core::log::{Chunk, Cursor};
use whispernet_core::node::{Cause, Change, LinkId, Node, Output, Past, Told, Words};
use whispernet_core::time::{Instant, Now, UnixMillis};

use super::disk::Disk;
use super::env::Env;
use super::guard::{Guard, Guarded};
use super::network::{End, PipeId};
use super::plan::{HostId, HostPlan};
use super::queue::{Event, Run};
use super::said::MessageId;
use super::scenario::Plant;
use super::view::{Checked, Dropped, Failure, Sight};

/// The wall clock where virtual time begins: 2025-06-15 15:06:40 UTC.
pub(super) const EPOCH_MILLIS: i64 = 1_750_000_000_000;
/// Wakes at one moment of virtual time beyond which a node spins.
const WAKES_AT_ONCE_MAX: u32 = 1_000;

/// A link that ended resumes within 24 hours: beyond nearly so much, a leap of the clock ends that.
const LEAP_MILLIS: i64 = 22 * 3_600_000;
/// What was not saved so long ago is not on disk: with the longest pause of saving, and of a store.
const UNSAVED_MAX: Duration = Duration::from_secs(240);

/// A host that is up or down.
pub(super) struct Host {
    pub(super) id: HostId,
    pub(super) plan: HostPlan,
    pub(super) epoch: u32,
    pub(super) node: Option<Node>,
    pub(super) disk: Disk,
    pub(super) incoming: BTreeMap<LinkId, PipeId>,
    pub(super) outgoing: BTreeMap<LinkId, PipeId>,
    /// It reads nothing for now.
    pub(super) stopped: bool,
    pub(super) store_fails: bool,
    /// How far somebody has moved its wall clock, in milliseconds.
    pub(super) moved_millis: i64,
    /// The least that has been.
    moved_least_millis: i64,
    pub(super) guard: Guard,
    /// When its clock last jumped so far that links resume no more.
    leapt: Option<Instant>,
    /// The incoming link that the node closed last: where it came from, and who is there.
    closed: Option<(SocketAddr, End)>,
    /// Links came or went since they were counted.
    relinked: bool,
    /// Pipes with bytes that it was not to read yet.
    unread: BTreeSet<PipeId>,
    out: Vec<Output>,
    chunk: Chunk,
    store_cursor: Cursor,
    /// What the store is about to have.
    writing: Option<Batch>,
    wake_at: Option<Instant>,
    wakes_at_once: (Instant, u32),
    turn_comes: bool,
    /// Links may have something to take though the log has not grown.
    stirred: bool,
    verifiers: checks::Verifiers,
    /// What came and is perhaps still to be checked.
    in_flight: BTreeSet<MessageId>,
    /// What its node has dropped in this run.
    dropped: Dropped,
    /// Where the log ended at the last turn.
    turned_at: u64,
    commit_comes: bool,
}

impl Host {
    pub(super) fn new(id: HostId, plan: HostPlan) -> Self {
        Self {
            id,
            plan,
            epoch: 0,
            node: None,
            disk: Disk::default(),
            incoming: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            stopped: false,
            store_fails: false,
            moved_millis: 0,
            moved_least_millis: 0,
            guard: Guard::default(),
            leapt: None,
            closed: None,
            relinked: false,
            unread: BTreeSet::new(),
            out: Vec::new(),
            chunk: Chunk::default(),
            store_cursor: Cursor::default(),
            writing: None,
            wake_at: None,
            wakes_at_once: (Instant::default(), 0),
            turn_comes: false,
            stirred: false,
            verifiers: checks::Verifiers::default(),
            in_flight: BTreeSet::new(),
            dropped: Dropped::default(),
            turned_at: 0,
            commit_comes: false,
        }
    }

    pub(super) const fn run(&self) -> Run {
        Run { host: self.id, epoch: self.epoch }
    }

    pub(super) const fn is_up(&self) -> bool {
        self.node.is_some()
    }

    fn now(&self, env: &Env) -> Now {
        let instant = env.queue.now();
        let millis = i64::try_from(instant.since_start().as_millis()).unwrap_or(i64::MAX);
        Now { instant, wall: UnixMillis(EPOCH_MILLIS + millis + self.plan.skew_millis + self.moved_millis) }
    }

    /// Starts a run with what the disk has.
    pub(super) fn start(&mut self, env: &mut Env) -> Checked {
        if self.is_up() {
            return Ok(());
        }
        self.epoch += 1;
        let now = self.now(env);
        let reserved = self.disk.begin_run();
        let first_seq = if self.plan.plant == Some(Plant::OldPlaces) { 1 } else { reserved };
        let leapt = self.leapt.is_some_and(|at| now.instant.since(at) < UNSAVED_MAX);
        env.views[self.id].begin_run(first_seq, &self.disk, leapt, now.instant)?;
        self.guard.begin_run(&self.disk, first_seq, now);
        let rows = self.disk.tail(self.plan.backlog);
        let past = Past {
            backlog: rows.iter().map(|row| row.restored()).collect(),
            peers: self.disk.peers(),
            bans: self.disk.bans(),
            blocks: Vec::new(),
            trust: self.disk.trust(),
        };
        let mut node = Node::new(self.plan.config(first_seq), past, env.dice.bytes(), now);
        let (prints, since, more) = self.disk.fingerprints(self.plan.seen_max);
        if let Some(since) = since.filter(|_| self.plan.plant != Some(Plant::NoMemory)) {
            node.remember(prints, since, more);
            if self.plan.plant != Some(Plant::NoCopies) {
                node.remember_copies(self.disk.copies());
            }
        }
        for peer in &self.plan.peers {
            let wanted = node.connect(now, *peer, &mut self.out);
            debug_assert!(wanted.is_ok(), "room for the peers of the command line");
        }
        self.node = Some(node);
        (self.store_cursor, self.stopped, self.store_fails) = (Cursor::at(first_seq), false, false);
        (self.wake_at, self.turn_comes, self.commit_comes) = (None, false, false);
        (self.writing, self.closed, self.stirred, self.turned_at) = (None, None, true, 0);
        self.verifiers = checks::Verifiers::default();
        self.in_flight.clear();
        self.dropped = Dropped::default();
        env.note(self.id, None, "starts", [first_seq, rows.len() as u64]);
        env.queue.after(self.plan.save_pause, Event::Save(self.run()));
        self.settle(env)
    }

    /// Ends the run at once: what is not on disk is lost, and some of what is on the way.
    pub(super) fn crash(&mut self, env: &mut Env) {
        env.note(self.id, None, "crashes", [self.store_cursor.seq, env.views[self.id].end()]);
        if let Some(batch) = self.writing.take().filter(|_| !self.store_fails && env.dice.chance(50)) {
            // It has reached the disk, and nobody was told.
            self.disk.write(batch);
            env.note(self.id, None, "leaves its last writes", [0, 0]);
        }
        self.leave(env, false);
    }

    /// Ends the run in order.
    pub(super) fn stop(&mut self, env: &mut Env) -> Checked {
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(()) };
        node.save_cursors(now, &mut self.out);
        self.settle(env)?;
        while self.is_storing() && self.node.as_ref().is_some_and(|node| self.store_cursor.seq < node.log().end()) {
            self.commit(env)?;
            self.written(env)?;
        }
        self.disk.flush();
        env.note(self.id, None, "stops", [self.store_cursor.seq, env.views[self.id].end()]);
        self.leave(env, true);
        Ok(())
    }

    fn leave(&mut self, env: &mut Env, in_order: bool) {
        self.node = None;
        self.epoch += 1;
        self.out.clear();
        self.chunk.clear();
        self.unread.clear();
        for pipe in mem::take(&mut self.incoming).into_values() {
            env.receiver_leaves(pipe);
        }
        for pipe in mem::take(&mut self.outgoing).into_values() {
            // The kernel of a killed process may still send what was written.
            let finishes = in_order || env.dice.chance(50);
            env.sender_leaves(pipe, finishes);
        }
    }

    /// After each input: does what the node says, looks at what became of it, and plans what is next.
    pub(super) fn settle(&mut self, env: &mut Env) -> Checked {
        for output in mem::take(&mut self.out) {
            self.perform(output, env)?;
        }
        self.look(env)?;
        self.watch_in_flight(env);
        if mem::take(&mut self.relinked) {
            self.count_links(env)?;
        }
        let now = self.now(env);
        let Some(node) = &self.node else { return Ok(()) };
        let stirred = mem::take(&mut self.stirred) || node.log().end() != self.turned_at;
        if stirred && !self.turn_comes {
            self.turn_comes = true;
            let pause = env.dice.time(Duration::ZERO, self.plan.turn_pause);
            env.queue.after(pause, Event::Turn(self.run()));
        }
        let deadline = node.deadline(now.instant).filter(|due| self.wake_at.is_none_or(|at| *due < at));
        if let Some(due) = deadline {
            self.wake_at = Some(due);
            env.queue.at(due, Event::Wake(self.run()));
        }
        self.call_verifiers(env);
        let Some(node) = &self.node else { return Ok(()) };
        let unwritten = node.log().end() > self.store_cursor.seq || self.disk.is_staging();
        if unwritten && self.is_storing() && !self.commit_comes && self.writing.is_none() {
            self.commit_comes = true;
            env.queue.after(self.plan.commit_pause, Event::Commit(self.run()));
        }
        Ok(())
    }

    /// Looks at what the node has taken in, and at its bounds.
    fn look(&mut self, env: &mut Env) -> Checked {
        let Some(node) = &self.node else { return Ok(()) };
        let (plan, disk, now, moved) = (&self.plan, &self.disk, self.now(env).instant, self.moved_millis != 0);
        env.views[self.id].look(&Sight { plan, disk, node, now, moved }, &mut env.said)?;
        for (message, bytes) in mem::take(&mut env.views[self.id].fresh) {
            let said = env.said.get(message);
            let key = said.token().filter(|_| said.facts.by.is_none()).map(Token::key);
            let guarded = key.map_or(Ok(()), |key| self.guard.takes_in_signed(key, bytes, now));
            self.guarded(guarded)?;
        }
        Ok(())
    }

    /// Excuses what it may lack of what was handed to the node, of which it dropped some.
    fn excuse(&self, dropped: Dropped, delivered: &[MessageId], env: &mut Env) {
        let now = env.queue.now();
        env.views[self.id].excuse(dropped, delivered, &env.said, now);
    }

    pub(super) fn guarded(&self, guarded: Guarded) -> Checked {
        guarded.map_err(|what| Failure::now("bound", what, vec![self.id]))
    }

    fn count_links(&mut self, env: &mut Env) -> Checked {
        let Some(node) = &self.node else { return Ok(()) };
        let links = node.links();
        let incoming = links.iter().filter(|link| link.incoming).count();
        let there = (self.incoming.len(), self.outgoing.len());
        if (incoming, links.len() - incoming) != there {
            let what = format!("lists {incoming} incoming links of {}, and {there:?} are there", links.len());
            return Err(Failure::now("links", what, vec![self.id]));
        }
        let mut addrs = BTreeSet::new();
        if let Some(twice) = links.iter().find(|link| !link.incoming && !addrs.insert(link.addr)) {
            return Err(Failure::now("links", format!("has two links to {}", twice.addr), vec![self.id]));
        }
        let ips: Vec<_> = self.incoming.values().filter_map(|pipe| Some(env.net.get(*pipe)?.remote.ip())).collect();
        self.guarded(self.guard.links(&self.plan, ips.into_iter(), there.1))
    }

    fn perform(&mut self, output: Output, env: &mut Env) -> Checked {
        match output {
            Output::Dial(addr) => {
                let guarded = self.guard.dials(&self.plan, addr, self.now(env));
                self.guarded(guarded)?;
                env.dial(self.run(), addr);
                if self.plan.plant == Some(Plant::TwoDials) {
                    env.dial(self.run(), addr);
                }
            }
            Output::Close(link) => {
                self.relinked = true;
                if let Some(pipe) = self.incoming.remove(&link) {
                    self.closed = env.net.get(pipe).map(|pipe| (pipe.remote, pipe.from));
                    self.guard.link_ends(link, pipe);
                    self.unread.remove(&pipe);
                    env.receiver_leaves(pipe);
                } else if let Some(pipe) = self.outgoing.remove(&link) {
                    self.guard.link_ends(link, pipe);
                    env.sender_leaves(pipe, true);
                }
            }
            Output::Beacon => env.broadcast(self.id, self.plan.addr, self.plan.cluster),
            Output::LookUp { token, fingerprint, id } => {
                let guarded = self.guard.looks_up();
                self.guarded(guarded)?;
                let pause = env.dice.time(Duration::from_millis(1), Duration::from_millis(30));
                env.queue.after(pause, Event::LookedUp(self.run(), token, fingerprint, id));
            }
            Output::Reserve(until) => {
                let pause = env.dice.time(Duration::from_millis(1), Duration::from_millis(50));
                env.queue.after(pause, Event::Reserved(self.run(), until));
            }
            Output::Said { .. } => {}
            Output::SavePeer(mut record) => {
                if self.plan.plant == Some(Plant::EagerCursor) {
                    record.known.cursor = record.known.cursor.map(|(_, at)| (env.views[self.id].end(), at));
                }
                self.disk.stage_peer(record);
            }
            Output::SaveBan(source, ban) => {
                self.guard.bans(source.ip, source.name.is_some(), ban.until.0);
                self.disk.stage_ban(source, ban);
            }
            Output::SaveTrust(change) => self.disk.stage_trust(change),
            Output::Tell(told) => self.told(&told, env)?,
        }
        Ok(())
    }

    fn told(&mut self, told: &Told, env: &mut Env) -> Checked {
        match told {
            Told::Skipped { addr, count } => {
                self.guard.skipped(addr);
                env.note(self.id, env.host_at(addr), "skips", [*count, 0]);
                // From here on it gets everything again.
                let view = &mut env.views[self.id];
                view.covered.insert(*addr, view.end());
            }
            Told::Link { addr, incoming, change } => {
                let closed = self.closed.take().filter(|(remote, _)| remote == addr);
                let other = closed.and_then(|(_, from)| from.host());
                let blame = match change {
                    Change::Blocked(Cause::Flood, _) => Some("flood"),
                    Change::Down(Cause::Malformed(_)) => Some("malformed bytes"),
                    _ => None,
                };
                if let (Some(blame), Some(other)) = (blame, other) {
                    let what = format!("closes a link of an honest host at {addr} for {blame}: {change:?}");
                    return Err(Failure::now("blame", what, vec![self.id, other]));
                }
                let what = match (change, incoming) {
                    (Change::Up, true) => "accepts",
                    (Change::Up, false) => "links",
                    (Change::Down(_), true) => "loses incoming",
                    (Change::Down(_), false) => "loses outgoing",
                    (Change::Blocked(..), _) => "bans",
                };
                env.note(self.id, env.host_at(addr), what, [u64::from(addr.port()), 0]);
            }
            Told::Paced { waiting } => env.note(self.id, None, "is paced", [*waiting as u64, 0]),
            Told::Clock { ahead_ms } => env.note(self.id, None, "doubts its clock", [ahead_ms.unsigned_abs(), 0]),
            Told::Trust { .. } | Told::Rotated { .. } | Told::SecondSuccessor { .. } => {}
        }
        Ok(())
    }

    pub(super) fn wake(&mut self, env: &mut Env) -> Checked {
        let now = self.now(env);
        // One that an earlier deadline has overtaken.
        if self.wake_at != Some(now.instant) {
            return Ok(());
        }
        self.wake_at = None;
        let (at, times) = self.wakes_at_once;
        self.wakes_at_once = if at == now.instant { (at, times + 1) } else { (now.instant, 1) };
        if self.wakes_at_once.1 > WAKES_AT_ONCE_MAX {
            return Err(Failure::now("spin", "spins: its deadline stays where it is".to_owned(), vec![self.id]));
        }
        let Some(node) = &mut self.node else { return Ok(()) };
        if self.plan.plant != Some(Plant::Sleep) {
            node.wake(now, &mut self.out);
        }
        self.stirred = true;
        self.settle(env)
    }

    /// Somebody moves its wall clock to so much off what it would show.
    pub(super) fn move_clock(&mut self, moved_millis: i64, env: &mut Env) -> Checked {
        let ahead = moved_millis - mem::replace(&mut self.moved_millis, moved_millis);
        if ahead == 0 {
            return Ok(());
        }
        env.note(self.id, None, if ahead > 0 { "clock leaps" } else { "clock falls back" }, [ahead.unsigned_abs(), 0]);
        let linked: BTreeSet<SocketAddr> =
            self.node.iter().flat_map(Node::links).filter(|link| !link.incoming).map(|link| link.addr).collect();
        self.moved_least_millis = self.moved_least_millis.min(moved_millis);
        // Several leaps while a link is down are as good as one.
        if ahead > 0 && moved_millis - self.moved_least_millis >= LEAP_MILLIS {
            self.leapt = Some(env.queue.now());
            env.views[self.id].covered.retain(|addr, _| linked.contains(addr));
        }
        env.views[self.id].clock_moved = true;
        self.settle(env)
    }

    pub(super) fn heard(&mut self, source: SocketAddr, datagram: &str, env: &mut Env) -> Checked {
        let now = self.now(env);
        self.guard.hears(source.ip());
        let Some(node) = &mut self.node else { return Ok(()) };
        node.heard(now, source, true, datagram.as_bytes(), &mut self.out);
        self.settle(env)
    }

    /// The user says `body`, now and then twice with the same tag.
    pub(super) fn say(&mut self, body: &str, twice: bool, env: &mut Env) -> Checked {
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(()) };
        let tag = twice.then(|| body.to_owned());
        env.views[self.id].asked.insert(body.to_owned());
        for _ in 0..=usize::from(twice) {
            let words = Words { body: body.to_owned(), client: tag.clone(), ..Words::default() };
            if node.say(now, words, &mut self.out).is_err() {
                break;
            }
        }
        env.note(self.id, None, "says", [body.len() as u64, node.log().end()]);
        self.settle(env)
    }
}
