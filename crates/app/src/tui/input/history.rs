//! The lines that were sent, to have them again. Must not know what they ask for.
//! Bounds: [`LINES_MAX`] and [`HISTORY_BYTES_MAX`]; the oldest are forgotten. What may be a secret is never kept.

use std::collections::VecDeque;

use super::DRAFT_BYTES_MAX;

/// Lines that are kept.
const LINES_MAX: usize = 500;
/// Text of all of them, in bytes (a guess: 500 lines of 2 KiB).
const HISTORY_BYTES_MAX: usize = 1024 * 1024;
const _: () = assert!(HISTORY_BYTES_MAX > 2 * DRAFT_BYTES_MAX);

/// What a line with a secret in it holds, in lower case: keys of this program and of age, keys of others, links that log in.
const SECRETS: [&str; 4] = ["secret-key", "-----begin ", "launch=", "bearer "];

/// The lines that were sent, oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: VecDeque<String>,
    bytes: usize,
    /// Where one looks back to, and the draft that was left for it.
    browsed: Option<(usize, String)>,
}

impl History {
    /// The newest of these, which are the oldest first.
    pub(super) fn new(lines: Vec<String>) -> Self {
        let mut history = Self::default();
        lines.into_iter().for_each(|line| history.push(line));
        history
    }

    /// Keeps a line that was sent. As in a shell, one that begins with a blank is not kept.
    pub(super) fn push(&mut self, line: String) {
        self.browsed = None;
        let is_long = line.len() > DRAFT_BYTES_MAX;
        if is_long || line.is_empty() || self.lines.back() == Some(&line) || may_be_secret(&line) {
            return;
        }
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES_MAX || self.bytes > HISTORY_BYTES_MAX {
            let forgotten = self.lines.pop_front().map_or(0, |line| line.len());
            self.bytes -= forgotten;
        }
    }

    /// The line before the one that stands there; `draft` is kept for the way back.
    pub(super) fn older(&mut self, draft: &str) -> Option<&str> {
        let at = self.browsed.as_ref().map_or(self.lines.len(), |(at, _)| *at).checked_sub(1)?;
        match &mut self.browsed {
            Some(browsed) => browsed.0 = at,
            None => self.browsed = Some((at, draft.to_owned())),
        }
        self.line(at)
    }

    /// The line after the one that stands there, in the end the draft that was left.
    pub(super) fn newer(&mut self) -> Option<String> {
        let (at, draft) = self.browsed.take()?;
        match self.line(at + 1).map(str::to_owned) {
            Some(line) => {
                self.browsed = Some((at + 1, draft));
                Some(line)
            }
            None => Some(draft),
        }
    }

    /// Goes to a line that was found; `draft` is kept for the way back.
    pub(super) fn browse(&mut self, at: usize, draft: &str) {
        self.browsed = Some((at, draft.to_owned()));
    }

    pub(super) fn line(&self, at: usize) -> Option<&str> {
        self.lines.get(at).map(String::as_str)
    }

    /// The newest line up to `newest` that holds this, and where in it. Capital letters count where there are any.
    pub(super) fn find_older(&self, text: &str, newest: usize) -> Option<(usize, usize)> {
        let lines = self.lines.iter().enumerate().take(newest.saturating_add(1)).rev();
        lines.filter_map(|(at, line)| Some((at, position(line, text)?))).next()
    }

    /// The oldest line from `oldest` on that holds this, likewise.
    pub(super) fn find_newer(&self, text: &str, oldest: usize) -> Option<(usize, usize)> {
        let lines = self.lines.iter().enumerate().skip(oldest);
        lines.filter_map(|(at, line)| Some((at, position(line, text)?))).next()
    }
}

/// Where `text` stands in the line.
fn position(line: &str, text: &str) -> Option<usize> {
    if text.chars().any(char::is_uppercase) {
        return line.find(text);
    }
    if text.is_ascii() {
        // The usual case, and many times faster.
        let mut windows = line.as_bytes().windows(text.len().max(1));
        return if text.is_empty() {
            Some(0)
        } else {
            windows.position(|window| window.eq_ignore_ascii_case(text.as_bytes()))
        };
    }
    let is_here = |(at, _): &(usize, char)| {
        let mut here = line[*at..].chars().flat_map(char::to_lowercase);
        text.chars().all(|c| here.next() == Some(c))
    };
    line.char_indices().find(is_here).map(|(at, _)| at)
}

fn may_be_secret(line: &str) -> bool {
    let lower = line.to_lowercase();
    line.starts_with(char::is_whitespace) || SECRETS.iter().any(|secret| lower.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[&str]) -> History {
        History::new(lines.iter().map(|line| (*line).to_owned()).collect())
    }

    #[test]
    fn back_and_forth_and_the_draft_comes_back() {
        let mut lines = history(&["one", "two", "two", "", "three"]);
        assert_eq!(lines.newer(), None);
        assert_eq!(lines.older("draft"), Some("three"));
        assert_eq!(lines.older("not kept"), Some("two"));
        assert_eq!(lines.older(""), Some("one"));
        assert_eq!(lines.older(""), None);
        assert_eq!(lines.newer().as_deref(), Some("two"));
        assert_eq!(lines.newer().as_deref(), Some("three"));
        assert_eq!(lines.newer().as_deref(), Some("draft"));
        assert_eq!(lines.newer(), None);
        assert_eq!(history(&[]).older("draft"), None);
    }

    #[test]
    fn bounds_hold_and_the_newest_stay() {
        let numbered = (0..=LINES_MAX).map(|number| number.to_string()).collect();
        let mut lines = History::new(numbered);
        assert_eq!((lines.lines.len(), lines.line(0)), (LINES_MAX, Some("1")));
        let long = |c: char| c.to_string().repeat(DRAFT_BYTES_MAX);
        lines.push(long('x') + "x");
        assert_eq!(lines.lines.len(), LINES_MAX, "too long for a draft");
        for number in 0..100 {
            lines.push(long(if number % 2 == 0 { 'a' } else { 'b' }));
        }
        assert_eq!((lines.lines.len(), lines.bytes), (HISTORY_BYTES_MAX / DRAFT_BYTES_MAX, HISTORY_BYTES_MAX));
    }

    #[test]
    fn secrets_are_not_kept() {
        let check = |line: &str, kept: bool| assert_eq!(!history(&[line]).lines.is_empty(), kept, "of {line:?}");
        check("/verify bob 12345 67890", true);
        check("the secret of good bread", true);
        check(" not kept", false);
        check("AGE-SECRET-KEY-1QQ", false);
        check("so: whispernet-secret-key-1:abcd", false);
        check("-----BEGIN AGE ENCRYPTED FILE-----", false);
        check("http://127.0.0.1:8888/?launch=abc", false);
        check("Authorization: Bearer abc", false);
    }

    #[test]
    fn found_by_what_it_holds() {
        let lines = history(&["Alpha beta", "gamma", "beta \u{dc}ber", "BETA"]);
        let check =
            |text: &str, newest, found| assert_eq!(lines.find_older(text, newest), found, "{text} up to {newest}");
        check("beta", usize::MAX, Some((3, 0)));
        check("beta", 2, Some((2, 0)));
        check("beta", 1, Some((0, 6)));
        check("BETA", 2, None);
        check("\u{fc}ber", 9, Some((2, 5)));
        check("delta", 9, None);
        check("", 1, Some((1, 0)));
        assert_eq!(lines.find_newer("beta", 1), Some((2, 0)));
        assert_eq!(lines.find_newer("alpha", 1), None);
    }
}
