//! The draft on the screen: its rows around the cursor. Must not know keys. Bounds: the area given.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::layout::{self, Met};

/// What stands in an empty draft.
const PLACEHOLDER: &str = "write here; /help, Tab completes";
/// How it looks.
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
/// How an escape looks that stands for what would not be seen: not like the same characters typed.
const ESCAPE: Style = Style::new().add_modifier(Modifier::REVERSED);

/// Draws the text from row `top` on, or from another one so that the cursor is in sight, which `top` is then; where the cursor stands.
pub(super) fn draw(text: &str, cursor: usize, top: &mut usize, area: Rect, buf: &mut Buffer) -> Position {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return area.as_position();
    }
    if text.is_empty() {
        *top = 0;
        buf.set_stringn(area.x, area.y, PLACEHOLDER, area.width.into(), DIM);
        return area.as_position();
    }
    let (columns, rows) = (usize::from(area.width), usize::from(area.height));
    let (cursor, end) = layout::locate(text, columns, cursor);
    let top_max = (end.row + 1).saturating_sub(rows);
    *top = (*top).clamp((cursor.row + 1).saturating_sub(rows), cursor.row).min(top_max);
    // What is not in sight has no position.
    let position = |row: usize, column: usize| {
        let row = row.checked_sub(*top).filter(|row| *row < rows)?;
        let (x, y) = (u16::try_from(column.min(columns - 1)).ok()?, u16::try_from(row).ok()?);
        Some(Position::new(area.x + x, area.y + y))
    };
    layout::walk(text, columns, |met| {
        let Met::Cell { row, column, width, symbol, is_escape } = met else { return };
        if let Some(at) = position(*row, *column) {
            let style = if *is_escape { ESCAPE } else { Style::new() };
            buf.set_stringn(at.x, at.y, symbol, (*width).min(area.right().saturating_sub(at.x).into()), style);
        }
    });
    position(cursor.row, cursor.column).unwrap_or(area.as_position())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(text: &str, cursor: usize, width: u16, height: u16) -> (Vec<String>, (u16, u16)) {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        let at = draw(text, cursor, &mut 0, area, &mut buf);
        let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        ((0..height).map(row).collect(), (at.x, at.y))
    }

    #[test]
    fn the_cursor_is_always_in_sight() {
        let check = |text: &str, cursor, (width, height), rows: &[&str], at| {
            assert_eq!(
                screen(text, cursor, width, height),
                (rows.iter().map(|row| (*row).to_owned()).collect(), at),
                "{text:?}"
            );
        };
        check("", 0, (20, 1), &["write here; /help, T"], (0, 0));
        check("hello", 5, (20, 1), &["hello"], (5, 0));
        check("hello", 2, (3, 2), &["he", "ll"], (0, 1));
        check("hello", 5, (3, 2), &["ll", "o"], (1, 1));
        check("he", 2, (3, 1), &["he"], (2, 0));
        check("a\nb\nc\nd", 0, (20, 2), &["a", "b"], (0, 0));
        check("a\nb\nc\nd", 7, (20, 2), &["c", "d"], (1, 1));
        check("漢字", 3, (20, 1), &["漢 字"], (2, 0));
        check("a\u{202e}b", 4, (20, 1), &["a\\u{202e}b"], (9, 0));
        check("ab", 2, (1, 1), &["b"], (0, 0));
        check("ab", 2, (0, 0), &[], (0, 0));
        check("ab", 2, (5, 0), &[], (0, 0));
        check("ab", 2, (0, 2), &["", ""], (0, 0));
    }

    #[test]
    fn it_scrolls_no_more_than_it_must() {
        let area = Rect::new(3, 4, 10, 2);
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, 10));
        let mut top = 0;
        let mut check = |text: &str, cursor, at, expected| {
            let position = draw(text, cursor, &mut top, area, &mut buf);
            assert_eq!(((position.x, position.y), top), (at, expected), "{text:?} at {cursor}");
        };
        check("a\nb\nc\nd", 7, (4, 5), 2);
        check("a\nb\nc\nd", 5, (4, 4), 2);
        check("a\nb\nc\nd", 2, (3, 4), 1);
        check("a\nb\nc\nd", 4, (3, 5), 1);
        check("a\nb", 3, (4, 5), 0);
        // An area beyond the buffer is cut.
        assert_eq!(draw("abc", 3, &mut 0, Rect::new(18, 9, 10, 10), &mut buf), Position::new(19, 9));
        assert_eq!(draw("abc", 3, &mut 0, Rect::new(30, 30, 10, 10), &mut buf).x, 30);
    }

    #[test]
    fn no_escape_gets_into_a_cell() {
        let hostile = "\x1b]0;t\x07\x1b[2J\u{9b}31m\r\0\u{202e}\u{200b}\u{2028}\u{7f}";
        let (rows, _) = screen(hostile, 0, 200, 1);
        assert!(rows[0].is_ascii() && !rows[0].contains(char::is_control), "{rows:?}");
    }
}
