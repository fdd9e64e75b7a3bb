//! Where a link's successor begins: far enough back that what TCP had not delivered when the link broke is sent again.
//! Must not know what is written, or whether it is still in memory. Bounds: a mark for each [`STEP_BYTES`] of the last
//! [`RESUME_BYTES`].

use alloc::collections::VecDeque;

/// What a break may lose: the buffers of both kernels, and what the peer had read and not yet kept (a guess).
const RESUME_BYTES: u64 = 256 * 1024;
/// Between two marks.
const STEP_BYTES: u64 = RESUME_BYTES / 16;

/// A place in the log, and how much of the link was written before it.
#[derive(Clone, Copy)]
struct Mark {
    seq: u64,
    bytes: u64,
}

/// Marks behind a link's cursor, oldest first.
pub(super) struct Trail {
    begin: Mark,
    marks: VecDeque<Mark>,
    bytes: u64,
}

impl Trail {
    /// Of a link that begins at the entry `seq`.
    pub(super) const fn new(seq: u64) -> Self {
        Self { begin: Mark { seq, bytes: 0 }, marks: VecDeque::new(), bytes: 0 }
    }

    /// So many bytes went out, the first `ahead` of which belong to no entry at hand; `at` tells which entry stands at an
    /// offset beyond those.
    pub(super) fn wrote(&mut self, bytes: usize, ahead: usize, at: impl Fn(usize) -> u64) {
        let before = self.bytes;
        self.bytes = before.saturating_add(bytes as u64);
        let last = self.marks.back().unwrap_or(&self.begin).bytes;
        let mut next = last.saturating_add(STEP_BYTES).max(before.saturating_add(ahead as u64));
        while next <= self.bytes {
            let offset = usize::try_from(next.saturating_sub(before)).unwrap_or(usize::MAX);
            self.marks.push_back(Mark { seq: at(offset), bytes: next });
            self.pass();
            next = next.saturating_add(STEP_BYTES);
        }
        self.pass();
    }

    /// Forgets what is further behind than it need be.
    fn pass(&mut self) {
        while let Some(mark) = self.marks.pop_front_if(|mark| mark.bytes.saturating_add(RESUME_BYTES) <= self.bytes) {
            self.begin = mark;
        }
    }

    /// The entry that a successor begins with: [`RESUME_BYTES`] back and hardly more, or where the link began.
    pub(super) const fn start(&self) -> u64 {
        self.begin.seq
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of 100 bytes: where the successor begins after each write.
    #[track_caller]
    fn check(writes: &[(usize, usize)], expected: u64) {
        let mut trail = Trail::new(0);
        let mut entry_bytes = 0;
        for (bytes, ahead) in writes {
            trail.wrote(*bytes, *ahead, |offset| ((entry_bytes + offset - ahead) / 100) as u64);
            entry_bytes += bytes.saturating_sub(*ahead);
            assert!(trail.marks.len() <= 17);
        }
        assert_eq!(trail.start(), expected);
    }

    #[test]
    fn far_enough_back_and_hardly_more() {
        let kib = 1024;
        check(&[], 0);
        check(&[(256 * kib, 0)], 0);
        check(&[(271 * kib, 0)], 0);
        check(&[(272 * kib, 0)], 16 * 1024 / 100);
        check(&[(1024 * kib, 0)], (1024 - 256) * 1024 / 100);
        check(&vec![(100, 0); 10_486], (1024 - 256) * 1024 / 100);
        // A batch from the store that is not through: its end is not known to have been reached.
        check(&[(20 * kib, 0), (300 * kib, 400 * kib)], 16 * 1024 / 100);
    }
}
