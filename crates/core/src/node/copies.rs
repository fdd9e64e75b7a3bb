//! The copies of signed messages that may still come richer: an old peer on the way drops what it does not know. Must not know
//! how a copy is judged. Bounds: [`COPIES_MAX`]; of one that is forgotten, no richer copy is taken any more.

use alloc::collections::{BTreeMap, VecDeque};

use super::candidate::Proof;
use crate::bound::Bound;
use crate::counters::Count;
use crate::fingerprint::Fingerprint;
use crate::rank::Rank;

/// Copies that wait for a richer one (a guess: of a lively network the last hours; some 100 bytes each).
const COPIES_MAX: usize = 65_536;

/// A copy that is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Poor {
    /// Its place.
    pub(super) seq: u64,
    /// Of its Addr and Body, which its signature was over.
    pub(super) content: Fingerprint,
    pub(super) rank: Rank,
}

/// The newest of them, by the fingerprint of their ID.
#[derive(Default)]
pub(super) struct Copies {
    poor: BTreeMap<Fingerprint, Poor>,
    by_age: VecDeque<Fingerprint>,
}

impl Copies {
    /// The copy that a richer one takes the place of, which needs no look at its signature: it is over the same texts.
    pub(super) fn poorer(&self, fingerprint: Fingerprint, richer: &Proof) -> Result<Poor, Count> {
        let poor = *self.poor.get(&fingerprint).ok_or(Count::Duplicate)?;
        if poor.content != richer.content {
            return Err(Count::CopyAltered);
        }
        if richer.rank <= poor.rank { Err(Count::Duplicate) } else { Ok(poor) }
    }

    /// Notes the richest copy that there is; returns what is forgotten for it.
    pub(super) fn note(&mut self, fingerprint: Fingerprint, copy: Poor) -> Option<Fingerprint> {
        if copy.rank == Rank::WithFile {
            self.poor.remove(&fingerprint);
            return None;
        }
        if self.poor.insert(fingerprint, copy).is_some() {
            return None;
        }
        self.by_age.push_back(fingerprint);
        let oldest = if self.by_age.len() > COPIES_MAX { self.by_age.pop_front() } else { None };
        oldest.filter(|oldest| self.poor.remove(oldest).is_some())
    }

    pub(super) fn bounds(&self) -> [Bound; 2] {
        [
            Bound::new("copies that may come richer", self.poor.len(), COPIES_MAX),
            Bound::new("the same by age", self.by_age.len(), COPIES_MAX),
        ]
    }
}
