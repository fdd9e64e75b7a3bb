//! The lab's only reader of the clock.
//! Knows nothing of who asks.
//! Holds no state.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the UNIX epoch: the unit of the old daemon's Timestamp. 0 where the clock stands before 1970.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the one place of the lab that reads the wall clock")]
pub fn unix_seconds() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}

/// A moment for measuring how long something takes.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the one place of the lab that reads the monotonic clock")]
pub fn moment() -> std::time::Instant {
    std::time::Instant::now()
}
