//! What a peer is started with. Must not know how the user said it (options, environment, files).
//! Bounds: `inbound_max` 1 to 10,000, `backlog` 0 to 1,000.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::key::KeyError;

/// The settings of one peer. Those marked *wire* must suit what other peers expect; the rest is this peer's own affair.
#[derive(Clone, Debug)]
pub struct Config {
    /// `HOST:PORT` of peers to connect to at start; retried with back-off for as long as the peer runs.
    pub peers: Vec<String>,
    /// TCP port. `None`: 55555, or any free one where that is taken. `Some(0)`: any free one. *wire*
    pub port: Option<u16>,
    /// IP to listen on. `None`: that of the default route, else the first that is not loopback, else loopback.
    pub bind: Option<IpAddr>,
    /// What to announce as our Addr where it differs from where we listen. *wire*
    pub advertise: Option<SocketAddr>,
    /// Nick; `None`: the one used last, else a generated one.
    pub nick: Option<String>,
    /// UDP port of discovery; `None`: off. *wire*
    pub discovery: Option<u16>,
    /// Where history and settings are kept.
    pub data_dir: DataDir,
    /// The kind of ID on what we write.
    pub id: IdKind,
    /// Most incoming links: 1 to 10,000. Above 256 it lifts the bounds per IP in proportion. About 1 KiB of memory each.
    pub inbound_max: usize,
    /// Whether to keep what was said on disk.
    pub history: bool,
    /// Messages a newly connected peer is sent: 0 to 1,000.
    pub backlog: usize,
    /// Which files of others are taken without a question.
    pub accept: Accept,
    /// Whether flood control, dial budget and bounds per IP are in force; off for a trusted bench.
    pub flood_limit: bool,
}

/// Which folder to keep things in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataDir {
    /// This one; it is an error where another peer uses it.
    Exactly(PathBuf),
    /// This one, or where another peer uses it the first free of `...-2`, `...-3`, up to `...-99`.
    OrNextProfile(PathBuf),
}

/// Which files of others are taken without a question. What is not taken waits as an offer, and makes room first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Accept {
    /// None: each waits until the user takes it.
    #[default]
    Ask,
    /// Those of authors whose key the user verified.
    Verified,
    /// All.
    All,
    /// None, and none is kept as an offer either.
    None,
}

/// The kind of ID on what we write. Every kind is always read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IdKind {
    /// `wn1:`, a signature by which everybody can see that nobody else wrote it.
    #[default]
    Signed,
    /// `hash:sha256:` over Addr, Body and Timestamp.
    Hash,
    /// 128 random bits in hex.
    Random,
}

/// Why a peer did not start. Each is one line: what, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port that was asked for by name is taken.
    #[error("port {port} is taken on {ip}: stop the other program, or leave out --port to get a free one")]
    PortTaken {
        /// Where.
        ip: IpAddr,
        /// Which.
        port: u16,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {ip}: {reason}; --bind takes an address of this machine")]
    CannotListen {
        /// Where.
        ip: IpAddr,
        /// What the system said.
        reason: String,
    },
    /// Another peer uses the data directory.
    #[error("the data directory {} is in use by another peer: stop it, or give --data-dir another one", .path.display())]
    DataDirInUse {
        /// Which.
        path: PathBuf,
    },
    /// The data directory cannot be made, read or written.
    #[error("the data directory {} cannot be used: {reason}; mend it, or give --data-dir another one", .path.display())]
    DataDir {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An option is out of its range.
    #[error("{0}")]
    Usage(String),
}
