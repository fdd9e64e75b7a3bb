//! Whether this machine's clock is right, by what linked peers sign on their own links. Must not know clocks.
//! Bounds: one number a link.

use alloc::vec::Vec;
use core::time::Duration;

use super::Node;
use super::links::Incoming;
use super::output::{Output, Told};
use crate::time::Now;

/// Clocks that differ by no more are as good as equal.
const SKEW_MAX: Duration = Duration::from_secs(600);
/// What comes before its link was up for so long may be older than it seems: what was said before goes first.
const SETTLED_AFTER: Duration = Duration::from_secs(60);
/// Peers without which nothing is said: one alone is as likely wrong as we are.
const PEERS_MIN: usize = 2;

impl Node {
    /// The peer at the other end of `link` says, signed, that it is `time`.
    pub(super) fn note_clock(&mut self, now: Now, link: &mut Incoming, time: i64, out: &mut Vec<Output>) {
        let ahead = time.saturating_sub(now.wall.0);
        let skewed = is_skewed(ahead);
        if ahead < 0 && now.instant.since(link.since.instant) < SETTLED_AFTER {
            return;
        }
        let before = link.ahead.replace(ahead);
        if before.is_some_and(is_skewed) != skewed || before.is_none() {
            self.weigh_clocks(ahead, out);
        }
    }

    /// By how many milliseconds the clocks of linked peers are ahead of ours, in the middle; `None` where none was heard.
    #[must_use]
    pub fn clock_ahead_ms(&self) -> Option<i64> {
        let mut ahead: Vec<i64> = self.incoming.values().filter_map(|link| link.ahead).collect();
        ahead.sort_unstable();
        ahead.get(ahead.len() / 2).copied()
    }

    /// Tells once that most peers' clocks differ from ours. `newest`: that of a link which is being heard now.
    fn weigh_clocks(&mut self, newest: i64, out: &mut Vec<Output>) {
        let mut ahead: Vec<i64> = self.incoming.values().filter_map(|link| link.ahead).collect();
        ahead.push(newest);
        ahead.sort_unstable();
        let middle = ahead.get(ahead.len() / 2).copied().unwrap_or_default();
        let skewed = ahead.iter().filter(|ahead| is_skewed(**ahead)).count();
        let most = ahead.len() >= PEERS_MIN && skewed.saturating_mul(2) > ahead.len();
        if most && !self.clock_told {
            out.push(Output::Tell(Told::Clock { ahead_ms: middle }));
        }
        self.clock_told = most;
    }
}

const fn is_skewed(ahead_ms: i64) -> bool {
    ahead_ms.unsigned_abs() as u128 > SKEW_MAX.as_millis()
}
