//! How strangers meet hosts: they connect, write what they have, read or do not, and leave when all is mended.
//! Must not know what they write. Bounds: [`LINKS_MAX`] links a stranger.

use std::time::Duration;

use super::env::Env;
use super::network::{End, PipeId};
use super::plan::HostId;
use super::queue::Event;
use super::said::MessageId;
use super::stranger::{Kind, LINKS_MAX};
use super::view::Checked;
use super::world::World;

/// Between two acts of a stranger, about.
const ACT_PAUSE: Duration = Duration::from_secs(20);
/// Links that one makes something for of all that it hears.
const RELAYS_MAX: usize = 8;
/// Where their beacons come from.
const BEACON_PORT: u16 = 5_555;

impl World {
    pub(super) fn stranger_acts(&mut self, place: usize) -> Checked {
        if self.calm {
            return Ok(());
        }
        let stranger = &mut self.strangers[place];
        let pause = stranger.dice.around(ACT_PAUSE);
        self.env.queue.after(pause, Event::Stranger(place));
        let host = stranger.dice.below(self.hosts.len());
        if !self.hosts[host].is_up() {
            return Ok(());
        }
        if stranger.kind == Kind::Beaconer {
            return self.stranger_broadcasts(place, host);
        }
        let (crowd, many) = (stranger.kind == Kind::Crowd, stranger.dice.between(5, LINKS_MAX));
        if stranger.kind.passes_on() && stranger.links.len() < RELAYS_MAX {
            let other = stranger.dice.below(self.hosts.len());
            if self.hosts[other].is_up() && !self.strangers[place].links.iter().any(|(to, _)| *to == other) {
                self.stranger_connects(place, other)?;
            }
        }
        for _ in 0..if crowd { many } else { 1 } {
            let there = self.strangers[place].links.iter().find(|(to, _)| *to == host && !crowd).map(|(_, pipe)| *pipe);
            let pipe = match there {
                Some(pipe) => Some(pipe),
                None => self.stranger_connects(place, host)?,
            };
            let Some(pipe) = pipe else { return Ok(()) };
            self.stranger_speaks(place, host, pipe);
        }
        Ok(())
    }

    fn stranger_connects(&mut self, place: usize, host: HostId) -> Result<Option<PipeId>, super::view::Failure> {
        let from = self.strangers[place].addr;
        if self.strangers[place].links.len() >= LINKS_MAX {
            let (_, oldest) = self.strangers[place].links.remove(0);
            self.env.sender_leaves(oldest, false);
        }
        let remote = self.remote(from.ip());
        let Some(link) = self.hosts[host].accept(remote, &self.env)? else {
            self.hosts[host].settle(&mut self.env)?;
            return Ok(None);
        };
        let pipe = self.env.open(End::Stranger(place), self.hosts[host].end(link), remote);
        self.hosts[host].incoming.insert(link, pipe);
        self.strangers[place].links.push((host, pipe));
        self.hosts[host].settle(&mut self.env)?;
        Ok(Some(pipe))
    }

    fn stranger_speaks(&mut self, place: usize, host: HostId, pipe: PipeId) {
        let millis = i64::try_from(self.env.queue.now().since_start().as_millis()).unwrap_or(i64::MAX);
        let Self { env, strangers, addrs, flooded_left, .. } = self;
        let bytes = strangers[place].compose(addrs, millis, flooded_left, &mut env.said);
        strangers[place].outbox.entry(pipe).or_default().extend(bytes);
        env.note(host, None, "meets stranger", [place as u64, pipe as u64]);
        self.stranger_writes(place, pipe);
    }

    /// Its beacons reach one host.
    fn stranger_broadcasts(&mut self, place: usize, host: HostId) -> Checked {
        let Self { env, strangers, addrs, .. } = self;
        for (from, text) in strangers[place].beacons(addrs) {
            let pause = env.net.latency(&mut env.dice);
            env.queue.after(pause, Event::Datagram(host, std::net::SocketAddr::new(from, BEACON_PORT), text));
        }
        env.note(host, None, "hears stranger", [place as u64, 0]);
        Ok(())
    }

    pub(super) fn stranger_writes(&mut self, place: usize, id: PipeId) {
        let now = self.env.queue.now();
        let Some(outbox) = self.strangers[place].outbox.get_mut(&id) else { return };
        let Some(pipe) = self.env.net.get(id) else { return };
        let taken = outbox.len().min(pipe.room());
        pipe.parked = taken < outbox.len();
        if taken > 0 {
            let at = pipe.write(outbox.drain(..taken).collect(), now, &mut self.env.dice);
            self.env.queue.at(at, Event::Arrive(id));
        }
    }

    pub(super) fn stranger_reads(&mut self, place: usize, id: PipeId) {
        let Env { net, dice, said, queue, crumbs, .. } = &mut self.env;
        let Some(stranger) = self.strangers.get_mut(place).filter(|stranger| stranger.kind != Kind::Deaf) else {
            return;
        };
        let Some(pipe) = net.get(id).filter(|pipe| !pipe.stalled) else { return };
        let bytes = pipe.read(usize::MAX, *crumbs, dice);
        let mut heard = Vec::new();
        // Its bytes are those of a node, which hosts look at; here only what it says counts.
        let _ = pipe.decoder.feed(&bytes, |object| heard.extend(said.find(&object.id().bytes())));
        let (pause, rest) = (pipe.latency(), pipe.unread());
        if pipe.parked {
            queue.after(pause, Event::Room(id));
        }
        if rest > 0 {
            queue.after(pause, Event::Read(id));
        }
        if stranger.kind.passes_on() {
            self.stranger_passes_on(place, &heard);
        } else {
            heard.into_iter().for_each(|message| stranger.hear(message));
        }
    }

    /// It makes something of what it heard, for the links that it has had longest.
    fn stranger_passes_on(&mut self, place: usize, heard: &[MessageId]) {
        let millis = i64::try_from(self.env.queue.now().since_start().as_millis()).unwrap_or(i64::MAX);
        let stranger = &mut self.strangers[place];
        let made = heard.iter().flat_map(|id| stranger.pass_on(*id, &self.addrs, millis, &mut self.env.said));
        let bytes: Vec<u8> = made.collect();
        let links: Vec<PipeId> = stranger.links.iter().take(RELAYS_MAX).map(|(_, pipe)| *pipe).collect();
        for pipe in links.into_iter().filter(|_| !bytes.is_empty()) {
            self.strangers[place].outbox.entry(pipe).or_default().extend_from_slice(&bytes);
            self.stranger_writes(place, pipe);
        }
    }

    /// A link of its own is gone.
    pub(super) fn stranger_loses(&mut self, place: usize, id: PipeId) {
        if let Some(stranger) = self.strangers.get_mut(place) {
            stranger.links.retain(|(_, pipe)| *pipe != id);
            stranger.outbox.remove(&id);
        }
    }

    /// They go, and nobody listens any more where they did.
    pub(super) fn strangers_leave(&mut self) {
        for stranger in &mut self.strangers {
            for (_, pipe) in std::mem::take(&mut stranger.links) {
                self.env.sender_leaves(pipe, false);
            }
            self.env.listeners.remove(&stranger.addr);
        }
        let to_strangers: Vec<PipeId> =
            self.env.net.iter().filter(|(_, pipe)| pipe.to.host().is_none()).map(|(id, _)| id).collect();
        to_strangers.into_iter().for_each(|pipe| self.env.receiver_leaves(pipe));
    }
}
