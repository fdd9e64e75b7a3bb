//! Rows as cells. Must not know what is said, nor where a row comes from. Bounds: the area given.

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;

use super::block::{Block, rule};
use super::flow::{self, Row};
use super::style::{DIM, SELECTED};
use super::view::{Above, Anchor, Edge, Place};
use super::{Extras, Key, Timeline};

impl Timeline {
    /// Draws what is to be seen into `area`, which is blank; what needs more than cells goes to `out`.
    pub(crate) fn draw(&mut self, area: Rect, buf: &mut Buffer, out: &mut Extras) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        self.resize(area.width, area.height);
        self.keep_selected();
        let Some(top) = self.top() else {
            self.shown = None;
            return self.see();
        };
        let mut y = area.y + u16::try_from(top.blank).unwrap_or(0).min(area.height);
        let (mut place, mut last) = (top.place, top.place.key);
        while y < area.bottom() {
            last = place.key;
            self.lay_out(place.key);
            let above = self.above(place.key);
            if let Some(block) = self.blocks.get(&place.key) {
                let mut canvas = Canvas { area, y, buf: &mut *buf, out: &mut *out };
                for (label, style) in self.rules(above).into_iter().skip(place.row) {
                    canvas.rule(&label, style);
                }
                let from = place.row.saturating_sub(above.rows());
                canvas.block(block, from, self.selected == Some(place.key.0) && place.key.1 == 0);
                y = canvas.y;
            }
            if let Some(message) = self.window.at(place.key.0).filter(|_| place.key.1 == 0)
                && let Some(file) = message.message.file.as_ref()
            {
                out.files.push(file.hash.clone());
            }
            let Some(key) = self.next(place.key) else { break };
            place = Place { key, row: 0 };
        }
        self.shown = Some((top.place.key, last));
        self.see();
    }

    /// While the end is followed, what is selected stays on the screen: the list stops there.
    fn keep_selected(&mut self) {
        let Some(place) = self.selected.filter(|place| self.anchor == Anchor::End && self.window.at(*place).is_some())
        else {
            return;
        };
        let (row, _) = self.rows(Key::of(place));
        let first = Place { key: Key::of(place), row };
        if self.top().is_some_and(|top| first < top.place) {
            self.anchor_at(first);
        }
    }

    fn rules(&self, above: Above) -> Vec<(String, Style)> {
        let edge = above.edge.map(|edge| match edge {
            Edge::Beginning => "beginning of the history",
            Edge::Earlier => "earlier messages",
        });
        let day = |day: Date| (day.strftime("%A %Y-%m-%d").to_string(), DIM);
        let rules = edge.map(|edge| (edge.to_owned(), DIM)).into_iter().chain(above.day.map(day));
        rules.chain(above.fresh.then(|| ("new".to_owned(), self.look.palette.fresh()))).collect()
    }
}

/// Where rows go, from the top on.
struct Canvas<'a> {
    area: Rect,
    y: u16,
    buf: &'a mut Buffer,
    out: &'a mut Extras,
}

impl Canvas<'_> {
    fn rule(&mut self, label: &str, style: Style) {
        if self.y < self.area.bottom() {
            self.buf.set_stringn(self.area.x, self.y, rule(label, self.area.width), self.area.width.into(), style);
            self.y += 1;
        }
    }

    /// The rows of a block from this one on.
    fn block(&mut self, block: &Block, from: usize, is_selected: bool) {
        for (index, row) in block.rows.iter().enumerate().skip(from) {
            if self.y >= self.area.bottom() {
                return;
            }
            if let Some((rows, hash)) = block.picture.as_ref().filter(|(rows, _)| rows.start == index) {
                self.picture(row.column, rows.len(), hash);
            }
            if is_selected {
                let mark = if index == from { ">" } else { " " };
                self.buf.set_stringn(self.area.x, self.y, mark, 1, SELECTED);
            }
            self.row(row, &block.links);
            self.y += 1;
        }
    }

    /// Where a picture goes, where there is room for all of it.
    fn picture(&mut self, column: u16, rows: usize, hash: &str) {
        let height = u16::try_from(rows).unwrap_or(u16::MAX);
        let width = self.area.width.saturating_sub(column);
        if width > 0 && height <= self.area.bottom() - self.y {
            self.out.pictures.push((Rect::new(self.area.x + column, self.y, width, height), hash.to_owned()));
        }
    }

    fn row(&mut self, row: &Row, links: &[String]) {
        let mut x = self.area.x.saturating_add(row.column);
        let mut begin = 0;
        for span in &row.spans {
            let from = x;
            x = self.text(x, &row.text[begin..span.end], span.style);
            begin = span.end;
            if let Some(url) = span.link.and_then(|link| links.get(usize::from(link)))
                && x > from
            {
                self.link(Rect::new(from, self.y, x - from, 1), url);
            }
        }
    }

    fn link(&mut self, rect: Rect, url: &str) {
        // A part of it may look different, where it was searched for.
        match self.out.links.last_mut() {
            Some((last, before)) if before == url && (last.right(), last.y) == (rect.x, rect.y) => {
                last.width += rect.width
            }
            _ => self.out.links.push((rect, url.to_owned())),
        }
    }

    /// Sets a text; where it ends. What does not fit is left out, and no wide character is cut in two.
    fn text(&mut self, mut x: u16, text: &str, style: Style) -> u16 {
        let right = self.area.right();
        if text.is_ascii() {
            let fits = usize::from(right.saturating_sub(x));
            for byte in text.bytes().take(fits) {
                self.buf[(x, self.y)].set_char(char::from(byte)).set_style(style);
                x += 1;
            }
            return x;
        }
        for grapheme in text.graphemes(true) {
            let columns = flow::columns(grapheme);
            if columns > right.saturating_sub(x) {
                break;
            }
            self.buf[(x, self.y)].set_symbol(grapheme).set_style(style);
            for hidden in x + 1..x + columns {
                self.buf[(hidden, self.y)].reset();
            }
            x += columns;
        }
        x
    }
}
