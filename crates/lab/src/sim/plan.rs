//! What a seed decides at the start: what each host is like, with which limits, and which troubles come how often.
//! Must not know what happens then. Bounds: those of the scenario.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::identity::{Network, SecretKey};
use whispernet_core::log::Limits;
use whispernet_core::node::{BODY_BYTES_MAX, Config, IdKind};

use super::dice::{Dice, Stream};
use super::scenario::{NODES_MAX, Plant, Scenario, Shape, Trouble};
use super::shape::{self, Place};
use super::stranger::Kind;

/// A host, by its place.
pub(super) type HostId = usize;

/// How far two wall clocks are apart at most that nobody has moved.
pub(super) const CLOCKS_APART_MAX: Duration = Duration::from_secs(10);
/// What a pipe holds, at most: below what a resumed cursor steps back.
pub(super) const PIPE_BYTES_MAX: usize = 48 * 1024;
/// Incoming links of a host that has room for all.
const INBOUND_MAX: usize = 256;
/// IDs remembered by a host that forgets nothing in a run.
pub(super) const SEEN_ALL: usize = 100_000;
/// The place of the first forger beyond the strangers that a seed has.
const FORGERS_FROM: usize = 100;
/// What IDs hosts give: most sign.
const ID_KINDS: [IdKind; 8] = [
    IdKind::Signed,
    IdKind::Signed,
    IdKind::Signed,
    IdKind::Signed,
    IdKind::Signed,
    IdKind::Signed,
    IdKind::Hash,
    IdKind::Random,
];
/// How long signatures take at most: as on a quiet machine, and as on one that has much else to do.
const CHECK_LASTS: [Duration; 3] = [Duration::from_millis(2), Duration::from_millis(50), Duration::from_millis(800)];
/// Deliveries of flooding messages, over all links there are: what a run has time for.
const FLOODED_MAX: usize = 3_000_000;

/// How fast a host reads.
#[derive(Clone, Copy)]
pub(super) enum Pace {
    /// All that is there.
    Full,
    /// At most so many bytes of a link in a tenth of a second.
    Slow(usize),
}

/// One host.
pub(super) struct HostPlan {
    pub(super) addr: SocketAddr,
    pub(super) cluster: usize,
    /// Whom its user connects to at each start.
    pub(super) peers: Vec<SocketAddr>,
    pub(super) discovery: bool,
    pub(super) inbound_max: usize,
    pub(super) stored: bool,
    pub(super) backlog: usize,
    pub(super) seen_max: usize,
    pub(super) id: IdKind,
    pub(super) key_seed: [u8; 32],
    pub(super) log: Limits,
    pub(super) fingerprint_key: [u8; 16],
    /// Between two looks of the store for what is new.
    pub(super) commit_pause: Duration,
    /// How long the store takes over one commit, at most.
    pub(super) commit_lasts: Duration,
    /// Bytes of one commit.
    pub(super) commit_bytes: usize,
    /// Threads that check signatures.
    pub(super) verifiers: usize,
    /// How long one takes over what it has, at most.
    pub(super) check_lasts: Duration,
    /// Between two savings of cursors.
    pub(super) save_pause: Duration,
    /// Between an input and the shell's turn to write, at most.
    pub(super) turn_pause: Duration,
    /// Bytes of one write at most.
    pub(super) write_bytes: usize,
    pub(super) pace: Pace,
    /// How far its wall clock is off, in milliseconds, while nobody moves it.
    pub(super) skew_millis: i64,
    /// What is wrong with its shell.
    pub(super) plant: Option<Plant>,
}

impl HostPlan {
    /// What signs its messages.
    pub(super) fn key(&self) -> SecretKey {
        SecretKey::from_seed(&self.key_seed)
    }

    /// What its node is made with.
    pub(super) fn config(&self, first_seq: u64) -> Config {
        Config {
            addr: self.addr,
            bound: self.addr.ip(),
            own: Vec::new(),
            nick: format!("n{}", self.addr.port()),
            id: self.id,
            key: self.key(),
            rotation: None,
            network: Network::OPEN,
            inbound_max: self.inbound_max,
            backlog: self.backlog,
            flood_limit: true,
            discovery: self.discovery,
            stored: self.stored,
            first_seq,
            fingerprint_key: self.fingerprint_key,
            seen_max: self.seen_max,
            log: self.log,
        }
    }
}

/// How often what breaks, as far as this run has it at all.
pub(super) struct Mix {
    /// What comes again and again, with the mean pause between two.
    pub(super) pauses: BTreeMap<Trouble, Duration>,
    /// Dials that fail without a reason, in percent.
    pub(super) dial_loss: usize,
    /// Beacons that are lost, in percent.
    pub(super) beacon_loss: usize,
    /// Beacons that come twice, in percent.
    pub(super) beacon_twice: usize,
    /// Reads that give a few bytes only, in percent.
    pub(super) crumbs: usize,
    /// Between two messages of anybody.
    pub(super) chat: Duration,
    /// Who comes uninvited, each with the place that it has in every run of this seed.
    pub(super) strangers: Vec<(usize, Kind)>,
    /// Messages of all strangers that may pass for chat.
    pub(super) flooded_max: usize,
    /// Of one way between two hosts.
    pub(super) latency_max: Duration,
}

/// A whole run.
pub(super) struct Plan {
    pub(super) shape: Shape,
    pub(super) hosts: Vec<HostPlan>,
    pub(super) mix: Mix,
    /// How long things break.
    pub(super) faults: Duration,
}

impl Plan {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let nodes = scenario.nodes.clamp(2, NODES_MAX);
        let mut dice = Dice::of(scenario.seed, Stream::Shape);
        let chosen = shape::choose(nodes, &mut dice);
        let shape = scenario.shape.unwrap_or(chosen);
        let places = shape::places(shape, nodes, &mut dice);
        let mut dice = Dice::of(scenario.seed, Stream::Hosts);
        let mut hosts: Vec<_> = places.into_iter().map(|place| host_plan(place, &mut dice)).collect();
        let links = tighten(&mut hosts);
        if scenario.without.contains(&Trouble::Slow) {
            hosts.iter_mut().for_each(|host| host.pace = Pace::Full);
        }
        if scenario.without.contains(&Trouble::Unstored) {
            hosts.iter_mut().for_each(|host| host.stored = true);
        }
        hosts.iter_mut().for_each(|host| host.plant = scenario.plant);
        let mix = mix(scenario, nodes, links, &mut Dice::of(scenario.seed, Stream::Mix));
        Self { shape, hosts, mix, faults: Duration::from_secs(scenario.minutes * 60) }
    }
}

fn host_plan(place: Place, dice: &mut Dice) -> HostPlan {
    let Place { addr, cluster, peers, discovery } = place;
    let stored = dice.chance(88);
    let segment_bytes = dice.between(1, 8) * 1024;
    let log = Limits {
        tail_bytes: segment_bytes * dice.between(2, 16) + 4 * 1024,
        segment_bytes,
        uncommitted_bytes: dice.between(8, 32) * 1024,
    };
    // What the store has not got yet must be remembered, or nobody knows it: as many messages of the shortest kind.
    let uncommitted_max = (log.uncommitted_bytes + log.tail_bytes / 4 + BODY_BYTES_MAX) / 128;
    HostPlan {
        addr,
        cluster,
        peers,
        discovery,
        inbound_max: if dice.chance(15) { dice.between(0, 8) } else { INBOUND_MAX },
        stored,
        backlog: *dice.pick(&[0, 10, 50, 50, 200]),
        // Without a store, what was forgotten is shown again: that is the bargain, so it forgets nothing here.
        seen_max: if stored && dice.chance(80) { uncommitted_max * dice.between(2, 8) } else { SEEN_ALL },
        id: *dice.pick(&ID_KINDS),
        key_seed: dice.bytes(),
        log,
        fingerprint_key: dice.bytes(),
        commit_pause: dice.time(Duration::from_millis(20), Duration::from_millis(400)),
        commit_lasts: dice.time(Duration::from_millis(1), Duration::from_millis(100)),
        commit_bytes: dice.between(4, 64) * 1024,
        verifiers: dice.between(1, 4),
        check_lasts: *dice.pick(&CHECK_LASTS),
        save_pause: dice.time(Duration::from_secs(2), Duration::from_secs(20)),
        turn_pause: dice.time(Duration::ZERO, Duration::from_millis(50)),
        write_bytes: dice.between(1, 64) * 1024,
        pace: if dice.chance(10) { Pace::Slow(dice.between(512, 8_192)) } else { Pace::Full },
        skew_millis: i64::try_from(dice.time(Duration::ZERO, CLOCKS_APART_MAX).as_millis()).unwrap_or_default(),
        plant: None,
    }
}

/// Gives hosts with little room for links as much as their neighbours need, and what was drawn beside. Returns how many
/// links there will be in all.
fn tighten(hosts: &mut [HostPlan]) -> usize {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    let mut bridges: BTreeMap<SocketAddr, usize> = BTreeMap::new();
    for host in hosts.iter() {
        *sizes.entry(host.cluster).or_default() += 1;
        for peer in &host.peers {
            *bridges.entry(*peer).or_default() += 1;
        }
    }
    let mut links = 0;
    for host in hosts {
        let needed =
            sizes.get(&host.cluster).map_or(0, |size| size - 1) + bridges.get(&host.addr).map_or(0, |n| *n) + 1;
        links += needed;
        if host.inbound_max < INBOUND_MAX {
            host.inbound_max = (host.inbound_max + needed).min(INBOUND_MAX);
        }
    }
    links
}

fn mix(scenario: &Scenario, nodes: usize, links: usize, dice: &mut Dice) -> Mix {
    let has = |trouble: Trouble| !scenario.without.contains(&trouble);
    // Which, in how many percent of the runs, and the mean pause in seconds.
    let timed = [
        (Trouble::Cut, 85, 1, 20),
        (Trouble::Crash, 75, 20, 120),
        (Trouble::Restart, 60, 30, 120),
        (Trouble::Partition, 65, 60, 300),
        (Trouble::StopReading, 75, 10, 60),
        (Trouble::Stall, 60, 5, 60),
        (Trouble::StoreFails, 50, 30, 120),
        (Trouble::Paste, 15, 200, 600),
        (Trouble::Clock, 50, 10, 90),
    ];
    let mut pauses = BTreeMap::new();
    for (trouble, percent, least, most) in timed {
        let pause = dice.time(Duration::from_secs(least), Duration::from_secs(most));
        if dice.chance(percent) && has(trouble) {
            pauses.insert(trouble, pause);
        }
    }
    let mut percent = |trouble: Trouble, of: &[usize]| {
        let drawn = *dice.pick(of);
        if has(trouble) { drawn } else { 0 }
    };
    let dial_loss = percent(Trouble::DialLoss, &[0, 0, 5, 20]);
    let beacon_loss = percent(Trouble::BeaconLoss, &[0, 10, 50]);
    let beacon_twice = percent(Trouble::BeaconTwice, &[0, 20, 80]);
    let crumbs = percent(Trouble::Crumbs, &[0, 0, 2, 10]);
    let chat = dice.time(Duration::from_secs(1), Duration::from_secs(6));
    let latency_max = *dice.pick(&[Duration::from_millis(2), Duration::from_millis(40), Duration::from_millis(400)]);
    let kinds: Vec<Kind> = (0..dice.below(nodes.min(200) / 12 + 4)).map(|_| *dice.pick(&Kind::ALL)).collect();
    let forgers = (nodes * scenario.forgers).div_ceil(100);
    let beside = (0..forgers).map(|n| (FORGERS_FROM + n, *dice.pick(&[Kind::Impostor, Kind::Impostor, Kind::OldPeer])));
    let beside: Vec<_> = beside.collect();
    let flooded_max = (FLOODED_MAX / links.max(1)).min(20_000);
    Mix {
        pauses,
        dial_loss,
        beacon_loss,
        beacon_twice,
        crumbs,
        chat,
        strangers: kinds.into_iter().enumerate().chain(beside).filter(|(_, kind)| has(kind.trouble())).collect(),
        flooded_max,
        latency_max,
    }
}
