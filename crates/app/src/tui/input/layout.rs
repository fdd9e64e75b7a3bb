//! Where each grapheme of a draft stands, in rows of so many columns, and what is shown for it.
//! Must not know colours, nor the screen. Bounds: a draft; the last column is left for the cursor.

use std::borrow::Cow;

use ratatui::buffer::CellWidth as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::grapheme;
use crate::shown::safe;

/// Shown for what has no room in a row, or no width.
const TOO_WIDE: &str = "…";

/// A place of the cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// From the beginning of the text, in bytes.
    pub(super) at: usize,
    pub(super) row: usize,
    pub(super) column: usize,
}

/// What is met on a walk through the text.
#[derive(Debug)]
pub(super) enum Met<'a> {
    /// A place where the cursor can be; the last one is the text's end.
    Place(Place),
    /// What is shown at a row and column, in so many columns.
    Cell {
        row: usize,
        column: usize,
        width: usize,
        symbol: &'a str,
        /// Whether it stands for something that would not be seen.
        is_escape: bool,
    },
}

/// Walks through the text as rows of so many columns show it.
pub(super) fn walk(text: &str, columns: usize, mut meet: impl FnMut(&Met<'_>)) {
    // With a column to spare, the cursor behind any character stands on no other one.
    let columns = columns.saturating_sub(1).max(1);
    let (mut row, mut column) = (0, 0);
    let mut parts = grapheme::graphemes(text).peekable();
    while let Some((at, part)) = parts.next() {
        if part == "\n" {
            meet(&Met::Place(Place { at, row, column }));
            (row, column) = (row + 1, 0);
            continue;
        }
        let shown = shown(part, parts.peek().and_then(|(_, next)| next.chars().next()));
        let is_escape = shown != part && part != "\t";
        let mut is_first = true;
        for symbol in shown.graphemes(true) {
            let (symbol, width) = match usize::from(symbol.cell_width()) {
                width if width == 0 || width > columns => (TOO_WIDE, 1),
                width => (symbol, width),
            };
            if column + width > columns {
                (row, column) = (row + 1, 0);
            }
            if std::mem::take(&mut is_first) {
                meet(&Met::Place(Place { at, row, column }));
            }
            meet(&Met::Cell { row, column, width, symbol, is_escape });
            column += width;
        }
    }
    meet(&Met::Place(Place { at: text.len(), row, column }));
}

/// What is shown for a grapheme before `next`. A joiner at its end does something or not by what follows.
fn shown(part: &str, next: Option<char>) -> Cow<'_, str> {
    if let [b' '..=b'~'] = part.as_bytes() {
        return Cow::Borrowed(part);
    }
    if let (true, Some(next)) = (part.ends_with(['\u{200c}', '\u{200d}']), next) {
        let next = next.to_string();
        let both = format!("{part}{next}");
        if let Some(safe) = safe::line(&both).strip_suffix(&*safe::line(&next)) {
            return Cow::Owned(safe.to_owned());
        }
    }
    safe::line(part)
}

/// All places of the cursor.
fn places(text: &str, columns: usize) -> Vec<Place> {
    let mut places = Vec::new();
    walk(text, columns, |met| {
        if let Met::Place(place) = met {
            places.push(*place);
        }
    });
    places
}

/// Where the cursor at `at` stands, and where the text ends.
pub(super) fn locate(text: &str, columns: usize, at: usize) -> (Place, Place) {
    let (mut cursor, mut end) = (None, Place::default());
    walk(text, columns, |met| {
        if let Met::Place(place) = met {
            if place.at >= at && cursor.is_none() {
                cursor = Some(*place);
            }
            end = *place;
        }
    });
    (cursor.unwrap_or(end), end)
}

/// The place a row above or below `at` that is nearest to a column, from the left; `None`: there is no such row.
pub(super) fn beside(text: &str, columns: usize, at: usize, is_down: bool, column: usize) -> Option<usize> {
    let places = places(text, columns);
    let here = places.iter().find(|place| place.at >= at)?;
    let row = if is_down { here.row + 1 } else { here.row.checked_sub(1)? };
    let in_row = || places.iter().filter(|place| place.row == row);
    in_row().rfind(|place| place.column <= column).or_else(|| in_row().next()).map(|place| place.at)
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn rows(text: &str, columns: usize) -> Vec<String> {
        let mut rows = Vec::new();
        walk(text, columns, |met| {
            let (Met::Place(Place { row, .. }) | Met::Cell { row, .. }) = met;
            rows.resize(rows.len().max(row + 1), String::new());
            if let Met::Cell { symbol, .. } = met {
                rows[*row].push_str(symbol);
            }
        });
        rows
    }

    #[test]
    fn rows_are_wrapped_by_width() {
        let check =
            |text: &str, columns, expected: &[&str]| assert_eq!(rows(text, columns), expected, "{text:?} in {columns}");
        check("", 20, &[""]);
        check("0123456789", 6, &["01234", "56789"]);
        check("a\n\nb\n", 6, &["a", "", "b", ""]);
        check("漢字漢字", 6, &["漢字", "漢字"]);
        check("a漢字", 3, &["a", "漢", "字"]);
        check("a漢", 2, &["a", "…"]);
        check("ab", 1, &["a", "b"]);
        check("\x1b[2J", 20, &["\\u{1b}[2J"]);
        check("\u{202e}x", 5, &["\\u{2", "02e}", "x"]);
        check("a\tb", 20, &["a b"]);
        check("\u{645}\u{6cc}\u{200c}\u{62e}", 20, &["\u{645}\u{6cc}\u{200c}\u{62e}"]);
        check("a\u{200c}b", 20, &["a\\u{200c}b"]);
        check("\u{301}a", 20, &["\u{25cc}\u{301}a"]);
    }

    #[test]
    fn up_and_down_keep_the_column() {
        let text = "0123\n01\n\n0漢3";
        let check = |at, is_down, column, expected: Option<usize>| {
            assert_eq!(beside(text, 20, at, is_down, column), expected, "from {at}, down {is_down}, {column}");
        };
        check(3, true, 3, Some(7));
        check(7, true, 3, Some(8));
        check(8, true, 3, Some(13));
        check(8, true, 2, Some(10));
        check(13, true, 4, None);
        check(2, false, 2, None);
        check(13, false, 4, Some(8));
        check(6, false, 1, Some(1));
        assert_eq!(beside("0123456", 4, 1, true, 1), Some(4));
    }

    /// Numbers from a seed (xorshift).
    fn numbers(mut seed: u64) -> impl FnMut(usize) -> usize {
        move |below| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            usize::try_from(seed % below as u64).unwrap_or_default()
        }
    }

    /// What draws, joins, hides, turns or is obeyed.
    const PIECES: [&str; 30] = [
        "a",
        "Z",
        " ",
        "é",
        "e\u{301}",
        "\u{301}",
        "漢",
        "ｱ",
        "\u{ff9e}",
        "한",
        "\u{1100}",
        "\u{1161}",
        "א",
        "ש",
        "\u{644}",
        "\u{627}",
        "\u{915}\u{94d}\u{937}",
        "\u{1f468}",
        "\u{200d}",
        "\u{200c}",
        "\u{fe0f}",
        "\u{1f3fd}",
        "\u{1f1e9}",
        "\u{202e}",
        "\u{1b}",
        "\u{9b}",
        "\t",
        "\u{200b}",
        "\u{e0041}",
        "\u{2028}",
    ];

    #[test]
    fn the_cursor_stands_behind_what_is_left_of_it() {
        let mut number = numbers(0x5eed);
        for round in 0..2_000 {
            let text = (0..number(24)).map(|_| PIECES[number(PIECES.len())]).collect::<String>();
            let width = u16::try_from(2 + number(30)).unwrap();
            // The library's own idea of what a text takes is the judge.
            let mut wide = Buffer::empty(Rect::new(0, 0, 1_000, 1));
            let mut cells = Vec::new();
            walk(&text, 1_000, |met| {
                if let Met::Cell { symbol, .. } = met {
                    cells.push((*symbol).to_owned());
                }
                if let Met::Place(place) = met {
                    let shown = cells.concat();
                    assert!(!shown.chars().any(char::is_control), "{text:?}");
                    // Cell by cell, since joined to what follows it may be narrower.
                    let end = cells.iter().fold(0, |x, cell| wide.set_string_end(x, cell));
                    assert_eq!(place.column, usize::from(end), "round {round}, of {text:?} at {}", place.at);
                }
            });
            walk(&text, width.into(), |met| {
                if let Met::Cell { column, width: cell, .. } = met {
                    assert!(column + cell < width.into(), "round {round}, {text:?} in {width}");
                }
                if let Met::Place(place) = met {
                    assert!(place.column < width.into(), "round {round}, {text:?} in {width}");
                }
            });
        }
    }

    trait SetStringEnd {
        /// Draws at a column of the first row; the column behind it.
        fn set_string_end(&mut self, x: u16, text: &str) -> u16;
    }

    impl SetStringEnd for Buffer {
        fn set_string_end(&mut self, x: u16, text: &str) -> u16 {
            self.set_stringn(x, 0, text, 1_000, Style::new()).0
        }
    }
}
