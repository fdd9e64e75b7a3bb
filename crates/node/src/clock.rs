//! The one place that asks the system what time it is. Must not know who wants to know. Bounds: none.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use whispernet_core::time::{self, Now, UnixMillis};

/// Both clocks of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock module")]
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    #[allow(clippy::disallowed_methods, reason = "this is the clock module")]
    pub(crate) fn now(&self) -> Now {
        // A wall clock before 1970 counts as 1970.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            instant: time::Instant::new(self.start.elapsed()),
            wall: UnixMillis(i64::try_from(wall.as_millis()).unwrap_or(i64::MAX)),
        }
    }

    /// The same moment as a waiting task needs it.
    pub(crate) fn deadline(&self, at: time::Instant) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.start.checked_add(at.since_start()).unwrap_or(self.start))
    }
}
