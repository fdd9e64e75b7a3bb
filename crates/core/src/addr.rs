//! Addresses that the wire names: what is one, and which may be dialled. Must not know links or budgets.
//! Bounds: [`ADDR_BYTES_MAX`]; a longer text is no address.

use alloc::string::{String, ToString};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// Longest text that is read as an address, in bytes: a full IPv6 address in brackets with a port has 47.
pub const ADDR_BYTES_MAX: usize = 64;

/// Ports from 1024 on that belong to services which a stray connection could disturb (IANA's names): never dialled on the
/// wire's word, nor is any port below 1024.
const SERVICE_PORTS: [u16; 24] = [
    1080, 1433, 1521, 1723, 2049, 2375, 2376, 2379, 3128, 3306, 3389, 5060, 5432, 5672, 5900, 6379, 6443, 8080, 8443,
    8888, 9092, 9200, 11211, 27017,
];

/// Reads `IP:PORT`. IPv4 in IPv6's clothes is taken for what it is; names and scopes are no addresses: a scope is a number of
/// one machine's own, and on the wire it would give one address many spellings.
#[must_use]
pub fn parse(text: &str) -> Option<SocketAddr> {
    if text.len() > ADDR_BYTES_MAX || text.contains('%') {
        return None;
    }
    let addr: SocketAddr = text.parse().ok()?;
    (addr.port() != 0).then(|| canonical(addr))
}

/// The same address without IPv4-in-IPv6 and flow. A scope stays: it is one of this machine.
#[must_use]
pub fn canonical(addr: SocketAddr) -> SocketAddr {
    match (addr.ip().to_canonical(), addr) {
        (IpAddr::V6(ip), SocketAddr::V6(v6)) => SocketAddr::V6(SocketAddrV6::new(ip, v6.port(), 0, v6.scope_id())),
        (ip, _) => SocketAddr::new(ip, addr.port()),
    }
}

/// What every mention of the same address becomes; other text stays as it is.
#[must_use]
pub fn normal(text: &str) -> String {
    parse(text).map_or_else(|| text.to_string(), |addr| addr.to_string())
}

/// Where an address can be reached from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// The same machine.
    Loopback,
    /// 10/8, or IPv6 unique local, or another private range: the number tells them apart.
    Private(u8),
    /// Link-local.
    Link,
    /// The internet.
    Public,
    /// No place to connect to: unspecified, multicast, broadcast, reserved.
    Nowhere,
}

impl Range {
    /// The range of `ip`.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::of_v4(ip),
            IpAddr::V6(ip) => Self::of_v6(ip),
        }
    }

    const fn of_v4(ip: Ipv4Addr) -> Self {
        match ip.octets() {
            [0 | 224..=255, ..] => Self::Nowhere,
            [127, ..] => Self::Loopback,
            [10, ..] => Self::Private(1),
            [172, 16..=31, ..] => Self::Private(2),
            [192, 168, ..] => Self::Private(3),
            [100, 64..=127, ..] => Self::Private(4),
            [169, 254, ..] => Self::Link,
            _ => Self::Public,
        }
    }

    const fn of_v6(ip: Ipv6Addr) -> Self {
        if ip.is_loopback() {
            Self::Loopback
        } else if ip.is_unspecified() || ip.is_multicast() {
            Self::Nowhere
        } else if ip.is_unique_local() {
            Self::Private(5)
        } else if ip.is_unicast_link_local() {
            Self::Link
        } else {
            Self::Public
        }
    }

    /// Whether many peers may share one address of it, so that it alone tells nobody apart.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::Loopback | Self::Private(_) | Self::Link)
    }
}

/// Whether a peer that is bound to `bound` may dial `addr` on the word of somebody at `source`.
#[must_use]
pub fn may_dial(addr: SocketAddr, bound: IpAddr, source: IpAddr) -> bool {
    if addr.port() < 1024 || SERVICE_PORTS.contains(&addr.port()) {
        return false;
    }
    let bound_to_loopback = Range::of(bound) == Range::Loopback;
    match Range::of(addr.ip()) {
        Range::Nowhere => false,
        Range::Loopback => bound_to_loopback,
        _ if bound_to_loopback => false,
        range @ (Range::Private(_) | Range::Link) => Range::of(source) == range,
        Range::Public => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_address() {
        for (text, expected) in [
            ("10.0.0.7:55555", Some("10.0.0.7:55555")),
            ("[::1]:5", Some("[::1]:5")),
            ("[::ffff:10.0.0.7]:5", Some("10.0.0.7:5")),
            ("10.0.0.7:0", None),
            ("[fe80::1]:5", Some("[fe80::1]:5")),
            ("[fe80::1%2]:5", None),
            ("[fe80::1%0]:5", None),
            ("10.0.0.7", None),
            ("localhost:5", None),
            ("10.0.0.7:65536", None),
            (" 10.0.0.7:5", None),
            ("", None),
        ] {
            assert_eq!(parse(text).map(|a| a.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn who_may_be_dialled() {
        let lo = "127.0.0.1";
        let lan = "10.0.0.1";
        let net = "93.184.216.34";
        for (addr, bound, source, expected) in [
            ("127.0.0.1:5000", lo, lo, true),
            ("127.0.0.1:5000", lan, lan, false),
            ("10.0.0.2:5000", lan, lan, true),
            ("10.0.0.2:5000", lan, net, false),
            ("192.168.0.2:5000", lan, lan, false),
            ("10.0.0.2:5000", lo, lo, false),
            ("93.184.216.34:5000", lo, lo, false),
            ("93.184.216.34:5000", lan, lan, true),
            ("93.184.216.34:1023", lan, lan, false),
            ("93.184.216.34:6379", lan, lan, false),
            ("224.0.0.1:5000", lan, lan, false),
            ("0.0.0.0:5000", lan, lan, false),
            ("255.255.255.255:5000", lan, lan, false),
            ("[ff02::1]:5000", lan, lan, false),
            ("[fe80::2]:5000", lan, "fe80::1", true),
            ("[::]:5000", lan, lan, false),
            ("[::1]:5000", "::1", "::1", true),
            ("[::ffff:127.0.0.1]:5000", lan, lan, false),
        ] {
            let (to, bound, source) = (addr.parse().unwrap(), bound.parse().unwrap(), source.parse().unwrap());
            assert_eq!(may_dial(to, bound, source), expected, "{addr} bound to {bound}, named by {source}");
        }
    }
}
