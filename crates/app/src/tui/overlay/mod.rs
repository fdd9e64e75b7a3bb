//! What lies over the messages for a moment: help, results of a search, a question. Must not know what is done with an answer.
//! Bounds: one at a time; a search shows as many results as it was given.

mod help;
mod page;
mod results;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::widgets::{Block, Clear, Widget as _};

pub(super) use page::Page;
pub(super) use results::{Older, Results};

/// What lies over the messages.
#[derive(Debug)]
pub(super) enum Overlay {
    /// Text to read.
    Page(Page),
    /// Messages to choose from.
    Results(Results),
    /// Something to say yes or no to.
    Question(Question),
}

/// Something to say yes or no to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// In one line, safe to show.
    pub(super) text: String,
    /// The line that a yes puts through as if it had been typed.
    pub(super) line: String,
    /// The text that a no puts into the draft.
    pub(super) draft: String,
}

/// What a key does there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing more.
    Stay,
    /// It goes away.
    Close,
    /// It goes away, and the message with this `seq` is shown.
    Jump(u64),
    /// What was found before the message with this `seq` is wanted.
    Older(u64),
    /// It goes away; the answer was yes, or no.
    Yes,
    /// See [`Answer::Yes`].
    No,
}

impl Overlay {
    /// Keys and commands.
    pub(super) fn help() -> Self {
        Self::Page(Page::new("Help", help::lines()))
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Answer {
        let quits = key.code == KeyCode::Esc
            || key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'g'));
        match self {
            Self::Question(_) => match key.code {
                KeyCode::Char('y' | 'Y') | KeyCode::Enter => Answer::Yes,
                KeyCode::Char('n' | 'N') => Answer::No,
                _ if quits => Answer::No,
                _ => Answer::Stay,
            },
            _ if quits => Answer::Close,
            Self::Page(page) => page.key(key),
            Self::Results(results) => results.key(key),
        }
    }

    /// Draws it over `area`.
    pub(super) fn draw(&mut self, area: Rect, buf: &mut Buffer) {
        let area = match self {
            Self::Question(_) => area.centered_vertically(Constraint::Length(3)),
            Self::Page(_) | Self::Results(_) => area,
        };
        Clear.render(area, buf);
        let block = Block::bordered().title(self.title()).title_bottom(self.keys());
        let inner = block.inner(area);
        block.render(area, buf);
        match self {
            Self::Page(page) => page.draw(inner, buf),
            Self::Results(results) => results.draw(inner, buf),
            Self::Question(question) => question.text.as_str().render(inner, buf),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Page(page) => format!(" {} ", page.title()),
            Self::Results(results) => results.title(),
            Self::Question(_) => String::new(),
        }
    }

    const fn keys(&self) -> &'static str {
        match self {
            Self::Page(_) => " Up Down PgUp PgDn: move   Esc: close ",
            Self::Results(_) => " Up Down: choose   Enter: show it   Esc: close ",
            Self::Question(_) => " Enter or y: yes   n or Esc: no ",
        }
    }
}
