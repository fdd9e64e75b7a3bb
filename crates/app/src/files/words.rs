//! Words for files: how large, how far, how fast. Must not know where they go.
//! Bounds: [`UNDER_WAY_MAX`] transfers are told apart; one line for each telling.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub(crate) use whispernet_node::attachment::size;
use whispernet_node::event::{File, Progress, Work};
use whispernet_node::store::Files;
use whispernet_node::store::name::clean;

use crate::shown::safe;

/// Transfers whose beginning is remembered; more forget the oldest, whose pace then begins anew (a guess: one file to every link of a
/// small network).
const UNDER_WAY_MAX: usize = 64;
/// A pace is not told before so much time has gone by: it would jump (a guess).
const PACE_AFTER: Duration = Duration::from_secs(1);

/// What is told of a file wherever it is named: name, type and size, safe to show.
pub(crate) fn brief(File { name, mime, size: bytes, .. }: &File) -> String {
    format!("{}, {}, {}", safe::line(name), safe::line(mime), size(*bytes))
}

/// What is told of a file that goes out under that name.
pub(crate) fn described(name: &str, bytes: &[u8]) -> File {
    let (file, _) = Files::describe(bytes, None);
    File { name: clean(name).unwrap_or_else(|| name.to_owned()), ..file }
}

/// How far something has come, how fast it gets on, and how long that takes still. `gained`: what was done of it within `elapsed`.
fn pace(done: u64, total: u64, gained: u64, elapsed: Duration) -> String {
    if total > 0 && done >= total {
        return format!("{} in {}", size(total), time(elapsed));
    }
    let far = if total == 0 { size(done) } else { format!("{} of {}", size(done), size(total)) };
    if elapsed < PACE_AFTER {
        return far;
    }
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let rate = u64::try_from(u128::from(gained) * 1_000 / u128::from(millis)).unwrap_or(u64::MAX);
    let left = match (total.saturating_sub(done).checked_div(rate), total) {
        (Some(seconds), 1..) => format!(", {} left", time(Duration::from_secs(seconds.max(1)))),
        _ => String::new(),
    };
    format!("{far}, {}/s{left}", size(rate))
}

/// A stretch of time in its largest unit, and in two where that says more.
fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3_600, seconds % 3_600 / 60, seconds % 60) {
        (0, 0, 0) => "under 1 s".to_owned(),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes @ 1..10, seconds @ 1..) => format!("{minutes} min {seconds} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours @ 1..10, minutes @ 1.., _) => format!("{hours} h {minutes} min"),
        (hours, ..) => format!("{hours} h"),
    }
}

/// When each transfer that is under way began, so that its pace can be told.
#[derive(Debug, Default)]
pub(crate) struct Paces(VecDeque<Began>);

#[derive(Debug)]
struct Began {
    what: Work,
    name: String,
    peer: Option<String>,
    at: Instant,
    /// How far it was then.
    done: u64,
}

impl Paces {
    /// A line about what has come so far by now, safe to show, and for how long it has been under way.
    pub(crate) fn line(&mut self, progress: &Progress, now: Instant) -> (String, Duration) {
        let Progress { what, name, peer, done, total } = progress;
        let is_it = |began: &Began| (began.what, &began.name, &began.peer) == (*what, name, peer);
        let known = self.0.iter().position(is_it);
        // A second sending of the same file begins where the first one ended.
        let known = known.filter(|at| self.0.get(*at).is_some_and(|began| began.done <= *done));
        let (at, began_done) = known.and_then(|at| self.0.get(at)).map_or((now, 0), |began| (began.at, began.done));
        let is_over = *total > 0 && done >= total;
        if is_over {
            self.0.retain(|began| !is_it(began));
        } else if known.is_none() {
            self.0.retain(|began| !is_it(began));
            if self.0.len() == UNDER_WAY_MAX {
                self.0.pop_front();
            }
            self.0.push_back(Began { what: *what, name: name.clone(), peer: peer.clone(), at: now, done: *done });
        }
        let elapsed = now.saturating_duration_since(at);
        let doing = match (what, is_over) {
            (Work::Hash, false) => "reading",
            (Work::Hash, true) => "read",
            (Work::Send, false) => "sending",
            (Work::Send, true) => "sent",
            (Work::Receive, false) => "receiving",
            (Work::Receive, true) => "received",
        };
        let name = if name.is_empty() { "a file".into() } else { safe::line(name) };
        let whom = peer.as_deref().map(safe::addr).filter(|peer| !peer.is_empty());
        let whom =
            whom.map(|peer| if *what == Work::Receive { format!(" from {peer}") } else { format!(" to {peer}") });
        let pace = pace(*done, *total, done.saturating_sub(began_done), elapsed);
        (format!("{doing} {name}{}: {pace}", whom.unwrap_or_default()), elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces() {
        let check = |done, total, gained, millis, words: &str| {
            assert_eq!(pace(done, total, gained, Duration::from_millis(millis)), words, "{done} of {total}");
        };
        check(0, 0, 0, 0, "0 B");
        check(340_000, 1_000_000, 340_000, 999, "340 kB of 1.0 MB");
        check(340_000, 1_000_000, 340_000, 2_000, "340 kB of 1.0 MB, 170 kB/s, 3 s left");
        check(999_999, 1_000_000, 340_000, 2_000, "1.0 MB of 1.0 MB, 170 kB/s, 1 s left");
        check(340_000, 0, 340_000, 2_000, "340 kB, 170 kB/s");
        check(340_000, 1_000_000, 0, 2_000, "340 kB of 1.0 MB, 0 B/s");
        check(1_000_000, 1_000_000, 1_000_000, 0, "1.0 MB in under 1 s");
        check(2_000_000, 1_000_000, 1, 125_000, "1.0 MB in 2 min 5 s");
        check(1, u64::MAX, u64::MAX, u64::MAX, "1 B of 18446744.1 TB, 1 kB/s, 5124095576030 h left");
    }

    #[test]
    fn times() {
        for (seconds, words) in [
            (0, "under 1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (600, "10 min"),
            (601, "10 min"),
            (3_600, "1 h"),
            (3_661, "1 h 1 min"),
            (36_000, "10 h"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do")]
    fn each_transfer_has_its_own_pace_and_a_bound_holds() {
        let mut paces = Paces::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let send = |peer: &str, done| Progress {
            what: Work::Send,
            name: "cat\u{1b}.gif".to_owned(),
            peer: Some(peer.to_owned()),
            done,
            total: 1_000_000,
        };
        let mut line = |progress: &Progress, seconds| paces.line(progress, at(seconds)).0;
        assert_eq!(line(&send("a:1", 100_000), 0), r"sending cat\u{1b}.gif to a:1: 100 kB of 1.0 MB");
        assert_eq!(line(&send("b:1", 0), 1), r"sending cat\u{1b}.gif to b:1: 0 B of 1.0 MB");
        assert_eq!(
            line(&send("a:1", 500_000), 4),
            r"sending cat\u{1b}.gif to a:1: 500 kB of 1.0 MB, 100 kB/s, 5 s left"
        );
        assert_eq!(line(&send("a:1", 1_000_000), 9), r"sent cat\u{1b}.gif to a:1: 1.0 MB in 9 s");
        assert_eq!(line(&send("a:1", 10), 10), r"sending cat\u{1b}.gif to a:1: 10 B of 1.0 MB");
        let nameless = Progress { what: Work::Receive, name: String::new(), peer: None, done: 1, total: 0 };
        assert_eq!(line(&nameless, 10), "receiving a file: 1 B");
        // The same again is another one.
        assert_eq!(line(&send("a:1", 5), 20), r"sending cat\u{1b}.gif to a:1: 5 B of 1.0 MB");
        for number in 0..2 * UNDER_WAY_MAX {
            line(&send(&format!("a:{number}"), 0), 20);
        }
        assert_eq!(paces.0.len(), UNDER_WAY_MAX);
    }
}
