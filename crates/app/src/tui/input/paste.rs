//! Text from outside on its way into the draft: line breaks made one kind, controls left out, at most so much.
//! Must not know where it goes. Bounds: those that the caller gives.

use super::grapheme;

/// What of a text can be taken.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Clean {
    /// This.
    pub(super) text: String,
    /// Characters left out since they are controls.
    pub(super) controls: usize,
    /// Bytes left out at the end since there was no room.
    pub(super) excess: usize,
}

impl Clean {
    /// What of `text` fits into so many bytes. CR and CRLF are line breaks, a tab stays, other controls go.
    pub(super) fn new(text: &str, bytes_max: usize) -> Self {
        let mut clean = Self::default();
        for (at, part) in grapheme::graphemes(text) {
            let kept = match part {
                "\r\n" | "\r" => "\n",
                // Controls are graphemes of their own.
                control if control.chars().all(|c| c.is_control() && !matches!(c, '\n' | '\t')) => {
                    clean.controls += 1;
                    continue;
                }
                other => other,
            };
            if clean.text.len() + kept.len() > bytes_max {
                clean.excess = text.len() - at;
                break;
            }
            clean.text.push_str(kept);
        }
        clean
    }

    /// What was left out, in words; `None`: nothing.
    pub(super) fn left_out(&self) -> Option<String> {
        let controls = match self.controls {
            0 => None,
            1 => Some("a control character".to_owned()),
            count => Some(format!("{count} control characters")),
        };
        let excess = match self.excess {
            0 => None,
            1 => Some("the last byte: there is no more room".to_owned()),
            count => Some(format!("the last {count} bytes: there is no more room")),
        };
        let parts = [controls, excess].into_iter().flatten().collect::<Vec<_>>();
        (!parts.is_empty()).then(|| format!("left out: {}", parts.join(", and ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken() {
        let check = |text: &str, taken: &str, controls| {
            let clean = Clean::new(text, 100);
            assert_eq!((clean.text.as_str(), clean.controls, clean.excess), (taken, controls, 0), "of {text:?}");
        };
        check("", "", 0);
        check("a\rb\r\nc\n\rd\r", "a\nb\nc\n\nd\n", 0);
        check("a\tb", "a\tb", 0);
        check("\x1b[31mred\x1b[0m", "[31mred[0m", 2);
        check("\x1b[201~x\u{9b}2J\0\u{7f}\u{85}", "[201~x2J", 5);
        check("e\u{301}\u{202e}x", "e\u{301}\u{202e}x", 0);
    }

    #[test]
    fn the_bound_holds_and_what_is_left_out_is_told() {
        let check = |text: &str, bytes_max, taken: &str, excess| {
            let clean = Clean::new(text, bytes_max);
            assert_eq!((clean.text.as_str(), clean.excess), (taken, excess), "of {text:?} in {bytes_max}");
        };
        check("abc", 3, "abc", 0);
        check("abcd", 3, "abc", 1);
        check("ab\u{e9}d", 3, "ab", 3);
        check("abe\u{301}", 3, "ab", 3);
        check("a", 0, "", 1);
        let told = |text: &str| Clean::new(text, 2).left_out();
        assert_eq!(told("ab"), None);
        assert_eq!(told("a\0").as_deref(), Some("left out: a control character"));
        assert_eq!(
            told("\0\0abc").as_deref(),
            Some("left out: 2 control characters, and the last byte: there is no more room")
        );
        assert_eq!(told("abcd").as_deref(), Some("left out: the last 2 bytes: there is no more room"));
    }
}
