//! Rows of a terminal: what is longer than one goes on in the next, below the text and never where a line begins, so that no Body or
//! nick can fill a row with blanks and look like a line of its own. Must not know what is said. Bounds: one message.

use std::io;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;

/// Where the terminal does not tell how wide it is.
const COLUMNS_DEFAULT: usize = 80;
/// Narrower ones get rows of this many columns, or the indent would leave no room.
const COLUMNS_MIN: usize = 4;
/// Columns between two stops of a tab.
const TAB: usize = 8;

/// How wide the terminal on standard output is.
pub(crate) fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
    if size == 0 { COLUMNS_DEFAULT } else { size }
}

/// Appends `lines`, each of them in rows of at most so many columns; further rows begin with `indent`. Our own escape sequences take no
/// room, and there are no others in it.
pub(crate) fn push_rows(lines: &str, indent: &str, columns: usize, out: &mut String) {
    let columns = columns.max(COLUMNS_MIN);
    let indent = indent.get(..indent.len().min(columns / 2)).unwrap_or(indent);
    let (mut column, mut in_escape) = (0, false);
    for part in lines.graphemes(true) {
        match part {
            "\n" => column = 0,
            "\x1b" => in_escape = true,
            _ if in_escape => in_escape = part != "m",
            _ => {
                let width = if part == "\t" { TAB - column % TAB } else { width(part) };
                if column + width > columns && column > indent.len() {
                    out.extend(["\n", indent]);
                    column = indent.len();
                }
                column += width;
            }
        }
        out.push_str(part);
    }
}

/// The most that terminals make of it: they do not agree on characters that are joined, nor on those of East Asia.
fn width(grapheme: &str) -> usize {
    grapheme.chars().map(|c| c.width_cjk().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &str, columns: usize) -> String {
        let mut out = String::new();
        push_rows(lines, "    ", columns, &mut out);
        out
    }

    #[test]
    fn a_row_never_goes_beyond_the_edge() {
        for (lines, columns, expected) in [
            ("short\n", 10, "short\n"),
            ("0123456789\n", 10, "0123456789\n"),
            ("0123456789ab\n", 10, "0123456789\n    ab\n"),
            ("mal: hi    vera: x\n", 11, "mal: hi    \n    vera: x\n"),
            ("\x1b[2m0123\x1b[0m456789ab\n", 10, "\x1b[2m0123\x1b[0m456789\n    ab\n"),
            ("漢字漢字漢字\n", 10, "漢字漢字漢\n    字\n"),
            ("a\tb\tc\n", 16, "a\tb\t\n    c\n"),
            ("one\ntwo\n", 10, "one\ntwo\n"),
            ("abcdefgh\n", 1, "abcd\n  ef\n  gh\n"),
        ] {
            assert_eq!(rows(lines, columns), expected, "{lines:?} in {columns}");
        }
        // Some terminals draw such a family as one, others as three.
        let families = rows(&format!("{}\n", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".repeat(4)), 12);
        assert_eq!(families.lines().count(), 3);
        let blanks = rows(&format!("mal: {}18:15 = vera: hi\n", "\u{3000}".repeat(37)), 79);
        assert!(blanks.lines().skip(1).all(|row| row.starts_with("    ")), "{blanks}");
    }
}
