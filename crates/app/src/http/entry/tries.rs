//! Wrong tokens at the login form, counted over the last minute.
//! Must not know what was tried. Bounds: `TRIES_MAX` within `TRIES_SPAN`, of all browsers together: they share one address.
//!
//! Nobody guesses 256 bits: what is bounded is the load. A right one is let in whatever is counted here, or any program that knows the
//! port could keep a person out.

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
    /// Counts a wrong one.
    ///
    /// # Errors
    /// There were as many as may be: how long it is until one of them counts no more.
    pub(super) fn note(&self, now: Instant) -> Result<(), Duration> {
        let mut recent = self.recent(now);
        match recent.front() {
            Some(oldest) if recent.len() >= TRIES_MAX => {
                Err(TRIES_SPAN.saturating_sub(now.saturating_duration_since(*oldest)))
            }
            _ => {
                recent.push_back(now);
                Ok(())
            }
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
            assert_eq!(tries.note(second(count)), Ok(()), "{count}");
        }
        assert_eq!(tries.note(second(10)), Err(Duration::from_secs(50)));
        assert_eq!(tries.note(second(59)), Err(Duration::from_secs(1)));
        assert_eq!(tries.held(second(59)), TRIES_MAX, "what is one too many adds nothing");
        assert_eq!(tries.note(second(60)), Ok(()), "the first does not count any more");
        assert_eq!(tries.note(second(60)), Err(Duration::from_secs(1)));
        assert_eq!(tries.note(second(120)), Ok(()));
    }
}
