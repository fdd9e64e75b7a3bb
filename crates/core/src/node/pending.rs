//! Words and files that wait for their pace. What was said first goes first, but for files: one that waits holds up no words.
//! Must not know the pace. Bounds: [`SAY_PENDING_MAX`], [`FILES_PENDING_BYTES_MAX`].

use alloc::collections::VecDeque;

use super::output::SayToken;
use super::say::Words;
use crate::bound::Bound;

/// Messages that wait for their pace.
pub const SAY_PENDING_MAX: usize = 1_000;
/// Bytes of files among them, in Base64: what our pace takes 20 minutes to send.
const FILES_PENDING_BYTES_MAX: usize = 16 << 20;

/// Something that waits.
pub(super) struct Pending {
    pub(super) token: SayToken,
    pub(super) words: Words,
    /// What others may count it for.
    pub(super) bytes: u64,
}

impl Pending {
    fn file_bytes(&self) -> usize {
        self.words.file.as_ref().map_or(0, |file| file.contents.len())
    }
}

/// All that wait.
#[derive(Default)]
pub(super) struct Queue {
    words: VecDeque<Pending>,
    files: VecDeque<Pending>,
    file_bytes: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.words.len().saturating_add(self.files.len())
    }

    /// Whether `words` fit.
    pub(super) fn has_room(&self, words: &Words) -> bool {
        let file = words.file.as_ref().map_or(0, |file| file.contents.len());
        self.len() < SAY_PENDING_MAX && self.file_bytes.saturating_add(file) <= FILES_PENDING_BYTES_MAX
    }

    pub(super) fn push(&mut self, pending: Pending) {
        self.file_bytes = self.file_bytes.saturating_add(pending.file_bytes());
        if pending.words.file.is_some() {
            self.files.push_back(pending);
        } else {
            self.words.push_back(pending);
        }
    }

    /// What may go next: the oldest, and where that is a file the oldest words too.
    pub(super) fn next(&self) -> impl Iterator<Item = &Pending> {
        let (words, file) = (self.words.front(), self.files.front());
        let file_first = file.filter(|file| words.is_none_or(|words| file.token < words.token));
        file_first.into_iter().chain(words)
    }

    /// Takes what [`Queue::next`] gave.
    pub(super) fn take(&mut self, token: SayToken) -> Option<Pending> {
        let queue = [&mut self.files, &mut self.words]
            .into_iter()
            .find(|queue| queue.front().is_some_and(|front| front.token == token))?;
        let pending = queue.pop_front()?;
        self.file_bytes = self.file_bytes.saturating_sub(pending.file_bytes());
        Some(pending)
    }

    /// What it holds.
    pub(super) fn bounds(&self) -> [Bound; 2] {
        [
            Bound::new("words that wait", self.len(), SAY_PENDING_MAX),
            Bound::bytes("bytes of files that wait", self.file_bytes, FILES_PENDING_BYTES_MAX),
        ]
    }
}
