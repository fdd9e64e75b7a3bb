//! What a face is told: the events of the public interface, as they appear in JSON lines, over HTTP and on WebSockets.
//! Must not know where an event goes. Bounds: none of its own; every text in here was bounded when it came in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whispernet_core::state::State;

/// One event. Serialises to the JSON object that scripts and bots read; the tag is `event`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// Somebody said something.
    Message(Box<Message>),
    /// A copy of a message came that holds more of what its author said: it takes the place of the one at
    /// `replaces`.
    Upgrade(Box<Message>),
    /// The user decided something about a key, or its owner gave it up.
    Trust {
        /// In hex.
        key: String,
        /// How it stands now.
        state: Trust,
    },
    /// First on a WebSocket: which run of the peer this is, and its newest `seq`.
    Hello {
        /// Changes at each start of the peer.
        run: String,
        /// The newest `seq` given out so far.
        seq: u64,
    },
    /// What a client said with a `client` tag is on disk.
    Ack {
        /// The tag the client chose.
        client: String,
        /// The message's place in the history.
        seq: u64,
        /// The message's ID.
        id: String,
    },
    /// What a client sent with a `client` tag was not said.
    Refused {
        /// The tag the client chose.
        client: String,
        /// Why, in one word: one of those that refusals over HTTP have.
        code: String,
        /// What is wrong and what to do, in one line that may change.
        text: String,
    },
    /// Messages that this reader lagged behind on and that are no longer to be had.
    Skip {
        /// How many.
        count: u64,
    },
    /// A file came, and waits for the user to take it.
    Offer {
        /// Of the message that it came with.
        seq: u64,
        /// The file.
        file: File,
    },
    /// How far something has come that takes a while.
    Progress(Progress),
    /// What was said here went out: told when the first link has taken it, and when more have.
    Delivery {
        /// Of the message.
        seq: u64,
        /// To how many links it went so far, since the peer started.
        links: u64,
    },
    /// A link came, went or was refused.
    Peer(PeerChange),
    /// Something a person should know.
    Notice {
        /// How grave it is.
        level: Level,
        /// What happened and what to do, in one line.
        text: String,
    },
}

impl From<Trust> for State {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Own => Self::Own,
            Trust::Unsigned => Self::Unsigned,
            Trust::New => Self::New,
            Trust::Pinned => Self::Pinned,
            Trust::Verified => Self::Verified,
            Trust::Changed => Self::Changed,
        }
    }
}

impl From<Message> for Event {
    /// A message, or an upgrade where it takes the place of another.
    fn from(message: Message) -> Self {
        let upgrade = message.about.replaces.is_some();
        let message = Box::new(message);
        if upgrade { Self::Upgrade(message) } else { Self::Message(message) }
    }
}

/// A message as faces see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Place in this peer's history: strictly grows, the same after a restart.
    pub seq: u64,
    /// The ID on the wire.
    pub id: String,
    /// Where the author claims to listen, as it stood on the wire (any text).
    pub addr: String,
    /// The author's nick; empty where there is none.
    pub nick: String,
    /// The text as it was sent; whoever shows it makes it safe.
    pub body: String,
    /// When the author says it was said, in milliseconds since the UNIX epoch.
    #[schema(required = true)]
    pub time: Option<i64>,
    /// When this peer took it in, in milliseconds since the UNIX epoch.
    pub received: i64,
    /// How it got here.
    pub via: Via,
    /// What is known of its author, and of what else was signed.
    #[serde(flatten)]
    pub about: About,
    /// Said before the link it came by was up: no cause for a notification.
    pub replay: bool,
    /// A peer's greeting rather than chat: told live, not part of the history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hello: bool,
    /// A file that came with it.
    #[schema(required = true)]
    pub file: Option<File>,
}

/// How a message got here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// Said at this peer.
    #[serde(rename = "self")]
    Own,
    /// By a classic TCP link.
    Classic,
}

/// What is known of a message beyond what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct About {
    /// How far its author can be believed.
    pub trust: Trust,
    /// The author's public key in hex; `None` where nobody signed it.
    #[schema(required = true)]
    pub key: Option<String>,
    /// The user's own name for the author, which is shown instead of the nick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub petname: Option<String>,
    /// The first digits of the key, where they must stand beside the name: it alone does not tell who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
    /// What a reader must be told of the author, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// The ID of the message that this one answers, by its author's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// The `seq` of the poorer copy that this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
    /// The type that its author gives the file that came with it, where the bytes show another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_claimed: Option<String>,
}

impl Message {
    /// What a reader must be told of the file, in one line; `None` where there is nothing.
    #[must_use]
    pub fn file_warning(&self) -> Option<String> {
        let (file, claimed) = (self.file.as_ref()?, self.about.file_claimed.as_ref()?);
        Some(format!(
            "{} is not what its author calls it: {claimed} by the message, {} by its bytes",
            file.name, file.mime
        ))
    }
}

/// How far an author can be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Said at this peer, or signed with its key.
    #[serde(rename = "self")]
    Own,
    /// Nothing proves who wrote it.
    #[default]
    Unsigned,
    /// The first message of this nick and key.
    New,
    /// This key holds the nick.
    Pinned,
    /// The user compared this key with its owner's.
    Verified,
    /// Another key holds a nick that looks like this one, or this key was given up.
    Changed,
}

impl From<State> for Trust {
    fn from(state: State) -> Self {
        match state {
            State::Own => Self::Own,
            State::Unsigned => Self::Unsigned,
            State::New => Self::New,
            State::Pinned => Self::Pinned,
            State::Verified => Self::Verified,
            State::Changed => Self::Changed,
        }
    }
}

/// A file that came with a message. Its bytes are kept under their hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct File {
    /// A name that any disk takes and a double click does not run: the author's, made safe, where it was signed; else made from hash and
    /// sniffed type.
    pub name: String,
    /// The MIME type that the bytes show; `application/octet-stream` where they show none.
    #[serde(rename = "type")]
    pub mime: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 in hex.
    pub hash: String,
}

/// How far something has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// What is done.
    pub what: Work,
    /// Of the file; empty where it is not known yet.
    pub name: String,
    /// The other side, where there is one: `IP:PORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Bytes that are done.
    pub done: u64,
    /// Bytes in all; 0 where it is not known. Done when `done` reaches it, or when no link does it any more.
    pub total: u64,
}

/// What takes a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// Hashing a file that is to be sent.
    Hash,
    /// Sending one.
    Send,
    /// Receiving one.
    Receive,
}

/// A change of one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerChange {
    /// `IP:PORT`: of the peer for outgoing links, of the connection for incoming ones.
    pub addr: String,
    /// Which way it points.
    pub link: Direction,
    /// What became of it.
    pub state: LinkState,
    /// The cause, one word, where there is one: `malformed`, `flood`, `slow`, `closed`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// For `malformed`: the rule that was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// For `malformed`: at which byte of that link, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
}

/// Which way a link points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Accepted: it is only read.
    In,
    /// Dialled: it is only written.
    Out,
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// It is up.
    Connected,
    /// It is gone.
    Disconnected,
    /// It was closed and will be refused for a while.
    Blocked,
}

/// How grave a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something does not work.
    Error,
}
