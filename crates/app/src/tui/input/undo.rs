//! What the draft was before: texts with their cursors, to go back to. Must not know what changed them.
//! Bounds: [`STEPS_MAX`], and [`STEPS_BYTES_MAX`] of text; the oldest are forgotten.

use std::collections::VecDeque;

use super::DRAFT_BYTES_MAX;

/// Steps that can be taken back (a guess).
const STEPS_MAX: usize = 200;
/// Text of all of them, in bytes.
const STEPS_BYTES_MAX: usize = 256 * 1024;
const _: () = assert!(STEPS_BYTES_MAX >= 2 * DRAFT_BYTES_MAX);

/// Steps that can be taken back.
#[derive(Debug, Default)]
pub(super) struct Undo {
    steps: VecDeque<(String, usize)>,
    bytes: usize,
}

impl Undo {
    /// Remembers a text and its cursor.
    pub(super) fn push(&mut self, text: &str, cursor: usize) {
        self.bytes += text.len();
        self.steps.push_back((text.to_owned(), cursor));
        while self.steps.len() > STEPS_MAX || self.bytes > STEPS_BYTES_MAX {
            let forgotten = self.steps.pop_front().map_or(0, |(text, _)| text.len());
            self.bytes -= forgotten;
        }
    }

    /// The newest one, which is forgotten here.
    pub(super) fn pop(&mut self) -> Option<(String, usize)> {
        let (text, cursor) = self.steps.pop_back()?;
        self.bytes -= text.len();
        Some((text, cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_and_the_newest_stay() {
        let mut undo = Undo::default();
        (0..=STEPS_MAX).for_each(|step| undo.push("x", step));
        assert_eq!((undo.steps.len(), undo.bytes, undo.steps[0].1), (STEPS_MAX, STEPS_MAX, 1));
        let long = "x".repeat(DRAFT_BYTES_MAX);
        (0..20).for_each(|step| undo.push(&long, step));
        assert_eq!((undo.steps.len(), undo.bytes), (STEPS_BYTES_MAX / DRAFT_BYTES_MAX, STEPS_BYTES_MAX));
        assert_eq!(undo.pop(), Some((long, 19)));
        while undo.pop().is_some() {}
        assert_eq!(undo.bytes, 0);
    }
}
