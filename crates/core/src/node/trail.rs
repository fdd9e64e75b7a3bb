//! Where a link's successor begins: far enough back that what TCP had not delivered when the link broke is sent again.
//! Must not know what is written, or whether it is in memory. Bounds: [`RESUME_BYTES_MAX`], [`RESUME_ENTRIES_MAX`],
//! [`MARKS_MAX`] marks a link.

use alloc::collections::VecDeque;

/// A successor sends again at most so much of what was written: what a break may lose lies in the buffers of both kernels (a
/// guess: on ordinary networks they hold less).
const RESUME_BYTES_MAX: u64 = 256 * 1024;
/// Nor more entries than this.
const RESUME_ENTRIES_MAX: u64 = 1_024;
/// Bytes between two marks.
const MARK_BYTES: u64 = 16 * 1024;
/// Marks that lie within the bound, and one more.
const MARKS_MAX: usize = (RESUME_BYTES_MAX / MARK_BYTES) as usize + 1;

/// Marks behind a link's cursor: an entry's `seq`, and how much was written when it came next.
pub(super) struct Trail {
    marks: VecDeque<(u64, u64)>,
    written: u64,
}

impl Trail {
    /// Of a link that begins at the entry `seq`.
    pub(super) fn new(seq: u64) -> Self {
        Self { marks: VecDeque::from([(seq, 0)]), written: 0 }
    }

    /// So many bytes went out, the first `ahead` of them before any entry; `seq_after` tells which entry stands after so many.
    pub(super) fn wrote(&mut self, bytes: usize, ahead: usize, seq_after: impl Fn(usize) -> u64) {
        let before = self.written;
        self.written = before.saturating_add(bytes as u64);
        loop {
            let due = self.marks.back().map_or(0, |(_, at)| at.saturating_add(MARK_BYTES));
            let taken = usize::try_from(due.saturating_sub(before)).unwrap_or(usize::MAX).max(ahead);
            if taken > bytes {
                break;
            }
            self.marks.push_back((seq_after(taken), before.saturating_add(taken as u64)));
            self.forget();
        }
        self.forget();
    }

    /// Drops the marks that lie too far back.
    fn forget(&mut self) {
        let far = |at: u64| self.written.saturating_sub(at) > RESUME_BYTES_MAX;
        while self.marks.len() > MARKS_MAX
            || (self.marks.len() > 1 && self.marks.front().is_some_and(|(_, at)| far(*at)))
        {
            self.marks.pop_front();
        }
    }

    /// The entry that a successor begins with, of a link whose next entry is `cursor`. `count` tells how many entries there
    /// are from one place to another: numbers jump between runs.
    pub(super) fn start(&self, cursor: u64, count: impl Fn(u64, u64) -> u64) -> u64 {
        let marked = self.marks.front().map_or(cursor, |(seq, _)| (*seq).min(cursor));
        let far = count(marked, cursor) > RESUME_ENTRIES_MAX;
        if far { cursor.saturating_sub(RESUME_ENTRIES_MAX) } else { marked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_enough_and_no_farther() {
        for (bytes, per_turn) in [(150, 1), (150, 5_000), (4_000, 1), (4_000, 300), (16_000, 1), (200, 7)] {
            let mut trail = Trail::new(1);
            let mut cursor = 1;
            for _ in 0..20_000 / per_turn {
                trail.wrote(bytes * per_turn, 0, |taken| cursor + (taken / bytes) as u64);
                cursor += per_turn as u64;
                let again = cursor - trail.start(cursor, |from, to| to - from);
                let written = (cursor - 1) * bytes as u64;
                assert!(again <= RESUME_ENTRIES_MAX, "{again} of {bytes}");
                assert!(again * bytes as u64 <= RESUME_BYTES_MAX + bytes as u64, "{again} of {bytes}");
                let enough = (RESUME_BYTES_MAX - 2 * MARK_BYTES).min(RESUME_ENTRIES_MAX * bytes as u64).min(written);
                assert!(again * bytes as u64 >= enough, "{again} of {bytes} after {written}");
            }
        }
    }

    #[test]
    fn what_belongs_to_no_entry_marks_nothing() {
        let mut trail = Trail::new(7);
        trail.wrote(MARK_BYTES as usize * 3, usize::MAX, |_| unreachable!());
        assert_eq!(trail.start(7, |from, to| to - from), 7);
    }

    #[test]
    fn a_jump_between_runs_is_not_far() {
        let mut trail = Trail::new(7);
        trail.wrote(1_000, 0, |_| 9_000_000);
        assert_eq!(trail.start(9_000_000, |_, _| 10), 7);
    }
}
