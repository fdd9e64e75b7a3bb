//! The one door to a running peer: commands in, events by cursor out. Every face is a client of it.
//! Must not know about terminals, HTTP or JSON. Bounds: those of the node behind it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::event::{Event, Message};

/// A running peer, as faces reach it. Clones are cheap and mean the same peer.
#[derive(Clone)]
pub struct Handle {}

/// Something to say.
#[derive(Clone, Debug, Default)]
pub struct Say {
    /// The text: 1 byte to 16 KiB.
    pub body: String,
    /// A tag of the client's choice: the same tag within 24 h is the same message. At most 256 bytes.
    pub client: Option<String>,
}

/// What became of something said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its place in the history.
    pub seq: u64,
    /// Its ID.
    pub id: String,
    /// The `client` tag had been used before: nothing new was said.
    #[serde(skip)]
    pub repeated: bool,
}

/// Why something was not said.
#[derive(Debug, thiserror::Error)]
pub enum SayError {
    /// Nothing to say.
    #[error("the message is empty: write something")]
    Empty,
    /// Over the bound.
    #[error("the message has {bytes} bytes, more than {max}: split it")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// The `client` tag is over its bound.
    #[error("the client tag is longer than {max} bytes")]
    TagTooLong {
        /// The bound.
        max: usize,
    },
    /// Too many are waiting for the pace that other peers accept.
    #[error("{waiting} messages are waiting to be sent at the pace that other peers accept: try again later")]
    Busy {
        /// How many are waiting.
        waiting: usize,
    },
    /// It was sent, but is not on disk, and might be forgotten.
    #[error("sent, but not kept: the history cannot be written ({reason})")]
    NotDurable {
        /// What the store said.
        reason: String,
    },
    /// The peer is shutting down.
    #[error("the peer is shutting down")]
    Stopped,
}

/// Why a command was refused.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Not an address.
    #[error("`{0}` is no address: write HOST:PORT, for example 192.168.1.7:55555 or [fe80::1]:55555")]
    NotAnAddress(String),
    /// No such peer.
    #[error("no peer at `{0}`: `whisper peers` lists them")]
    NoSuchPeer(String),
    /// Our own address.
    #[error("`{0}` is this peer itself")]
    Own(String),
    /// No such block.
    #[error("`{0}` is not blocked")]
    NotBlocked(String),
    /// A table is full.
    #[error("there are {max} of these already: remove one first")]
    Full {
        /// The bound.
        max: usize,
    },
    /// A nick that other peers would refuse.
    #[error("a nick has 1 to 32 characters and no control characters")]
    BadNick,
    /// The peer is shutting down.
    #[error("the peer is shutting down")]
    Stopped,
}

/// Which messages to read from the history.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only those after this `seq`; the oldest of them first.
    pub since: Option<u64>,
    /// Only those before this `seq`; the newest of them.
    pub before: Option<u64>,
    /// How many at most: 1 to 500.
    pub limit: usize,
    /// Only those whose body or nick contains this text (letters compared without case).
    pub search: Option<String>,
}

/// Why the history could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store failed.
    #[error("the history cannot be read: {0}")]
    Store(String),
}

/// One peer, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerStatus {
    /// `IP:PORT` where it listens; of the connection where an incoming link has named none.
    pub addr: String,
    /// The nick it used last; empty where none is known.
    pub nick: String,
    /// We write to it.
    pub out: bool,
    /// It writes to us.
    #[serde(rename = "in")]
    pub incoming: bool,
    /// `connected`, `dialling`, `waiting` (for the next try) or `held` (disconnected by the user).
    pub state: String,
    /// Messages it has yet to be sent.
    pub lag: u64,
}

/// An address that gets no link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// `IP` or `IP:PORT`.
    pub who: String,
    /// `user` or `flood`.
    pub why: String,
    /// When it ends, in milliseconds since the UNIX epoch; `null`: when the user lifts it.
    pub until: Option<i64>,
}

/// How the peer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Where it says it listens.
    pub addr: String,
    /// Its nick.
    pub nick: String,
    /// Its public key in hex: `null`, since this version has none.
    pub key: Option<String>,
    /// The network it is in.
    pub network: String,
    /// The program's version.
    pub version: String,
    /// Changes at each start.
    pub run: String,
    /// The newest `seq` given out.
    pub seq: u64,
    /// The newest `seq` that is on disk.
    pub durable: u64,
    /// Its peers.
    pub peers: Vec<PeerStatus>,
    /// `ok`, `off`, or what is wrong with the disk.
    pub disk: String,
    /// `default` or `off`.
    pub flood: String,
    /// Every counter by name: what was accepted, dropped (by reason), closed and refused.
    pub counters: BTreeMap<String, u64>,
}

impl Handle {
    /// Says something; returns when it is on disk (when it is logged, with the history off).
    ///
    /// # Errors
    /// See [`SayError`].
    pub async fn say(&self, _say: Say) -> Result<Said, SayError> {
        std::future::pending().await
    }

    /// How the peer is.
    #[must_use]
    pub fn status(&self) -> Status {
        unreachable!()
    }

    /// Connects to `HOST:PORT` and keeps at it until [`Handle::disconnect`].
    ///
    /// # Errors
    /// `NotAnAddress`, `Own`, `Full`.
    pub async fn connect(&self, _addr: &str) -> Result<(), CommandError> {
        std::future::pending().await
    }

    /// Ends all links with that address, and holds that until a connect.
    ///
    /// # Errors
    /// `NotAnAddress`, `NoSuchPeer`.
    pub async fn disconnect(&self, _addr: &str) -> Result<(), CommandError> {
        std::future::pending().await
    }

    /// Gives `IP` or `IP:PORT` no link any more, and hides what names it as its author.
    ///
    /// # Errors
    /// `NotAnAddress`, `Full`.
    pub fn block(&self, _who: &str) -> Result<(), CommandError> {
        unreachable!()
    }

    /// Takes a block back.
    ///
    /// # Errors
    /// `NotAnAddress`, `NotBlocked`.
    pub fn unblock(&self, _who: &str) -> Result<(), CommandError> {
        unreachable!()
    }

    /// Who is blocked.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        unreachable!()
    }

    /// Takes another nick for what is said from now on.
    ///
    /// # Errors
    /// `BadNick`.
    pub fn set_nick(&self, _nick: &str) -> Result<(), CommandError> {
        unreachable!()
    }

    /// Reads from the history. Ascending by `seq`; greetings are not part of it.
    ///
    /// # Errors
    /// `Store`.
    pub async fn messages(&self, _query: Query) -> Result<Vec<Message>, HistoryError> {
        std::future::pending().await
    }

    /// Where the bytes of a received file are, by the SHA-256 of its contents in hex.
    #[must_use]
    pub fn file(&self, _hash: &str) -> Option<PathBuf> {
        unreachable!()
    }

    /// Events from now on; with `since`, first the messages after that `seq`.
    #[must_use]
    pub fn subscribe(&self, _since: Option<u64>) -> Subscription {
        unreachable!()
    }

    /// Resolves when the peer has been asked to stop.
    pub async fn stopped(&self) {
        std::future::pending().await
    }

    /// Asks the peer to stop: flushes links and store.
    pub fn stop(&self) {
        unreachable!()
    }
}

/// Events as one face reads them: a cursor of its own. A face that lags holds up nobody.
pub struct Subscription {}

impl Subscription {
    /// The next event; `None` when the peer has stopped. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::pending().await
    }
}
