//! Decoded pictures, the one that was shown longest ago first to go. Must not know how they look.
//! Bounds: `SHOWN_MAX` of them, `SHOWN_BYTES_MAX` together.

use std::collections::VecDeque;
use std::sync::Arc;

use super::draw::Picture;
use super::{SHOWN_BYTES_MAX, SHOWN_MAX, Wanted};

/// The one shown last stands at the end.
#[derive(Default)]
pub(super) struct Cache(VecDeque<(Wanted, Arc<Picture>)>);

impl Cache {
    /// What was made of this, if it is kept.
    pub(super) fn find(&mut self, wanted: &Wanted) -> Option<Arc<Picture>> {
        let at = self.0.iter().position(|(known, _)| known == wanted)?;
        let found = self.0.remove(at)?;
        let picture = found.1.clone();
        self.0.push_back(found);
        Some(picture)
    }

    /// Keeps one more; which ones went for it.
    pub(super) fn add(&mut self, wanted: Wanted, picture: Picture) -> Vec<Arc<Picture>> {
        self.0.push_back((wanted, Arc::new(picture)));
        let mut bytes = self.0.iter().map(|(_, picture)| picture.bytes()).sum::<usize>();
        let mut gone = Vec::new();
        // The newest one stays, whatever it takes: otherwise it would be made for ever.
        while self.0.len() > 1 && (self.0.len() > SHOWN_MAX || bytes > SHOWN_BYTES_MAX) {
            let Some((_, old)) = self.0.pop_front() else { break };
            bytes = bytes.saturating_sub(old.bytes());
            gone.push(old);
        }
        gone
    }

    /// All of them.
    pub(super) fn pictures(&self) -> impl Iterator<Item = &Picture> {
        self.0.iter().map(|(_, picture)| picture.as_ref())
    }
}
