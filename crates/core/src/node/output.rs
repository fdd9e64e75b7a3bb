//! What the shell is told to do, and what users are told. Must not know how either is done.
//! Bounds: a step gives at most a few outputs for each thing it was told.

use alloc::string::String;
use core::net::SocketAddr;

use super::links::LinkId;
use crate::codec::Malformed;
use crate::counters::Count;
use crate::dial::Known;
use crate::fingerprint::Fingerprint;
use crate::flood::Ban;
use crate::identity::PublicKey;
use crate::source::Source;
use crate::state::State;
use crate::time::UnixMillis;
use crate::trust;

/// Which `say` an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SayToken(pub u64);

/// What the shell is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Dial this address, and report `dialled` or `dial_failed`.
    Dial(SocketAddr),
    /// Close this link: the node has forgotten it.
    Close(LinkId),
    /// Send our Addr by discovery.
    Beacon,
    /// Look in the store whether this ID is known, and report `looked_up`.
    LookUp {
        /// Which question this is.
        token: u64,
        /// Of the ID.
        fingerprint: Fingerprint,
        /// The ID.
        id: String,
    },
    /// Make sure on disk that no later run uses a `seq` below this one, and report `reserved`.
    Reserve(u64),
    /// What was said is in the log.
    Said {
        /// Which.
        token: SayToken,
        /// Its place.
        seq: u64,
        /// Its ID.
        id: String,
        /// The client's tag had been used: nothing new was said.
        repeated: bool,
    },
    /// Remember this about a peer across restarts.
    SavePeer(PeerRecord),
    /// Remember this ban across restarts.
    SaveBan(Source, Ban),
    /// Remember this about a key across restarts.
    SaveTrust(trust::Change),
    /// Tell the user.
    Tell(Told),
}

/// What is known of a peer, to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerRecord {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What is known.
    pub known: Known,
}

/// What a user may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A link came, went or was refused.
    Link {
        /// Of the peer for outgoing links, of the connection for incoming ones.
        addr: SocketAddr,
        /// Whether it was accepted rather than dialled.
        incoming: bool,
        /// What became of it.
        change: Change,
    },
    /// The link to `addr` lagged so far behind that messages are gone.
    Skipped {
        /// Of the peer.
        addr: SocketAddr,
        /// How many at most.
        count: u64,
    },
    /// What one says goes faster than other peers accept: it waits.
    Paced {
        /// How many wait.
        waiting: usize,
    },
    /// The user decided something about a key, or its owner gave it up.
    Trust {
        /// Which.
        key: PublicKey,
        /// How it stands now.
        state: State,
    },
    /// A key took the place of another one, which signed that: what was decided goes over to it.
    Rotated {
        /// The key that was given up.
        old: PublicKey,
        /// The one in its place.
        new: PublicKey,
        /// By which name the user knows it; may be empty.
        name: String,
    },
    /// A key that was given up for one key already names another one too: it may be stolen.
    SecondSuccessor {
        /// The key that was given up.
        old: PublicKey,
        /// The one that took its place.
        first: PublicKey,
        /// The one that it names now.
        second: PublicKey,
    },
    /// The clocks of most peers differ from ours.
    Clock {
        /// By so many milliseconds in the middle; above 0 where theirs are ahead.
        ahead_ms: i64,
    },
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is up.
    Up,
    /// It is gone.
    Down(Cause),
    /// It was closed, and its source gets none until then (`None`: until the user says otherwise).
    Blocked(Cause, Option<UnixMillis>),
}

/// Why a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The other side closed it, or the network did.
    Closed,
    /// It sent what no honest peer sends.
    Malformed(Malformed),
    /// It sent too much that had to be dropped.
    Flood,
    /// It took too long over one object.
    Slow,
    /// Unfinished objects took more memory than there is for them.
    Memory,
    /// There are too many links.
    Crowded,
    /// The user disconnected it.
    User,
    /// The user blocked its address.
    Blocked,
    /// It was in the middle of a message that is no longer to be had.
    Lag,
}

impl Cause {
    /// How links are counted that ended so.
    pub(super) const fn count(self) -> Count {
        match self {
            Self::Closed => Count::Ended,
            Self::Malformed(_) => Count::Malformed,
            Self::Flood => Count::Flood,
            Self::Slow => Count::Slow,
            Self::Memory => Count::Memory,
            Self::Crowded => Count::Crowded,
            Self::User => Count::Disconnected,
            Self::Blocked => Count::Blocked,
            Self::Lag => Count::Lag,
        }
    }

    /// The cause in one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Malformed(_) => "malformed",
            Self::Flood => "flood",
            Self::Slow => "slow",
            Self::Memory => "memory",
            Self::Crowded => "crowded",
            Self::User => "user",
            Self::Blocked => "blocked",
            Self::Lag => "lag",
        }
    }
}
