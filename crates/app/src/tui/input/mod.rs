//! The draft: what is being written, with all that a keyboard does to it. Must not know where a line goes, nor the terminal.
//! Bounds: [`DRAFT_BYTES_MAX`] of draft, [`BODY_BYTES_MAX`] of what is sent; those of its parts.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

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
    /// Whatever else the key is for: it means nothing here (Ctrl-C, Ctrl-L, Ctrl-Z, PgUp, Esc where nothing is open, Ctrl-D in an empty draft, ...).
    Unused,
}

/// What can be completed, asked at each Tab. None of it has to be safe to show.
pub(crate) trait Lookup {
    /// The nicks of those around, whoever spoke last first.
    fn nicks(&self) -> Vec<String>;
    /// What a person is called in a command (WHO): names, nicks, short keys; the likeliest first.
    fn whos(&self) -> Vec<String>;
    /// The peers that are known, as HOST:PORT.
    fn peers(&self) -> Vec<String>;
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
#[derive(Debug, Default)]
pub(crate) struct Input {
    text: String,
}

impl Input {
    /// An empty draft with a history, oldest first.
    pub(crate) fn new(_history: Vec<String>) -> Self {
        Self::default()
    }

    /// Takes a key; what it asks for.
    pub(crate) fn key(&mut self, key: KeyEvent, _lookup: &dyn Lookup) -> Option<Asked> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        match key.code {
            KeyCode::Enter => Some(Asked::Submit(std::mem::take(&mut self.text))),
            KeyCode::Char(c) if self.text.len() < DRAFT_BYTES_MAX => {
                self.text.push(c);
                None
            }
            _ => Some(Asked::Unused),
        }
    }

    /// Takes what was pasted, as one piece of text that submits nothing.
    pub(crate) fn paste(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Puts this in the place of the draft, with the cursor at its end.
    pub(crate) fn set_text(&mut self, text: String) {
        self.text = text;
    }

    /// The draft as it stands.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Rows that the draft takes in so many columns, 1 at least. Whoever draws gives it at most a third of the screen.
    pub(crate) fn height(&self, _width: u16) -> u16 {
        1
    }

    /// Draws the draft, or as much of it as fits around the cursor; where the hardware cursor stands.
    pub(crate) fn draw(&mut self, area: Rect, buf: &mut Buffer) -> Position {
        buf.set_stringn(area.x, area.y, &self.text, area.width.into(), ratatui::style::Style::new());
        area.as_position()
    }

    /// What is to be seen beside the draft.
    pub(crate) fn popup(&self) -> Option<Popup> {
        None
    }
}
