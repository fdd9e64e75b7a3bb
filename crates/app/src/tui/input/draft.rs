//! A text with a cursor, and what changes either. Must not know keys, nor how it is shown.
//! Bounds: [`DRAFT_BYTES_MAX`]; what would go beyond is refused whole. One text that was cut out.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

use super::DRAFT_BYTES_MAX;
use super::grapheme;
use super::undo::Undo;

/// Where the cursor can go, or up to where text can be cut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// One grapheme.
    Left,
    /// One grapheme.
    Right,
    /// To the beginning of a word of letters and digits.
    WordLeft,
    /// To the end of one.
    WordRight,
    /// To the beginning of a word between blanks.
    BlankLeft,
    /// To where the line begins.
    LineStart,
    /// To where it ends.
    LineEnd,
    /// To where the text begins.
    Start,
    /// To where it ends.
    End,
}

/// What was done last, where the next of its kind goes on with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    /// Characters of one word were typed.
    Typed,
    /// Graphemes were erased.
    Erased,
    /// Text was cut out.
    Killed,
    /// One text after another took the draft's place.
    Shown,
}

/// What is being written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    text: String,
    /// Always where a grapheme begins, or at the end.
    cursor: usize,
    killed: String,
    undo: Undo,
    last: Last,
}

impl Draft {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// The text before the cursor.
    pub(super) fn left(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Empties it for what comes next; what is undone is undone in the next text alone.
    pub(super) fn take(&mut self) -> String {
        self.undo = Undo::default();
        self.last = Last::Other;
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Types a character; whether there was room.
    pub(super) fn type_char(&mut self, c: char) -> bool {
        let goes_on = self.last == Last::Typed && !c.is_whitespace();
        let done = self.change(self.cursor..self.cursor, c.encode_utf8(&mut [0; 4]), goes_on);
        self.last = if done { Last::Typed } else { Last::Other };
        done
    }

    /// Puts a text at the cursor; whether there was room.
    pub(super) fn insert(&mut self, text: &str) -> bool {
        self.change(self.cursor..self.cursor, text, false)
    }

    /// Puts a text in the place of another, and the cursor behind it; whether there was room.
    pub(super) fn replace(&mut self, range: Range<usize>, text: &str) -> bool {
        self.change(range, text, false)
    }

    /// Remembers what stands there, for [`Self::swap`] and [`Self::revert`].
    pub(super) fn begin(&mut self) {
        self.undo.push(&self.text, self.cursor);
        self.last = Last::Other;
    }

    /// Like [`Self::replace`], as one step with what was done since [`Self::begin`].
    pub(super) fn swap(&mut self, range: Range<usize>, text: &str) -> bool {
        self.change(range, text, true)
    }

    /// Brings back what stood there at [`Self::begin`].
    pub(super) fn revert(&mut self) {
        if let Some((text, cursor)) = self.undo.pop() {
            (self.text, self.cursor) = (text, cursor);
        }
        self.last = Last::Other;
    }

    /// Puts a text in the place of all, as one step with the text that was put there just before.
    pub(super) fn show(&mut self, text: &str) {
        self.change(0..self.text.len(), text, self.last == Last::Shown);
        self.last = Last::Shown;
    }

    /// Erases from the cursor up to there.
    pub(super) fn erase(&mut self, to: Motion) {
        let range = self.range(to);
        if !range.is_empty() {
            self.change(range, "", self.last == Last::Erased);
            self.last = Last::Erased;
        }
    }

    /// Cuts out what is from the cursor up to there, for [`Self::yank`]; together with what was cut out just before.
    pub(super) fn kill(&mut self, to: Motion) {
        let mut range = self.range(to);
        if to == Motion::LineEnd && range.is_empty() {
            range.end = grapheme::after(&self.text, range.start);
        }
        self.kill_range(range);
    }

    /// Cuts out all.
    pub(super) fn kill_all(&mut self) {
        self.kill_range(0..self.text.len());
    }

    fn kill_range(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        if self.last != Last::Killed {
            self.killed.clear();
        }
        let (is_before, cut) = (range.start < self.cursor, &self.text[range.clone()]);
        if is_before {
            self.killed.insert_str(0, cut)
        } else {
            self.killed.push_str(cut)
        }
        self.change(range, "", false);
        self.last = Last::Killed;
    }

    /// Brings back what was cut out last; whether there was room.
    pub(super) fn yank(&mut self) -> bool {
        let killed = std::mem::take(&mut self.killed);
        let done = self.insert(&killed);
        self.killed = killed;
        done
    }

    /// Swaps the graphemes around the cursor; at the line's end the two before it.
    pub(super) fn transpose(&mut self) {
        let line = grapheme::line_start(&self.text, self.cursor)..grapheme::line_end(&self.text, self.cursor);
        let middle = if self.cursor == line.end { grapheme::before(&self.text, self.cursor) } else { self.cursor };
        let start = grapheme::before(&self.text, middle);
        if line.is_empty() || middle <= line.start {
            return;
        }
        let end = grapheme::after(&self.text, middle);
        let swapped = format!("{}{}", &self.text[middle..end], &self.text[start..middle]);
        self.change(start..end, &swapped, false);
    }

    /// Takes back the last step that changed something.
    pub(super) fn undo(&mut self) {
        self.last = Last::Other;
        while let Some((text, cursor)) = self.undo.pop() {
            let is_change = text != self.text;
            (self.text, self.cursor) = (text, cursor);
            if is_change {
                return;
            }
        }
    }

    pub(super) fn go(&mut self, to: Motion) {
        self.go_to(self.target(to));
    }

    pub(super) fn go_to(&mut self, at: usize) {
        self.cursor = grapheme::fit(&self.text, at);
        self.last = Last::Other;
    }

    fn range(&self, to: Motion) -> Range<usize> {
        let target = self.target(to);
        target.min(self.cursor)..target.max(self.cursor)
    }

    fn target(&self, motion: Motion) -> usize {
        let (text, at) = (self.text.as_str(), self.cursor);
        let to = match motion {
            Motion::Left => grapheme::before(text, at),
            Motion::Right => grapheme::after(text, at),
            Motion::WordLeft => grapheme::word_before(text, at, is_word),
            Motion::WordRight => grapheme::word_after(text, at, is_word),
            Motion::BlankLeft => grapheme::word_before(text, at, |c| !c.is_whitespace()),
            Motion::LineStart => grapheme::line_start(text, at),
            Motion::LineEnd => grapheme::line_end(text, at),
            Motion::Start => 0,
            Motion::End => text.len(),
        };
        grapheme::fit(text, to)
    }

    /// Puts `with` in the place of `range` and the cursor behind it, as a step of its own or with the one before.
    fn change(&mut self, range: Range<usize>, with: &str, goes_on: bool) -> bool {
        if self.text.len() - range.len() + with.len() > DRAFT_BYTES_MAX {
            return false;
        }
        if !goes_on {
            self.undo.push(&self.text, self.cursor);
        }
        let end = range.start + with.len();
        self.text.replace_range(range, with);
        self.cursor = grapheme::fit(&self.text, end);
        self.last = Last::Other;
        true
    }
}

/// Letters, digits, and what attaches to them.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c.width() == Some(0)
}
