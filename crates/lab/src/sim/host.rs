//! One node with a shell around it, as the real one: it takes inputs, does what the outputs say, and looks at the clock.
//! Must not know the other hosts. Bounds: the node's; one event of each kind at a time.

mod links;

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::codec;
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::log::{Chunk, Cursor, Read};
use whispernet_core::node::{Cause, Change, LinkId, Node, Output, Past, Told};
use whispernet_core::time::{Instant, Now, UnixMillis};

use super::disk::{Disk, Row};
use super::env::Env;
use super::network::PipeId;
use super::plan::{HostId, HostPlan};
use super::queue::{Event, Run};
use super::view::{Checked, Failure};

/// The wall clock where virtual time begins: 2025-06-15 15:06:40 UTC.
pub(super) const EPOCH_MILLIS: i64 = 1_750_000_000_000;
/// Wakes at one moment of virtual time beyond which a node spins.
const WAKES_AT_ONCE_MAX: u32 = 1_000;

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
    /// Pipes with bytes that it was not to read yet.
    unread: BTreeSet<PipeId>,
    out: Vec<Output>,
    chunk: Chunk,
    store_cursor: Cursor,
    wake_at: Option<Instant>,
    wakes_at_once: (Instant, u32),
    turn_comes: bool,
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
            unread: BTreeSet::new(),
            out: Vec::new(),
            chunk: Chunk::default(),
            store_cursor: Cursor::default(),
            wake_at: None,
            wakes_at_once: (Instant::default(), 0),
            turn_comes: false,
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
        Now { instant, wall: UnixMillis(EPOCH_MILLIS + millis + self.plan.skew_millis) }
    }

    /// Starts a run with what the disk has.
    pub(super) fn start(&mut self, env: &mut Env) -> Checked {
        if self.is_up() {
            return Ok(());
        }
        self.epoch += 1;
        let now = self.now(env);
        let first_seq = self.disk.begin_run();
        env.views[self.id].begin_run(first_seq, &self.disk, now.instant)?;
        let rows = self.disk.tail(self.plan.backlog);
        let backlog: Vec<_> = rows.iter().map(|row| (row.stored(), row.fingerprint, row.received)).collect();
        let past = Past { backlog: &backlog, peers: self.disk.peers(), bans: self.disk.bans(), blocks: Vec::new() };
        let mut node = Node::new(self.plan.config(first_seq), past, env.dice.bytes(), now);
        let (prints, since, more) = self.disk.fingerprints(self.plan.seen_max);
        if let Some(since) = since {
            node.remember(prints, since, more);
        }
        for peer in &self.plan.peers {
            let wanted = node.connect(now, *peer, &mut self.out);
            debug_assert!(wanted.is_ok(), "room for the peers of the command line");
        }
        self.node = Some(node);
        (self.store_cursor, self.stopped, self.store_fails) = (Cursor::at(first_seq), false, false);
        (self.wake_at, self.turn_comes, self.commit_comes) = (None, false, false);
        env.note(self.id, None, "starts", [first_seq, rows.len() as u64]);
        env.queue.after(self.plan.save_pause, Event::Save(self.run()));
        self.settle(env)
    }

    /// Ends the run at once: what is not on disk is lost, and some of what is on the way.
    pub(super) fn crash(&mut self, env: &mut Env) {
        env.note(self.id, None, "crashes", [self.store_cursor.seq, env.views[self.id].end()]);
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
        let now = self.now(env);
        let Some(node) = &self.node else { return Ok(()) };
        env.views[self.id].look(&self.plan, &self.disk, node, &mut env.said, now.instant)?;
        if !self.turn_comes {
            self.turn_comes = true;
            let pause = env.dice.time(Duration::ZERO, self.plan.turn_pause);
            env.queue.after(pause, Event::Turn(self.run()));
        }
        let deadline = node.deadline(now.instant).filter(|due| self.wake_at.is_none_or(|at| *due < at));
        if let Some(due) = deadline {
            self.wake_at = Some(due);
            env.queue.at(due, Event::Wake(self.run()));
        }
        let uncommitted = self.is_storing() && node.log().end() > self.store_cursor.seq;
        if uncommitted && !self.commit_comes {
            self.commit_comes = true;
            env.queue.after(self.plan.commit_pause, Event::Commit(self.run()));
        }
        Ok(())
    }

    fn perform(&mut self, output: Output, env: &mut Env) -> Checked {
        match output {
            Output::Dial(addr) => env.dial(self.run(), addr),
            Output::Close(link) => {
                if let Some(pipe) = self.incoming.remove(&link) {
                    self.unread.remove(&pipe);
                    env.receiver_leaves(pipe);
                } else if let Some(pipe) = self.outgoing.remove(&link) {
                    env.sender_leaves(pipe, true);
                }
            }
            Output::Beacon => env.broadcast(self.id, self.plan.addr, self.plan.cluster),
            Output::LookUp { token, fingerprint, id } => {
                let pause = env.dice.time(Duration::from_millis(1), Duration::from_millis(30));
                env.queue.after(pause, Event::LookedUp(self.run(), token, fingerprint, id));
            }
            Output::Reserve(until) => {
                let pause = env.dice.time(Duration::from_millis(1), Duration::from_millis(50));
                env.queue.after(pause, Event::Reserved(self.run(), until));
            }
            Output::Said { .. } => {}
            Output::SavePeer(record) => self.disk.stage_peer(record),
            Output::SaveBan(source, ban) => self.disk.stage_ban(source, ban),
            Output::Tell(told) => self.told(&told, env)?,
        }
        Ok(())
    }

    fn told(&mut self, told: &Told, env: &mut Env) -> Checked {
        match told {
            Told::Skipped { addr, count } => {
                env.note(self.id, env.host_at(addr), "skips", [*count, 0]);
                // From here on it gets everything again.
                let view = &mut env.views[self.id];
                view.covered.insert(*addr, view.end());
            }
            Told::Link { addr, incoming, change } => {
                let other = env.host_by_ip(addr.ip());
                let blame = match change {
                    Change::Blocked(Cause::Flood, _) => Some("flood"),
                    Change::Down(Cause::Malformed(_)) => Some("malformed bytes"),
                    _ => None,
                };
                if let (Some(blame), Some(other)) = (blame, other) {
                    let what = format!("closes a link of an honest host at {addr} for {blame}: {change:?}");
                    return Err(Failure::now(what, vec![self.id, other]));
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
            return Err(Failure::now("spins: its deadline stays where it is".to_owned(), vec![self.id]));
        }
        let Some(node) = &mut self.node else { return Ok(()) };
        node.wake(now, &mut self.out);
        self.settle(env)
    }

    pub(super) fn save(&mut self, env: &mut Env) -> Checked {
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(()) };
        node.save_cursors(now, &mut self.out);
        self.settle(env)?;
        if !self.store_fails {
            self.disk.flush();
        }
        env.queue.after(self.plan.save_pause, Event::Save(self.run()));
        Ok(())
    }

    const fn is_storing(&self) -> bool {
        self.plan.stored && !self.store_fails
    }

    /// The store takes a batch.
    pub(super) fn commit(&mut self, env: &mut Env) -> Checked {
        self.commit_comes = false;
        if !self.is_storing() {
            return Ok(());
        }
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(()) };
        match node.read_log(self.store_cursor, self.plan.commit_bytes, |_| true, &mut self.chunk) {
            Read::Behind => self.store_cursor = Cursor::at(node.log().floor()),
            Read::UpToDate => {}
            Read::Chunk => {
                for (entry, raw) in self.chunk.entries().filter(|(entry, _)| !entry.marks.hidden) {
                    let author = codec::parse(raw, |object| object.addr().decode().into_owned());
                    let addr = author.ok().flatten().unwrap_or_default();
                    let (seq, fingerprint, received, marks) =
                        (entry.seq, entry.fingerprint, entry.received, entry.marks);
                    self.disk.write(Row { seq, fingerprint, received, addr, marks, raw: raw.to_vec() });
                }
                self.store_cursor = self.chunk.next();
            }
        }
        self.chunk.clear();
        self.disk.flush();
        node.committed(now, self.store_cursor.seq, &mut self.out);
        self.settle(env)?;
        self.read_on(env)
    }

    pub(super) fn reserved(&mut self, until: u64, env: &mut Env) -> Checked {
        if self.store_fails {
            // The reservation is tried again until it is on disk.
            env.queue.after(Duration::from_millis(500), Event::Reserved(self.run(), until));
            return Ok(());
        }
        let now = self.now(env);
        self.disk.reserve(until);
        let Some(node) = &mut self.node else { return Ok(()) };
        node.reserved(now, until, &mut self.out);
        self.settle(env)?;
        self.read_on(env)
    }

    pub(super) fn looked_up(&mut self, token: u64, print: Fingerprint, id: &str, env: &mut Env) -> Checked {
        let now = self.now(env);
        // A store that cannot tell says that it knows it.
        let known = self.store_fails || self.disk.knows(print);
        if self.store_fails
            && let Some(message) = env.said.find(id.as_bytes())
        {
            env.views[self.id].excuse(&[message]);
        }
        let Some(node) = &mut self.node else { return Ok(()) };
        node.looked_up(now, token, known);
        self.settle(env)
    }

    pub(super) fn fail_store(&mut self, fails: bool, env: &mut Env) -> Checked {
        if !self.plan.stored || self.store_fails == fails {
            return Ok(());
        }
        self.store_fails = fails;
        let Some(node) = &mut self.node else { return Ok(()) };
        env.note(
            self.id,
            None,
            if fails { "store fails" } else { "store works" },
            [node.log().committed(), node.log().end()],
        );
        if fails {
            env.views[self.id].unstored(node.log().committed());
        }
        node.set_stored(!fails);
        self.settle(env)?;
        self.read_on(env)
    }

    pub(super) fn heard(&mut self, source: SocketAddr, datagram: &str, env: &mut Env) -> Checked {
        let now = self.now(env);
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
            if node.say(now, body.to_owned(), tag.clone(), &mut self.out).is_err() {
                break;
            }
        }
        env.note(self.id, None, "says", [body.len() as u64, node.log().end()]);
        self.settle(env)
    }
}
