//! Frames as the bytes that a terminal gets.

use ratatui::layout::{Position, Size};
use ratatui::style::Style;

use super::*;
use crate::tui::screen::events::Shared;
use crate::tui::screen::pictures::Pictures;
use crate::tui::screen::surroundings::Surroundings;

/// Keeps what is written.
struct Paper {
    written: Vec<u8>,
    size: Size,
}

impl Outlet for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written.extend(bytes);
        Ok(())
    }

    fn size(&self) -> Size {
        self.size
    }
}

fn painter(links: bool) -> Painter<Paper> {
    let gallery = Gallery::new(Pictures::Off, Surroundings::default(), Arc::new(Shared::default()));
    Painter::new(Paper { written: Vec::new(), size: Size::new(20, 3) }, links, gallery).unwrap()
}

/// The bytes of a frame with that text in its first row.
fn drawn(painter: &mut Painter<Paper>, text: &str, links: &[(Rect, &str)], covered: Option<Rect>) -> String {
    painter
        .draw(|frame, overlay, _| {
            frame.buffer_mut().set_string(0, 0, text, Style::default());
            for (place, url) in links {
                overlay.link(*place, *url);
            }
            if let Some(place) = covered {
                overlay.cover(place);
            }
        })
        .unwrap();
    String::from_utf8(std::mem::take(&mut painter.outlet_mut().written)).unwrap()
}

#[test]
fn flags_are_spelt_and_no_cell_is_left_over() {
    let mut painter = painter(true);
    let first = drawn(&mut painter, "a\u{1f1e9}\u{1f1ea}b\u{1f1f5}c", &[], None);
    assert!(first.contains("aDEbPc"), "{first:?}");
    assert!(!first.contains(is_regional_indicator), "{first:?}");
    let second = drawn(&mut painter, "x", &[], None);
    assert!(second.contains('x'), "{second:?}");
    assert_eq!(second.matches(' ').count(), 5, "each cell of the flags is written again: {second:?}");
}

#[test]
fn a_frame_is_whole_and_has_only_what_changed() {
    let mut painter = painter(true);
    let first = drawn(&mut painter, "hello", &[], None);
    assert!(first.starts_with("\x1b[?2026h") && first.ends_with("\x1b[?2026l"), "{first:?}");
    assert!(first.contains("hello") && first.contains("\x1b[?25l"), "{first:?}");
    let second = drawn(&mut painter, "hellO", &[], None);
    assert!(second.contains("\x1b[1;5HO") && !second.contains("hell"), "{second:?}");
    painter.draw(|frame, _, _| frame.set_cursor_position(Position::new(3, 1))).unwrap();
    let third = String::from_utf8(std::mem::take(&mut painter.outlet_mut().written)).unwrap();
    assert!(third.contains("\x1b[?25h\x1b[2;4H"), "the cursor is shown where it stands: {third:?}");
}

#[test]
fn what_was_forgotten_is_drawn_again() {
    let mut painter = painter(true);
    let link = [(Rect::new(0, 0, 5, 1), "https://a")];
    drawn(&mut painter, "hello", &link, None);
    drawn(&mut painter, "hello", &link, None);
    let again = drawn(&mut painter, "hello", &link, None);
    assert!(!again.contains("hello"), "{again:?}");
    painter.forget().unwrap();
    let whole = drawn(&mut painter, "hello", &link, None);
    assert!(whole.contains("\x1b[2J") && whole.contains("hello") && whole.contains(";https://a\x1b\\"), "{whole:?}");
    painter.outlet_mut().size = Size::new(10, 2);
    let resized = drawn(&mut painter, "hello", &link, None);
    assert!(resized.contains("hello") && resized.contains(";https://a\x1b\\"), "{resized:?}");
}

#[test]
fn links_are_around_their_cells_and_no_others() {
    let mut painter = painter(true);
    let text = drawn(&mut painter, "see this, and that", &[(Rect::new(4, 0, 4, 1), "https://a/\x1b]0;x")], None);
    let (begin, rest) = text.split_once("\x1b]8;id=").unwrap();
    let (url, rest) = rest.split_once("\x1b\\").unwrap();
    let (inside, after) = rest.split_once("\x1b]8;;\x1b\\").unwrap();
    assert!(begin.contains("see") && !begin.contains("this"), "{text:?}");
    assert!(url.ends_with(";https://a/%1B]0;x"), "{url:?}");
    assert!(inside.contains("this") && !inside.contains(','), "{text:?}");
    assert!(after.contains(',') && after.contains("that") && after.contains("and"), "{text:?}");
}

#[test]
fn cells_whose_link_changed_are_drawn_again_though_they_look_the_same() {
    let mut painter = painter(true);
    let place = Rect::new(0, 0, 4, 1);
    drawn(&mut painter, "this", &[], None);
    let linked = drawn(&mut painter, "this", &[(place, "https://a")], None);
    assert!(linked.contains(";https://a\x1b\\") && linked.contains("this"), "{linked:?}");
    let moved = drawn(&mut painter, "this", &[(place, "https://b")], None);
    assert!(moved.contains(";https://b\x1b\\") && moved.contains("this"), "{moved:?}");
    let covered = drawn(&mut painter, "this", &[(place, "https://b")], Some(Rect::new(2, 0, 9, 9)));
    assert!(covered.contains("is") && covered.matches(";https://b\x1b\\").count() <= 1, "{covered:?}");
    let gone = drawn(&mut painter, "this", &[], None);
    assert!(gone.contains("th") && !gone.contains("https"), "{gone:?}");
}

#[test]
fn links_that_are_off_are_plain_text() {
    let mut painter = painter(false);
    let text = drawn(&mut painter, "this", &[(Rect::new(0, 0, 4, 1), "https://a")], None);
    assert!(text.contains("this") && !text.contains("\x1b]8"), "{text:?}");
}

#[test]
fn no_symbol_reaches_the_terminal_with_what_it_obeys() {
    let escapes = |text: &str| text.matches('\x1b').count();
    let plain = |symbol: &str| {
        let mut painter = painter(true);
        painter
            .draw(|frame, _, _| {
                frame.buffer_mut()[(0, 0)].set_symbol(symbol);
            })
            .unwrap();
        String::from_utf8(std::mem::take(&mut painter.outlet_mut().written)).unwrap()
    };
    let harmless = escapes(&plain("x"));
    for hostile in ["\x1b]0;title\x07", "\x1b[2J", "\u{9b}2J", "\x1b", "a\nb", "\x7f", "\x1bP1$q\x1b\\", "\x0e"] {
        let written = plain(hostile);
        assert_eq!(escapes(&written), harmless, "of {hostile:?}: {written:?}");
        assert!(written.chars().all(|c| !c.is_control() || c == '\x1b'), "of {hostile:?}: {written:?}");
        assert!(written.contains('\u{fffd}'), "of {hostile:?}: {written:?}");
    }
}

#[test]
fn a_terminal_of_any_size_gets_frames() {
    for (size, expected) in [
        (Size::new(0, 0), Size::new(80, 24)),
        (Size::new(1, 1), Size::new(1, 1)),
        (Size::new(20, 5), Size::new(20, 5)),
        (Size::new(u16::MAX, u16::MAX), Size::new(1_024, 512)),
    ] {
        let mut painter = painter(true);
        painter.outlet_mut().size = size;
        painter.draw(|frame, _, _| assert_eq!(frame.area().as_size(), expected)).unwrap();
    }
}
