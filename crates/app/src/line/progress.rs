//! Which transfers a terminal is told of in line mode, and how often.
//! Must not know what is transferred, nor where the lines go. Bounds: one line in [`PAUSE`], and the end of what took as long.

use std::time::{Duration, Instant};

use whispernet_node::event::Progress;

use crate::files::Paces;

/// Between two lines; what is over sooner is not told of.
const PAUSE: Duration = Duration::from_secs(1);

/// Says how transfers get on, now and then.
#[derive(Debug, Default)]
pub(crate) struct Ticker {
    paces: Paces,
    told: Option<Instant>,
}

impl Ticker {
    /// What is to be told of it now, in one line that is safe to show.
    pub(crate) fn take(&mut self, progress: &Progress, now: Instant) -> Option<String> {
        let (line, elapsed) = self.paces.line(progress, now);
        let is_over = progress.total > 0 && progress.done >= progress.total;
        let was_told = self.told.is_some_and(|told| now.saturating_duration_since(told) < PAUSE);
        if elapsed < PAUSE || (was_told && !is_over) {
            return None;
        }
        self.told = Some(now);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::Work;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do")]
    fn a_line_a_second_and_the_end() {
        let start = Instant::now();
        let mut ticker = Ticker::default();
        let mut check = |name: &str, done: u64, millis: u64, told: Option<&str>| {
            let progress = Progress { what: Work::Send, name: name.to_owned(), peer: None, done, total: 1_000 };
            let now = start + Duration::from_millis(millis);
            assert_eq!(ticker.take(&progress, now).as_deref(), told, "{done} at {millis}");
        };
        check("a", 0, 0, None);
        check("b", 0, 0, None);
        check("b", 1_000, 999, None);
        check("a", 100, 999, None);
        check("a", 200, 1_000, Some("sending a: 200 B of 1 kB, 200 B/s, 4 s left"));
        check("a", 300, 1_999, None);
        check("a", 300, 2_000, Some("sending a: 300 B of 1 kB, 150 B/s, 4 s left"));
        check("a", 1_000, 2_001, Some("sent a: 1 kB in 2 s"));
        check("c", 1_000, 9_000, None);
    }
}
