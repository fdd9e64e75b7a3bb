//! The IDs that an old peer has seen.
//! Must not know what a message is.
//! Bounds: `SEEN_MAX` IDs, the oldest forgotten first.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Most IDs remembered. Ours alone: the old peers never forget one.
const SEEN_MAX: usize = 1 << 18;

#[derive(Default)]
pub(super) struct Seen {
    ids: HashSet<Arc<str>>,
    oldest_first: VecDeque<Arc<str>>,
}

impl Seen {
    /// Whether this ID is new. The empty string counts as an ID.
    pub(super) fn insert(&mut self, id: &str) -> bool {
        if self.ids.contains(id) {
            return false;
        }
        if self.oldest_first.len() == SEEN_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.ids.remove(&oldest);
        }
        let id: Arc<str> = id.into();
        self.ids.insert(Arc::clone(&id));
        self.oldest_first.push_back(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_id_is_forgotten_at_the_bound() {
        let mut seen = Seen::default();
        assert!((0..SEEN_MAX).all(|id| seen.insert(&id.to_string())));
        assert!(!seen.insert("0"));
        assert!(seen.insert(""));
        assert!(!seen.insert("") && !seen.insert("1"));
        assert!(seen.insert("0"));
        assert_eq!(seen.ids.len(), SEEN_MAX);
    }
}
