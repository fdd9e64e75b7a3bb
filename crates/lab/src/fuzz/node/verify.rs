//! Threads that check signatures: they take some, and tell what came of them at any later time and in any order. Must not know what
//! is signed. Bounds: the input's operations.

use whispernet_core::node::{CheckId, Node, Output};
use whispernet_core::time::Now;

/// Most signatures taken at a time.
const BATCH_MAX: usize = 8;

/// What they have taken, with what will come of it.
#[derive(Default)]
pub(super) struct Verifiers(Vec<(CheckId, bool)>);

impl Verifiers {
    pub(super) fn take(&mut self, node: &mut Node, now: Now, which: u8) {
        let claims = node.take_checks(now, usize::from(which) % BATCH_MAX + 1);
        for (check, claim) in claims {
            assert!(self.0.iter().all(|(other, _)| *other != check), "a check is handed over once");
            self.0.push((check, claim.holds()));
        }
    }

    /// One result, or all of them from the last to the first.
    pub(super) fn tell(&mut self, node: &mut Node, now: Now, which: u8, out: &mut Vec<Output>) {
        let Some(place) = usize::from(which).checked_rem(self.0.len()) else { return };
        let results = if which < 0x80 {
            vec![self.0.swap_remove(place)]
        } else {
            std::mem::take(&mut self.0).into_iter().rev().collect()
        };
        node.checked(now, &results, out);
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
