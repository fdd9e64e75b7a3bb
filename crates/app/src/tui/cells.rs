//! How many columns a text takes, and texts cut to so many. Must not know what they say. Bounds: none of its own.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Stands where something was cut.
const CUT: &str = "…";

/// Columns of a text that is safe to show.
pub(super) fn width(text: &str) -> usize {
    text.graphemes(true).map(|grapheme| grapheme.width()).sum()
}

/// The text, or its beginning where it takes more than so many columns.
pub(super) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(CUT.width()) else { return Cow::Borrowed("") };
    let mut taken = 0;
    let fits = text.graphemes(true).take_while(|grapheme| {
        taken += grapheme.width();
        taken <= room
    });
    Cow::Owned(fits.chain([CUT]).collect())
}

/// Rows that a text takes in so many columns, where it is wrapped between words, and longer words are cut: never fewer than are
/// drawn, and more only where wide characters do not fill a row.
pub(super) fn rows(text: &str, columns: usize) -> usize {
    let columns = columns.max(1);
    let (mut rows, mut taken) = (1, 0);
    for word in text.split_inclusive(' ') {
        let (whole, bare) = (width(word), width(word.trim_end()));
        if taken > 0 && taken + bare > columns {
            rows += 1;
            taken = 0;
        }
        taken += whole;
        while taken - (whole - bare).min(taken) > columns {
            rows += 1;
            taken -= columns;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fewer_rows_are_counted_than_are_drawn() {
        use ratatui::buffer::Buffer;
        use ratatui::layout::Rect;
        use ratatui::widgets::{Paragraph, Widget as _, Wrap};
        let texts = [
            "",
            "a",
            "a few words in a row",
            "averyverylongword",
            "漢字漢字 漢字",
            "What you write is kept, and goes out.",
        ];
        for text in texts {
            for columns in 2..40 {
                let area = Rect::new(0, 0, columns, 40);
                let mut buf = Buffer::empty(area);
                Paragraph::new(format!("{text}\nEND")).wrap(Wrap { trim: false }).render(area, &mut buf);
                let row = |y: &u16| (0..columns).map(|x| buf[(x, *y)].symbol()).collect::<String>().starts_with("EN");
                let drawn = (0..40).find(row).expect("the end is drawn");
                let counted = rows(text, columns.into());
                assert!(counted >= usize::from(drawn), "{text:?} in {columns}: {counted}, {drawn}");
                assert!(!text.is_ascii() || counted == usize::from(drawn), "{text:?} in {columns}: {counted}, {drawn}");
            }
        }
    }

    #[test]
    fn a_cut_text_takes_no_more_than_its_room() {
        for (text, columns, shown) in [
            ("", 0, ""),
            ("ab", 2, "ab"),
            ("abc", 2, "a…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("漢字", 4, "漢字"),
            ("漢字", 3, "漢…"),
            ("漢字", 2, "…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            assert_eq!(cut(text, columns), shown, "{text:?} in {columns}");
            assert!(width(&cut(text, columns)) <= columns);
        }
    }
}
