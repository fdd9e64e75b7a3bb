//! Doubles of the two old peers of the classic protocol, quirks and crash included: test instruments for ours.
//! Must not know whispernet's own code: they are written from what was observed of the old peers on the wire.
//! Bounds: those of `peer` (links, lines), `framing` (objects) and `seen` (IDs).

mod codelab;
mod command;
mod daemon;
pub(crate) mod framing;
pub(crate) mod message;
mod peer;
mod quirks;
mod seen;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

pub use command::{DoubleArgs, run};
use peer::{Life, Peer};
use quirks::Quirks;

/// Longest wait for the threads of a dropped double; they end as soon as they notice that their sockets are shut.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// What becomes of a link whose dial fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeadAddr {
    /// It stays registered and is never dialled again: what can happen to an old peer in the worst case, here always,
    /// so that tests do not depend on a race. A daemon's next broadcast waits for good.
    #[default]
    StaysRegistered,
    /// It is forgotten, and dialled again when its Addr is heard again.
    Forgotten,
}

/// What both doubles are told at their start.
#[derive(Debug, Clone)]
pub struct PeerOptions {
    /// Address to listen on, and to announce. 127.0.0.1 by default.
    pub bind: IpAddr,
    /// TCP port to listen on; 0 (the default) takes any.
    pub port: u16,
    /// HOST:PORT of each peer to dial at the start.
    pub peers: Vec<String>,
    /// What a failed dial leaves behind.
    pub dead_addr: DeadAddr,
    /// Whether shown lines go to stdout too. Off by default.
    pub echo: bool,
}

impl Default for PeerOptions {
    fn default() -> Self {
        Self {
            bind: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            peers: Vec::new(),
            dead_addr: DeadAddr::default(),
            echo: false,
        }
    }
}

/// What the daemon's double is told at its start.
#[derive(Debug, Clone, Default)]
pub struct DaemonOptions {
    /// What both doubles are told.
    pub peer: PeerOptions,
    /// The user's name, sent under the key `omitempty`.
    pub nick: String,
    /// TCP port of `GET /peers`, always on 127.0.0.1; 0 (the default) takes any. The old daemon takes 8888.
    pub http_port: u16,
    /// Where the datagram of the start goes; `None` (the default) sends none. The old daemon takes 255.255.255.255:5555.
    pub beacon: Option<SocketAddr>,
}

/// A running double of an old peer. Dropping it closes its sockets and ends its threads (a thread that is still
/// dialling ends when its dial does, and does nothing more).
pub struct Double {
    peer: Arc<Peer>,
    addr: SocketAddr,
    http_addr: Option<SocketAddr>,
}

impl Double {
    /// Starts the daemon's double.
    ///
    /// # Errors
    /// When a port cannot be bound, a thread cannot start or the beacon cannot be sent.
    pub fn daemon(options: DaemonOptions) -> io::Result<Self> {
        let DaemonOptions { peer, nick, http_port, beacon } = options;
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, http_port))?;
        let bind = peer.bind;
        let mut double = Self::start(daemon::QUIRKS, peer, nick)?;
        double.http_addr = Some(http.local_addr()?);
        double.peer.listen(http, |peer, stream| {
            let links = peer.book().links();
            // Fails only where the one who asked has gone.
            let _ = daemon::answer(&links, stream);
        })?;
        if let Some(target) = beacon {
            daemon::send_beacon(bind, double.addr, target)?;
        }
        Ok(double)
    }

    /// Starts the code-lab peer's double.
    ///
    /// # Errors
    /// When the port cannot be bound or a thread cannot start.
    pub fn codelab(options: PeerOptions) -> io::Result<Self> {
        Self::start(codelab::QUIRKS, options, String::new())
    }

    fn start(quirks: Quirks, options: PeerOptions, nick: String) -> io::Result<Self> {
        let PeerOptions { bind, port, peers, dead_addr, echo } = options;
        let listener = TcpListener::bind((bind, port))?;
        let addr = listener.local_addr()?;
        let peer = Arc::new(Peer::new(quirks, addr, nick, dead_addr, echo));
        let double = Self { peer, addr, http_addr: None };
        double.peer.read_typed();
        double.peer.listen(listener, Peer::read_link)?;
        peers.iter().for_each(|addr| double.peer.dial(addr));
        Ok(double)
    }

    /// Where it listens, and its Addr on the wire.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where a daemon answers `GET /peers`; the code-lab peer has no HTTP.
    #[must_use]
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.http_addr
    }

    /// Types a line, as its user. It is acted on after all that was typed before, by a thread of the double, so this
    /// returns at once even while a broadcast waits; it waits itself where 1,024 lines were not acted on yet.
    pub fn say(&self, line: impl Into<String>) {
        self.peer.typed(line.into());
    }

    /// The lines shown so far, oldest first, the last 65,536 of them.
    #[must_use]
    pub fn shown(&self) -> Vec<String> {
        self.peer.book().shown.iter().cloned().collect()
    }

    /// Whether the shown lines met `predicate` within `timeout`.
    #[must_use]
    pub fn wait_shown(&self, predicate: impl Fn(&[String]) -> bool, timeout: Duration) -> bool {
        self.peer.wait(Some(timeout), |book| predicate(book.shown.make_contiguous()))
    }

    /// Whether this very line was shown within `timeout`.
    #[must_use]
    pub fn wait_line(&self, line: &str, timeout: Duration) -> bool {
        self.wait_shown(|shown| shown.iter().any(|other| other == line), timeout)
    }

    /// The Addrs of its outgoing links, those still dialled or dead included, sorted.
    #[must_use]
    pub fn links(&self) -> Vec<String> {
        self.peer.book().links()
    }

    /// Whether its outgoing links met `predicate` within `timeout`.
    #[must_use]
    pub fn wait_links(&self, predicate: impl Fn(&[String]) -> bool, timeout: Duration) -> bool {
        self.peer.wait(Some(timeout), |book| predicate(&book.links()))
    }

    /// Whether it has crashed, as the old daemon does on an empty Body: nothing listens any more, every link is shut.
    #[must_use]
    pub fn crashed(&self) -> bool {
        self.peer.book().life == Life::Crashed
    }

    /// Whether it crashed within `timeout`; `None` waits for good.
    #[must_use]
    pub fn wait_crashed(&self, timeout: impl Into<Option<Duration>>) -> bool {
        self.peer.wait(timeout.into(), |book| book.life == Life::Crashed)
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.peer.end(Life::Stopped);
        self.peer.wait(Some(STOP_TIMEOUT), |book| book.threads == 0);
    }
}
