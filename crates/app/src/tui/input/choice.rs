//! The candidates of a word that are open to choose from, one of which may stand in the draft. Must not know keys.
//! Bounds: those of the candidates.

use super::Item;
use super::complete::{Candidate, Found};
use super::draft::Draft;

/// What is open to choose from. What the draft was before comes back with [`Draft::revert`].
#[derive(Debug)]
pub(super) struct Choice {
    start: usize,
    /// Where what stands in the draft ends.
    end: usize,
    candidates: Vec<Candidate>,
    selected: Option<usize>,
}

impl Choice {
    /// Completes the word as far as all candidates go. Where there is one, it is done; where there are more, they are open.
    pub(super) fn open(found: Found, draft: &mut Draft) -> Option<Self> {
        let Found { start, candidates, common } = found;
        draft.begin();
        let mut choice = Self { start, end: draft.cursor(), candidates, selected: None };
        match common.filter(|_| choice.candidates.len() > 1) {
            Some(common) => choice.put(&common, draft),
            None => choice.select(true, draft),
        }
        (choice.candidates.len() > 1).then_some(choice)
    }

    /// Puts the next candidate, or the one before, into the draft.
    pub(super) fn select(&mut self, is_next: bool, draft: &mut Draft) {
        let count = self.candidates.len();
        let selected = match (self.selected, is_next) {
            (None, true) => 0,
            (Some(selected), true) => (selected + 1) % count,
            (None, false) => count - 1,
            (Some(selected), false) => (selected + count - 1) % count,
        };
        self.selected = Some(selected);
        let inserted = self.candidates[selected].inserted.clone();
        self.put(&inserted, draft);
    }

    fn put(&mut self, text: &str, draft: &mut Draft) {
        // A blank that stands there already serves for the one that would be added.
        let text = match draft.text()[self.end..].starts_with(' ') {
            true => text.strip_suffix(' ').unwrap_or(text),
            false => text,
        };
        if draft.swap(self.start..self.end, text) {
            self.end = self.start + text.len();
        }
    }

    pub(super) fn selected(&self) -> Option<usize> {
        self.selected
    }

    /// Whether what stands in the draft ends so.
    pub(super) fn ends_with(&self, c: char) -> bool {
        self.selected.is_some_and(|selected| self.candidates[selected].inserted.ends_with(c))
    }

    pub(super) fn items(&self) -> Vec<Item> {
        self.candidates.iter().map(|candidate| candidate.item.clone()).collect()
    }
}
