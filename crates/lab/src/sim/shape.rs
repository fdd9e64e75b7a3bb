//! Where hosts lie and whom their users connect to. Must not know what hosts are like.
//! Bounds: [`NODES_MAX`](super::scenario::NODES_MAX) hosts, in clusters of [`CLUSTER_MAX`] but where all are in one.
//!
//! A classic peer has 256 links each way, so hundreds of hosts make no full mesh: they are clusters, each a mesh of its own,
//! that a few links join. What is said in one crosses the others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::dice::Dice;
use super::scenario::Shape;

/// Hosts that reach one another, and grow into a full mesh: more than the links beyond which dials are spread.
const CLUSTER_MAX: usize = 20;
/// Most hosts that a seed puts into one cluster by itself: a mesh costs the square of it.
const FLAT_MAX: usize = 48;
/// Most hosts on one machine: below the links of one IP.
const MACHINE_MAX: usize = 24;
/// The port of the first host at an IP.
const PORT: u16 = 55_555;
/// The port of the first host of those on one machine.
const MACHINE_PORT: u16 = 40_000;

/// Where one host lies.
pub(super) struct Place {
    pub(super) addr: SocketAddr,
    pub(super) cluster: usize,
    /// Whom its user connects to at each start.
    pub(super) peers: Vec<SocketAddr>,
    pub(super) discovery: bool,
}

/// The shape that a seed chooses for so many hosts.
pub(super) fn choose(nodes: usize, dice: &mut Dice) -> Shape {
    let throw = dice.below(100);
    match throw {
        0..15 if nodes <= MACHINE_MAX => Shape::Machine,
        15..30 if nodes <= FLAT_MAX => Shape::Flat,
        30..60 => Shape::Tree,
        _ => Shape::Chain,
    }
}

/// Puts `nodes` hosts into `shape`.
pub(super) fn places(shape: Shape, nodes: usize, dice: &mut Dice) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(nodes);
    let (mut cluster, mut left, mut discovery, mut first) = (0, 0, true, 0);
    for host in 0..nodes {
        let mut peers = Vec::new();
        if left == 0 {
            // The first of a cluster is linked to somebody of an earlier one, and they alone get through.
            cluster += usize::from(host > 0);
            discovery = dice.chance(75);
            let size = *dice.pick(&[2, 3, 4, 5, 6, 8, 12, CLUSTER_MAX]);
            left = if matches!(shape, Shape::Flat | Shape::Machine) { nodes } else { size };
            let from = if shape == Shape::Tree { 0 } else { first };
            let earlier = places.get(from..).filter(|earlier| !earlier.is_empty());
            peers.extend(earlier.map(|earlier| dice.pick(earlier).addr));
            first = host;
        } else if !discovery {
            peers.push(places[first].addr);
        }
        left -= 1;
        let shares = host > first && dice.chance(15);
        let addr = match places.last() {
            _ if shape == Shape::Machine => SocketAddr::new(machine(), MACHINE_PORT + port_of(host)),
            Some(last) if shares => SocketAddr::new(last.addr.ip(), last.addr.port() + 1),
            _ => SocketAddr::new(ip(cluster, host), PORT),
        };
        places.push(Place { addr, cluster, peers, discovery });
    }
    places
}

fn machine() -> IpAddr {
    Ipv4Addr::LOCALHOST.into()
}

fn port_of(host: usize) -> u16 {
    u16::try_from(host).unwrap_or(u16::MAX - MACHINE_PORT)
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

/// Where the stranger `place` lies: on the internet, or beside the host at `near`, at an IP that no host has.
pub(super) fn stranger_ip(place: usize, near: Option<IpAddr>) -> IpAddr {
    let low = u8::try_from(place % 250).unwrap_or_default() + 1;
    match near {
        Some(IpAddr::V4(ip)) if ip.is_loopback() => Ipv4Addr::new(127, 0, 1, low).into(),
        Some(IpAddr::V4(ip)) => {
            let [first, second, ..] = ip.octets();
            Ipv4Addr::new(first, second, 250, low).into()
        }
        Some(IpAddr::V6(_)) => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 1, u16::from(low)).into(),
        // TEST-NET-3: nobody else lies there.
        None => Ipv4Addr::new(203, 0, 113, low).into(),
    }
}
