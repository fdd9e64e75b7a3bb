//! The web interface as the other faces know it: where it is, and how to send a browser there.
//! Must not know what it serves. Bounds: those of launch codes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::time::Instant;

use super::entry::launch::Launches;

/// A web interface that is up. Clones mean the same one.
#[derive(Clone)]
pub(crate) struct Web {
    /// Where it listens; a Host it answers to.
    pub(crate) addr: SocketAddr,
    launches: Arc<Launches>,
}

impl Web {
    pub(super) fn new(addr: SocketAddr, launches: Arc<Launches>) -> Self {
        Self { addr, launches }
    }

    /// A link that lets one browser in, once and within 60 s. Where the system has no random bytes: one to the login form.
    pub(crate) fn launch_link(&self) -> String {
        let addr = reachable(self.addr);
        match self.launches.make(Instant::now()) {
            Ok(code) => format!("http://{addr}/?launch={code}"),
            Err(_) => format!("http://{addr}/login"),
        }
    }
}

/// What a browser on this machine can ask for where we listen on all addresses.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_where_we_are() {
        for (addr, host) in [
            ("127.0.0.1:8888", "127.0.0.1:8888"),
            ("[::1]:8888", "[::1]:8888"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("192.168.1.7:8888", "192.168.1.7:8888"),
        ] {
            let launches = Arc::new(Launches::default());
            let link = Web::new(addr.parse().expect("an address"), Arc::clone(&launches)).launch_link();
            let code = link.strip_prefix(&format!("http://{host}/?launch=")).unwrap_or_else(|| panic!("{link}"));
            assert!(launches.redeem(code, Instant::now()));
        }
    }
}
