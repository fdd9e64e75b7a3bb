//! A datagram of discovery against a reader of addresses written by hand: what is no `IP:PORT` does nothing, what is one leads
//! to one dial at most, and to none where nobody may be dialled. Must not know sockets. Bounds: one datagram.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use whispernet_core::addr;
use whispernet_core::counters::Count;
use whispernet_core::identity::{Network, SecretKey};
use whispernet_core::log::Limits;
use whispernet_core::node::{BEACON_BYTES_MAX, Config, IdKind, Node, Output, Past, Who};
use whispernet_core::time::Now;

/// Where the node is bound, by the first byte of an input, and the neighbour that the datagram comes from.
const PLACES: [(&str, &str); 4] = [
    ("127.0.0.1:55555", "127.0.0.1:5555"),
    ("192.168.1.7:55555", "192.168.1.8:5555"),
    ("198.51.100.7:55555", "198.51.100.8:5555"),
    ("[2001:db8::7]:55555", "[2001:db8::8]:5555"),
];

/// Checks a node on a datagram: the first byte chooses where it is bound, and whether the source is a neighbour.
pub fn datagram(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let (own, source) = PLACES[usize::from(choice) % PLACES.len()];
    let (own, source) = (place(own), place(source));
    let on_link = choice & 0x80 == 0;
    check_texts(bytes);

    let now = Now::default();
    let mut node = Node::new(config(own), Past::default(), [3; 32], now);
    let mut out = Vec::new();
    node.heard(now, source, on_link, bytes, &mut out);

    let named = str::from_utf8(bytes).ok().filter(|_| bytes.len() <= BEACON_BYTES_MAX && on_link);
    let named = named.and_then(|text| read(text.trim_ascii_end()));
    let dials = named.filter(|addr| *addr != own && may_dial(*addr, own.ip(), source.ip()));
    assert_eq!(out, dials.map(Output::Dial).into_iter().collect::<Vec<_>>(), "what a beacon leads to");
    let counted = |count| node.counters().get(count) == 1;
    assert_eq!(counted(Count::BadBeacon), named.is_none(), "counted as no beacon");
    assert_eq!(counted(Count::Beacon), named.is_some_and(|addr| addr != own), "counted as a beacon");

    out.clear();
    node.heard(now, source, on_link, bytes, &mut out);
    assert_eq!(out, [], "one source is good for one dial");
}

/// The same bytes as an Addr on a link, and as whom a user blocks.
fn check_texts(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let expected = Some(text).filter(|text| text.len() <= addr::ADDR_BYTES_MAX).and_then(read);
    assert_eq!(addr::parse(text), expected, "an Addr");
    let normal = addr::normal(text);
    assert_eq!(addr::normal(&normal), normal, "normal once is normal");
    if let Some(who) = Who::parse(text) {
        assert_eq!(Who::parse(&who.to_string()), Some(who), "whom a block is for, read back");
        assert!(matches!(who, Who::Ip(_)) || who == Who::Addr(expected.expect("it was read")));
    }
}

fn place(text: &str) -> SocketAddr {
    text.parse().expect("a constant of this module")
}

fn config(own: SocketAddr) -> Config {
    Config {
        addr: own,
        bound: own.ip(),
        own: Vec::new(),
        nick: "me".to_owned(),
        id: IdKind::Random,
        key: SecretKey::from_seed(&[1; 32]),
        rotation: None,
        network: Network::OPEN,
        inbound_max: 16,
        backlog: 50,
        flood_limit: true,
        discovery: false,
        stored: false,
        first_seq: 1,
        fingerprint_key: [7; 16],
        seen_max: 16,
        log: Limits { tail_bytes: 4096, segment_bytes: 1024, uncommitted_bytes: 4096 },
    }
}

/// `IP:PORT`, the IP in brackets where it is IPv6; IPv4 within IPv6 is IPv4.
fn read(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.rsplit_once(':')?;
    let port = Some(port).filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let ip = match ip.strip_prefix('[') {
        Some(rest) => IpAddr::V6(read_v6(rest.strip_suffix(']')?)?),
        None => IpAddr::V4(read_v4(ip)?),
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

fn read_v4(text: &str) -> Option<Ipv4Addr> {
    let parts: Option<Vec<u8>> = text.split('.').map(read_octet).collect();
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(parts?).ok()?))
}

/// One to three digits, none of them a zero that means nothing: some read such as octal.
fn read_octet(text: &str) -> Option<u8> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok())?
}

/// Eight groups (the last two perhaps as IPv4), of which one run of zeros may be left out (RFC 4291, 2.2).
fn read_v6(text: &str) -> Option<Ipv6Addr> {
    let groups = match text.split_once("::") {
        Some((head, tail)) => {
            let (mut groups, tail) = (read_groups(head, false)?, read_groups(tail, true)?);
            // At least one group must be left out.
            let left_out = 8_usize.checked_sub(groups.len() + tail.len()).filter(|count| *count > 0)?;
            groups.extend(std::iter::repeat_n(0, left_out));
            groups.extend(tail);
            groups
        }
        None => read_groups(text, true)?,
    };
    Some(Ipv6Addr::from(<[u16; 8]>::try_from(groups).ok()?))
}

fn read_groups(text: &str, may_end_in_v4: bool) -> Option<Vec<u16>> {
    let mut groups = Vec::new();
    let mut parts = text.split(':').filter(|_| !text.is_empty()).peekable();
    while let Some(part) = parts.next() {
        if part.contains('.') && may_end_in_v4 && parts.peek().is_none() {
            let [a, b, c, d] = read_v4(part)?.octets();
            groups.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
        } else {
            let hex = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            groups.push(hex.then(|| u16::from_str_radix(part, 16).ok())??);
        }
    }
    Some(groups)
}

/// Who may be dialled on the word of `source`, as docs/protocol.md has it.
fn may_dial(addr: SocketAddr, bound: IpAddr, source: IpAddr) -> bool {
    const SERVICES: [u16; 24] = [
        1080, 1433, 1521, 1723, 2049, 2375, 2376, 2379, 3128, 3306, 3389, 5060, 5432, 5672, 5900, 6379, 6443, 8080,
        8443, 8888, 9092, 9200, 11211, 27017,
    ];
    let nowhere = match addr.ip() {
        IpAddr::V4(ip) => ip.octets()[0] == 0 || ip.octets()[0] >= 224,
        IpAddr::V6(ip) => ip.is_unspecified() || ip.is_multicast(),
    };
    let within = match (range(addr.ip()), range(bound)) {
        ("loopback", bound) => bound == "loopback",
        (_, "loopback") => false,
        ("public", _) => true,
        (private, _) => range(source) == private,
    };
    addr.port() >= 1024 && !SERVICES.contains(&addr.port()) && !nowhere && within
}

fn range(ip: IpAddr) -> &'static str {
    let first = |ip: Ipv4Addr, prefix: [u8; 4], bits: u32| {
        (u32::from(ip) ^ u32::from(Ipv4Addr::from(prefix))).leading_zeros() >= bits
    };
    match ip {
        IpAddr::V4(ip) if first(ip, [127, 0, 0, 0], 8) => "loopback",
        IpAddr::V4(ip) if first(ip, [10, 0, 0, 0], 8) => "10/8",
        IpAddr::V4(ip) if first(ip, [172, 16, 0, 0], 12) => "172.16/12",
        IpAddr::V4(ip) if first(ip, [192, 168, 0, 0], 16) => "192.168/16",
        IpAddr::V4(ip) if first(ip, [100, 64, 0, 0], 10) => "100.64/10",
        IpAddr::V4(ip) if first(ip, [169, 254, 0, 0], 16) => "link",
        IpAddr::V6(ip) if ip == Ipv6Addr::LOCALHOST => "loopback",
        IpAddr::V6(ip) if ip.segments()[0] & 0xfe00 == 0xfc00 => "fc00::/7",
        IpAddr::V6(ip) if ip.segments()[0] & 0xffc0 == 0xfe80 => "link",
        _ => "public",
    }
}
