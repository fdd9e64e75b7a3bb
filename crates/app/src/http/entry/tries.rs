//! Wrong tokens at the login form, counted over the last minute.
//! Must not know what was tried. Bounds: `TRIES_MAX` within `TRIES_SPAN`, of all browsers together: they share one address.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Most wrong tokens within [`TRIES_SPAN`].
pub(super) const TRIES_MAX: usize = 10;

/// How long a wrong one counts.
pub(super) const TRIES_SPAN: Duration = Duration::from_secs(60);

/// When the last wrong ones came, oldest first.
#[derive(Default)]
pub(super) struct Tries(Mutex<VecDeque<Instant>>);

impl Tries {
    /// Whether there were as many as may be.
    pub(super) fn are_over(&self, now: Instant) -> bool {
        self.recent(now).len() >= TRIES_MAX
    }

    /// Counts a wrong one.
    pub(super) fn note(&self, now: Instant) {
        let mut recent = self.recent(now);
        if recent.len() < TRIES_MAX {
            recent.push_back(now);
        }
    }

    /// How many of the last minute count.
    pub(super) fn held(&self, now: Instant) -> usize {
        self.recent(now).len()
    }

    fn recent(&self, now: Instant) -> MutexGuard<'_, VecDeque<Instant>> {
        // Nothing panics while it is held, and the list would be whole if something did.
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|at| now.saturating_duration_since(*at) < TRIES_SPAN);
        tries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_minute_counts() {
        let tries = Tries::default();
        let now = Instant::now();
        let second = |second| now + Duration::from_secs(second);
        for count in 0..TRIES_MAX as u64 {
            assert!(!tries.are_over(second(count)), "{count}");
            tries.note(second(count));
        }
        assert!(tries.are_over(second(59)));
        assert!(!tries.are_over(second(60)), "the first does not count any more");
        tries.note(second(60));
        assert!(tries.are_over(second(60)));
        assert!(!tries.are_over(second(120)));
    }
}
