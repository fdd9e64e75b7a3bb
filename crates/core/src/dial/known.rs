//! What is remembered of one address. Must not know the queues. Bounds: the nick is one that was judged.

use alloc::string::String;
use core::time::Duration;

use crate::time::{Instant, UnixMillis};

/// A link that lasted so long was no accident: the next dial comes soon.
pub(super) const STEADY: Duration = Duration::from_secs(30);
/// Failures after which an address that never had a link is forgotten about: the next mention of it starts anew.
pub(super) const GIVE_UP: u32 = 12;
/// The first pause for what the user wants, and for a link that was lost.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause for what the user wants.
const WANTED_PAUSE_MAX: Duration = Duration::from_secs(60);
/// Tries to find again a peer whose link was lost, from [`PAUSE_MIN`] on, before it is treated like any other address.
const LOST_TRIES: u32 = 6;
/// The first pause after a failed dial on the wire's word.
const WIRE_PAUSE_MIN: Duration = Duration::from_secs(60);
/// The longest one.
const WIRE_PAUSE_MAX: Duration = Duration::from_secs(24 * 3600);

/// Where an address stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing is to be done.
    #[default]
    Idle,
    /// Waits for the dial budget.
    Queued,
    /// Waits for a time.
    Waiting(Instant),
    /// Is being dialled.
    Dialling,
    /// Has an outgoing link.
    Linked,
}

/// What is remembered of one address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Where it stands.
    pub state: State,
    /// The user asked for a link.
    pub wanted: bool,
    /// The user has disconnected it, until he asks for a link.
    pub held: bool,
    /// Speaks as the old daemon does: dead addresses are kept from it.
    pub daemon: bool,
    /// The nick that it used last.
    pub nick: String,
    /// When an outgoing link was up last.
    pub linked_at: Option<UnixMillis>,
    /// The `seq` where the last link's cursor stood, and when that link ended.
    pub cursor: Option<(u64, UnixMillis)>,
    /// Failed dials and short links in a row.
    pub(super) failures: u32,
    pub(super) dialled_as_wanted: bool,
}

impl Known {
    /// Whether forgetting it loses nothing that the user asked for or that is under way.
    pub(super) const fn is_idle(&self) -> bool {
        !self.wanted && !self.held && matches!(self.state, State::Idle | State::Waiting(_))
    }

    /// How long to wait before the next dial; `jitter` from 0 to 1 takes off up to a half.
    pub(super) fn back_off(&self, jitter: f32) -> Duration {
        let doubled = |first: Duration, times: u32, max: Duration| {
            first.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX)).min(max)
        };
        let pause = match self.failures {
            n if self.wanted => doubled(PAUSE_MIN, n, WANTED_PAUSE_MAX),
            // One that had a link has most likely only restarted.
            n if self.linked_at.is_some() && n < LOST_TRIES => doubled(PAUSE_MIN, n, WIRE_PAUSE_MIN),
            n => {
                let tries = if self.linked_at.is_some() { LOST_TRIES } else { 0 };
                doubled(WIRE_PAUSE_MIN, n.saturating_sub(tries), WIRE_PAUSE_MAX)
            }
        };
        pause.mul_f32(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }
}
