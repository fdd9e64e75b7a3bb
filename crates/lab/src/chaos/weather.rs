//! What the network does to frames right now. Must not know frames. Bounds: a group for each port.

use std::fmt;
use std::time::Duration;

use crate::sim::dice::Dice;

/// Frames in a thousand that are lost, in the worst weather.
const LOST_PER_MILLE_MAX: usize = 300;
/// Frames in a thousand that come twice.
const TWICE_PER_MILLE_MAX: usize = 50;
/// The longest that a frame takes, but for its jitter.
const DELAY_MAX: Duration = Duration::from_millis(300);

/// The state of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weather {
    pub(super) lost_per_mille: usize,
    pub(super) twice_per_mille: usize,
    pub(super) delay: Duration,
    /// A frame takes up to so much longer: later ones may overtake it.
    pub(super) jitter: Duration,
    /// By port; frames go no further than their group.
    pub(super) groups: Vec<usize>,
}

impl Weather {
    /// A network that does what it should.
    pub(super) fn calm(ports: usize) -> Self {
        Self {
            lost_per_mille: 0,
            twice_per_mille: 0,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            groups: vec![0; ports],
        }
    }

    /// The same groups, and something else in the air.
    pub(super) fn turn(&mut self, dice: &mut Dice) {
        let Self { lost_per_mille, twice_per_mille, delay, jitter, .. } = self;
        let mut upon = |percent: usize, most: usize| if dice.chance(percent) { dice.below(most + 1) } else { 0 };
        *lost_per_mille = upon(70, LOST_PER_MILLE_MAX);
        *twice_per_mille = upon(40, TWICE_PER_MILLE_MAX);
        let delay_max = DELAY_MAX.as_millis() as usize;
        *delay = Duration::from_millis(upon(60, delay_max) as u64);
        *jitter = Duration::from_millis(upon(60, delay_max / 4) as u64);
    }

    /// Cuts the network into this many parts.
    pub(super) fn part(&mut self, parts: usize, dice: &mut Dice) {
        self.groups.iter_mut().for_each(|group| *group = dice.below(parts));
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost_per_mille, twice_per_mille, delay, jitter, groups } = self;
        write!(
            f,
            "lost {lost_per_mille} and twice {twice_per_mille} of 1000, delay {delay:?} to {:?}",
            *delay + *jitter
        )?;
        let parts = groups.iter().max().map_or(0, |last| last + 1);
        for part in (0..parts).filter(|_| parts > 1) {
            let ports: Vec<String> = groups
                .iter()
                .enumerate()
                .filter(|(_, group)| **group == part)
                .map(|(port, _)| port.to_string())
                .collect();
            write!(f, "; apart {}", ports.join(" "))?;
        }
        Ok(())
    }
}
