//! What was said in a run, and what its speakers were told of it. Must not know peers.
//! Bounds: `LINES_MAX`; beyond it nobody says anything more.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most lines of a run: at the pace of the speakers, a day of it.
const LINES_MAX: usize = 1 << 19;

/// Something said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) speaker: usize,
    /// Since the run began.
    pub(super) at: Duration,
    /// How often it was tried, always under the same tag.
    pub(super) tries: usize,
    /// The ID under which it was acknowledged.
    pub(super) acknowledged: Option<String>,
}

/// All of it, by its text.
#[derive(Default)]
pub(super) struct Said(Mutex<BTreeMap<String, Line>>);

impl Said {
    pub(super) fn lines(&self) -> MutexGuard<'_, BTreeMap<String, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is about to be said. `false` where there is no room.
    pub(super) fn try_it(&self, body: &str, speaker: usize, at: Duration) -> bool {
        let mut lines = self.lines();
        if lines.len() >= LINES_MAX && !lines.contains_key(body) {
            return false;
        }
        let new = Line { speaker, at, ..Line::default() };
        lines.entry(body.to_owned()).or_insert(new).tries += 1;
        true
    }

    pub(super) fn acknowledge(&self, body: &str, id: &str) {
        if let Some(line) = self.lines().get_mut(body) {
            line.acknowledged = Some(id.to_owned());
        }
    }
}
