//! When the next frame may be drawn. Must not know what is drawn, nor what time it is: it is told.
//! Bounds: [`FRAMES_PER_SECOND_MAX`].

use std::time::{Duration, Instant};

/// Frames in a second: what most displays show.
pub(crate) const FRAMES_PER_SECOND_MAX: u32 = 60;

/// A bucket of frames: some may be drawn at once, and then as many a second as flow in again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// From one frame to the next, once the bucket is empty.
    every: Duration,
    /// Frames of a full bucket, less the one that is always there: what may be drawn ahead of its time.
    ahead: Duration,
    /// When the bucket is full again, but for one frame; `None`: nothing was drawn yet.
    full: Option<Instant>,
}

impl Pace {
    /// So many frames at once, and so many a second from then on: 1 or more each. In no second more than both together.
    pub(crate) const fn new(at_once: u32, per_second: u32) -> Self {
        let every = Duration::from_nanos(1_000_000_000 / per_second as u64);
        let ahead = Duration::from_nanos(1_000_000_000 / per_second as u64 * (at_once - 1) as u64);
        Self { every, ahead, full: None }
    }

    /// How long to wait until the next frame may be drawn; zero when it may be drawn at once.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.full.map_or(Duration::ZERO, |full| full.saturating_duration_since(now + self.ahead))
    }

    /// A frame is drawn now.
    pub(crate) fn drawn(&mut self, now: Instant) {
        self.full = Some(self.full.map_or(now, |full| full.max(now)) + self.every);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(50);

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any instant serves as the beginning")]
    fn frames_keep_their_distance_and_the_first_does_not_wait() {
        let start = Instant::now();
        let mut pace = Pace::new(1, 20);
        assert_eq!(pace.wait(start), Duration::ZERO);
        pace.drawn(start);
        assert_eq!(pace.wait(start), FRAME);
        assert_eq!(pace.wait(start + FRAME / 2), FRAME / 2);
        assert_eq!(pace.wait(start + FRAME), Duration::ZERO);
        assert_eq!(pace.wait(start + FRAME * 9), Duration::ZERO);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any instant serves as the beginning")]
    fn a_full_bucket_is_drawn_at_once_and_fills_again() {
        let start = Instant::now();
        let mut pace = Pace::new(3, 20);
        for _ in 0..3 {
            assert_eq!(pace.wait(start), Duration::ZERO);
            pace.drawn(start);
        }
        assert_eq!(pace.wait(start), FRAME);
        let later = start + FRAME * 9;
        for _ in 0..3 {
            assert_eq!(pace.wait(later), Duration::ZERO, "it holds no more than three, however long nothing was drawn");
            pace.drawn(later);
        }
        assert_eq!(pace.wait(later), FRAME);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any instant serves as the beginning")]
    fn no_second_has_more_frames_than_both_bounds_together() {
        let start = Instant::now();
        let mut pace = Pace::new(12, 28);
        let mut drawn = Vec::new();
        for millis in 0..3_000 {
            let now = start + Duration::from_millis(millis);
            while pace.wait(now).is_zero() {
                pace.drawn(now);
                drawn.push(now);
            }
        }
        let within =
            |from: Instant| drawn.iter().filter(|at| (from..from + Duration::from_secs(1)).contains(at)).count();
        let most = drawn.iter().map(|at| within(*at)).max();
        assert!(most.is_some_and(|most| (39..=40).contains(&most)), "and all that is allowed is drawn: {most:?}");
    }
}
