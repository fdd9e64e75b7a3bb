//! The one door to a running peer: commands in, events by cursor out. Every face is a client of it.
//! Must not know about terminals, HTTP or JSON. Bounds: those of the node behind it.

mod files;
mod measures;
mod people;
mod said;
mod status;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::lookup_host;
use whispernet_core::node::{BLOCKS_MAX, Refused, Who};

pub use files::{FileError, Kept};
pub use measures::{Bound, Counter, Cursor, LINKS_MAX, Measures, ReaderOf, Unit};
pub use people::{Person, PersonError};
pub use said::{Submission, Waiting};
pub use status::{Block, PeerStatus, Status};

pub use crate::subscription::Subscription;

use crate::damage;
use crate::event::Message;
use crate::nick;
use crate::shared::Shared;
use crate::store::Reader;
use crate::writer::Job;

/// A running peer, as faces reach it. Clones are cheap and mean the same peer.
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

/// Something to say.
#[derive(Clone, Debug, Default)]
pub struct Say {
    /// The text: 1 byte to 16 KiB. Empty with a file, it becomes a line that tells of the file.
    pub body: String,
    /// A tag of the client's choice: the same tag within 24 h is the same message. At most 256 bytes.
    pub client: Option<String>,
    /// The ID of the message that this one answers.
    pub reply: Option<String>,
    /// A file that goes with it.
    pub file: Option<Attachment>,
}

/// A file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name: 1 to 255 bytes. It goes out as [`store::name::clean`](crate::store::name::clean) makes it.
    pub name: String,
    /// What is in it: 1 byte to 1 MiB.
    pub bytes: Vec<u8>,
}

/// What became of something said.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
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
    /// It answers what can be no ID.
    #[error("a reply names the ID of the message that it answers: 1 to {max} bytes")]
    BadReply {
        /// The bound.
        max: usize,
    },
    /// Our messages are not signed.
    #[error("only signed messages can answer others: start the peer with --id signed")]
    ReplyUnsigned,
    /// There is nothing in the file.
    #[error("the file is empty: there is nothing to send")]
    FileEmpty,
    /// Over the bound.
    #[error(
        "the file has {bytes} bytes, more than {max} (1 MiB): larger ones can be sent once there are secured links"
    )]
    FileTooLarge {
        /// Its length.
        bytes: u64,
        /// The bound.
        max: usize,
    },
    /// The file has no name that others would take.
    #[error(
        "a file name has 1 to 255 bytes, not all of them dots or blanks, and a nick that is not too long beside it"
    )]
    FileName,
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
    #[error(
        "`{0}` leads to no address of a peer: check the name, or write IP:PORT, for example 192.168.1.7:55555 or [fe80::1]:55555"
    )]
    NotAnAddress(String),
    /// No such peer.
    #[error("no peer at `{0}`: `whisper peers` lists them")]
    NoSuchPeer(String),
    /// Our own address.
    #[error("`{0}` is this peer itself")]
    Own(String),
    /// It is blocked.
    #[error("`{0}` is blocked: unblock it first")]
    Blocked(String),
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

impl Handle {
    /// Takes something to say into the log, or among what waits for its pace. What is submitted first is said first, but
    /// that a file which has to wait holds up no words.
    ///
    /// # Errors
    /// See [`SayError`]; not `NotDurable`.
    pub fn submit(&self, say: Say) -> Result<Submission, SayError> {
        Submission::new(&self.shared, say)
    }

    /// Says something; returns when it is on disk (when it is logged, with the history off).
    ///
    /// # Errors
    /// See [`SayError`].
    pub async fn say(&self, say: Say) -> Result<Said, SayError> {
        self.submit(say)?.durable().await
    }

    /// Connects to `HOST:PORT` and keeps at it until [`Handle::disconnect`].
    ///
    /// # Errors
    /// `NotAnAddress`, `Own`, `Blocked`, `Full`.
    pub async fn connect(&self, addr: &str) -> Result<(), CommandError> {
        let at = self.resolve(addr).await?;
        let now = self.shared.clock.now();
        self.shared.command(|node, out| node.connect(now, at, out)).map_err(|refused| error(refused, addr))
    }

    /// Ends all links with that address, and holds that until a connect.
    ///
    /// # Errors
    /// `NotAnAddress`, `NoSuchPeer`, `Full`.
    pub async fn disconnect(&self, addr: &str) -> Result<(), CommandError> {
        let at = self.resolve(addr).await?;
        let now = self.shared.clock.now();
        self.shared.command(|node, out| node.disconnect(now, at, out)).map_err(|refused| error(refused, addr))
    }

    /// The address that `HOST:PORT` names, of the family that we listen on where there is a choice.
    async fn resolve(&self, text: &str) -> Result<SocketAddr, CommandError> {
        if let Some(addr) = whispernet_core::addr::parse(text) {
            return Ok(addr);
        }
        let not_an_address = || CommandError::NotAnAddress(text.to_owned());
        let found: Vec<SocketAddr> = lookup_host(text).await.map_err(|_| not_an_address())?.collect();
        let ipv4 = self.shared.node().config().bound.is_ipv4();
        let best = found.iter().find(|addr| addr.is_ipv4() == ipv4).or(found.first());
        best.filter(|addr| addr.port() != 0).copied().map(whispernet_core::addr::canonical).ok_or_else(not_an_address)
    }

    /// Gives `IP` or `IP:PORT` no link any more, and hides what names it as its author.
    ///
    /// # Errors
    /// `NotAnAddress`, `Own`, `Full`.
    pub fn block(&self, who: &str) -> Result<(), CommandError> {
        let whom = Who::parse(who).ok_or_else(|| CommandError::NotAnAddress(who.to_owned()))?;
        let now = self.shared.clock.now();
        self.shared.command(|node, out| node.block(now, whom, out)).map_err(|refused| error(refused, who))?;
        self.shared.job(Job::Block(whom.to_string()));
        Ok(())
    }

    /// Takes a block back, and what flood control has against that address.
    ///
    /// # Errors
    /// `NotAnAddress`, `NotBlocked`.
    pub fn unblock(&self, who: &str) -> Result<(), CommandError> {
        let whom = Who::parse(who).ok_or_else(|| CommandError::NotAnAddress(who.to_owned()))?;
        let lifted = self.shared.command(|node, _| node.unblock(whom));
        let lifted = lifted.map_err(|_| CommandError::NotBlocked(who.to_owned()))?;
        self.shared.job(Job::Unblock(whom.to_string()));
        for source in lifted {
            self.shared.job(Job::Unban(source));
        }
        Ok(())
    }

    /// Takes another nick for what is said from now on.
    ///
    /// # Errors
    /// `BadNick`.
    pub fn set_nick(&self, nick: &str) -> Result<(), CommandError> {
        if !nick::is_fit(nick) {
            return Err(CommandError::BadNick);
        }
        let now = self.shared.clock.now();
        self.shared.command(|node, _| node.set_nick(nick, now));
        self.shared.job(Job::Nick(nick.to_owned()));
        Ok(())
    }

    /// Reads from the history. Ascending by `seq`; greetings are not part of it.
    ///
    /// # Errors
    /// `Store`.
    pub async fn messages(&self, query: Query) -> Result<Vec<Message>, HistoryError> {
        let Some(path) = self.shared.database.clone() else { return Ok(Vec::new()) };
        let read = move || Reader::open(&path)?.messages(&query);
        match tokio::task::spawn_blocking(read).await.map(|read| damage::watch(&self.shared, read)) {
            Ok(Ok(messages)) => Ok(messages),
            Ok(Err(error)) => Err(HistoryError::Store(error.to_string())),
            Err(_) => Err(HistoryError::Store("the search was interrupted".to_owned())),
        }
    }

    /// Events from now on; with `since`, first the messages after that `seq`.
    #[must_use]
    pub fn subscribe(&self, since: Option<u64>) -> Subscription {
        Subscription::new(&self.shared, since)
    }

    /// Resolves when the peer has been asked to stop.
    pub async fn stopped(&self) {
        self.shared.stopped().await;
    }

    /// Asks the peer to stop: flushes links and store.
    pub fn stop(&self) {
        self.shared.stop.send_replace(true);
    }
}

fn error(refused: Refused, addr: &str) -> CommandError {
    match refused {
        Refused::Own => CommandError::Own(addr.to_owned()),
        Refused::Blocked => CommandError::Blocked(addr.to_owned()),
        Refused::Full => CommandError::Full { max: BLOCKS_MAX },
        Refused::Unknown => CommandError::NoSuchPeer(addr.to_owned()),
        Refused::Nowhere => CommandError::NotAnAddress(addr.to_owned()),
    }
}
