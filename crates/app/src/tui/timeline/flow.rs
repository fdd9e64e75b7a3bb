//! Text as rows of a terminal: wrapped at words where that is possible, further rows below the text and never where a line begins.
//! Must not know what is said: its text is safe already. Bounds: one message.
//!
//! Cells are set as ratatui counts them, so that no wide character is cut in two; rows are filled as the most pessimistic of terminals
//! counts, which draws joined emoji one by one and the signs of East Asia wide, so that no row goes beyond the edge. Letters that such
//! terminals draw wide (Greek, Cyrillic, some with accents) are counted narrow all the same, or their readers would have half a screen:
//! the terminal must not wrap by itself. Text from right to left stands as it was written, each message in rows of its own: a terminal that
//! reorders does so within a row, and what could reach further (embeddings, overrides, isolates) is escaped in safe text.

use ratatui::buffer::CellWidth as _;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;

/// Columns for text in a row at least, or no wide character would fit.
const TEXT_COLUMNS_MIN: u16 = 2;
/// Most characters of one grapheme: joined emoji and jamo could go on without end (the longest emoji has 10).
const GRAPHEME_CHARS_MAX: usize = 16;
/// What is shown of one that is longer, or wider than a row.
const ENDLESS: &str = "…";

/// One row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Graphemes of the message before it: what stays the same when the width changes.
    pub(super) at: usize,
    /// Where it begins.
    pub(super) column: u16,
    pub(super) text: String,
    pub(super) spans: Vec<Span>,
}

/// A part of a row that looks the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Where it ends, in bytes of the row's text.
    pub(super) end: usize,
    pub(super) style: Style,
    /// Which link it is part of.
    pub(super) link: Option<u16>,
}

/// A grapheme on its way into a row.
struct Glyph {
    /// Bytes of the text that waits.
    bytes: usize,
    columns: u16,
    style: Style,
    link: Option<u16>,
}

/// See the module.
pub(super) struct Flow {
    width: u16,
    indent: u16,
    rows: Vec<Row>,
    /// The row that is being filled: its text, and the same in parts.
    text: String,
    glyphs: Vec<Glyph>,
    column: u16,
    used: u16,
    /// How many of the glyphs stay where the row is broken; 0: nowhere.
    break_after: usize,
    at: usize,
    /// Blanks at the break of a row show nothing.
    swallows: bool,
}

impl Flow {
    /// Rows of at most `width` columns; all but the first of each paragraph begin at `indent`.
    pub(super) fn new(width: u16, indent: u16) -> Self {
        let width = width.max(TEXT_COLUMNS_MIN);
        Self {
            width,
            indent: indent.min(width - TEXT_COLUMNS_MIN),
            rows: Vec::new(),
            text: String::new(),
            glyphs: Vec::new(),
            column: 0,
            used: 0,
            break_after: 0,
            at: 0,
            swallows: false,
        }
    }

    /// What was put in so far ends; what follows begins at `column` of a new row.
    pub(super) fn begin(&mut self, column: u16) {
        self.end();
        self.column = column.min(self.width - TEXT_COLUMNS_MIN);
        self.used = self.column;
    }

    /// Ends the row, where there is anything in it.
    pub(super) fn end(&mut self) {
        if !self.glyphs.is_empty() {
            self.finish(self.glyphs.len());
        }
        self.swallows = false;
    }

    /// So many rows with nothing in them.
    pub(super) fn blank(&mut self, rows: u16) {
        self.end();
        self.rows.extend((0..rows).map(|_| Row { at: self.at, column: self.indent, ..Row::default() }));
    }

    /// What was put in so far is not parted from what follows at its end, nor counted: it may be another at another width.
    pub(super) const fn hold(&mut self) {
        self.break_after = 0;
        self.at = 0;
    }

    pub(super) fn text(&mut self, text: &str, style: Style) {
        for grapheme in text.graphemes(true) {
            self.push(grapheme, style, None);
        }
    }

    pub(super) fn push(&mut self, grapheme: &str, style: Style, link: Option<u16>) {
        let is_blank = grapheme.chars().all(char::is_whitespace);
        if self.swallows && is_blank {
            self.at += 1;
            return;
        }
        self.swallows = false;
        let columns = most_columns(grapheme);
        let (grapheme, columns) = if columns <= self.width - self.indent && !is_endless(grapheme) {
            (grapheme, columns)
        } else {
            (ENDLESS, most_columns(ENDLESS))
        };
        let is_wide = columns > 1;
        if is_wide {
            self.break_after = self.glyphs.len();
        }
        while self.used.saturating_add(columns) > self.width && !self.glyphs.is_empty() {
            if is_blank {
                self.finish(self.glyphs.len());
                self.begin_further();
                self.swallows = true;
                self.at += 1;
                return;
            }
            let stays = if self.break_after == 0 { self.glyphs.len() } else { self.break_after };
            self.finish(stays);
            self.begin_further();
        }
        self.text.push_str(grapheme);
        self.glyphs.push(Glyph { bytes: grapheme.len(), columns, style, link });
        self.used = self.used.saturating_add(columns);
        self.at += 1;
        if is_blank || is_wide {
            self.break_after = self.glyphs.len();
        }
    }

    fn begin_further(&mut self) {
        self.column = self.indent;
        self.used = self.glyphs.iter().fold(self.indent, |used, glyph| used.saturating_add(glyph.columns));
    }

    /// The first so many of the glyphs are a row; the others wait.
    fn finish(&mut self, stays: usize) {
        let bytes = self.glyphs.iter().take(stays).map(|glyph| glyph.bytes).sum::<usize>();
        let rest = self.text.split_off(bytes);
        let at = self.at.saturating_sub(self.glyphs.len());
        let mut row = Row { at, column: self.column, text: std::mem::replace(&mut self.text, rest), spans: Vec::new() };
        let mut end = 0;
        for glyph in self.glyphs.drain(..stays) {
            end += glyph.bytes;
            match row.spans.last_mut() {
                Some(last) if (last.style, last.link) == (glyph.style, glyph.link) => last.end = end,
                _ => row.spans.push(Span { end, style: glyph.style, link: glyph.link }),
            }
        }
        self.rows.push(row);
        self.break_after = 0;
    }

    /// Where the row stands that is being filled.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Leaves out all rows from there on.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
    }

    pub(super) fn into_rows(mut self) -> Vec<Row> {
        self.end();
        self.rows
    }
}

fn is_endless(grapheme: &str) -> bool {
    grapheme.chars().nth(GRAPHEME_CHARS_MAX).is_some()
}

/// The most columns that a terminal makes of it; see the module.
fn most_columns(grapheme: &str) -> u16 {
    if grapheme.len() == 1 {
        return 1;
    }
    let most = |c: char| if c.is_alphabetic() { c.width() } else { c.width_cjk() };
    let apart = grapheme.chars().map(|c| most(c).unwrap_or(0)).sum::<usize>();
    u16::try_from(apart).unwrap_or(u16::MAX).max(columns(grapheme))
}

/// The columns that ratatui counts: at least one.
pub(super) fn columns(grapheme: &str) -> u16 {
    grapheme.cell_width().max(1)
}

/// As much of a line as fits into so many columns; where that is not all, it ends with dots.
pub(super) fn cut(text: &str, width: u16) -> String {
    let fits = |text: &str, width: u16| {
        let mut used = 0_u16;
        let parts = text.grapheme_indices(true).take_while(|(_, part)| {
            used = used.saturating_add(most_columns(part));
            used <= width && !is_endless(part)
        });
        parts.last().map_or(0, |(at, part)| at + part.len())
    };
    if fits(text, width) == text.len() {
        return text.to_owned();
    }
    let end = fits(text, width.saturating_sub(3));
    format!("{}{}", &text[..end], &"..."[..usize::from(width.min(3))])
}
