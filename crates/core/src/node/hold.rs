//! Where nothing is stored, memory is all there is: who sends faster than links take waits for those that keep up, rather than have
//! them miss something. Must not know how a link is written. Bounds: a link is waited for while it takes [`PACE_MIN`], so that a
//! slow or stopped one holds up nobody.

use core::time::Duration;

use super::Node;
use crate::time::{Instant, Now};

/// How often it is looked whether a link that lags keeps up.
const WINDOW: Duration = Duration::from_millis(50);
/// Bytes in a [`WINDOW`] that are keeping up: 20 MiB a second (a guess: a local network brings five times as much, and no chat
/// needs as much).
const PACE_MIN: usize = 1 << 20;

/// How much a link takes.
pub(super) struct Pace {
    since: Instant,
    bytes: usize,
    keeps_up: bool,
}

impl Pace {
    pub(super) const fn new(now: Instant) -> Self {
        Self { since: now, bytes: 0, keeps_up: true }
    }

    pub(super) const fn took(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn keeps_up(&mut self, now: Instant) -> bool {
        if now.since(self.since) >= WINDOW {
            let keeps_up = self.bytes >= PACE_MIN;
            *self = Self { keeps_up, ..Self::new(now) };
        }
        self.keeps_up
    }
}

impl Node {
    /// Whether reading from links should wait until links have taken more: nothing is stored, and one that keeps up lags behind by
    /// half of what memory keeps. Look again after a write, and at least every 50 ms.
    #[must_use]
    pub fn is_held_up(&mut self, now: Now) -> bool {
        if self.log.is_stored() {
            return false;
        }
        let (half, mut held_up) = (self.log.half(), false);
        for link in self.outgoing.values_mut() {
            if link.cursor.seq >= half {
                link.pace = Pace::new(now.instant);
            } else {
                held_up |= link.pace.keeps_up(now.instant);
            }
        }
        held_up
    }
}
