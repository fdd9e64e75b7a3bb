//! The one source of chance of a run: same seed, same throws.
//! Must not know what is thrown for. Bounds: holds a generator's state.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::scenario::Trouble;

/// What is thrown for: each has numbers of its own, so that to leave one out changes the others little.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    /// How many hosts, for how long.
    Size,
    /// How the hosts lie.
    Shape,
    /// What the hosts are like.
    Hosts,
    /// Which troubles there are.
    Mix,
    /// All that happens by itself.
    Run,
    /// What users say.
    Lines,
    /// When one kind of trouble comes, and to whom.
    Trouble(Trouble),
    /// What one stranger does.
    Stranger(usize),
}

impl Stream {
    const fn number(self) -> u64 {
        match self {
            Self::Size => 1,
            Self::Shape => 2,
            Self::Hosts => 3,
            Self::Mix => 4,
            Self::Run => 5,
            Self::Lines => 6,
            Self::Trouble(trouble) => 100 + trouble as u64,
            Self::Stranger(place) => 1_000 + place as u64,
        }
    }
}

/// A seeded generator with the throws that a simulation needs.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One of the streams of a seed.
    pub(super) fn of(seed: u64, stream: Stream) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream.number());
        Self(generator)
    }

    /// Evenly from 0 to `n` - 1; 0 where `n` is 0. The bias of the remainder is below 2^-32.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.0.next_u64() % (n.max(1) as u64)).unwrap_or_default()
    }

    /// Evenly from `least` to `most`.
    pub(crate) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True in `percent` of a hundred throws.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Evenly from `least` to `most`, in microseconds.
    pub(crate) fn time(&mut self, least: Duration, most: Duration) -> Duration {
        let span = most.saturating_sub(least).as_micros();
        least + Duration::from_micros(self.below(usize::try_from(span).unwrap_or(usize::MAX)) as u64)
    }

    /// Up to twice `mean`: what happens now and then.
    pub(crate) fn around(&mut self, mean: Duration) -> Duration {
        self.time(mean / 10, mean * 19 / 10)
    }

    /// One of `things`, which are not none.
    pub(crate) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// Secret bytes for a node.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
