//! Many times of the same thing, told in a line. Must not know what was timed. Bounds: the times it was given.

use std::fmt;
use std::time::Duration;

/// The spread of some times.
pub(super) struct Figure(Vec<Duration>);

impl Figure {
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    pub(super) fn p50(&self) -> Duration {
        self.at(500)
    }

    pub(super) fn max(&self) -> Duration {
        self.at(1000)
    }

    /// The median and the 99th percentile.
    pub(super) fn short(&self) -> String {
        format!("{:.1?} / {:.1?}", self.at(500), self.at(990))
    }

    fn at(&self, per_mille: usize) -> Duration {
        let place = self.0.len().saturating_sub(1) * per_mille / 1000;
        self.0.get(place).copied().unwrap_or_default()
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p90, p99) = (self.at(500), self.at(900), self.at(990));
        write!(f, "n {}  p50 {p50:.1?}  p90 {p90:.1?}  p99 {p99:.1?}  max {:.1?}", self.0.len(), self.at(1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let figure = Figure::of((1..=1000).rev().map(Duration::from_millis).collect());
        let millis = [0, 500, 990, 1000].map(|place| figure.at(place).as_millis());
        assert_eq!(millis, [1, 500, 990, 1000]);
        assert_eq!(Figure::of(Vec::new()).at(500), Duration::ZERO);
    }
}
