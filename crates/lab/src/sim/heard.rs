//! Who was taken in lately, and how often: whether somebody may be over a budget. Its numbers are the design's, not the core's.
//! Must not know what was said. Bounds: those who were heard in one run, [`BURST`] times each.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::identity::PublicKey;
use whispernet_core::time::Instant;

use super::said::Said;

/// Nearly as many messages as an author may say at once after a quiet time.
const BURST: usize = 190;
/// A budget is empty where its whole burst was used up within this time: it refills in 40 s.
const REFILLS_IN: Duration = Duration::from_secs(45);
/// Authors of one link up to which each has a budget of its own, nearly.
const AUTHORS_MAX: usize = 240;

/// Whom a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Author {
    Key(PublicKey),
    Addr(Option<SocketAddr>),
}

impl Author {
    pub(super) fn of(said: &Said) -> Self {
        said.token().map_or(Self::Addr(said.facts.addr), |token| Self::Key(token.key()))
    }
}

/// When each was taken in.
#[derive(Default)]
pub(super) struct Heard(BTreeMap<Author, VecDeque<Instant>>);

impl Heard {
    pub(super) fn note(&mut self, author: Author, now: Instant) {
        let times = self.0.entry(author).or_default();
        times.push_back(now);
        if times.len() > BURST {
            times.pop_front();
        }
    }

    /// Whether what `author` says may be too much: he has said much, or so many have that they share budgets.
    pub(super) fn may_be_over_budget(&self, author: Author, now: Instant) -> bool {
        let lately = |at: Option<&Instant>| at.is_some_and(|at| now.since(*at) <= REFILLS_IN);
        let much = self.0.get(&author).is_some_and(|times| times.len() >= BURST && lately(times.front()));
        much || self.0.values().filter(|times| lately(times.back())).count() > AUTHORS_MAX
    }
}
