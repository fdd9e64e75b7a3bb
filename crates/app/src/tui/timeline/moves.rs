//! Where the user goes: by rows and screens, from message to message, to one that was found; and what has to be read for that.
//! Must not know how rows look. Bounds: those of the window.

use whispernet_node::event::Message;

use super::reading::{Goal, MARGIN_MESSAGES};
use super::view::Anchor;
use super::window::Side;
use super::{Key, Scroll, Select, Timeline, UNFOLDED_MAX, Want};

impl Timeline {
    /// The page to read now, told once: it is answered by `page` or `no_page`. To be asked after each draw.
    pub(crate) fn wants(&mut self) -> Option<Want> {
        let entries = self.window.entries().len();
        let (above, below) = match self.shown {
            Some((first, last)) => {
                (self.window.before(first.0), entries - self.window.before(last.0.saturating_add(1)).min(entries))
            }
            None => (0, 0),
        };
        let beyond = |side, between| if between < MARGIN_MESSAGES { self.window.beyond(side) } else { None };
        let beyond = beyond(Side::Older, above).or_else(|| beyond(Side::Newer, below));
        self.window.reading.ask(beyond)
    }

    /// Takes a page: all that `want.query()` gave, ascending.
    pub(crate) fn page(&mut self, want: Want, messages: Vec<Message>) {
        if !self.window.reading.is_answered_by(want) {
            return;
        }
        for message in &messages {
            self.notes.let_pass(message.seq, message.received);
        }
        let goal = self.window.reading.arrive();
        if goal.is_some() {
            self.window.begin_at(want);
            self.shown = None;
        }
        let changed = self.window.page(want, messages);
        if goal == Some(Goal::Last) {
            self.window.join();
        }
        if changed || goal.is_some() {
            // What answers something may find it now.
            self.forget_rows();
        }
        match goal {
            Some(Goal::First) => self.go_to_top(),
            Some(Goal::Last) => self.anchor = Anchor::End,
            Some(Goal::Message(seq)) => self.go_to(seq),
            None => {}
        }
    }

    /// It could not be read: it is wanted again when the user scrolls.
    pub(crate) fn no_page(&mut self, want: Want) {
        self.window.reading.fail(want);
    }

    /// Moves. Where that leads to what is not held, the list stays until it has been read.
    pub(crate) fn scroll(&mut self, scroll: Scroll) {
        self.window.reading.wake();
        match scroll {
            Scroll::Rows(rows) => self.move_freely(i64::from(rows)),
            // One row of the screen before stays, for the eye.
            Scroll::Pages(pages) => {
                let screen = i64::from(self.size.1).saturating_sub(1).max(1);
                self.move_freely(screen.saturating_mul(i64::from(pages)));
            }
            Scroll::Top if self.window.has_beginning() => {
                self.window.reading.go(None);
                self.go_to_top();
            }
            Scroll::Top => self.window.reading.go(Some(Goal::First)),
            Scroll::Bottom => self.go_to_bottom(),
            Scroll::Message(seq) if self.window.place(seq).is_some() => {
                self.window.reading.go(None);
                self.go_to(seq);
            }
            Scroll::Message(seq) => self.window.reading.go(Some(Goal::Message(seq))),
        }
    }

    fn move_freely(&mut self, rows: i64) {
        self.move_by(rows);
        if self.anchor == Anchor::End {
            // The end is followed without what is selected above it.
            self.selected = self.selected.filter(|place| self.is_on_screen(*place));
        }
    }

    fn is_on_screen(&mut self, place: u64) -> bool {
        let Some(top) = self.top() else { return false };
        Key::of(place) >= top.place.key
    }

    fn go_to_top(&mut self) {
        let Some(first) = self.first() else { return };
        let above = self.above(first).rows();
        self.anchor = Anchor::Top(first, -i64::try_from(above).unwrap_or(0));
    }

    fn go_to_bottom(&mut self) {
        self.selected = None;
        let had_end = self.window.has_end();
        if self.window.go_to_tail() {
            self.anchor = Anchor::End;
            self.window.reading.go(None);
            if !had_end {
                self.shown = None;
                self.forget_rows();
            }
        } else {
            self.window.reading.go(Some(Goal::Last));
        }
    }

    /// To a message that is held, or the one before it.
    fn go_to(&mut self, seq: u64) {
        let entries = self.window.entries();
        let nearest = || entries.get(self.window.before(seq).saturating_sub(1)).map(|entry| entry.place);
        let Some(place) = self.window.place(seq).or_else(nearest) else { return };
        self.selected = Some(place);
        self.anchor = Anchor::Middle(Key::of(place));
    }

    /// Selects.
    pub(crate) fn select(&mut self, select: Select) {
        self.window.reading.wake();
        let bottom = self.top().map(|top| self.bottom(top).key);
        let entries = self.window.entries();
        let at = self.selected.filter(|place| self.window.at(*place).is_some()).map(|place| self.window.before(place));
        let last_shown = || {
            let shown = bottom.map_or(entries.len(), |bottom| self.window.before(bottom.0.saturating_add(1)));
            shown.checked_sub(1)
        };
        let next = match (select, at) {
            (Select::Nothing, _) => None,
            (Select::Previous, Some(at)) => Some(at.saturating_sub(1)),
            (Select::Next, Some(at)) => Some(at + 1),
            (Select::Previous | Select::Next, None) => last_shown(),
        };
        self.selected = next.and_then(|at| entries.get(at)).map(|entry| entry.place);
        match self.selected {
            Some(place) => {
                if let Some(top) = self.top().filter(|top| top.blank == 0) {
                    // What comes must not push it off the screen.
                    self.anchor_at(top.place);
                }
                self.reveal(Key::of(place));
            }
            None if select == Select::Next => self.go_to_bottom(),
            None => self.settle(),
        }
    }

    /// Shows all of the selected message, or folds it again: whether there was anything to do.
    pub(crate) fn unfold(&mut self) -> bool {
        let Some((place, seq)) = self.selected.and_then(|place| Some((place, self.window.at(place)?.message.seq)))
        else {
            return false;
        };
        let is_folded = self.blocks.get(&Key::of(place)).is_some_and(|block| block.is_folded);
        if is_folded {
            if self.unfolded.len() >= UNFOLDED_MAX {
                self.unfolded.pop_first();
            }
            self.unfolded.insert(seq);
        } else if !self.unfolded.remove(&seq) {
            return false;
        }
        self.forget_rows_of(Key::of(place));
        self.reveal(Key::of(place));
        true
    }

    /// The selected message.
    pub(crate) fn selected(&self) -> Option<&Message> {
        self.selected.and_then(|place| self.window.at(place)).map(|entry| &entry.message)
    }

    /// A message that is held in memory, by its `seq` or that of a copy that it took the place of.
    #[cfg(test)]
    pub(crate) fn message(&self, seq: u64) -> Option<&Message> {
        self.window.place(seq).and_then(|place| self.window.at(place)).map(|entry| &entry.message)
    }

    /// Whether the newest is on the screen, and what comes will be.
    pub(crate) fn is_at_end(&self) -> bool {
        self.anchor == Anchor::End && self.window.has_end()
    }

    /// Which side of the window stays where it gets too full: the one that the screen is nearer to.
    pub(super) fn side_to_keep(&self) -> Side {
        let entries = self.window.entries().len();
        match self.anchor {
            Anchor::Top(key, _) | Anchor::Text(key, _) | Anchor::Middle(key)
                if self.window.before(key.0) < entries / 2 =>
            {
                Side::Older
            }
            Anchor::End | Anchor::Top(..) | Anchor::Text(..) | Anchor::Middle(_) => Side::Newer,
        }
    }
}
