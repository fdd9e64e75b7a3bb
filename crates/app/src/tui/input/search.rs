//! Looking for a line of the history by what it holds, while one types. Must not know keys. Bounds: [`TEXT_BYTES_MAX`].

use super::draft::Draft;
use super::grapheme;
use super::history::History;
use crate::shown::safe;

/// Longest text that is looked for, in bytes.
const TEXT_BYTES_MAX: usize = 256;

/// What is looked for, and the line that is shown. What the draft was before comes back with [`Draft::revert`].
#[derive(Debug)]
pub(super) struct Search {
    text: String,
    /// The line found last.
    at: Option<usize>,
    /// Whether no line holds what is looked for.
    is_missing: bool,
    before: String,
}

impl Search {
    pub(super) fn begin(draft: &mut Draft) -> Self {
        draft.begin();
        Self { text: String::new(), at: None, is_missing: false, before: draft.text().to_owned() }
    }

    /// Looks for one character more.
    pub(super) fn push(&mut self, c: char, history: &History, draft: &mut Draft) {
        if self.text.len() + c.len_utf8() > TEXT_BYTES_MAX {
            return;
        }
        self.text.push(c);
        let found = history.find_older(&self.text, self.at.unwrap_or(usize::MAX));
        self.show(found, history, draft);
    }

    /// Looks for one grapheme less, from the newest line on.
    pub(super) fn pop(&mut self, history: &History, draft: &mut Draft) {
        self.text.truncate(grapheme::before(&self.text, self.text.len()));
        self.at = None;
        if self.text.is_empty() {
            self.is_missing = false;
            draft.swap(0..draft.text().len(), &self.before);
        } else {
            self.show(history.find_older(&self.text, usize::MAX), history, draft);
        }
    }

    /// Looks on, for an older line or a newer one.
    pub(super) fn go_on(&mut self, is_older: bool, history: &History, draft: &mut Draft) {
        if self.text.is_empty() {
            return;
        }
        let found = match (self.at, is_older) {
            (Some(at), true) => at.checked_sub(1).and_then(|newest| history.find_older(&self.text, newest)),
            (Some(at), false) => history.find_newer(&self.text, at + 1),
            (None, _) => None,
        };
        self.show(found, history, draft);
    }

    fn show(&mut self, found: Option<(usize, usize)>, history: &History, draft: &mut Draft) {
        self.is_missing = found.is_none();
        let Some((at, position)) = found else { return };
        self.at = Some(at);
        if let Some(line) = history.line(at) {
            draft.swap(0..draft.text().len(), line);
            draft.go_to(position);
        }
    }

    /// Ends it with what is shown.
    pub(super) fn accept(self, history: &mut History) {
        if let Some(at) = self.at {
            history.browse(at, &self.before);
        }
    }

    /// What is going on, in words that are safe to show.
    pub(super) fn hint(&self) -> String {
        let text = safe::line(&self.text);
        match (self.text.is_empty(), self.is_missing) {
            (true, _) => "search the history: type a part of the line".to_owned(),
            (false, false) => format!("search `{text}`: Ctrl-R older, Ctrl-S newer, Enter takes it, Esc goes back"),
            (false, true) if self.at.is_some() => format!("search `{text}`: no more lines have it"),
            (false, true) => format!("search `{text}`: no line has it"),
        }
    }
}
