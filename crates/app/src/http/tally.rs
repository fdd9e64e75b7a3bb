//! How often HTTP turned somebody away, by reason. Must not know whom.
//! Bounds: one number a reason.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use super::code::Code;

macro_rules! reasons {
    ($(#[doc = $about:literal])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $word:literal,)* }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($(#[doc = $doc])* $variant,)* }

        impl $name {
            /// Every one of them, in one word each.
            const WORDS: &'static [&'static str] = &[$($word,)*];
        }
    };
}

reasons! {
    /// Why a connection was ended from here.
    End {
        /// It was silent longest when all seats were taken.
        Evicted = "evicted",
        /// All seats were taken, and nobody was silent.
        Crowded = "crowded",
        /// It asked for nothing in time, or for nothing more.
        Idle = "idle",
        /// The rest of a head did not come in time.
        SlowHead = "slow_head",
        /// The head was too long.
        LongHead = "long_head",
        /// What came is no HTTP.
        NotHttp = "not_http",
        /// It took nothing of what was written for too long.
        SlowReader = "slow_reader",
        /// A frame of its WebSocket, or all pieces of a message, were too long.
        LongFrame = "long_frame",
        /// A text on its WebSocket is no UTF-8.
        NotUtf8 = "not_utf8",
        /// What came on its WebSocket breaks the protocol.
        BadFrame = "bad_frame",
        /// The session ended that had opened the WebSocket.
        SessionEnded = "session_ended",
    }
}

reasons! {
    /// Why a browser was not let in.
    Denied {
        /// That was not the token.
        WrongToken = "wrong_token",
        /// That was not the token, and there were too many wrong ones within a minute.
        TooManyTries = "too_many_tries",
        /// The launch link was used before, was too old, or never was.
        StaleLaunch = "stale_launch",
    }
}

impl End {
    /// What the connection did that ended in this error; `None` where it just went. `heard`: something had come that has no answer.
    pub(super) fn of(error: &hyper::Error, heard: bool) -> Option<Self> {
        if error.is_timeout() {
            Some(if heard { Self::SlowHead } else { Self::Idle })
        } else if error.is_parse_too_large() {
            Some(Self::LongHead)
        } else if error.is_parse() {
            Some(Self::NotHttp)
        } else {
            None
        }
    }
}

/// The counts so far.
pub(super) struct Tally {
    refused: [AtomicU64; Code::ALL.len()],
    ended: [AtomicU64; End::WORDS.len()],
    denied: [AtomicU64; Denied::WORDS.len()],
}

impl Default for Tally {
    fn default() -> Self {
        Self { refused: zeros(), ended: zeros(), denied: zeros() }
    }
}

fn zeros<const N: usize>() -> [AtomicU64; N] {
    array::from_fn(|_| AtomicU64::new(0))
}

impl Tally {
    /// Counts a request that was refused.
    pub(super) fn refused(&self, code: Code) {
        one_more(&self.refused[code as usize]);
    }

    /// Counts a connection that was ended from here.
    pub(super) fn ended(&self, end: End) {
        one_more(&self.ended[end as usize]);
    }

    /// Counts a browser that was not let in.
    pub(super) fn denied(&self, denied: Denied) {
        one_more(&self.denied[denied as usize]);
    }

    /// Requests that were refused, by code.
    pub(super) fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Code::ALL.iter().map(|code| code.word()).zip(self.refused.iter().map(read))
    }

    /// Connections that were ended, by reason.
    pub(super) fn ends(&self) -> impl Iterator<Item = (&'static str, u64)> {
        End::WORDS.iter().copied().zip(self.ended.iter().map(read))
    }

    /// Browsers that were not let in, by reason.
    pub(super) fn denials(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Denied::WORDS.iter().copied().zip(self.denied.iter().map(read))
    }
}

/// Each number stands for itself: no order among them is promised.
fn one_more(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
