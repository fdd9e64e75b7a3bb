//! Which messages were seen, and how rich a copy: keyed fingerprints in two generations, each an open-addressed table.
//! Must not know what a message is. Bounds: the capacity given, at [`BYTES_PER_ID_MAX`] bytes an ID.

use alloc::vec;
use alloc::vec::Vec;
use core::mem;

use crate::fingerprint::{Fingerprint, SPARE_BITS};
use crate::rank::Rank;
use crate::time::UnixMillis;

/// Memory for one ID where both generations are full: 8 bytes, at most half of the places filled.
pub const BYTES_PER_ID_MAX: usize = 16;

/// One table of fingerprints. Sized once, so that no insertion ever stops to move a million entries; the pages that no
/// entry has touched take no memory.
struct Generation {
    places: Vec<u64>,
    length: usize,
    /// When its first entry may have come.
    since: UnixMillis,
}

impl Generation {
    fn new(ids_max: usize, since: UnixMillis) -> Self {
        Self { places: vec![0; ids_max.saturating_mul(2).next_power_of_two()], length: 0, since }
    }

    /// Where the search for `print` begins.
    const fn start(&self, print: Fingerprint) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits count, and they are masked")]
        let hash = (print.to_bits() >> SPARE_BITS.count_ones()) as usize;
        hash & self.places.len().wrapping_sub(1)
    }

    /// The place of `print` and its rank, or the empty one where it belongs.
    fn find(&self, print: Fingerprint) -> (usize, Option<Rank>) {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = self.start(print);
        loop {
            match self.places.get(at) {
                Some(0) | None => return (at, None),
                Some(&place) if place & !SPARE_BITS == print.to_bits() => return (at, Some(Rank::from_bits(place))),
                Some(_) => at = at.wrapping_add(1) & mask,
            }
        }
    }

    fn rank(&self, print: Fingerprint) -> Option<Rank> {
        self.find(print).1
    }

    /// What stands where the search for `print` begins.
    fn first(&self, print: Fingerprint) -> u64 {
        self.places.get(self.start(print)).copied().unwrap_or_default()
    }

    /// Notes it, or that it has come in a richer copy.
    fn insert(&mut self, print: Fingerprint, rank: Rank) {
        let (at, there) = self.find(print);
        if let Some(place) = self.places.get_mut(at) {
            *place = print.to_bits() | there.map_or(rank, |before| before.max(rank)).to_bits();
            self.length = self.length.saturating_add(usize::from(there.is_none()));
        }
    }
}

/// The IDs that were seen lately: at least the newest half of the capacity, at most all of it.
pub struct Seen {
    newer: Generation,
    older: Generation,
    ids_per_generation: usize,
    /// Whether something seen is no longer in here.
    forgotten: bool,
}

impl Seen {
    /// Room for `ids_max` IDs (2 at least) in two generations.
    #[must_use]
    pub fn new(ids_max: usize, now: UnixMillis) -> Self {
        let ids_per_generation = (ids_max / 2).max(1);
        Self {
            newer: Generation::new(ids_per_generation, now),
            older: Generation::new(1, now),
            ids_per_generation,
            forgotten: false,
        }
    }

    /// Whether it was seen, as far as is remembered.
    #[must_use]
    pub fn contains(&self, print: Fingerprint) -> bool {
        self.rank(print).is_some()
    }

    /// The richest copy of it that was seen, as far as is remembered.
    #[must_use]
    pub fn rank(&self, print: Fingerprint) -> Option<Rank> {
        self.newer.rank(print).max(self.older.rank(print))
    }

    /// Fetches from memory what [`Seen::rank`] will look at. The tables are far larger than the caches, so that each look
    /// waits for memory: asked for together, many come in the time of one.
    pub fn warm(&self, prints: &[Fingerprint]) {
        let fetched = prints.iter().fold(0, |all, print| all ^ self.newer.first(*print) ^ self.older.first(*print));
        core::hint::black_box(fetched);
    }

    /// Remembers that a copy of such a rank came. Where the newer generation is full, the older one is forgotten.
    pub fn insert(&mut self, print: Fingerprint, rank: Rank, now: UnixMillis) {
        if self.newer.length >= self.ids_per_generation {
            let fresh = Generation::new(self.ids_per_generation, now);
            let old = mem::replace(&mut self.older, mem::replace(&mut self.newer, fresh));
            self.forgotten |= old.length > 0;
        }
        self.newer.insert(print, rank);
    }

    /// Fills it from what an earlier run kept: `prints` oldest first, the oldest of them from `since`; `more` where there
    /// were older ones that are not among them.
    pub fn refill(&mut self, prints: impl IntoIterator<Item = (Fingerprint, Rank)>, since: UnixMillis, more: bool) {
        // When the first of a later generation came is not known: at the latest now. Too early a time would let what is
        // forgotten with the generation before pass for new.
        let now = self.newer.since;
        self.newer.since = now.min(since);
        for (print, rank) in prints {
            self.insert(print, rank, now);
        }
        self.forgotten |= more;
    }

    /// What was first seen before this time may have been forgotten. `None`: nothing has, as far as the clock can tell: one that was
    /// ahead, and is put right, has left a time that is yet to come, before which all that is said now would count as old.
    #[must_use]
    pub fn horizon(&self, now: UnixMillis) -> Option<UnixMillis> {
        let since = if self.older.length > 0 { self.older.since } else { self.newer.since };
        (self.forgotten && since <= now).then_some(since)
    }

    /// How many are remembered.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.newer.length.saturating_add(self.older.length)
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Keyed;

    /// After all of these tests.
    const LATE: UnixMillis = UnixMillis(1_000_000);

    fn print(n: u64) -> Fingerprint {
        Keyed::new(&[7; 16]).fingerprint(&n.to_le_bytes())
    }

    #[test]
    fn keeps_the_newest_half_at_least_and_never_more_than_all() {
        let mut seen = Seen::new(1000, UnixMillis(0));
        for n in 0..10_000_u64 {
            assert!(!seen.contains(print(n)), "{n}");
            seen.insert(print(n), Rank::WithFile, UnixMillis(n as i64));
            assert!(seen.len() <= 1000);
            for back in [0, 1, 499] {
                assert!(n < back || seen.contains(print(n - back)), "{n} - {back}");
            }
        }
    }

    #[test]
    fn the_richest_copy_counts_also_across_generations() {
        let mut seen = Seen::new(10, UnixMillis(0));
        assert_eq!(seen.rank(print(1)), None);
        for (rank, expected) in [
            (Rank::Bare, Rank::Bare),
            (Rank::WithExt, Rank::WithExt),
            (Rank::Bare, Rank::WithExt),
            (Rank::WithFile, Rank::WithFile),
            (Rank::WithExt, Rank::WithFile),
        ] {
            seen.insert(print(1), rank, UnixMillis(0));
            assert_eq!(seen.rank(print(1)), Some(expected), "{rank:?}");
        }
        assert_eq!(seen.len(), 1);
        (2..7).for_each(|n| seen.insert(print(n), Rank::Bare, UnixMillis(0)));
        seen.insert(print(2), Rank::WithExt, UnixMillis(0));
        assert_eq!(
            [1, 2, 3].map(|n| seen.rank(print(n))),
            [Some(Rank::WithFile), Some(Rank::WithExt), Some(Rank::Bare)]
        );
    }

    #[test]
    fn horizon_is_where_memory_begins() {
        let mut seen = Seen::new(10, UnixMillis(0));
        for n in 0..10 {
            seen.insert(print(n), Rank::WithFile, UnixMillis(n as i64));
        }
        assert_eq!(seen.horizon(LATE), None);
        seen.insert(print(10), Rank::WithFile, UnixMillis(10));
        assert_eq!(seen.horizon(LATE), Some(UnixMillis(5)), "0 to 4 are forgotten");
    }

    #[test]
    fn refilled_remembers() {
        let mut seen = Seen::new(10, UnixMillis(1000));
        seen.refill((0..5).map(|n| (print(n), Rank::WithFile)), UnixMillis(40), true);
        assert!((0..5).all(|n| seen.contains(print(n))));
        assert_eq!(seen.horizon(LATE), Some(UnixMillis(40)));
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_no_horizon_in_the_future() {
        let mut seen = Seen::new(4, LATE);
        (0..7).for_each(|n| seen.insert(print(n), Rank::WithFile, LATE));
        assert_eq!(seen.horizon(LATE), Some(LATE));
        assert_eq!(seen.horizon(UnixMillis(999_999)), None, "the clock is put right");
    }

    #[test]
    fn what_is_forgotten_after_a_refill_is_before_the_horizon() {
        let mut seen = Seen::new(10, UnixMillis(1000));
        seen.refill((0..8).map(|n| (print(n), Rank::WithFile)), UnixMillis(40), false);
        (8..11).for_each(|n| seen.insert(print(n), Rank::WithFile, UnixMillis(1001)));
        assert!((0..5).all(|n| !seen.contains(print(n))));
        assert_eq!(seen.horizon(LATE), Some(UnixMillis(1000)), "the fifth came after 40, nobody knows when");
    }
}
