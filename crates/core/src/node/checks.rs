//! Signatures that are to be checked: by whoever drives the node, on as many threads as there are, since one takes longer than all else
//! that is done with a message. All links have their turn, and what a link brings is taken in in its order, as if nothing had to be
//! checked: what comes after a message waits for it, whichever link brought that one first. Must not know what is done with a message
//! then. Bounds: [`LINK_CHECKS_MAX`] and [`LINK_BYTES_MAX`] a link, [`BYTES_MAX`] in all, and beyond them what
//! one read of a link brings: then it is not read. [`PACE`].

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use super::candidate::{Candidate, Identity, Unproven};
use super::links::LinkId;
use crate::bound::Bound;
use crate::budget::{Bucket, Rate};
use crate::counters::Count;
use crate::identity::Claim;
use crate::time::Instant;

/// Signatures that are checked, of all links together (a guess: a sixth of what one processor of 2023 can check).
const PACE: Rate = Rate { milli_per_second: 5_000_000, burst: 5_000 };
/// Messages of one link that wait for it before the link is no longer read.
const LINK_CHECKS_MAX: usize = 1_024;
/// Their bytes.
const LINK_BYTES_MAX: usize = 4 << 20;
/// Bytes that wait for it, of all links, before none is read that has some: one that has none must not wait for the others.
const BYTES_MAX: usize = 64 << 20;
/// Messages that one read may bring: 128 KiB of the shortest there are, `{"ID":"1","Body":"1"}`.
const TURN_ITEMS_MAX: usize = 128 * 1024 / 21;
/// What one that waits takes beside its bytes.
const ITEM_BYTES: usize = size_of::<Check>() + 256;

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
    /// How many items are behind it.
    others: usize,
}

/// What a link has brought, in its order.
enum Item {
    Check(Box<Check>),
    /// The same message as another link's: what follows here waits for that one.
    Behind(CheckId, Identity),
}

/// The items of one link.
#[derive(Default)]
struct Queue {
    items: VecDeque<Item>,
    /// The number of the first.
    first: u64,
    /// No item before this place waits to be handed over.
    untaken: usize,
    /// How many do.
    waiting: usize,
    /// How many wait for an item of another link.
    behind: usize,
    bytes: usize,
}

impl Queue {
    fn place(&self, number: u64) -> Option<usize> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        (place < self.items.len()).then_some(place)
    }

    fn check(&mut self, number: u64) -> Option<&mut Check> {
        let place = self.place(number)?;
        match self.items.get_mut(place)? {
            Item::Check(check) => Some(check),
            Item::Behind(..) => None,
        }
    }

    /// Hands over the first claim that waits, with its number.
    fn take(&mut self) -> Option<(u64, Claim)> {
        while let Some(item) = self.items.get_mut(self.untaken) {
            let number = self.first.saturating_add(self.untaken as u64);
            self.untaken = self.untaken.saturating_add(1);
            let Item::Check(check) = item else { continue };
            if !matches!(check.state, State::Waiting(_)) {
                continue;
            }
            let State::Waiting(claim) = core::mem::replace(&mut check.state, State::Taken) else { continue };
            self.waiting = self.waiting.saturating_sub(1);
            return Some((number, claim));
        }
        None
    }

    fn pop(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        self.first = self.first.saturating_add(1);
        self.untaken = self.untaken.saturating_sub(1);
        self.behind = self.behind.saturating_sub(usize::from(matches!(item, Item::Behind(..))));
        Some(item)
    }
}

/// All of them.
pub(super) struct Checks {
    queues: BTreeMap<LinkId, Queue>,
    by_identity: BTreeMap<Identity, CheckId>,
    /// What the link that brought it first had no budget for: those that brought it too have their turn.
    offered: BTreeMap<Identity, Offered>,
    /// The links whose first item waits for one of another link.
    behind: BTreeMap<CheckId, BTreeSet<LinkId>>,
    /// The links whose first item may be known by now.
    ready: BTreeSet<LinkId>,
    /// The link that had its turn last.
    turn: LinkId,
    waiting: usize,
    bytes: usize,
    next: u64,
    pace: Bucket,
}

struct Offered {
    candidate: Candidate,
    raw: Vec<u8>,
    /// How many items are still behind it.
    others: usize,
}

/// What came of a message that waited.
pub(super) struct Checked {
    /// The link that brought it.
    pub(super) link: LinkId,
    pub(super) candidate: Candidate,
    pub(super) raw: Vec<u8>,
    pub(super) holds: bool,
    /// How many items of other links are behind it.
    pub(super) others: usize,
}

impl Checks {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            queues: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            offered: BTreeMap::new(),
            behind: BTreeMap::new(),
            ready: BTreeSet::new(),
            turn: LinkId(0),
            waiting: 0,
            bytes: 0,
            next: 0,
            pace: Bucket::full(PACE, now),
        }
    }

    /// Takes a signed message in, after what its link brought before. One that is being checked already takes no second check.
    pub(super) fn push(&mut self, link: LinkId, unproven: Unproven) -> Result<(), Count> {
        let Unproven { candidate, claim, raw } = unproven;
        match self.by_identity.get(&candidate.identity()).copied() {
            Some(there) => self.push_again(link, there, candidate, raw),
            None => {
                self.push_check(link, Check { state: State::Waiting(claim), candidate, raw, others: 0 });
                Ok(())
            }
        }
    }

    /// Takes in a message that nothing is to be checked of, where it must wait for what its link brought before; else gives it back.
    pub(super) fn push_unsigned(
        &mut self,
        link: LinkId,
        candidate: Candidate,
        raw: &[u8],
    ) -> Result<Option<Candidate>, Count> {
        if !self.queues.contains_key(&link) {
            return Ok(Some(candidate));
        }
        let identity = candidate.identity();
        if let Some(there) = self.by_identity.get(&identity).copied() {
            self.push_behind(link, there, identity);
            return Err(Count::Duplicate);
        }
        self.push_check(link, Check { state: State::Done(true), candidate, raw: raw.to_vec(), others: 0 });
        Ok(None)
    }

    /// Another copy of a message that waits. Where this link comes to it sooner, it is checked there: nobody keeps a message waiting by
    /// bringing it at the end of much else. If this copy is richer it takes the place of the other one, whose signature is its own.
    fn push_again(&mut self, link: LinkId, there: CheckId, candidate: Candidate, raw: Vec<u8>) -> Result<(), Count> {
        let rank = |candidate: &Candidate| candidate.proof.as_ref().map(|proof| proof.rank);
        let identity = candidate.identity();
        let (length, behind) = self.queues.get(&link).map_or((0, 0), |queue| (queue.items.len(), queue.behind));
        let queue = self.queues.get_mut(&there.link).ok_or(Count::Duplicate)?;
        // What waits for nobody cannot come to wait for itself.
        let is_sooner = behind == 0 && queue.place(there.number).is_some_and(|place| length < place);
        let check = queue.check(there.number).ok_or(Count::Duplicate)?;
        let is_richer = rank(&candidate) > rank(&check.candidate);
        if is_richer {
            let (more, less) = (raw.len(), check.raw.len());
            check.candidate.proof = candidate.proof;
            check.candidate.marks.file |= candidate.marks.file;
            check.raw = raw;
            queue.bytes = queue.bytes.saturating_add(more).saturating_sub(less);
            self.bytes = self.bytes.saturating_add(more).saturating_sub(less);
        }
        if there.link != link {
            if is_sooner { self.move_check(there, link, identity) } else { self.push_behind(link, there, identity) }
        }
        if is_richer { Ok(()) } else { Err(Count::Duplicate) }
    }

    /// Moves a check that nobody has taken yet to the end of what `link` brought; its own link waits for it there.
    fn move_check(&mut self, from: CheckId, link: LinkId, identity: Identity) {
        let Some(queue) = self.queues.get_mut(&from.link) else { return };
        if !queue.check(from.number).is_some_and(|check| matches!(check.state, State::Waiting(_))) {
            return self.push_behind(link, from, identity);
        }
        let Some(item) = queue.place(from.number).and_then(|place| queue.items.get_mut(place)) else { return };
        let Item::Check(mut check) = core::mem::replace(item, Item::Behind(from, identity)) else { return };
        check.others = check.others.saturating_add(1);
        queue.waiting = queue.waiting.saturating_sub(1);
        queue.bytes = queue.bytes.saturating_sub(check.raw.len());
        self.waiting = self.waiting.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(check.raw.len().saturating_add(ITEM_BYTES));
        let moved = self.push_check(link, *check);
        let queue = self.queues.get_mut(&from.link);
        let item = queue.and_then(|queue| queue.place(from.number).and_then(|place| queue.items.get_mut(place)));
        if let Some(item) = item {
            *item = Item::Behind(moved, identity);
            self.bytes = self.bytes.saturating_add(ITEM_BYTES);
        }
        if let Some(queue) = self.queues.get_mut(&from.link) {
            queue.behind = queue.behind.saturating_add(1);
        }
    }

    fn push_check(&mut self, link: LinkId, check: Check) -> CheckId {
        let identity = check.candidate.identity();
        let waits = usize::from(matches!(check.state, State::Waiting(_)));
        let bytes = check.raw.len();
        let id = self.push_item(link, Item::Check(Box::new(check)), bytes);
        if let Some(queue) = self.queues.get_mut(&link) {
            queue.waiting = queue.waiting.saturating_add(waits);
        }
        self.waiting = self.waiting.saturating_add(waits);
        self.by_identity.insert(identity, id);
        id
    }

    fn push_behind(&mut self, link: LinkId, other: CheckId, identity: Identity) {
        let last = self.queues.get(&link).and_then(|queue| queue.items.back());
        if !matches!(last, Some(Item::Behind(there, _)) if *there == other) {
            if let Some(check) = self.queues.get_mut(&other.link).and_then(|queue| queue.check(other.number)) {
                check.others = check.others.saturating_add(1);
            }
            self.push_item(link, Item::Behind(other, identity), 0);
            if let Some(queue) = self.queues.get_mut(&link) {
                queue.behind = queue.behind.saturating_add(1);
            }
            self.ready.insert(link);
        }
    }

    fn push_item(&mut self, link: LinkId, item: Item, bytes: usize) -> CheckId {
        let bytes = bytes.saturating_add(ITEM_BYTES);
        let queue = self.queues.entry(link).or_insert_with(|| Queue { first: self.next, ..Queue::default() });
        let number = queue.first.saturating_add(queue.items.len() as u64);
        // A later queue of the same link goes on where this one ends.
        self.next = self.next.max(number.saturating_add(1));
        queue.bytes = queue.bytes.saturating_add(bytes);
        queue.items.push_back(item);
        self.bytes = self.bytes.saturating_add(bytes);
        CheckId { link, number }
    }

    /// Whether the link is not to be read until some of what waits is checked.
    pub(super) fn hold_back(&self, link: LinkId) -> bool {
        let full = |queue: &Queue| queue.items.len() >= LINK_CHECKS_MAX || queue.bytes >= LINK_BYTES_MAX;
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
            let has_some = |(_, queue): &(&LinkId, &mut Queue)| queue.waiting > 0;
            let after = LinkId(self.turn.0.saturating_add(1));
            let next = self.queues.range_mut(after..).find(has_some).map(|(link, _)| *link);
            let first = || self.queues.iter_mut().find(has_some).map(|(link, _)| *link);
            let Some(link) = next.or_else(first) else { break };
            self.turn = link;
            let Some((number, claim)) = self.queues.get_mut(&link).and_then(Queue::take) else { break };
            self.waiting = self.waiting.saturating_sub(1);
            taken.push((CheckId { link, number }, claim));
        }
        taken
    }

    /// When the pace allows the next check, where some wait.
    pub(super) fn due(&self) -> Option<Instant> {
        (self.waiting > 0).then(|| self.pace.when(1, PACE))
    }

    /// Whether the signature of `check` holds. What is known by now is to be had from [`Checks::next`].
    pub(super) fn note(&mut self, id: CheckId, holds: bool) {
        let check = self.queues.get_mut(&id.link).and_then(|queue| queue.check(id.number));
        if let Some(check) = check.filter(|check| matches!(check.state, State::Taken)) {
            check.state = State::Done(holds);
            self.ready.insert(id.link);
        }
    }

    /// The next message of which it is known whether its signature holds, and which nothing must come before.
    pub(super) fn next(&mut self) -> Option<Checked> {
        while let Some(link) = self.ready.first().copied() {
            if let Some(checked) = self.pop(link) {
                return Some(checked);
            }
            self.ready.remove(&link);
        }
        None
    }

    fn pop(&mut self, link: LinkId) -> Option<Checked> {
        loop {
            let queue = self.queues.get(&link)?;
            let id = CheckId { link, number: queue.first };
            match queue.items.front()? {
                Item::Behind(other, _) if self.is_there(*other) => {
                    let other = *other;
                    self.behind.entry(other).or_default().insert(link);
                    return None;
                }
                Item::Check(check) if !matches!(check.state, State::Done(_)) => return None,
                Item::Behind(..) | Item::Check(_) => {}
            }
            let queue = self.queues.get_mut(&link)?;
            let item = queue.pop()?;
            let bytes = match &item {
                Item::Check(check) => check.raw.len().saturating_add(ITEM_BYTES),
                Item::Behind(..) => ITEM_BYTES,
            };
            queue.bytes = queue.bytes.saturating_sub(bytes);
            self.bytes = self.bytes.saturating_sub(bytes);
            if queue.items.is_empty() {
                self.queues.remove(&link);
            }
            self.ready.extend(self.behind.remove(&id).into_iter().flatten());
            match item {
                Item::Check(check) => {
                    let Check { state, candidate, raw, others } = *check;
                    self.by_identity.remove(&candidate.identity());
                    return Some(Checked { link, candidate, raw, holds: matches!(state, State::Done(true)), others });
                }
                Item::Behind(_, identity) => {
                    let Some(Offered { candidate, raw, others }) = self.offered.remove(&identity) else { continue };
                    self.bytes = self.bytes.saturating_sub(raw.len().saturating_add(ITEM_BYTES));
                    let others = others.saturating_sub(1);
                    return Some(Checked { link, candidate, raw, holds: true, others });
                }
            }
        }
    }

    /// Its link has no budget for a message that is true: the `others` that brought it too have their turn.
    pub(super) fn offer(&mut self, candidate: Candidate, raw: Vec<u8>, others: usize) {
        self.bytes = self.bytes.saturating_add(raw.len()).saturating_add(ITEM_BYTES);
        let before = self.offered.insert(candidate.identity(), Offered { candidate, raw, others });
        let gone = before.map_or(0, |before| before.raw.len().saturating_add(ITEM_BYTES));
        self.bytes = self.bytes.saturating_sub(gone);
    }

    /// Whether that item is still in its queue.
    fn is_there(&self, id: CheckId) -> bool {
        self.queues.get(&id.link).is_some_and(|queue| queue.place(id.number).is_some())
    }

    /// What waits for a check of its signature. Beyond the marks links wait, each after the turn in which it came there.
    pub(super) fn watermarks(&self) -> [Bound; 2] {
        let longest = self.queues.values().map(|queue| queue.bytes).max().unwrap_or_default();
        [
            Bound::bytes("bytes that wait for a check", self.bytes, BYTES_MAX),
            Bound::bytes("bytes of one link that wait for a check", longest, LINK_BYTES_MAX),
        ]
    }

    pub(super) fn bounds(&self) -> [Bound; 4] {
        let items = self.queues.values().map(|queue| queue.items.len());
        let longest = items.clone().max().unwrap_or_default();
        [
            Bound::new("links with signatures to check", self.queues.len(), items.clone().sum()),
            Bound::new("signatures of one link", longest, LINK_CHECKS_MAX.saturating_add(TURN_ITEMS_MAX)),
            Bound::new("messages that other links brought too", self.offered.len(), items.clone().sum()),
            Bound::new("links that wait for others' signatures", self.behind.len(), self.queues.len()),
        ]
    }
}
