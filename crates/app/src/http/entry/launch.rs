//! Launch codes: each lets one browser in, once and soon.
//! Must not know HTTP. Bounds: `CODES_MAX` codes that wait, `CODE_LIFE` each.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::secret;

/// How long a code waits to be used.
const CODE_LIFE: Duration = Duration::from_secs(60);

/// Most codes that wait; the oldest gives way.
pub(super) const CODES_MAX: usize = 64;

/// The codes that wait to be used, oldest first.
#[derive(Default)]
pub(in crate::http) struct Launches {
    codes: Mutex<VecDeque<Code>>,
}

struct Code {
    text: String,
    made: Instant,
}

impl Launches {
    /// A new code.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(in crate::http) fn make(&self, now: Instant) -> Result<String, getrandom::Error> {
        let text = secret::random()?;
        let mut codes = self.fresh(now);
        if codes.len() >= CODES_MAX {
            codes.pop_front();
        }
        codes.push_back(Code { text: text.clone(), made: now });
        Ok(text)
    }

    /// Whether that is a code that waits; from now on it is none.
    pub(in crate::http) fn redeem(&self, guess: &str, now: Instant) -> bool {
        let mut codes = self.fresh(now);
        let before = codes.len();
        codes.retain(|code| !secret::same(&code.text, guess.as_bytes()));
        codes.len() < before
    }

    /// How many wait.
    pub(super) fn held(&self, now: Instant) -> usize {
        self.fresh(now).len()
    }

    /// Those that may still be used.
    fn fresh(&self, now: Instant) -> MutexGuard<'_, VecDeque<Code>> {
        // Nothing panics while it is held, and the list would be whole if something did.
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|code| now.saturating_duration_since(code.made) < CODE_LIFE);
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once_and_within_its_life() {
        let launches = Launches::default();
        let now = Instant::now();
        let check = |waited: Duration, works: bool| {
            let code = launches.make(now).expect("random bytes");
            assert_eq!(launches.redeem(&code, now + waited), works, "after {waited:?}");
            assert!(!launches.redeem(&code, now + waited), "twice");
        };
        check(Duration::ZERO, true);
        check(CODE_LIFE - Duration::from_millis(1), true);
        check(CODE_LIFE, false);
        check(CODE_LIFE * 2, false);
        for guess in ["", "0", &"0".repeat(64)] {
            assert!(!launches.redeem(guess, now), "{guess}");
        }
    }

    #[test]
    fn no_more_wait_than_the_bound() {
        let launches = Launches::default();
        let now = Instant::now();
        let codes: Vec<_> = (0..=CODES_MAX).filter_map(|_| launches.make(now).ok()).collect();
        assert!(!launches.redeem(&codes[0], now), "the oldest gave way");
        assert!(codes[1..].iter().all(|code| launches.redeem(code, now)), "the others wait");
    }
}
