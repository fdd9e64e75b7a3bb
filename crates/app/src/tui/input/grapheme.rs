//! Steps through a text as a reader sees it: by graphemes and words. Must not know who steps, nor how text is shown.
//! Bounds: [`GRAPHEME_CHARS_MAX`]; what joins more is taken apart, so that no grapheme is endless.

use unicode_segmentation::UnicodeSegmentation as _;

/// Most characters of one grapheme (the longest emoji has 10).
pub(super) const GRAPHEME_CHARS_MAX: usize = 16;

/// The graphemes of a text, each with where it begins.
pub(super) fn graphemes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let (mut at, mut whole_end) = (0, 0);
    std::iter::from_fn(move || {
        if at == whole_end {
            // No rule looks back beyond a border.
            let whole = || text[at..].graphemes(true).next().map(str::len);
            whole_end += if is_plain_border(text, at + 1) { 1 } else { whole()? };
        }
        let rest = &text[at..whole_end];
        let length = rest.char_indices().nth(GRAPHEME_CHARS_MAX).map_or(rest.len(), |(end, _)| end);
        at += length;
        Some((at - length, &rest[..length]))
    })
}

/// The end of the grapheme that begins at `at`.
pub(super) fn after(text: &str, at: usize) -> usize {
    if is_plain_border(text, at + 1) {
        return at + 1;
    }
    // Only from the line's start are the graphemes always the same ones.
    let start = line_start(text, at);
    let ends = graphemes(&text[start..]).map(|(from, grapheme)| start + from + grapheme.len());
    ends.into_iter().find(|end| *end > at).unwrap_or(text.len())
}

/// The beginning of the grapheme that ends at `at`.
pub(super) fn before(text: &str, at: usize) -> usize {
    if at > 1 && is_plain_border(text, at - 1) {
        return at - 1;
    }
    let start = match line_start(text, at) {
        // The line break before it is a grapheme too.
        start if start == at => line_start(text, at.saturating_sub(1)),
        start => start,
    };
    let begins = graphemes(&text[start..]).map(|(from, _)| start + from);
    begins.take_while(|begin| *begin < at).last().unwrap_or(0)
}

/// The first place at `at` or after it where a grapheme begins or the text ends.
pub(super) fn fit(text: &str, at: usize) -> usize {
    if at == 0 || at >= text.len() || is_plain_border(text, at) {
        return at.min(text.len());
    }
    let at = text.ceil_char_boundary(at);
    let start = line_start(text, at);
    let begins = graphemes(&text[start..]).map(|(from, _)| start + from);
    begins.into_iter().find(|begin| *begin >= at).unwrap_or(text.len())
}

/// Whether a grapheme surely begins at `at`: between two characters of ASCII, which nothing joins but the two of a CRLF. Spares a look
/// at the whole line.
fn is_plain_border(text: &str, at: usize) -> bool {
    let around = at.checked_sub(1).and_then(|before| text.as_bytes().get(before..=at));
    around.is_some_and(|around| around.is_ascii() && around != b"\r\n")
}

/// Where the line that `at` is in begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Where the line that `at` is in ends, before its break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |length| at + length)
}

/// The beginning of the word before `at`, whose characters are those that `is_inside`.
pub(super) fn word_before(text: &str, at: usize, is_inside: impl Fn(char) -> bool) -> usize {
    let end = text[..at].trim_end_matches(|c| !is_inside(c));
    end.trim_end_matches(&is_inside).len()
}

/// The end of the word after `at`, likewise.
pub(super) fn word_after(text: &str, at: usize, is_inside: impl Fn(char) -> bool) -> usize {
    let rest = text[at..].trim_start_matches(|c| !is_inside(c));
    text.len() - rest.trim_start_matches(&is_inside).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: &str = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";

    #[test]
    fn steps_there_and_back_are_the_same() {
        let endless = format!("a{}b", "\u{200d}\u{1f468}".repeat(100));
        let marks = format!("x\u{301}{}\ny", "\u{302}".repeat(200));
        for text in [
            "\r\na\rb",
            "\u{600}ab",
            "",
            "a",
            "a\nb\n\nc",
            "\u{301}a",
            "e\u{301}x",
            FAMILY,
            "\u{1f1e9}\u{1f1ea}\u{1f1eb}",
            &endless,
            &marks,
        ] {
            let mut places = vec![0];
            while *places.last().unwrap() < text.len() {
                let at = after(text, *places.last().unwrap());
                assert_eq!(fit(text, at), at);
                places.push(at);
            }
            for pair in places.windows(2) {
                assert_eq!(before(text, pair[1]), pair[0], "of {text:?}");
                assert_eq!(fit(text, pair[0] + 1), pair[1], "of {text:?}");
                assert!(text[pair[0]..pair[1]].chars().count() <= GRAPHEME_CHARS_MAX);
            }
            assert_eq!((before(text, 0), after(text, text.len())), (0, text.len()));
        }
        assert_eq!(after(FAMILY, 0), FAMILY.len());
    }

    #[test]
    fn the_short_way_is_the_same_way() {
        let family = format!("{FAMILY}\u{1f3fd}");
        let flags = "\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}\u{1f1e9}";
        for text in [
            "ab\r\nc\r\r\n",
            "\u{600}ab\u{301}c",
            "\u{915}\u{94d}\u{937}a",
            flags,
            &family,
            "\u{1100}\u{1161}\u{11a8}x",
            "",
        ] {
            assert!(graphemes(text).eq(text.grapheme_indices(true)), "of {text:?}");
        }
    }

    #[test]
    fn words() {
        let text = "go, \u{fc}ber-fast  now";
        let check = |at, before, after| {
            assert_eq!(word_before(text, at, char::is_alphanumeric), before, "before {at}");
            assert_eq!(word_after(text, at, char::is_alphanumeric), after, "after {at}");
        };
        check(0, 0, 2);
        check(2, 0, 9);
        check(9, 4, 14);
        check(text.len(), 16, text.len());
        assert_eq!(word_before(text, 14, |c| !c.is_whitespace()), 4);
    }
}
