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

/// A place behind a link's cursor.
#[derive(Clone, Copy)]
struct Mark {
    /// The entry that came next.
    seq: u64,
    /// How many bytes were written before.
    written: u64,
    /// And how many entries: those that the peer is not sent do not count.
    entries: u64,
}

/// Marks behind a link's cursor.
pub(super) struct Trail {
    marks: VecDeque<Mark>,
    written: u64,
    entries: u64,
}

impl Trail {
    /// Of a link that begins at the entry `seq`.
    pub(super) fn new(seq: u64) -> Self {
        Self { marks: VecDeque::from([Mark { seq, written: 0, entries: 0 }]), written: 0, entries: 0 }
    }

    /// So many bytes went out; `after` tells which entry comes next after so many of them, and how many ended in them.
    pub(super) fn wrote(&mut self, bytes: usize, after: impl Fn(usize) -> (u64, u64)) {
        let (written, entries) = (self.written, self.entries);
        self.written = written.saturating_add(bytes as u64);
        loop {
            let due = self.marks.back().map_or(0, |mark| mark.written.saturating_add(MARK_BYTES));
            let taken = usize::try_from(due.saturating_sub(written)).unwrap_or(usize::MAX);
            if taken > bytes {
                break;
            }
            let (seq, ended) = after(taken);
            let mark =
                Mark { seq, written: written.saturating_add(taken as u64), entries: entries.saturating_add(ended) };
            self.marks.push_back(mark);
            self.forget();
        }
        self.entries = entries.saturating_add(after(bytes).1);
        self.forget();
    }

    /// Drops the marks that lie too far back: of those that do by entries alone, the last one stays, to count from.
    fn forget(&mut self) {
        while self.marks.len() > MARKS_MAX
            || self.marks.front().is_some_and(|mark| self.written.saturating_sub(mark.written) > RESUME_BYTES_MAX)
                && self.marks.len() > 1
            || self.marks.get(1).is_some_and(|mark| self.entries.saturating_sub(mark.entries) > RESUME_ENTRIES_MAX)
        {
            self.marks.pop_front();
        }
    }

    /// The entry that a successor begins with, of a link whose next entry is `cursor`, or which has `begun` that entry: then it is
    /// among those that are sent again.
    pub(super) fn start(&self, cursor: u64, begun: bool) -> u64 {
        let room = RESUME_ENTRIES_MAX.saturating_sub(u64::from(begun));
        let sent = |mark: &Mark| self.entries.saturating_sub(mark.entries);
        let near = self.marks.iter().position(|mark| sent(mark) <= room).unwrap_or(self.marks.len());
        let end = Mark { seq: cursor, written: self.written, entries: self.entries };
        let first = self.marks.get(near).copied().unwrap_or(end);
        let before = near.checked_sub(1).and_then(|far| self.marks.get(far));
        // Where nothing was left out from one mark to the next, places are as good as entries.
        let all_sent = |far: &&Mark| first.seq.saturating_sub(far.seq) == first.entries.saturating_sub(far.entries);
        let start = before.filter(all_sent).map(|far| far.seq.saturating_add(sent(far).saturating_sub(room)));
        start.unwrap_or(first.seq).min(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_enough_and_no_farther() {
        for (bytes, per_turn) in [(150, 1), (150, 5_000), (4_000, 1), (4_000, 300), (16_000, 1), (200, 7), (30, 100)] {
            // Of so many entries one is written: the others the peer is not sent.
            for one_in in [1, 50] {
                let mut trail = Trail::new(0);
                let mut written = 0;
                for _ in 0..20_000 / per_turn {
                    let entry = |taken: usize| (taken / bytes) as u64;
                    trail.wrote(bytes * per_turn, |taken| ((written + entry(taken)) * one_in, entry(taken)));
                    written += per_turn as u64;
                    let again = written - trail.start(written * one_in, false) / one_in;
                    let bytes = bytes as u64;
                    assert!(again <= RESUME_ENTRIES_MAX, "{again} of {bytes}");
                    assert!(again * bytes <= RESUME_BYTES_MAX + bytes, "{again} of {bytes}");
                    let bound = RESUME_BYTES_MAX.min(RESUME_ENTRIES_MAX * bytes);
                    let enough = bound.saturating_sub(2 * MARK_BYTES).min(written * bytes);
                    assert!(again * bytes >= enough, "{again} of {bytes} after {written}");
                }
            }
        }
    }

    #[test]
    fn what_belongs_to_no_entry_is_no_step() {
        let mut trail = Trail::new(7);
        trail.wrote(MARK_BYTES as usize * 3, |_| (7, 0));
        assert_eq!(trail.start(7, false), 7);
    }

    #[test]
    fn an_entry_that_was_begun_is_one_of_them() {
        let mut trail = Trail::new(0);
        trail.wrote(2_000 * 100 + 50, |taken| ((taken / 100) as u64, (taken / 100) as u64));
        assert_eq!((trail.start(2_000, false), trail.start(2_000, true)), (976, 977));
    }

    #[test]
    fn a_jump_between_runs_is_not_far() {
        let mut trail = Trail::new(7);
        trail.wrote(1_000, |_| (9_000_000, 10));
        assert_eq!(trail.start(9_000_000, false), 7);
    }
}
