//! A run: hosts, strangers and the network between them, one event after another until all is calm and checked.
//! Must not know how a node decides. Bounds: the events up to the run's end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::time::Instant;

use super::dice::Dice;
use super::env::{Env, Party};
use super::host::Host;
use super::network::{End, Network, PipeId};
use super::plan::{HostId, Mix, Plan};
use super::queue::{Event, Queue, Run};
use super::said::Registry;
use super::stranger::{Kind, Stranger};
use super::trace::Trace;
use super::view::{Checked, View};

/// Hosts start within this time.
const START_SPREAD: Duration = Duration::from_secs(30);
/// After the faults, time beyond as much as they lasted, since pauses between dials grow to that.
const SETTLE: Duration = Duration::from_secs(15 * 60);
/// Last words of everybody are said within this time.
const PROBE_SPREAD: Duration = Duration::from_secs(60);
/// And they are everywhere after this time.
const PROBE_ARRIVES: Duration = Duration::from_secs(180);

/// See the module.
pub(super) struct World {
    pub(super) env: Env,
    pub(super) hosts: Vec<Host>,
    pub(super) mix: Mix,
    pub(super) calm: bool,
    strangers: Vec<Stranger>,
    addrs: Vec<SocketAddr>,
    /// Lines said so far: each is another.
    lines: u64,
    /// The number of the next connection's port.
    ephemeral: u16,
    calm_at: Instant,
    end: Instant,
}

impl World {
    pub(super) fn new(seed: u64, nodes: usize, minutes: u64) -> Self {
        let mut dice = Dice::new(seed);
        let plan = Plan::new(nodes, minutes, &mut dice);
        let calm_at = Instant::new(plan.faults);
        let strangers: Vec<Stranger> = (0..plan.mix.strangers).map(|place| Stranger::new(place, &mut dice)).collect();
        let hosts: Vec<Host> = plan.hosts.into_iter().enumerate().map(|(id, plan)| Host::new(id, plan)).collect();
        let mut clusters = vec![Vec::new(); hosts.last().map_or(0, |host| host.plan.cluster + 1)];
        for host in &hosts {
            clusters[host.plan.cluster].push(host.id);
        }
        let echoes = strangers.iter().enumerate().filter(|(_, stranger)| stranger.kind == Kind::Echo);
        let place: BTreeMap<SocketAddr, HostId> = hosts.iter().map(|host| (host.plan.addr, host.id)).collect();
        let wanted = hosts.iter().flat_map(|host| host.plan.peers.iter().map(|peer| (host.id, place[peer])));
        let bridges = wanted.map(|(one, other)| (one.min(other), one.max(other))).collect();
        let listeners = hosts.iter().map(|host| (host.plan.addr, Party::Host(host.id)));
        let env = Env {
            queue: Queue::default(),
            net: Network::new(hosts.iter().map(|host| host.plan.cluster).collect(), bridges, plan.mix.latency_max),
            trace: Trace::default(),
            said: Registry::default(),
            views: hosts.iter().map(|host| View::new(host.id)).collect(),
            listeners: listeners.chain(echoes.map(|(place, echo)| (echo.addr, Party::Stranger(place)))).collect(),
            clusters,
            beacon_loss: plan.mix.beacon_loss,
            received: 0,
            dice,
        };
        let end = calm_at.after(plan.faults + SETTLE + PROBE_SPREAD + PROBE_ARRIVES);
        let addrs = hosts.iter().map(|host| host.plan.addr).collect();
        let mut world =
            Self { env, hosts, mix: plan.mix, calm: false, strangers, addrs, lines: 0, ephemeral: 0, calm_at, end };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let Env { queue, dice, .. } = &mut self.env;
        for host in &self.hosts {
            queue.after(dice.time(Duration::ZERO, START_SPREAD), Event::Start(host.id));
        }
        for (fault, pause) in self.mix.kinds() {
            queue.after(START_SPREAD + dice.around(pause), Event::Fault(fault));
        }
        for place in 0..self.strangers.len() {
            queue.after(START_SPREAD + dice.around(START_SPREAD), Event::Stranger(place));
        }
        queue.after(START_SPREAD / 2, Event::Chat);
        queue.at(self.calm_at, Event::Calm);
    }

    /// Runs to the end, or to the first thing that must not be.
    pub(super) fn run(&mut self) -> Checked {
        while let Some(event) = self.env.queue.next(self.end) {
            self.step(event)?;
        }
        Ok(())
    }

    /// When the last words begin.
    pub(super) fn last_words_from(&self) -> Instant {
        self.calm_at.after(self.calm_at.since_start() + SETTLE)
    }

    fn of(&mut self, run: Run) -> Option<(&mut Host, &mut Env)> {
        let host = &mut self.hosts[run.host];
        (host.epoch == run.epoch).then_some((host, &mut self.env))
    }

    fn step(&mut self, event: Event) -> Checked {
        match event {
            Event::Wake(run) => self.of(run).map_or(Ok(()), |(host, env)| host.wake(env)),
            Event::Turn(run) => self.of(run).map_or(Ok(()), |(host, env)| host.turn(env)),
            Event::Commit(run) => self.of(run).map_or(Ok(()), |(host, env)| host.commit(env)),
            Event::Save(run) => self.of(run).map_or(Ok(()), |(host, env)| host.save(env)),
            Event::Fetched(run, link, rows) => {
                self.of(run).map_or(Ok(()), |(host, env)| host.fetched(link, rows.as_deref(), env))
            }
            Event::LookedUp(run, token, print, id) => {
                self.of(run).map_or(Ok(()), |(host, env)| host.looked_up(token, print, &id, env))
            }
            Event::Reserved(run, until) => self.of(run).map_or(Ok(()), |(host, env)| host.reserved(until, env)),
            Event::DialEnds(run, addr) => self.dial_ends(run, addr),
            Event::Arrive(pipe) => self.arrive(pipe),
            Event::Read(pipe) => self.read_on(pipe),
            Event::Room(pipe) => self.room(pipe),
            Event::SenderLearns(pipe) => self.sender_learns(pipe),
            Event::ReceiverLearns(pipe) => self.receiver_learns(pipe),
            Event::Datagram(host, source, text) => self.hosts[host].heard(source, &text, &mut self.env),
            Event::Start(host) => self.hosts[host].start(&mut self.env),
            Event::ReadOn(host) => {
                self.hosts[host].stopped = false;
                self.hosts[host].read_on(&mut self.env)
            }
            Event::StoreBack(host) => self.hosts[host].fail_store(false, &mut self.env),
            Event::Chat => self.somebody_chats(),
            Event::Probe(host) => self.chat(host),
            Event::Fault(fault) => self.break_something(fault),
            Event::Stranger(place) => self.stranger_acts(place),
            Event::Calm => self.mend(),
        }
    }

    /// All is mended, and everybody says something last.
    fn mend(&mut self) -> Checked {
        self.calm = true;
        self.env.net.heal();
        self.env.beacon_loss = 0;
        self.mix.dial_loss = 0;
        let probe_at = self.last_words_from();
        for place in 0..self.strangers.len() {
            let links = std::mem::take(&mut self.strangers[place].links);
            links.into_values().for_each(|pipe| self.env.sender_leaves(pipe, false));
            self.env.listeners.remove(&self.strangers[place].addr);
        }
        let to_strangers: Vec<PipeId> =
            self.env.net.iter().filter(|(_, pipe)| pipe.to.host().is_none()).map(|(id, _)| id).collect();
        to_strangers.into_iter().for_each(|pipe| self.env.receiver_leaves(pipe));
        for host in 0..self.hosts.len() {
            let pause = self.env.dice.time(Duration::ZERO, PROBE_SPREAD);
            self.env.queue.at(probe_at.after(pause), Event::Probe(host));
            self.hosts[host].start(&mut self.env)?;
            self.hosts[host].stopped = false;
            self.hosts[host].fail_store(false, &mut self.env)?;
            self.hosts[host].read_on(&mut self.env)?;
        }
        Ok(())
    }

    fn somebody_chats(&mut self) -> Checked {
        if self.calm {
            return Ok(());
        }
        let pause = self.env.dice.around(self.mix.chat);
        self.env.queue.after(pause, Event::Chat);
        let host = self.env.dice.below(self.hosts.len());
        self.chat(host)
    }

    /// The user of `host` says a line that nobody said before.
    pub(super) fn chat(&mut self, host: HostId) -> Checked {
        const FILLERS: [&str; 4] = ["word ", "\u{e9}\u{1f600}", "\"\\\n\t", "\u{2028}<&>"];
        self.lines += 1;
        let dice = &mut self.env.dice;
        let times = *dice.pick(&[0, 3, 10, 40, 40, 40, 400]);
        let filler = dice.pick(&FILLERS).repeat(times);
        let (body, twice) = (format!("{} {filler}", self.lines), dice.chance(10));
        self.hosts[host].say(&body, twice, &mut self.env)
    }

    fn remote(&mut self, ip: std::net::IpAddr) -> SocketAddr {
        self.ephemeral = (self.ephemeral + 1) % 30_000;
        SocketAddr::new(ip, 60_000_u16.saturating_sub(self.ephemeral))
    }

    fn dial_ends(&mut self, run: Run, addr: SocketAddr) -> Checked {
        let Some((host, _)) = self.of(run) else { return Ok(()) };
        let (from, from_ip) = (host.id, host.plan.addr.ip());
        let remote = self.remote(from_ip);
        let party = self.env.listeners.get(&addr).copied();
        let lost = self.env.dice.chance(self.mix.dial_loss);
        let reached = match party {
            Some(Party::Host(to)) => self.hosts[to].is_up() && self.env.net.are_joined(from, to),
            Some(Party::Stranger(_)) => true,
            None => false,
        };
        let Some(party) = party.filter(|_| reached && !lost) else {
            return self.hosts[from].dial_failed(addr, &mut self.env);
        };
        let taken = match party {
            Party::Host(to) => self.hosts[to].accept(remote, &self.env).map(|link| self.hosts[to].end(link)),
            Party::Stranger(place) => Some(End::Stranger(place)),
        };
        let Some(link) = self.hosts[from].dialled(addr, &mut self.env) else {
            if let (Some(End::Host { link, .. }), Party::Host(to)) = (taken, party) {
                self.hosts[to].link_down(link, &mut self.env)?;
            }
            return self.hosts[from].settle(&mut self.env);
        };
        // One that is refused is connected to nobody, and the dialler learns so soon.
        let pipe = self.env.open(self.hosts[from].end(link), taken.unwrap_or(End::Stranger(usize::MAX)));
        self.hosts[from].outgoing.insert(link, pipe);
        match (taken, party) {
            (Some(End::Host { link, .. }), Party::Host(to)) => {
                self.hosts[to].incoming.insert(link, pipe);
                self.hosts[to].settle(&mut self.env)?;
            }
            (None, Party::Host(to)) => {
                self.env.receiver_leaves(pipe);
                self.hosts[to].settle(&mut self.env)?;
            }
            _ => {}
        }
        self.hosts[from].settle(&mut self.env)
    }

    fn arrive(&mut self, id: PipeId) -> Checked {
        let now = self.env.queue.now();
        let Some(pipe) = self.env.net.get(id) else { return Ok(()) };
        pipe.arrive(now);
        let to = pipe.to;
        self.read_at(to, id)
    }

    fn read_on(&mut self, id: PipeId) -> Checked {
        let Some(pipe) = self.env.net.get(id) else { return Ok(()) };
        pipe.rests = false;
        let to = pipe.to;
        self.read_at(to, id)
    }

    fn read_at(&mut self, end: End, id: PipeId) -> Checked {
        match end {
            End::Host { host, epoch, .. } if self.hosts[host].epoch == epoch => {
                self.hosts[host].read(id, &mut self.env)
            }
            End::Host { .. } => Ok(()),
            End::Stranger(place) => {
                self.stranger_reads(place, id);
                Ok(())
            }
        }
    }

    fn room(&mut self, id: PipeId) -> Checked {
        let Some(pipe) = self.env.net.get(id).filter(|pipe| !pipe.is_broken()) else { return Ok(()) };
        pipe.parked = false;
        match pipe.from {
            End::Host { host, epoch, .. } if self.hosts[host].epoch == epoch => self.hosts[host].settle(&mut self.env),
            End::Host { .. } => Ok(()),
            End::Stranger(place) => {
                self.stranger_writes(place, id);
                Ok(())
            }
        }
    }

    fn sender_learns(&mut self, id: PipeId) -> Checked {
        let Some(pipe) = self.env.net.get(id).filter(|pipe| !pipe.sender_left) else { return Ok(()) };
        pipe.sender_left = true;
        let (from, done) = (pipe.from, pipe.receiver_left);
        if done {
            self.env.net.remove(id);
        }
        match from {
            End::Host { host, epoch, link } if self.hosts[host].epoch == epoch => {
                self.hosts[host].link_down(link, &mut self.env)
            }
            End::Host { .. } => Ok(()),
            End::Stranger(place) => {
                self.strangers[place].links.retain(|_, pipe| *pipe != id);
                self.strangers[place].outbox.remove(&id);
                Ok(())
            }
        }
    }

    fn receiver_learns(&mut self, id: PipeId) -> Checked {
        let Some(pipe) = self.env.net.get(id).filter(|pipe| !pipe.receiver_left) else { return Ok(()) };
        if pipe.is_finished() && !pipe.is_broken() && !pipe.is_drained() {
            self.env.queue.after(Duration::from_millis(200), Event::ReceiverLearns(id));
            return Ok(());
        }
        pipe.receiver_left = true;
        let (to, done) = (pipe.to, pipe.sender_left);
        if done {
            self.env.net.remove(id);
        }
        match to {
            End::Host { host, epoch, link } if self.hosts[host].epoch == epoch => {
                self.hosts[host].link_down(link, &mut self.env)
            }
            _ => Ok(()),
        }
    }

    fn stranger_acts(&mut self, place: usize) -> Checked {
        if self.calm {
            return Ok(());
        }
        let now = self.env.queue.now();
        let pause = self.env.dice.around(Duration::from_secs(20));
        self.env.queue.after(pause, Event::Stranger(place));
        let host = self.env.dice.below(self.hosts.len());
        if !self.hosts[host].is_up() {
            return Ok(());
        }
        let pipe = match self.strangers[place].links.get(&host) {
            Some(pipe) => *pipe,
            None => {
                let remote = self.remote(self.strangers[place].addr.ip());
                let taken = self.hosts[host].accept(remote, &self.env);
                let Some(link) = taken else { return self.hosts[host].settle(&mut self.env) };
                let pipe = self.env.open(End::Stranger(place), self.hosts[host].end(link));
                self.hosts[host].incoming.insert(link, pipe);
                self.strangers[place].links.insert(host, pipe);
                self.hosts[host].settle(&mut self.env)?;
                pipe
            }
        };
        let millis = i64::try_from(now.since_start().as_millis()).unwrap_or(i64::MAX);
        let Env { said, dice, .. } = &mut self.env;
        let bytes = self.strangers[place].compose(&self.addrs, millis, said, dice);
        self.strangers[place].outbox.entry(pipe).or_default().extend(bytes);
        self.env.note(host, None, "meets stranger", [place as u64, pipe]);
        self.stranger_writes(place, pipe);
        Ok(())
    }

    fn stranger_writes(&mut self, place: usize, id: PipeId) {
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

    fn stranger_reads(&mut self, place: usize, id: PipeId) {
        let Env { net, dice, said, queue, .. } = &mut self.env;
        let Some(stranger) = self.strangers.get_mut(place) else { return };
        let Some(pipe) = net.get(id) else { return };
        let bytes = pipe.read(usize::MAX, dice);
        let mut heard = Vec::new();
        // Its bytes are those of a node, which hosts look at; here only what it says counts.
        let _ = pipe.decoder.feed(&bytes, |object| heard.extend(said.find(&object.id().bytes())));
        heard.into_iter().for_each(|message| stranger.hear(message));
        let (pause, rest) = (pipe.latency(), pipe.unread());
        if pipe.parked {
            queue.after(pause, Event::Room(id));
        }
        if rest > 0 {
            queue.after(pause, Event::Read(id));
        }
    }
}
