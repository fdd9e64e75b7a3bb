//! The forms of single values of the command line.
//! Must not know which option has them. Bounds: ports 1 to 65535 where others are to reach them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// Something that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrOff<T> {
    On(T),
    Off,
}

impl<T: FromStr> FromStr for OrOff<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::On) }
    }
}

impl<T: fmt::Display> fmt::Display for OrOff<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(on) => on.fmt(f),
            Self::Off => f.write_str("off"),
        }
    }
}

/// `IP:PORT`, or a port of loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HttpAddr(pub(super) SocketAddr);

impl FromStr for HttpAddr {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(port) = text.parse() {
            return Ok(Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
        }
        text.parse().map(Self).map_err(|_| "write IP:PORT, a port, or `off`")
    }
}

/// A UDP port that others can send to: 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UdpPort(pub(super) u16);

impl FromStr for UdpPort {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(port @ 1..) => Ok(Self(port)),
            _ => Err("write a port from 1 to 65535, or `off`"),
        }
    }
}

impl fmt::Display for UdpPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Takes a number from `MIN` to `MAX`.
pub(super) fn within<const MIN: u16, const MAX: u16>(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| (MIN..=MAX).contains(number));
    number.ok_or_else(|| format!("write a number from {MIN} to {MAX}"))
}

/// Takes an address of a machine.
pub(super) fn ip(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| "write an IP address, for example 192.168.1.7")
}

/// Takes where somebody listens.
pub(super) fn ip_port(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write IP:PORT, for example 203.0.113.7:55555")
}

/// Takes what has the form of `HOST:PORT`; whether the host exists is found out later.
pub(super) fn host_port(text: &str) -> Result<String, &'static str> {
    let form = "write HOST:PORT, for example 192.168.1.7:55555 or [fe80::1]:55555";
    let (host, port) = text.rsplit_once(':').ok_or(form)?;
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let host_fits = !host.is_empty() && !host.contains(char::is_whitespace) && (bracketed || !host.contains(':'));
    match port.parse::<u16>() {
        Ok(1..) if host_fits => Ok(text.to_owned()),
        _ => Err(form),
    }
}
