//! A host's links: what it writes by turns, what it reads in pieces, and how links come and go.
//! Must not know the other end. Bounds: a pipe's room for a write, its inbox for a read.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use whispernet_core::addr::Range;
use whispernet_core::codec::{FILE_BYTES_MAX, OBJECT_BYTES_MAX};
use whispernet_core::log::Read;
use whispernet_core::node::{Cause, LinkId};
use whispernet_core::time::Instant;

use super::{Checked, Env, Event, Failure, Host};
use crate::sim::disk::Row;
use crate::sim::network::{End, PipeId};
use crate::sim::plan::{HostId, Pace};
use crate::sim::said::{MessageId, Texts};
use crate::sim::scenario::Plant;
use crate::sim::view::{Dropped, struck};

/// Reads that give nothing, one after another, beyond which a link does not get on.
const IDLE_READS_MAX: u32 = 10_000;
/// Between two reads of a slow reader.
const SLOW_READ_PAUSE: Duration = Duration::from_millis(100);

impl Host {
    pub(in crate::sim) const fn end(&self, link: LinkId) -> End {
        End::Host { host: self.id, epoch: self.epoch, link }
    }

    /// A connection comes in; `None` where the node refuses it.
    pub(in crate::sim) fn accept(&mut self, remote: SocketAddr, env: &Env) -> Result<Option<LinkId>, Failure> {
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(None) };
        let link = node.accepted(now, remote, &mut self.out);
        self.relinked = true;
        if link.is_some() {
            let guarded = self.guard.accepts(remote.ip(), now);
            self.guarded(guarded)?;
        }
        Ok(link)
    }

    /// A dial has led to a connection; `None` where the node does not want it any more.
    pub(in crate::sim) fn dialled(&mut self, addr: SocketAddr, env: &mut Env) -> Option<LinkId> {
        let now = self.now(env);
        self.guard.dial_ended(addr);
        let node = self.node.as_mut()?;
        let resumes = node.book().get(&addr).is_some_and(|known| known.cursor.is_some());
        let link = node.dialled(now, addr, &mut self.out)?;
        (self.relinked, self.stirred) = (true, true);
        self.guard.link_begins(link, addr, resumes, node.log().end());
        // Earlier entries come as far as the backlog goes, later ones all.
        env.views[self.id].covered.entry(addr).or_insert(node.log().end());
        Some(link)
    }

    pub(in crate::sim) fn dial_failed(&mut self, addr: SocketAddr, env: &mut Env) -> Checked {
        let now = self.now(env);
        self.guard.dial_ended(addr);
        let Some(node) = &mut self.node else { return Ok(()) };
        env.note(self.id, env.host_at(&addr), "dials in vain", [u64::from(addr.port()), 0]);
        node.dial_failed(now, addr);
        self.settle(env)
    }

    /// A link ended, and not by this node.
    pub(in crate::sim) fn link_down(&mut self, link: LinkId, env: &mut Env) -> Checked {
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(()) };
        self.relinked = true;
        if let Some(pipe) = self.incoming.remove(&link) {
            self.unread.remove(&pipe);
            self.guard.link_ends(link, pipe);
        }
        if let Some(pipe) = self.outgoing.remove(&link) {
            self.guard.link_ends(link, pipe);
        }
        node.link_down(now, link, Cause::Closed, &mut self.out);
        self.settle(env)
    }

    /// Writes on all links that take something.
    pub(in crate::sim) fn turn(&mut self, env: &mut Env) -> Checked {
        self.turn_comes = false;
        self.turned_at = self.node.as_ref().map_or(0, |node| node.log().end());
        let links: Vec<(LinkId, PipeId)> = self.outgoing.iter().map(|(link, pipe)| (*link, *pipe)).collect();
        for (link, pipe) in links {
            self.write(link, pipe, env)?;
        }
        // Greetings have become entries of the log.
        let end = env.views[self.id].end();
        let Some(node) = &self.node else { return Ok(()) };
        if node.log().end() > end || !self.out.is_empty() {
            return self.settle(env);
        }
        self.look(env)
    }

    /// There is room on a link again.
    pub(in crate::sim) fn stir(&mut self, env: &mut Env) -> Checked {
        self.stirred = true;
        self.settle(env)
    }

    fn write(&mut self, link: LinkId, pipe_id: PipeId, env: &mut Env) -> Checked {
        let now = self.now(env);
        let Some(to) = env.net.get(pipe_id).map(|pipe| pipe.to.host()) else { return Ok(()) };
        let Some(node) = &mut self.node else { return Ok(()) };
        for _ in 0..IDLE_READS_MAX {
            let Some(pipe) = env.net.get(pipe_id).filter(|pipe| !pipe.parked) else { return Ok(()) };
            let bytes_max = env.dice.between(1, self.plan.write_bytes);
            match node.read(now, link, bytes_max, &mut self.chunk) {
                Read::UpToDate => return Ok(()),
                Read::Behind => {
                    let Some(fetch) = node.fetch(now, link, &mut self.out) else {
                        if !self.out.is_empty() {
                            // Skipped, or closed: the outputs say so.
                            self.stirred = true;
                            return self.settle(env);
                        }
                        continue;
                    };
                    let rows = (!self.store_fails).then(|| self.disk.fetch(fetch.after));
                    let pause = env.dice.time(Duration::from_millis(1), Duration::from_millis(100));
                    env.queue.after(pause, Event::Fetched(self.run(), link, rows));
                    return Ok(());
                }
                Read::Chunk => {
                    let length = self.chunk.len();
                    let taken = length.min(pipe.room());
                    pipe.parked = taken < length;
                    let mut guarded = Ok(());
                    if taken > 0 {
                        let mut bytes = Vec::with_capacity(taken);
                        for slice in self.chunk.slices() {
                            let room = taken - bytes.len();
                            bytes.extend_from_slice(&slice[..room.min(slice.len())]);
                        }
                        let view = &env.views[self.id];
                        guarded = self.guard.writes(&self.plan, link, &bytes, |id| view.relayed_as(env.said.find(id)?));
                        let at = pipe.write(bytes, now.instant, &mut env.dice);
                        env.queue.at(at, Event::Arrive(pipe_id));
                    }
                    env.note(self.id, to, "writes", [taken as u64, self.chunk.after(taken).seq]);
                    let cut = self.plan.plant == Some(Plant::CutWrites);
                    node.written(link, &self.chunk, if cut { length } else { taken });
                    self.chunk.clear();
                    if let Err(what) = guarded {
                        return Err(Failure::now("bound", what, vec![self.id]));
                    }
                    if taken < length {
                        return Ok(());
                    }
                }
            }
        }
        Err(Failure::now("spin", "a link does not get on: it reads nothing for ever".to_owned(), vec![self.id]))
    }

    pub(in crate::sim) fn fetched(&mut self, link: LinkId, rows: Option<&[Rc<Row>]>, env: &mut Env) -> Checked {
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(()) };
        let stored: Option<Vec<_>> = rows.map(|rows| rows.iter().map(|row| row.stored()).collect());
        node.fetched(now, link, stored.as_deref(), &mut self.out);
        self.stirred = true;
        self.settle(env)
    }

    /// Reads what came by all pipes that had to wait.
    pub(in crate::sim) fn read_on(&mut self, env: &mut Env) -> Checked {
        let pipes: Vec<PipeId> = self.unread.iter().copied().collect();
        for pipe in pipes {
            self.read(pipe, env)?;
        }
        Ok(())
    }

    /// Reads what came by a pipe, in pieces, as far as the node and its pace allow.
    pub(in crate::sim) fn read(&mut self, pipe_id: PipeId, env: &mut Env) -> Checked {
        loop {
            let Some(node) = &self.node else { return Ok(()) };
            let Some(pipe) = env.net.get(pipe_id).filter(|pipe| !pipe.receiver_left) else {
                self.unread.remove(&pipe_id);
                return Ok(());
            };
            let End::Host { link, .. } = pipe.to else { return Ok(()) };
            if pipe.unread() == 0 || pipe.is_broken() {
                self.unread.remove(&pipe_id);
                return Ok(());
            }
            if self.stopped || node.is_paused() || node.is_held_back(link) || pipe.rests || pipe.stalled {
                self.unread.insert(pipe_id);
                return Ok(());
            }
            let bytes_max = match self.plan.pace {
                Pace::Full => usize::MAX,
                Pace::Slow(bytes) => bytes,
            };
            // Where nothing is stored, what comes at once must stay in memory until it was looked at.
            let bytes = pipe.read(bytes_max.min(self.plan.log.tail_bytes / 4), env.crumbs, &mut env.dice);
            if pipe.parked && !pipe.sender_left {
                let pause = pipe.latency();
                env.queue.after(pause, Event::Room(pipe_id));
            }
            let rests = matches!(self.plan.pace, Pace::Slow(_));
            pipe.rests = rests;
            if rests {
                env.queue.after(SLOW_READ_PAUSE, Event::Read(pipe_id));
            }
            self.receive(pipe_id, link, &bytes, env)?;
        }
    }

    fn receive(&mut self, pipe_id: PipeId, link: LinkId, bytes: &[u8], env: &mut Env) -> Checked {
        let now = self.now(env);
        let (from, delivered) = self.watch(pipe_id, bytes, env)?;
        let Some(node) = &mut self.node else { return Ok(()) };
        let Some(pipe) = env.net.get(pipe_id) else { return Ok(()) };
        let wrong_before = struck(node);
        let ip = pipe.remote.ip();
        let sole = matches!(pipe.from, End::Stranger(place) if !env.relays.contains(&place));
        env.received += bytes.len() as u64;
        node.receive(now, link, &mut pipe.decoder, bytes, &mut self.out);
        let partial = pipe.decoder.partial_bytes();
        let wrong = struck(node) - wrong_before;
        env.trace.mix_bytes(bytes);
        env.note(self.id, from, "receives", [bytes.len() as u64, delivered.len() as u64]);
        self.in_flight.extend(&delivered);
        self.settle(env)?;
        let up = self.incoming.contains_key(&link);
        if wrong > 0 && self.guard.strikes(pipe_id, wrong, now.instant) && up {
            return Err(Failure::now("bound", format!("still reads a link of {ip} that floods"), vec![self.id]));
        }
        if up && partial > OBJECT_BYTES_MAX + FILE_BYTES_MAX {
            return Err(Failure::now("bound", format!("holds {partial} bytes of one object"), vec![self.id]));
        }
        // Where many may share an IP, it does not tell sources apart.
        if sole && !Range::of(ip).is_shared() {
            self.charge(ip, &delivered, now.instant, env)?;
        }
        if !up {
            self.excuse(Dropped::other(1), &delivered, env);
        }
        Ok(())
    }

    /// What a stranger's link brought and was taken in, live, must lie within its author's budget.
    fn charge(&mut self, ip: IpAddr, delivered: &[MessageId], now: Instant, env: &Env) -> Checked {
        for message in delivered.iter().collect::<BTreeSet<_>>() {
            let said = env.said.get(*message);
            let kept = env.views[self.id].has.get(message).filter(|kept| kept.at == now && kept.live);
            if let (Some(_), Some(author), None) = (kept, said.facts.addr, said.token()) {
                let guarded = self.guard.takes_in(ip, author, said.raw().len(), now);
                self.guarded(guarded)?;
            }
        }
        Ok(())
    }

    /// Reads the same bytes as the node is about to: an honest sender's are messages that were said, and never those that
    /// this host said itself, but for a backlog.
    fn watch(&self, pipe_id: PipeId, bytes: &[u8], env: &mut Env) -> Result<(Option<HostId>, Vec<MessageId>), Failure> {
        let Some(pipe) = env.net.get(pipe_id) else { return Ok((None, Vec::new())) };
        let (from, since) = (pipe.from.host(), pipe.since);
        let mut watch = std::mem::take(&mut pipe.watch);
        let mut delivered = Vec::new();
        let mut wrong = None;
        let fed = watch.feed(bytes, |object| match env.said.find_copy(object.raw(), &Texts::of(object)) {
            Some(message) => {
                delivered.push(message);
                let own = env.said.get(message).facts.addr == Some(self.plan.addr);
                if let Some(from) = from.filter(|from| own && env.views[*from].appended_after(message, since)) {
                    let kept = env.views[from].has.get(&message).map(|kept| (kept.seq, kept.at));
                    let since = since.since_start();
                    let raw = String::from_utf8_lossy(object.raw());
                    wrong = Some(format!("is sent back its own {message}, {kept:?}, by a link since {since:?}: {raw}"));
                }
            }
            _ => wrong = Some(format!("is sent what nobody said: {}", String::from_utf8_lossy(object.raw()))),
        });
        if let Err(malformed) = fed {
            wrong = Some(format!("is sent malformed bytes: {malformed}"));
        }
        if let Some(pipe) = env.net.get(pipe_id) {
            pipe.watch = watch;
        }
        match (from, wrong) {
            (Some(from), Some(what)) => Err(Failure::now("sent", what, vec![self.id, from])),
            _ => Ok((from, delivered)),
        }
    }
}
