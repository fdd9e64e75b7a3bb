//! Text too long for one message, cut into several: at ends of lines where it can be, else between characters.
//! Must not know where the text is from. Bounds: [`PIECE_BYTES_MAX`] a piece.

/// Longest text of one message, in bytes (16 KiB: the wire's bound).
pub(super) const PIECE_BYTES_MAX: usize = 16 * 1024;

/// The messages that say a text, in its order. One is the text itself where that fits; of more, each is without the end of its last line.
/// None is empty.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        // Empty lines between two messages separate them well enough.
        while rest.len() > PIECE_BYTES_MAX && rest.starts_with('\n') {
            rest = &rest[1..];
        }
        let (piece, after) = first(rest);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// What goes first, and what is left after it.
fn first(text: &str) -> (&str, &str) {
    if text.len() <= PIECE_BYTES_MAX {
        return (text, "");
    }
    // The end of the line itself need not fit.
    let window = &text.as_bytes()[..=PIECE_BYTES_MAX];
    if let Some(end) = window.iter().rposition(|byte| *byte == b'\n').filter(|end| *end > 0) {
        return (&text[..end], &text[end + 1..]);
    }
    text.split_at(text.floor_char_boundary(PIECE_BYTES_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = PIECE_BYTES_MAX;

    /// The lengths of the pieces, each of which must fit, and which all together must say the text.
    fn lengths(text: &str) -> Vec<usize> {
        let said = pieces(text).collect::<Vec<_>>();
        assert!(said.iter().all(|piece| (1..=MAX).contains(&piece.len())));
        let letters = |text: &str| text.chars().filter(|c| *c != '\n').collect::<String>();
        assert_eq!(letters(&said.concat()), letters(text));
        said.iter().map(|piece| piece.len()).collect()
    }

    #[test]
    fn what_fits_is_one() {
        assert_eq!(lengths(""), [0; 0]);
        for text in ["hi", "a\nb\n", "\n\n", &"x".repeat(MAX)] {
            assert_eq!(pieces(text).collect::<Vec<_>>(), [text]);
        }
    }

    #[test]
    fn cuts_are_at_ends_of_lines() {
        let line = "x".repeat(99);
        let lines = vec![line.as_str(); 400].join("\n");
        assert_eq!(lengths(&lines), [16_299, 16_299, 7_399], "163 lines of 100 bytes fit but for their last end");
        // The line ends right behind what fits.
        assert_eq!(lengths(&format!("{}\nrest", "x".repeat(MAX))), [MAX, 4]);
        assert_eq!(lengths(&format!("{}\nrest", "x".repeat(MAX + 1))), [MAX, 6]);
        // A carriage return stays where it is: it ends a line for whoever shows it.
        assert_eq!(lengths(&format!("{}\r\nrest", "x".repeat(MAX - 1))), [MAX, 4]);
    }

    #[test]
    fn lines_without_end_are_cut_between_characters() {
        assert_eq!(lengths(&"x".repeat(MAX + 1)), [MAX, 1]);
        assert_eq!(lengths(&"€".repeat(MAX)), [MAX - 1, MAX - 1, MAX - 1, 3]);
        assert_eq!(lengths(&format!("\n{}", "x".repeat(MAX))), [MAX], "an empty line alone is no message");
        assert_eq!(lengths(&"\n".repeat(3 * MAX)), [MAX], "nor are more of them, but for what is left");
    }
}
