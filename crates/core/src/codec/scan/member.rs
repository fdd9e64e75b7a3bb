//! The common case in one go: a member at the top level whose value is a string without escapes, or a Timestamp, all of it in one
//! piece. Must not find fault: what is not that plain is left to the states of the scanner, which begin the member again.
//! Bounds: a member that is left is read twice, once here.

use super::super::keys::Key;
use super::super::swar::plain_run;
use super::{KEYS_MAX, Scanner, State};

/// More digits might be no 64-bit integer.
const SAFE_DIGITS_MAX: usize = 18;

impl Scanner {
    /// Reads the member whose key's quote stands at `at`, and what follows its value. Returns where to go on, or `None`, with
    /// nothing changed.
    pub(super) fn plain_member(&mut self, piece: &[u8], at: usize) -> Option<usize> {
        let key_start = at.checked_add(1)?;
        let (key_length, key_high) = plain_run(piece.get(key_start..)?);
        let key_end = key_start.checked_add(key_length)?;
        let value = piece.get(key_end..)?.strip_prefix(b"\":")?;
        let value_start = key_end.checked_add(2)?;
        if key_high || self.keys >= KEYS_MAX {
            return None;
        }
        let key = Key::find(piece.get(key_start..key_end)?, false, false);
        let (skipped, length, high) = match (value.first()?, key) {
            (b'"', key) if key != Some(Key::Timestamp) => {
                let (length, high) = plain_run(value.get(1..)?);
                (1_usize, length, high)
            }
            (b'1'..=b'9', Some(Key::Timestamp)) => {
                let length = value.iter().take_while(|byte| byte.is_ascii_digit()).take(SAFE_DIGITS_MAX).count();
                (0, length, false)
            }
            _ => return None,
        };
        let start = value_start.checked_add(skipped)?;
        let end = start.checked_add(length)?;
        let after = end.checked_add(skipped)?;
        if skipped == 1 && piece.get(end) != Some(&b'"') {
            return None;
        }
        let (state, next) = match piece.get(after)? {
            b',' => (State::NextKey, after.checked_add(1)?),
            b'}' => (State::AfterValue, after),
            _ => return None,
        };
        if let Some(key) = key {
            let (start, end) = (u32::try_from(self.offset(start)).ok()?, u32::try_from(self.offset(end)).ok()?);
            let span = self.span(key);
            if span.named {
                return None;
            }
            (span.named, span.start, span.end, span.escaped) = (true, start, end, false);
        }
        self.keys = self.keys.saturating_add(1);
        self.key = key;
        self.high |= high;
        self.state = state;
        Some(next)
    }
}
