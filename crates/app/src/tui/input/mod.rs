//! The draft: what is being written, with all that a keyboard does to it. Must not know where a line goes, nor the terminal.
//! Bounds: [`DRAFT_BYTES_MAX`] of draft, [`BODY_BYTES_MAX`] of what is sent; those of its parts.

mod choice;
mod complete;
mod draft;
mod draw;
mod grapheme;
mod history;
mod keys;
mod layout;
mod paste;
mod search;
mod send;
mod undo;

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use choice::Choice;
use draft::{Draft, Motion};
use history::History;
use keys::Key;
use paste::Clean;
use search::Search;

/// Longest Body, in bytes: the wire's bound. A longer draft is not sent.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1024;
/// Longest draft, in bytes: what is typed or pasted beyond a Body stays long enough to be shortened.
const DRAFT_BYTES_MAX: usize = 2 * BODY_BYTES_MAX;

/// What a key asks of whoever holds the draft. Where it asks for nothing it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To say or do this line, as `slash::parse` reads it; it was read once and is no mistake. The draft is empty now.
    Submit(String),
    /// To have this edited by `$EDITOR`, and the result given to [`Input::set_text`]. The draft stays until then.
    EditExternally(String),
    /// Whatever else the key is for: it means nothing here (Ctrl-C, Ctrl-L, Ctrl-Z, PgUp, Esc where nothing is open, Ctrl-D or Enter in
    /// an empty draft).
    Unused,
}

/// What can be completed, asked at each Tab. None of it has to be safe to show.
pub(crate) trait Lookup {
    /// The nicks of those around, whoever spoke last first.
    fn nicks(&self) -> Vec<String>;
    /// What a person is called in a command (WHO): names, nicks, short keys; the likeliest first.
    fn persons(&self) -> Vec<String>;
    /// The peers that are known, as HOST:PORT.
    fn peers(&self) -> Vec<String>;
    /// The files that were sent here, by name or digits, the newest first. A face that shows none has none.
    fn files(&self) -> Vec<String> {
        Vec::new()
    }
    /// What `~` stands for.
    fn home(&self) -> Option<PathBuf> {
        directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
    }
}

/// What is to be seen beside the draft. All of it is safe to show, each text one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Popup {
    /// What the word can be completed to; may be none.
    pub(crate) items: Vec<Item>,
    /// Which of the items stands in the draft.
    pub(crate) selected: Option<usize>,
    /// How to write the command, what is wrong with the draft, how much room is left, or what is searched for.
    pub(crate) hint: Option<Hint>,
}

/// Something that a word can be completed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// What will stand in the draft, or how it is written.
    pub(crate) text: String,
    /// What it is; may be empty.
    pub(crate) help: String,
}

/// A line about the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    /// What it says.
    pub(crate) text: String,
    /// Whether it says why a key was refused, or what was left out.
    pub(crate) is_warning: bool,
}

/// The draft, with its history and what is being completed.
#[derive(Debug)]
pub(crate) struct Input {
    draft: Draft,
    history: History,
    choice: Option<Choice>,
    search: Option<Search>,
    /// What the last key has to be told of.
    notice: Option<Hint>,
    /// Whether the last key was Enter, and the next one is the answer to what it asked.
    is_asked: bool,
    /// Whether the last key was Ctrl-X.
    is_prefixed: bool,
    /// Whether the help on the command was closed.
    is_quiet: bool,
    /// The column that moves by rows keep to.
    column: Option<usize>,
    /// How wide it was drawn last.
    columns: usize,
    /// The first row that was drawn.
    top: usize,
}

impl Input {
    /// An empty draft with a history, oldest first.
    pub(crate) fn new(history: Vec<String>) -> Self {
        Self {
            draft: Draft::default(),
            history: History::new(history),
            choice: None,
            search: None,
            notice: None,
            is_asked: false,
            is_prefixed: false,
            is_quiet: false,
            column: None,
            columns: usize::MAX,
            top: 0,
        }
    }

    /// Takes a key; what it asks for.
    pub(crate) fn key(&mut self, event: KeyEvent, lookup: &dyn Lookup) -> Option<Asked> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let key = keys::read(event);
        let had_notice = self.notice.take().is_some();
        let is_confirmed = std::mem::take(&mut self.is_asked);
        if std::mem::take(&mut self.is_prefixed) && is_edit(event) {
            self.settle();
            return Some(Asked::EditExternally(self.draft.text().to_owned()));
        }
        let column = self.column.take();
        if self.search_with(key) || self.choose_with(key) {
            return None;
        }
        match key {
            Key::Enter => return self.enter(is_confirmed),
            Key::Esc => return self.close(had_notice),
            Key::EraseOrLeave if self.is_empty() => return Some(Asked::Unused),
            Key::BackTab | Key::SearchNewer | Key::Other => return Some(Asked::Unused),
            Key::Tab => self.complete(lookup),
            Key::Up => self.go_by_row(false, column),
            Key::Down => self.go_by_row(true, column),
            Key::Older => self.recall(false),
            Key::Newer => self.recall(true),
            Key::Search => self.search = Some(Search::begin(&mut self.draft)),
            Key::Prefix => self.is_prefixed = true,
            key => self.edit(key),
        }
        if !self.text().starts_with('/') {
            self.is_quiet = false;
        }
        None
    }

    /// Takes what was pasted, as one piece of text that submits nothing.
    pub(crate) fn paste(&mut self, text: &str) {
        self.settle();
        let room = DRAFT_BYTES_MAX.saturating_sub(self.text().len());
        let clean = Clean::new(text, room.min(BODY_BYTES_MAX));
        self.draft.insert(&clean.text);
        self.notice = clean.left_out().map(warning);
    }

    /// Puts this in the place of the draft, with the cursor at its end. Undo brings back what stood there.
    pub(crate) fn set_text(&mut self, text: impl AsRef<str>) {
        self.settle();
        let clean = Clean::new(text.as_ref(), DRAFT_BYTES_MAX);
        self.draft.replace(0..self.draft.text().len(), &clean.text);
        self.notice = clean.left_out().map(warning);
    }

    /// The draft as it stands.
    pub(crate) fn text(&self) -> &str {
        self.draft.text()
    }

    /// Whether nothing is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Rows that the draft takes in so many columns, 1 at least. Whoever draws gives it at most a third of the screen.
    pub(crate) fn height(&self, width: u16) -> u16 {
        let (_, end) = layout::locate(self.text(), width.into(), 0);
        u16::try_from(end.row + 1).unwrap_or(u16::MAX)
    }

    /// Draws the draft, or as much of it as fits around the cursor; where the hardware cursor stands.
    pub(crate) fn draw(&mut self, area: Rect, buf: &mut Buffer) -> Position {
        self.columns = area.width.into();
        draw::draw(self.draft.text(), self.draft.cursor(), &mut self.top, area, buf)
    }

    /// What is to be seen beside the draft.
    pub(crate) fn popup(&self) -> Option<Popup> {
        let (live, explained) = match self.is_quiet || self.search.is_some() {
            true => (Vec::new(), None),
            false => complete::live(self.text(), self.draft.left()),
        };
        let (items, selected) = match &self.choice {
            Some(choice) => (choice.items(), choice.selected()),
            None => (live, None),
        };
        let hint = (self.notice.clone())
            .or_else(|| self.search.as_ref().map(|search| hint(search.hint())))
            .or_else(|| send::room(self.text()))
            .or_else(|| explained.map(hint));
        (!items.is_empty() || hint.is_some()).then_some(Popup { items, selected, hint })
    }

    /// Ends what is open with what stands in the draft.
    fn settle(&mut self) {
        self.choice = None;
        self.notice = None;
        self.is_asked = false;
        self.is_prefixed = false;
        self.column = None;
        if let Some(search) = self.search.take() {
            search.accept(&mut self.history);
        }
    }

    /// What a key does to a search; whether that was all.
    fn search_with(&mut self, key: Key) -> bool {
        let Some(search) = &mut self.search else { return false };
        match key {
            Key::Char(c) => search.push(c, &self.history, &mut self.draft),
            Key::Erase(Motion::Left) => search.pop(&self.history, &mut self.draft),
            Key::Search => search.go_on(true, &self.history, &mut self.draft),
            Key::SearchNewer => search.go_on(false, &self.history, &mut self.draft),
            Key::Esc => {
                self.search = None;
                self.draft.revert();
            }
            _ => {
                self.settle();
                return key == Key::Enter;
            }
        }
        true
    }

    /// What a key does to what is open to choose from; whether that was all.
    fn choose_with(&mut self, key: Key) -> bool {
        let Some(choice) = &mut self.choice else { return false };
        match key {
            Key::Tab | Key::Down | Key::Newer => choice.select(true, &mut self.draft),
            Key::BackTab | Key::Up | Key::Older => choice.select(false, &mut self.draft),
            Key::Esc => {
                self.choice = None;
                self.draft.revert();
            }
            // A folder that was chosen has its slash.
            Key::Char('/') if choice.ends_with('/') => self.choice = None,
            key => {
                let is_selected = choice.selected().is_some();
                self.choice = None;
                return key == Key::Enter && is_selected;
            }
        }
        true
    }

    /// Sends the draft, unless there is something to be told of it.
    fn enter(&mut self, is_confirmed: bool) -> Option<Asked> {
        if self.text().trim().is_empty() {
            return self.is_empty().then_some(Asked::Unused);
        }
        match send::read(self.text(), is_confirmed) {
            Ok(line) => {
                self.draft.take();
                self.is_quiet = false;
                self.history.push(line.clone());
                Some(Asked::Submit(line))
            }
            Err(refusal) => {
                self.is_asked = refusal.is_question;
                self.notice = Some(warning(refusal.text));
                None
            }
        }
    }

    /// Closes what is told.
    fn close(&mut self, had_notice: bool) -> Option<Asked> {
        if had_notice {
            return None;
        }
        let is_told = !self.is_quiet && complete::live(self.text(), self.draft.left()) != (Vec::new(), None);
        self.is_quiet |= is_told;
        (!is_told).then_some(Asked::Unused)
    }

    fn complete(&mut self, lookup: &dyn Lookup) {
        if let Some(found) = complete::complete(self.draft.left(), lookup) {
            self.choice = Choice::open(found, &mut self.draft);
        }
    }

    /// Goes to the row above or below, or where there is none through the history.
    fn go_by_row(&mut self, is_down: bool, column: Option<usize>) {
        let cursor = self.draft.cursor();
        let column = column.unwrap_or_else(|| layout::locate(self.text(), self.columns, cursor).0.column);
        match layout::beside(self.text(), self.columns, cursor, is_down, column) {
            Some(at) => {
                self.draft.go_to(at);
                self.column = Some(column);
            }
            None => self.recall(is_down),
        }
    }

    /// Brings a line of the history.
    fn recall(&mut self, is_newer: bool) {
        let line = match is_newer {
            true => self.history.newer(),
            false => self.history.older(self.draft.text()).map(str::to_owned),
        };
        if let Some(line) = line {
            self.draft.show(&line);
        }
    }

    /// Changes the draft, or moves in it.
    fn edit(&mut self, key: Key) {
        let draft = &mut self.draft;
        let mut has_room = true;
        match key {
            Key::Char(c) => has_room = draft.type_char(c),
            Key::Newline => has_room = draft.insert("\n"),
            Key::Yank => has_room = draft.yank(),
            Key::Go(to) => draft.go(to),
            Key::Erase(to) => draft.erase(to),
            Key::EraseOrLeave => draft.erase(Motion::Right),
            Key::Kill(to) => draft.kill(to),
            Key::KillAll => draft.kill_all(),
            Key::Transpose => draft.transpose(),
            Key::Undo => draft.undo(),
            _ => {}
        }
        if !has_room {
            self.notice = Some(warning(format!("the draft is full: it holds {DRAFT_BYTES_MAX} bytes")));
        } else if key == Key::Char(':') {
            self.replace_shortcode();
        }
    }

    /// Puts an emoji in the place of its shortcode, which was closed. Undo brings the shortcode back.
    fn replace_shortcode(&mut self) {
        let left = self.draft.left();
        if let Some((start, emoji)) = complete::closed(left).filter(|_| !complete::is_literal(left)) {
            self.draft.begin();
            self.draft.swap(start..self.draft.cursor(), emoji);
        }
    }
}

/// Whether it is the second key of Ctrl-X Ctrl-E.
fn is_edit(event: KeyEvent) -> bool {
    event.modifiers.contains(KeyModifiers::CONTROL) && matches!(event.code, KeyCode::Char('e' | 'E'))
}

fn hint(text: String) -> Hint {
    Hint { text, is_warning: false }
}

fn warning(text: String) -> Hint {
    Hint { text, is_warning: true }
}

#[cfg(test)]
mod tests;
