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

#[cfg(test)]
mod tests {
    use super::super::finding::lines;
    use super::*;

    fn own(addresses: &[(&str, &str)]) -> Vec<OwnAddress> {
        let one = |(name, ip): &(&str, &str)| OwnAddress { interface: (*name).to_owned(), ip: ip.parse().unwrap() };
        addresses.iter().map(one).collect()
    }

    /// The beginning of the line, and something that must be in it.
    #[track_caller]
    fn check(finding: impl Into<Option<Finding>>, begins: &str, has: &str) {
        let line = finding.into().map(|finding| lines(&[finding]).concat()).unwrap_or_default();
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.starts_with(begins) && words.contains(has), "{words}");
        assert_eq!(begins.is_empty(), words.is_empty(), "{words}");
    }

    fn status() -> Status {
        Status {
            addr: "192.168.1.7:55555".into(),
            nick: "phil\u{1b}[2J".into(),
            key: String::new(),
            network: "open".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            run: String::new(),
            seq: 0,
            durable: 0,
            peers: vec![],
            disk: "ok".into(),
            flood: "default".into(),
            discovery: true,
            clock_ahead_ms: None,
            counters: [("beacon".to_owned(), 0)].into(),
        }
    }

    #[test]
    fn addresses() {
        let ip = |ip: &str| Some(ip.parse().unwrap());
        let home = own(&[("lo", "127.0.0.1"), ("eth0", "192.168.1.7"), ("wg0", "10.8.0.2")]);
        check(interfaces(&home, None), "ok interfaces: lo 127.0.0.1, eth0 192.168.1.7, wg0 10.8.0.2", "");
        check(interfaces(&home, ip("192.168.1.7")), "ok interfaces:", "eth0 192.168.1.7 (announced)");
        check(interfaces(&home, ip("127.0.0.1")), "warning interfaces:", "leave out --bind");
        check(interfaces(&home[..1], ip("127.0.0.1")), "warning interfaces:", "connect the machine");
        check(interfaces(&[], None), "warning interfaces: none", "connect the machine");
        let many = own(&[("eth0", "10.0.0.1"); ADDRESSES_SHOWN_MAX + 2]);
        check(interfaces(&many, None), "ok interfaces: eth0", "2 more");
        check(tunnels(&home, ip("192.168.1.7")), "ok tunnel: wg0:", "--bind");
        check(tunnels(&home, ip("10.8.0.2")), "warning tunnel:", "is on wg0");
        check(tunnels(&home[..2], ip("192.168.1.7")), "", "");
        for name in ["tun0", "tap1", "wg-home", "tailscale0", "utun3", "ppp0", "ztabcdef"] {
            check(tunnels(&own(&[(name, "10.8.0.2")]), None), "ok tunnel:", name);
        }
    }

    #[test]
    fn ports() {
        let addr = |text: &str| text.parse::<SocketAddr>().unwrap();
        check(port(addr("192.168.1.7:1"), &Probe::Nowhere), "", "");
        check(port(addr("192.168.1.7:1"), &Probe::Answers), "ok port: 192.168.1.7:1 answers", "local network only");
        check(port(addr("127.0.0.1:1"), &Probe::Answers), "ok port: 127.0.0.1:1 answers", "alone");
        check(port(addr("8.8.8.8:1"), &Probe::Answers), "ok port:", "whisper connect 8.8.8.8:1");
        check(port(addr("8.8.8.8:77"), &Probe::Elsewhere), "warning port:", "forward TCP port 77");
        check(
            port(addr("192.168.1.7:77"), &Probe::Silent("timed out".into())),
            "fault port:",
            "let TCP port 77 through",
        );
    }

    #[test]
    fn neighbours() {
        let quiet = status();
        check(
            discovery(&quiet),
            "warning discovery: no other peer",
            "UDP 5555 (or the port of --discovery) and TCP 55555",
        );
        check(discovery(&Status { discovery: false, ..status() }), "ok discovery: off", "/connect");
        let heard = Status { counters: [("beacon".to_owned(), 3)].into(), ..status() };
        check(discovery(&heard), "ok discovery:", "heard 3 times; 0 peers are linked");
    }

    #[test]
    fn clocks() {
        let now = 1_790_000_000_000;
        check(clock(now, None), "ok clock: 2026-09-21", "");
        check(clock(now, Some(-600_000)), "ok clock:", "agree");
        check(clock(now, Some(600_001)), "warning clock:", "10 min ahead of this one; set the clock");
        check(clock(now, Some(i64::MIN)), "warning clock:", "min behind this one");
        for wrong in [0, -1, i64::MIN, i64::MAX, 4_102_444_800_000, 1_735_689_599_999] {
            check(clock(wrong, None), "fault clock:", "cannot be; set the clock");
        }
    }

    #[test]
    fn peers_are_there_or_not() {
        let check = |presence: Presence, begins: &str, has: &str| {
            let facts = Facts { peer: presence, ..Facts::collect(Presence::Nowhere, "/nowhere".as_ref(), false) };
            check(peer(&facts), begins, has);
        };
        check(Presence::Here(Box::new(status())), "ok peer: version", "nick phil\\u{1b}[2J, listens on 192.168.1.7");
        let old = Status { version: "0.0.0".into(), ..status() };
        check(Presence::Here(Box::new(old)), "warning peer: version 0.0.0", "start it again");
        check(Presence::Mute, "warning peer:", "--http off");
        check(Presence::Unclear("no token".into()), "fault peer:", "no token");
        check(Presence::Nowhere, "warning peer: none runs", "whisper serve");
    }
}
