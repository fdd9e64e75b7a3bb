//! Signatures that are to be checked: by whoever drives the node, on as many threads as there are, since one takes longer than all else
//! that is done with a message. Each link's messages are taken in by their order, and all links have their turn. Must not know what
//! is done with a message then. Bounds: [`LINK_CHECKS_MAX`] and [`LINK_BYTES_MAX`] a link, [`BYTES_MAX`] in all, and beyond them what
//! one read of a link brings: then it is not read. [`PACE`].

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::candidate::{Candidate, Identity, Unproven};
use super::links::LinkId;
use crate::bound::Bound;
use crate::budget::{Bucket, Rate};
use crate::counters::Count;
use crate::identity::{Claim, SIGNED_ID_BYTES};
use crate::time::Instant;

/// Signatures that are checked, of all links together (a guess: a sixth of what one processor of 2023 can check).
const PACE: Rate = Rate { milli_per_second: 5_000_000, burst: 5_000 };
/// Messages of one link that wait for it before the link is no longer read.
const LINK_CHECKS_MAX: usize = 1_024;
/// Their bytes.
const LINK_BYTES_MAX: usize = 4 << 20;
/// Bytes that wait for it, of all links, before none is read that has some: one that has none must not wait for the others.
const BYTES_MAX: usize = 64 << 20;
/// Signed messages that one read may bring: 128 KiB of the shortest there are.
const TURN_CHECKS_MAX: usize = 128 * 1024 / SIGNED_ID_BYTES;
/// What one that waits takes beside its bytes.
const CHECK_BYTES: usize = size_of::<Check>() + 256;

/// Names one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckId {
    link: LinkId,
    number: u64,
}

enum State {
    Waiting(Claim),
    Taken,
    Done(bool),
}

struct Check {
    state: State,
    candidate: Candidate,
    raw: Vec<u8>,
}

/// Those of one link, in their order.
#[derive(Default)]
struct Queue {
    checks: VecDeque<Check>,
    /// The number of the first.
    first: u64,
    /// How many from there on are taken or done.
    taken: usize,
    bytes: usize,
}

/// All of them.
pub(super) struct Checks {
    queues: BTreeMap<LinkId, Queue>,
    by_identity: BTreeMap<Identity, CheckId>,
    /// The link that had its turn last.
    turn: LinkId,
    waiting: usize,
    bytes: usize,
    next: u64,
    pace: Bucket,
}

/// What was handed over of one link, now that it is known whether the signature held.
pub(super) struct Checked {
    pub(super) candidate: Candidate,
    pub(super) raw: Vec<u8>,
    pub(super) holds: bool,
}

impl Checks {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            queues: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            turn: LinkId(0),
            waiting: 0,
            bytes: 0,
            next: 0,
            pace: Bucket::full(PACE, now),
        }
    }

    /// Takes a message in, after those of its link. One that is being checked already takes no second check: if the copy that came
    /// now is richer it takes the place of the other one, whose signature is its own.
    pub(super) fn push(&mut self, link: LinkId, unproven: Unproven) -> Result<(), Count> {
        let Unproven { candidate, claim, raw } = unproven;
        let identity = candidate.identity();
        if let Some(there) = self.by_identity.get(&identity).copied() {
            return self.put_richer(there, candidate, raw);
        }
        let queue = self.queues.entry(link).or_insert_with(|| Queue { first: self.next, ..Queue::default() });
        let number = queue.first.saturating_add(queue.checks.len() as u64);
        // A later queue of the same link goes on where this one ends.
        self.next = self.next.max(number.saturating_add(1));
        let bytes = raw.len().saturating_add(CHECK_BYTES);
        queue.bytes = queue.bytes.saturating_add(bytes);
        queue.checks.push_back(Check { state: State::Waiting(claim), candidate, raw });
        self.bytes = self.bytes.saturating_add(bytes);
        self.waiting = self.waiting.saturating_add(1);
        self.by_identity.insert(identity, CheckId { link, number });
        Ok(())
    }

    fn put_richer(&mut self, there: CheckId, candidate: Candidate, raw: Vec<u8>) -> Result<(), Count> {
        let rank = |candidate: &Candidate| candidate.proof.as_ref().map(|proof| proof.rank);
        let queue = self.queues.get_mut(&there.link).ok_or(Count::Duplicate)?;
        let place = usize::try_from(there.number.saturating_sub(queue.first)).unwrap_or(usize::MAX);
        let check = queue.checks.get_mut(place).ok_or(Count::Duplicate)?;
        if rank(&check.candidate) >= rank(&candidate) {
            return Err(Count::Duplicate);
        }
        let (more, less) = (raw.len(), check.raw.len());
        queue.bytes = queue.bytes.saturating_add(more).saturating_sub(less);
        self.bytes = self.bytes.saturating_add(more).saturating_sub(less);
        check.candidate.proof = candidate.proof;
        check.candidate.marks.file |= candidate.marks.file;
        check.raw = raw;
        Ok(())
    }

    /// Whether the link is not to be read until some of what waits is checked.
    pub(super) fn hold_back(&self, link: LinkId) -> bool {
        let full = |queue: &Queue| queue.checks.len() >= LINK_CHECKS_MAX || queue.bytes >= LINK_BYTES_MAX;
        self.queues.get(&link).is_some_and(|queue| self.bytes >= BYTES_MAX || full(queue))
    }

    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Hands over up to `checks_max` claims, one of each link in turn; `paced`: no more than [`PACE`] allows.
    pub(super) fn take(&mut self, now: Instant, checks_max: usize, paced: bool) -> Vec<(CheckId, Claim)> {
        let mut taken = Vec::new();
        while taken.len() < checks_max && self.waiting > 0 {
            if paced {
                if !self.pace.has(1, PACE, now) {
                    break;
                }
                self.pace.take(1);
            }
            let has_some = |(_, queue): &(&LinkId, &mut Queue)| queue.taken < queue.checks.len();
            let after = LinkId(self.turn.0.saturating_add(1));
            let next = self.queues.range_mut(after..).find(has_some).map(|(link, _)| *link);
            let first = || self.queues.iter_mut().find(has_some).map(|(link, _)| *link);
            let Some(link) = next.or_else(first) else { break };
            self.turn = link;
            let Some(queue) = self.queues.get_mut(&link) else { break };
            let number = queue.first.saturating_add(queue.taken as u64);
            let Some(check) = queue.checks.get_mut(queue.taken) else { break };
            queue.taken = queue.taken.saturating_add(1);
            self.waiting = self.waiting.saturating_sub(1);
            if let State::Waiting(claim) = core::mem::replace(&mut check.state, State::Taken) {
                taken.push((CheckId { link, number }, claim));
            }
        }
        taken
    }

    /// When the pace allows the next check, where some wait.
    pub(super) fn due(&self) -> Option<Instant> {
        (self.waiting > 0).then(|| self.pace.when(1, PACE))
    }

    /// Whether the signature of `check` holds. What comes first in its link and is known by now is to be had from [`Checks::pop`].
    pub(super) fn note(&mut self, check: CheckId, holds: bool) {
        let Some(queue) = self.queues.get_mut(&check.link) else { return };
        let Some(place) = check.number.checked_sub(queue.first).and_then(|place| usize::try_from(place).ok()) else {
            return;
        };
        if let Some(check) = queue.checks.get_mut(place)
            && matches!(check.state, State::Taken)
        {
            check.state = State::Done(holds);
        }
    }

    /// The first message of `link`, if it is known whether its signature holds.
    pub(super) fn pop(&mut self, link: LinkId) -> Option<Checked> {
        let queue = self.queues.get_mut(&link)?;
        let State::Done(holds) = queue.checks.front()?.state else { return None };
        let Check { candidate, raw, .. } = queue.checks.pop_front()?;
        let bytes = raw.len().saturating_add(CHECK_BYTES);
        queue.first = queue.first.saturating_add(1);
        queue.taken = queue.taken.saturating_sub(1);
        queue.bytes = queue.bytes.saturating_sub(bytes);
        self.bytes = self.bytes.saturating_sub(bytes);
        self.by_identity.remove(&candidate.identity());
        if queue.checks.is_empty() {
            self.queues.remove(&link);
        }
        Some(Checked { candidate, raw, holds })
    }

    pub(super) fn bounds(&self) -> [Bound; 2] {
        let links = self.queues.len();
        let longest = self.queues.values().map(|queue| queue.checks.len()).max().unwrap_or_default();
        [
            Bound::new("links with signatures to check", links, self.by_identity.len()),
            Bound::new("signatures of one link", longest, LINK_CHECKS_MAX.saturating_add(TURN_CHECKS_MAX)),
        ]
    }
}

impl CheckId {
    /// The link that the message came by.
    pub(super) const fn link(self) -> LinkId {
        self.link
    }
}
