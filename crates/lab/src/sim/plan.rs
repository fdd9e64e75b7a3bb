//! What a seed decides at the start: who there is, where, with which limits, and which faults come how often.
//! Must not know what happens then. Bounds: [`NODES_MAX`] hosts, in clusters of [`CLUSTER_MAX`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use whispernet_core::log::Limits;
use whispernet_core::node::{BODY_BYTES_MAX, Config, IdKind};

use super::dice::Dice;

/// A host, by its place.
pub(super) type HostId = usize;

/// Most hosts of a run.
pub(super) const NODES_MAX: usize = 1_000;
/// Hosts that reach one another, and grow into a full mesh: more than the links beyond which dials are spread.
const CLUSTER_MAX: usize = 20;
/// How far two wall clocks are apart at most.
pub(super) const CLOCKS_APART_MAX: Duration = Duration::from_secs(10);
/// The port of the first host at an IP.
const PORT: u16 = 55_555;
/// What a pipe holds, at most: below what a resumed cursor steps back.
pub(super) const PIPE_BYTES_MAX: usize = 48 * 1024;

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
    pub(super) stored: bool,
    pub(super) backlog: usize,
    pub(super) seen_max: usize,
    pub(super) id: IdKind,
    pub(super) log: Limits,
    pub(super) fingerprint_key: [u8; 16],
    /// Between two looks of the store for what is new.
    pub(super) commit_pause: Duration,
    /// Bytes of one commit.
    pub(super) commit_bytes: usize,
    /// Between two savings of cursors.
    pub(super) save_pause: Duration,
    /// Between an input and the shell's turn to write, at most.
    pub(super) turn_pause: Duration,
    /// Bytes of one write at most.
    pub(super) write_bytes: usize,
    pub(super) pace: Pace,
    /// How far its wall clock is off, in milliseconds.
    pub(super) skew_millis: i64,
}

impl HostPlan {
    /// What its node is made with.
    pub(super) fn config(&self, first_seq: u64) -> Config {
        Config {
            addr: self.addr,
            bound: self.addr.ip(),
            own: Vec::new(),
            nick: format!("n{}", self.addr.port()),
            id: self.id,
            inbound_max: 256,
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

/// How often what breaks; `None`: not in this run.
pub(super) struct Mix {
    pub(super) cut: Option<Duration>,
    pub(super) crash: Option<Duration>,
    pub(super) restart: Option<Duration>,
    pub(super) partition: Option<Duration>,
    pub(super) stop_reading: Option<Duration>,
    pub(super) store_fails: Option<Duration>,
    /// A user pastes hundreds of lines.
    pub(super) paste: Option<Duration>,
    /// Dials that fail without a reason, in percent.
    pub(super) dial_loss: usize,
    /// Beacons that are lost, in percent.
    pub(super) beacon_loss: usize,
    /// Between two messages of anybody.
    pub(super) chat: Duration,
    pub(super) strangers: usize,
    /// Of one way between two hosts.
    pub(super) latency_max: Duration,
}

/// A whole run.
pub(super) struct Plan {
    pub(super) hosts: Vec<HostPlan>,
    pub(super) mix: Mix,
    /// How long things break.
    pub(super) faults: Duration,
}

impl Plan {
    pub(super) fn new(nodes: usize, minutes: u64, dice: &mut Dice) -> Self {
        let mut hosts: Vec<HostPlan> = Vec::new();
        let (mut cluster, mut left, mut discovery) = (0, 0, true);
        let mut first_of_cluster = 0;
        for host in 0..nodes.clamp(2, NODES_MAX) {
            let mut peers = Vec::new();
            if left == 0 {
                // The first of a cluster is linked to somebody of the one before, and they alone get through.
                cluster += usize::from(host > 0);
                left = *dice.pick(&[2, 3, 4, 5, 6, 8, 12, CLUSTER_MAX]);
                discovery = dice.chance(75);
                peers.extend(
                    hosts
                        .get(first_of_cluster..)
                        .filter(|before| !before.is_empty())
                        .map(|before| dice.pick(before).addr),
                );
                first_of_cluster = host;
            } else if !discovery {
                peers.push(hosts[first_of_cluster].addr);
            }
            left -= 1;
            let shares = host > first_of_cluster && dice.chance(15);
            let addr = match hosts.last() {
                Some(last) if shares => SocketAddr::new(last.addr.ip(), last.addr.port() + 1),
                _ => SocketAddr::new(ip(cluster, host), PORT),
            };
            hosts.push(host_plan(addr, cluster, peers, discovery, dice));
        }
        Self { hosts, mix: mix(nodes, dice), faults: Duration::from_secs(minutes * 60) }
    }
}

/// Clusters lie in as many ranges as there are, so that what may be dialled and what is reached differ both ways.
fn ip(cluster: usize, host: usize) -> IpAddr {
    let [high, low] = u16::try_from(host + 1).unwrap_or(u16::MAX).to_be_bytes();
    let place = u8::try_from(cluster / 6).unwrap_or(u8::MAX);
    match cluster % 6 {
        0 => Ipv4Addr::new(10, place, high, low).into(),
        1 => Ipv4Addr::new(192, 168, high, low).into(),
        2 => Ipv4Addr::new(172, 16, high, low).into(),
        3 => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, u16::from_be_bytes([high, low])).into(),
        4 => Ipv4Addr::new(100, 64, high, low).into(),
        _ => Ipv4Addr::new(169, 254, high, low).into(),
    }
}

fn host_plan(addr: SocketAddr, cluster: usize, peers: Vec<SocketAddr>, discovery: bool, dice: &mut Dice) -> HostPlan {
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
        stored,
        backlog: *dice.pick(&[0, 10, 50, 50, 200]),
        // Without a store, what was forgotten is shown again: that is the bargain, so it forgets nothing here.
        seen_max: if stored && dice.chance(80) { uncommitted_max * dice.between(2, 8) } else { 50_000 },
        id: if dice.chance(30) { IdKind::Hash } else { IdKind::Random },
        log,
        fingerprint_key: dice.bytes(),
        commit_pause: dice.time(Duration::from_millis(20), Duration::from_millis(400)),
        commit_bytes: dice.between(4, 64) * 1024,
        save_pause: dice.time(Duration::from_secs(2), Duration::from_secs(20)),
        turn_pause: dice.time(Duration::ZERO, Duration::from_millis(50)),
        write_bytes: dice.between(1, 64) * 1024,
        pace: if dice.chance(10) { Pace::Slow(dice.between(512, 8_192)) } else { Pace::Full },
        skew_millis: i64::try_from(dice.time(Duration::ZERO, CLOCKS_APART_MAX).as_millis()).unwrap_or_default(),
    }
}

fn mix(nodes: usize, dice: &mut Dice) -> Mix {
    let sometimes = |percent: usize, least: u64, most: u64, dice: &mut Dice| {
        dice.chance(percent).then(|| dice.time(Duration::from_secs(least), Duration::from_secs(most)))
    };
    Mix {
        cut: sometimes(85, 1, 20, dice),
        crash: sometimes(75, 20, 120, dice),
        restart: sometimes(60, 30, 120, dice),
        partition: sometimes(65, 60, 300, dice),
        stop_reading: sometimes(75, 10, 60, dice),
        store_fails: sometimes(50, 30, 120, dice),
        paste: sometimes(15, 200, 600, dice),
        dial_loss: *dice.pick(&[0, 0, 5, 20]),
        beacon_loss: *dice.pick(&[0, 10, 50]),
        chat: dice.time(Duration::from_secs(1), Duration::from_secs(6)),
        strangers: dice.below(nodes / 15 + 2),
        latency_max: *dice.pick(&[Duration::from_millis(2), Duration::from_millis(40), Duration::from_millis(400)]),
    }
}
