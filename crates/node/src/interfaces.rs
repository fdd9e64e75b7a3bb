//! The machine's own addresses: which to listen on, which sources are on a network of ours, where a beacon goes.
//! Must not know links. Bounds: what the system lists.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use if_addrs::{IfAddr, Interface};
pub use whispernet_core::addr::Range;

/// Names that containers and virtual machines give their bridges (a guess from common software).
const VIRTUAL: [&str; 8] = ["br-", "docker", "podman", "tap", "tun", "veth", "virbr", "vmnet"];

/// An address in the internet, to ask which of ours would be used to reach it. Nothing is sent there: a datagram
/// socket that is connected only looks up the route. (TEST-NET-1, RFC 5737.)
const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);

/// What tunnels and private networks over others are called, by how the name begins (a guess from common software).
const TUNNELS: [&str; 9] = ["tailscale", "utun", "tun", "tap", "wg", "ppp", "zt", "nordlynx", "ipsec"];

/// An address of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAddress {
    /// The interface that has it, as the system calls it.
    pub interface: String,
    /// The address.
    pub ip: IpAddr,
}

impl OwnAddress {
    /// Whether the interface is called like one of a VPN or another tunnel, which broadcasts seldom cross.
    #[must_use]
    pub fn is_on_tunnel(&self) -> bool {
        TUNNELS.iter().any(|prefix| self.interface.starts_with(prefix))
    }
}

/// The addresses of this machine, as they are now; none where the system does not list them.
#[must_use]
pub fn own_addresses() -> Vec<OwnAddress> {
    let interfaces = Interfaces::list().0;
    interfaces.into_iter().map(|each| OwnAddress { ip: each.ip(), interface: each.name }).collect()
}

/// The machine's interfaces, as they were when asked.
pub(crate) struct Interfaces(Vec<Interface>);

impl Interfaces {
    pub(crate) fn list() -> Self {
        // A system that lists none still has loopback.
        Self(if_addrs::get_if_addrs().unwrap_or_default())
    }

    /// Where to listen if nothing is said: the address of the default route, else the first that is neither loopback nor
    /// virtual, else the first that is not loopback, else loopback.
    pub(crate) fn default_ip(&self) -> IpAddr {
        let usable =
            |interface: &&Interface| !interface.is_loopback() && interface.ip().is_ipv4() && !interface.is_link_local();
        let real = |interface: &&Interface| !VIRTUAL.iter().any(|prefix| interface.name.starts_with(prefix));
        default_route()
            .or_else(|| self.0.iter().filter(usable).find(real).map(Interface::ip))
            .or_else(|| self.0.iter().find(usable).map(Interface::ip))
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// Whether `ip` is on a network that one of our interfaces is on.
    pub(crate) fn is_on_link(&self, ip: IpAddr) -> bool {
        ip.is_loopback()
            || self.0.iter().any(|interface| match (&interface.addr, ip) {
                (IfAddr::V4(ours), IpAddr::V4(ip)) => {
                    let mask = u32::from(ours.netmask);
                    u32::from(ours.ip) & mask == u32::from(ip) & mask
                }
                (IfAddr::V6(ours), IpAddr::V6(ip)) => {
                    let mask = u128::from(ours.netmask);
                    u128::from(ours.ip) & mask == u128::from(ip) & mask
                }
                _ => false,
            })
    }

    /// All of our addresses.
    pub(crate) fn ips(&self) -> impl Iterator<Item = IpAddr> {
        self.0.iter().map(Interface::ip)
    }

    /// The interface that has `ip`, and an IPv4 address of it to send from with the address that reaches all on that network.
    pub(crate) fn broadcast(&self, ip: IpAddr) -> Option<Broadcast> {
        if Range::of(ip) == Range::Loopback {
            let all = Ipv4Addr::new(127, 255, 255, 255);
            return Some(Broadcast { interface: None, from: Ipv4Addr::LOCALHOST, all });
        }
        let name = self.0.iter().find(|interface| interface.ip() == ip).map(|interface| &interface.name)?;
        self.0.iter().find_map(|interface| match &interface.addr {
            IfAddr::V4(v4) if interface.name == *name => Some(Broadcast {
                interface: Some(name.clone()),
                from: v4.ip,
                all: v4.broadcast.unwrap_or_else(|| Ipv4Addr::from(u32::from(v4.ip) | !u32::from(v4.netmask))),
            }),
            _ => None,
        })
    }
}

/// How to reach everybody on one network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broadcast {
    /// The interface; `None` for loopback.
    pub(crate) interface: Option<String>,
    /// Our address on it.
    pub(crate) from: Ipv4Addr,
    /// Its own broadcast address.
    pub(crate) all: Ipv4Addr,
}

fn default_route() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ELSEWHERE).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
}
