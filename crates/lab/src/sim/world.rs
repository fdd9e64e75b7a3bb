//! A run: hosts, strangers and the network between them, one event after another until all is calm and checked.
//! Must not know how a node decides. Bounds: the events up to the run's end, [`EVENTS_MAX`] of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::time::Instant;

use super::dice::{Dice, Stream};
use super::env::{Env, Party};
use super::host::Host;
use super::network::{End, Network, PipeId};
use super::plan::{HostId, Mix, Plan};
use super::queue::{Event, Queue, Run};
use super::said::Registry;
use super::scenario::{Scenario, Shape, Trouble};
use super::shape;
use super::stranger::Stranger;
use super::trace::Trace;
use super::verdicts::Verdicts;
use super::view::{Checked, Failure, View};

/// Hosts start within this time.
const START_SPREAD: Duration = Duration::from_secs(30);
/// After the faults, time beyond as much as they lasted, since pauses between dials grow to that.
const SETTLE: Duration = Duration::from_secs(15 * 60);
/// Last words of everybody are said within this time.
const PROBE_SPREAD: Duration = Duration::from_secs(60);
/// How many say something last, about: what each says crosses every link.
const PROBES_MAX: usize = 40;
/// And they are everywhere after this time.
const PROBE_ARRIVES: Duration = Duration::from_secs(180);

/// Events of a run beyond which hosts keep one another busy for ever: fifty times as many as a run of 500 hosts takes.
const EVENTS_MAX: u64 = 500_000_000;

/// See the module.
pub(super) struct World {
    pub(super) env: Env,
    pub(super) hosts: Vec<Host>,
    pub(super) mix: Mix,
    pub(super) calm: bool,
    pub(super) troubles: BTreeMap<Trouble, Dice>,
    pub(super) strangers: Vec<Stranger>,
    /// Messages of strangers that may still pass for chat.
    pub(super) flooded_left: usize,
    pub(super) addrs: Vec<SocketAddr>,
    /// What users say.
    words: Dice,
    /// Lines said so far: each is another.
    lines: u64,
    lines_max: u64,
    /// The number of the next connection's port.
    ephemeral: u16,
    calm_at: Instant,
    end: Instant,
}

impl World {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let seed = scenario.seed;
        let Plan { shape, hosts, mix, faults } = Plan::new(scenario);
        let calm_at = Instant::new(faults);
        let addrs: Vec<SocketAddr> = hosts.iter().map(|host| host.addr).collect();
        let hosts: Vec<Host> = hosts.into_iter().enumerate().map(|(id, plan)| Host::new(id, plan)).collect();
        let mut clusters = vec![Vec::new(); hosts.last().map_or(0, |host| host.plan.cluster + 1)];
        for host in &hosts {
            clusters[host.plan.cluster].push(host.id);
        }
        let strangers: Vec<Stranger> = mix
            .strangers
            .iter()
            .map(|(place, kind)| {
                Stranger::new(seed, *place, *kind, |dice| {
                    let beside = dice.chance(50) || shape == Shape::Machine;
                    shape::stranger_ip(*place, beside.then(|| dice.pick(&addrs).ip()))
                })
            })
            .collect();
        let listening = strangers.iter().enumerate().filter(|(_, stranger)| stranger.listens());
        let place: BTreeMap<SocketAddr, HostId> = hosts.iter().map(|host| (host.plan.addr, host.id)).collect();
        let wanted = hosts.iter().flat_map(|host| host.plan.peers.iter().map(|peer| (host.id, place[peer])));
        let bridges = wanted.map(|(one, other)| (one.min(other), one.max(other))).collect();
        let listeners = hosts.iter().map(|host| (host.plan.addr, Party::Host(host.id)));
        let env = Env {
            queue: Queue::default(),
            dice: Dice::of(seed, Stream::Run),
            net: Network::new(hosts.iter().map(|host| host.plan.cluster).collect(), bridges, mix.latency_max),
            trace: Trace::default(),
            said: Registry::of_hosts(hosts.iter().map(|host| host.plan.key().public())),
            verdicts: Verdicts::default(),
            views: hosts.iter().map(|host| View::new(host.id)).collect(),
            listeners: listeners.chain(listening.map(|(place, one)| (one.addr, Party::Stranger(place)))).collect(),
            relays: (0..strangers.len()).filter(|place| strangers[*place].kind.passes_on()).collect(),
            clusters,
            beacon_loss: mix.beacon_loss,
            beacon_twice: mix.beacon_twice,
            crumbs: mix.crumbs,
            received: 0,
        };
        let mut world = Self {
            env,
            hosts,
            troubles: mix.pauses.keys().map(|kind| (*kind, Dice::of(seed, Stream::Trouble(*kind)))).collect(),
            flooded_left: mix.flooded_max,
            mix,
            calm: false,
            strangers,
            addrs,
            words: Dice::of(seed, Stream::Lines),
            lines: 0,
            lines_max: scenario.lines_max,
            ephemeral: 0,
            calm_at,
            end: calm_at.after(faults + SETTLE + PROBE_SPREAD + PROBE_ARRIVES),
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let Env { queue, dice, .. } = &mut self.env;
        for host in &self.hosts {
            queue.after(dice.time(Duration::ZERO, START_SPREAD), Event::Start(host.id));
        }
        for (trouble, pause) in &self.mix.pauses {
            if let Some(dice) = self.troubles.get_mut(trouble) {
                queue.after(START_SPREAD + dice.around(*pause), Event::Trouble(*trouble));
            }
        }
        for place in 0..self.strangers.len() {
            queue.after(START_SPREAD + dice.around(START_SPREAD), Event::Stranger(place));
        }
        queue.after(START_SPREAD / 2, Event::Chat);
        queue.at(self.calm_at, Event::Calm);
    }

    /// Runs to the end, or to the first thing that must not be.
    pub(super) fn run(&mut self) -> Checked {
        let mut events = 0;
        while let Some(event) = self.env.queue.next(self.end) {
            events += 1;
            if events > EVENTS_MAX {
                return Err(Failure::now("spin", format!("takes more than {EVENTS_MAX} events"), Vec::new()));
            }
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
            Event::Written(run) => self.of(run).map_or(Ok(()), |(host, env)| host.written(env)),
            Event::Check(run) => self.of(run).map_or(Ok(()), |(host, env)| host.take_checks(env)),
            Event::Verified(run, results) => self.of(run).map_or(Ok(()), |(host, env)| host.verified(&results, env)),
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
            Event::Trouble(trouble) => self.break_something(trouble),
            Event::Heal => {
                self.env.net.heal();
                Ok(())
            }
            Event::ReadAgain(pipe) => self.read_again(pipe),
            Event::ClockRight(host) => self.hosts[host].move_clock(0, &mut self.env),
            Event::Stranger(place) => self.stranger_acts(place),
            Event::Calm => self.mend(),
        }
    }

    /// All is mended, and some say something last.
    fn mend(&mut self) -> Checked {
        self.calm = true;
        self.env.net.heal();
        (self.env.beacon_loss, self.mix.dial_loss) = (0, 0);
        let probe_at = self.last_words_from();
        self.strangers_leave();
        for pipe in self.env.net.whole() {
            self.read_again(pipe)?;
        }
        let every = self.hosts.len().div_ceil(PROBES_MAX);
        for host in 0..self.hosts.len() {
            let pause = self.env.dice.time(Duration::ZERO, PROBE_SPREAD);
            if host % every == 0 || host + 1 == self.hosts.len() {
                self.env.queue.at(probe_at.after(pause), Event::Probe(host));
            }
            self.hosts[host].move_clock(0, &mut self.env)?;
            self.hosts[host].start(&mut self.env)?;
            self.hosts[host].stopped = false;
            self.hosts[host].fail_store(false, &mut self.env)?;
            self.hosts[host].read_on(&mut self.env)?;
        }
        Ok(())
    }

    fn read_again(&mut self, id: PipeId) -> Checked {
        let Some(pipe) = self.env.net.get(id).filter(|pipe| pipe.stalled) else { return Ok(()) };
        pipe.stalled = false;
        let to = pipe.to;
        self.read_at(to, id)
    }

    fn somebody_chats(&mut self) -> Checked {
        if self.calm {
            return Ok(());
        }
        let pause = self.words.around(self.mix.chat);
        self.env.queue.after(pause, Event::Chat);
        let host = self.words.below(self.hosts.len());
        self.chat(host)
    }

    /// The user of `host` says a line that nobody said before.
    pub(super) fn chat(&mut self, host: HostId) -> Checked {
        const FILLERS: [&str; 4] = ["word ", "\u{e9}\u{1f600}", "\"\\\n\t", "\u{2028}<&>"];
        if self.lines >= self.lines_max && !self.calm {
            return Ok(());
        }
        self.lines += 1;
        let dice = &mut self.words;
        let times = *dice.pick(&[0, 3, 10, 40, 40, 40, 400]);
        let filler = dice.pick(&FILLERS).repeat(times);
        let (body, twice) = (format!("{} {filler}", self.lines), dice.chance(10));
        self.hosts[host].say(&body, twice, &mut self.env)
    }

    pub(super) fn remote(&mut self, ip: std::net::IpAddr) -> SocketAddr {
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
            Party::Host(to) => self.hosts[to].accept(remote, &self.env)?.map(|link| self.hosts[to].end(link)),
            Party::Stranger(place) => Some(End::Stranger(place)),
        };
        let Some(link) = self.hosts[from].dialled(addr, &mut self.env) else {
            if let (Some(End::Host { link, .. }), Party::Host(to)) = (taken, party) {
                self.hosts[to].link_down(link, &mut self.env)?;
            }
            return self.hosts[from].settle(&mut self.env);
        };
        // One that is refused is connected to nobody, and the dialler learns so soon.
        let to = taken.unwrap_or(End::Stranger(usize::MAX));
        let pipe = self.env.open(self.hosts[from].end(link), to, remote);
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
            End::Host { host, epoch, .. } if self.hosts[host].epoch == epoch => self.hosts[host].stir(&mut self.env),
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
                self.stranger_loses(place, id);
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
}
