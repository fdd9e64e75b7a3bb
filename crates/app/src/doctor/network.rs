//! What a peer, its address and its neighbours tell. Must not know how they were asked. Bounds: [`ADDRESSES_SHOWN_MAX`].

use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use whispernet_node::handle::Status;
use whispernet_node::interfaces::{OwnAddress, Range};

use super::facts::{Facts, Probe};
use super::finding::Finding;
use crate::client::Presence;
use crate::shown::safe;

/// Addresses that are listed; further ones are counted.
const ADDRESSES_SHOWN_MAX: usize = 8;
/// Clocks that differ by no more, in milliseconds, are as good as equal: what peers go by, too.
const SKEW_MAX_MS: u64 = 600_000;
/// Years in which this program may run: before the first, it was not written; after the last, no clock is that far by itself.
const YEARS: std::ops::RangeInclusive<i16> = 2025..=2099;

/// The findings that a peer and the network give; without a peer, those of the machine alone.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let status = match &facts.peer {
        Presence::Here(status) => Some(status.as_ref()),
        Presence::Mute | Presence::Unclear(_) | Presence::Nowhere => None,
    };
    let announced = status.and_then(|status| status.addr.parse::<SocketAddr>().ok());
    let mut findings = vec![peer(facts), interfaces(&facts.addresses, announced.map(|addr| addr.ip()))];
    findings.extend(tunnels(&facts.addresses, announced.map(|addr| addr.ip())));
    findings.extend(announced.and_then(|addr| port(addr, &facts.probe)));
    findings.extend(status.map(discovery));
    findings.push(clock(facts.now_ms, status.and_then(|status| status.clock_ahead_ms)));
    findings
}

fn peer(facts: &Facts) -> Finding {
    let dir = facts.data_dir.display();
    match &facts.peer {
        Presence::Here(status) => {
            let Status { version, nick, addr, .. } = status.as_ref();
            let found = format!("version {version}, nick {}, listens on {addr}", safe::nick(nick));
            if version == env!("CARGO_PKG_VERSION") {
                return Finding::ok("peer", found);
            }
            let advice = format!("this program is {}: stop the peer and start it again", env!("CARGO_PKG_VERSION"));
            Finding::warning("peer", found, advice)
        }
        Presence::Mute => Finding::warning(
            "peer",
            format!("one runs with {dir}, but cannot be asked: it serves no API"),
            "start it without `--http off`, or type /doctor in its chat",
        ),
        Presence::Unclear(reason) => {
            Finding::fault("peer", format!("one runs with {dir}, but does not answer: {reason}"), "start it again")
        }
        Presence::Nowhere => Finding::warning(
            "peer",
            format!("none runs with the data directory {dir}"),
            "start one with `whisper` or `whisper serve`, then ask again: more is checked then",
        ),
    }
}

fn interfaces(addresses: &[OwnAddress], announced: Option<IpAddr>) -> Finding {
    let one = |address: &OwnAddress| {
        let mark = if announced == Some(address.ip) { " (announced)" } else { "" };
        format!("{} {}{mark}", address.interface, address.ip)
    };
    let mut shown = addresses.iter().take(ADDRESSES_SHOWN_MAX).map(one).collect::<Vec<_>>();
    if addresses.len() > ADDRESSES_SHOWN_MAX {
        shown.push(format!("{} more", addresses.len() - ADDRESSES_SHOWN_MAX));
    }
    let list = if shown.is_empty() { "none is listed by the system".to_owned() } else { shown.join(", ") };
    if addresses.iter().all(|address| address.ip.is_loopback()) {
        let advice = "connect the machine to a network: no other one can reach it";
        return Finding::warning("interfaces", list, advice);
    }
    match announced {
        Some(ip) if ip.is_loopback() => {
            Finding::warning("interfaces", list, "others on the network cannot reach this peer: leave out --bind")
        }
        _ => Finding::ok("interfaces", list),
    }
}

/// Names the interfaces that broadcasts seldom cross.
fn tunnels(addresses: &[OwnAddress], announced: Option<IpAddr>) -> Option<Finding> {
    let on_tunnel = || addresses.iter().filter(|address| address.is_on_tunnel());
    if let Some(used) = on_tunnel().find(|address| Some(address.ip) == announced) {
        return Some(Finding::warning(
            "tunnel",
            format!("the announced address is on {}, a VPN or another tunnel", used.interface),
            "discovery may not cross it: name peers with /connect, or choose another address with --bind IP",
        ));
    }
    let mut names = on_tunnel().map(|address| address.interface.as_str()).collect::<Vec<_>>();
    names.dedup();
    names.truncate(ADDRESSES_SHOWN_MAX);
    let found = format!("{}: a VPN or another tunnel, not what is announced", names.join(", "));
    let advice = "discovery may not cross it; --bind IP chooses its address, /connect reaches peers there";
    (!names.is_empty()).then(|| Finding::ok("tunnel", found).with(advice))
}

fn port(addr: SocketAddr, probe: &Probe) -> Option<Finding> {
    let elsewhere = format!("from another machine, try `whisper connect {addr}`");
    Some(match probe {
        Probe::Nowhere => return None,
        Probe::Elsewhere => Finding::warning(
            "port",
            format!("{addr} is no address of this machine, so it was not tried from here"),
            format!("{elsewhere}; the router must forward TCP port {} to this machine", addr.port()),
        ),
        Probe::Silent(reason) => Finding::fault(
            "port",
            format!("nobody answers at {addr}, even from this machine: {reason}"),
            format!("let TCP port {} through the firewall of this machine", addr.port()),
        ),
        Probe::Answers => {
            let (found, advice) = match Range::of(addr.ip()) {
                Range::Loopback => ("answers, to programs on this machine alone", String::new()),
                Range::Private(_) | Range::Link => (
                    "answers from here; it is reachable in the local network only",
                    "for others, forward a port of the router and name it with --advertise IP:PORT".to_owned(),
                ),
                Range::Public | Range::Nowhere => {
                    ("answers from here", format!("whether it does elsewhere: {elsewhere}"))
                }
            };
            Finding::ok("port", format!("{addr} {found}")).with(advice)
        }
    })
}

fn discovery(status: &Status) -> Finding {
    let linked = status.peers.iter().filter(|peer| peer.out || peer.incoming).count();
    let heard = status.counters.get("beacon").copied().unwrap_or_default();
    let peers = match linked {
        1 => "1 peer is linked".to_owned(),
        linked => format!("{linked} peers are linked"),
    };
    if !status.discovery {
        return Finding::ok("discovery", format!("off; {peers}")).with("--peer and /connect reach peers without it");
    }
    if heard == 0 && linked == 0 {
        let port = status.addr.rsplit_once(':').map_or("55555", |(_, port)| port);
        return Finding::warning(
            "discovery",
            "no other peer was heard or linked so far",
            format!(
                "if there are others: let UDP 5555 (or the port of --discovery) and TCP {port} through the firewalls; a Wi-Fi \
                 that keeps its guests apart (client or AP isolation) needs another network; /connect HOST:PORT asks one directly"
            ),
        );
    }
    let heard = if heard == 1 { "once".to_owned() } else { format!("{heard} times") };
    Finding::ok("discovery", format!("unlinked peers were heard {heard}; {peers}"))
}

fn clock(now_ms: i64, ahead_ms: Option<i64>) -> Finding {
    let advice = "set the clock by the network (timedatectl set-ntp true, or the system's settings)";
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let shown = now.strftime("%Y-%m-%d %H:%M UTC");
    if !YEARS.contains(&now.to_zoned(TimeZone::UTC).year()) {
        return Finding::fault("clock", format!("it says {shown}, which cannot be"), advice);
    }
    match ahead_ms {
        None => Finding::ok("clock", format!("{shown}; no linked peer has told its own yet")),
        Some(ahead) if ahead.unsigned_abs() > SKEW_MAX_MS => {
            let minutes = ahead.unsigned_abs() / 60_000;
            let way = if ahead > 0 { "ahead of" } else { "behind" };
            Finding::warning("clock", format!("{shown}; the peers' clocks are {minutes} min {way} this one"), advice)
        }
        Some(_) => Finding::ok("clock", format!("{shown}; those of linked peers agree")),
    }
}
