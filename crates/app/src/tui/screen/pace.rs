//! When the next frame may be drawn. Must not know what is drawn, nor what time it is: it is told.
//! Bounds: [`FRAMES_PER_SECOND_MAX`].

use std::time::{Duration, Instant};

/// Frames in a second: what most displays show.
pub(crate) const FRAMES_PER_SECOND_MAX: u32 = 60;
/// From one frame to the next.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / FRAMES_PER_SECOND_MAX as u64);

/// Remembers when the last frame was drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    last: Option<Instant>,
}

impl Pace {
    /// How long to wait until the next frame may be drawn; zero when it may be drawn at once.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.last.map_or(Duration::ZERO, |last| (last + FRAME).saturating_duration_since(now))
    }

    /// A frame is drawn now.
    pub(crate) fn drawn(&mut self, now: Instant) {
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any instant serves as the beginning")]
    fn frames_keep_their_distance_and_the_first_does_not_wait() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(pace.wait(start), Duration::ZERO);
        pace.drawn(start);
        assert_eq!(pace.wait(start), FRAME);
        assert_eq!(pace.wait(start + FRAME / 2), FRAME - FRAME / 2);
        assert_eq!(pace.wait(start + FRAME), Duration::ZERO);
        assert_eq!(pace.wait(start + FRAME * 9), Duration::ZERO);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any instant serves as the beginning")]
    fn no_second_has_more_frames_than_the_bound() {
        let start = Instant::now();
        let (mut now, mut frames, mut pace) = (start, 0, Pace::default());
        while now < start + Duration::from_secs(1) {
            if pace.wait(now).is_zero() {
                pace.drawn(now);
                frames += 1;
            }
            now += Duration::from_millis(1);
        }
        assert!((50..=FRAMES_PER_SECOND_MAX).contains(&frames), "{frames} frames");
    }
}
