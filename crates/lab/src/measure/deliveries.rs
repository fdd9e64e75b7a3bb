//! What became of what was said: each message is owed to each receiver once, in order, as it was said.
//! Must not know who received it. Bounds: five numbers.

use std::fmt;
use std::ops::AddAssign;

/// Counts over receivers, or over runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Deliveries {
    /// Messages times receivers.
    pub(super) owed: usize,
    /// Never came, or only altered.
    pub(super) lost: usize,
    /// Came again.
    pub(super) twice: usize,
    /// Came after a later one.
    pub(super) out_of_order: usize,
    /// Came with another Addr or Body.
    pub(super) altered: usize,
}

impl Deliveries {
    /// Nothing is amiss.
    pub(super) fn are_whole(&self) -> bool {
        *self == Self { owed: self.owed, ..Self::default() }
    }

    /// Those that came.
    pub(super) const fn came(&self) -> usize {
        self.owed.saturating_sub(self.lost)
    }
}

impl AddAssign for Deliveries {
    fn add_assign(&mut self, other: Self) {
        self.owed += other.owed;
        self.lost += other.lost;
        self.twice += other.twice;
        self.out_of_order += other.out_of_order;
        self.altered += other.altered;
    }
}

impl fmt::Display for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owed, lost, twice, out_of_order, altered } = self;
        write!(f, "{owed} deliveries, {lost} lost, {twice} twice, {out_of_order} out of order, {altered} altered")
    }
}
