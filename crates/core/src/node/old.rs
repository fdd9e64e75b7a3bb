//! Messages from before memory begins: whether one is new, only the store knows. New or not, it does not flood again.
//! Must not know how the store finds out. Bounds: [`LOOKUPS_MAX`], [`LOOKUP_BYTES_MAX`].

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use super::Node;
use super::candidate::{Candidate, Identity, Unproven};
use super::links::LinkId;
use super::output::Output;
use crate::bound::Bound;
use crate::codec::{self, Object};
use crate::counters::Count;
use crate::identity::Claim;
use crate::time::{Now, UnixMillis};

/// How far an author's clock may be ahead before memory of what he said may seem longer than it is. Half of what memory
/// spans at most, or at a rate that fills it within minutes all that is said would seem old.
const CLOCK_SLACK: Duration = Duration::from_secs(600);
/// Messages older than memory that wait for the store's word.
const LOOKUPS_MAX: usize = 1_024;
/// Their bytes.
const LOOKUP_BYTES_MAX: usize = 4 << 20;

/// Messages older than memory, until the store says whether they are known.
#[derive(Default)]
pub(super) struct Lookups {
    waiting: BTreeMap<u64, Old>,
    /// Which question is about it.
    tokens: BTreeMap<Identity, u64>,
    bytes: usize,
    next: u64,
}

struct Old {
    link: LinkId,
    candidate: Candidate,
    /// What is still to be checked of a signed one: what is known costs no check.
    claim: Option<Claim>,
    raw: Vec<u8>,
}

impl Lookups {
    pub(super) fn bounds(&self) -> [Bound; 2] {
        [
            Bound::new("messages that the store is asked about", self.waiting.len(), LOOKUPS_MAX),
            Bound::bytes("bytes of messages that the store is asked about", self.bytes, LOOKUP_BYTES_MAX),
        ]
    }

    /// Whether the store is being asked about it.
    pub(super) fn holds(&self, identity: &Identity) -> bool {
        !self.tokens.is_empty() && self.tokens.contains_key(identity)
    }

    /// Another copy of what the store is being asked about: where it is richer it takes the place of the other one.
    pub(super) fn put_richer(&mut self, candidate: Candidate, raw: &[u8]) -> Result<(), Count> {
        let rank = |candidate: &Candidate| candidate.proof.as_ref().map(|proof| proof.rank);
        let token = self.tokens.get(&candidate.identity());
        let old = token.and_then(|token| self.waiting.get_mut(token)).ok_or(Count::Duplicate)?;
        if rank(&candidate) <= rank(&old.candidate) {
            return Err(Count::Duplicate);
        }
        let bytes = self.bytes.saturating_sub(old.raw.len()).saturating_add(raw.len());
        if bytes > LOOKUP_BYTES_MAX {
            return Err(Count::HorizonBusy);
        }
        self.bytes = bytes;
        old.candidate.proof = candidate.proof;
        old.candidate.marks.file |= candidate.marks.file;
        old.raw = raw.to_vec();
        Ok(())
    }
}

impl Node {
    /// Whether what was said at `time` may have been seen and forgotten.
    pub(super) fn may_be_forgotten(&self, time: UnixMillis, now: UnixMillis) -> bool {
        self.seen.horizon(now).is_some_and(|horizon| {
            let span = Duration::from_millis(u64::try_from(now.0.saturating_sub(horizon.0)).unwrap_or_default());
            time < horizon.after(CLOCK_SLACK.min(span.checked_div(2).unwrap_or_default()))
        })
    }

    /// Asks the store about a message, before its signature is checked where it has one.
    pub(super) fn look_up(
        &mut self,
        link: LinkId,
        object: &Object<'_>,
        candidate: Candidate,
        claim: Option<Claim>,
        out: &mut Vec<Output>,
    ) -> Result<(), Count> {
        let lookups = &mut self.lookups;
        let bytes = lookups.bytes.saturating_add(object.raw().len());
        if lookups.waiting.len() >= LOOKUPS_MAX || bytes > LOOKUP_BYTES_MAX {
            return Err(Count::HorizonBusy);
        }
        lookups.bytes = bytes;
        lookups.next = lookups.next.saturating_add(1);
        let (token, fingerprint) = (lookups.next, candidate.fingerprint);
        lookups.tokens.insert(candidate.identity(), token);
        lookups.waiting.insert(token, Old { link, candidate, claim, raw: object.raw().to_vec() });
        out.push(Output::LookUp { token, fingerprint, id: object.id().decode().into_owned() });
        Ok(())
    }

    /// The store's word on an old message. A store that cannot tell says `known`, and the next copy asks again.
    pub fn looked_up(&mut self, now: Now, token: u64, known: bool, out: &mut Vec<Output>) {
        let Some(Old { link, candidate, claim, raw }) = self.lookups.waiting.remove(&token) else { return };
        self.lookups.tokens.remove(&candidate.identity());
        self.lookups.bytes = self.lookups.bytes.saturating_sub(raw.len());
        if known {
            self.counters.add(Count::SeenLongAgo);
            return;
        }
        let taken = match claim {
            Some(claim) => self.checks.push(link, Unproven { candidate, claim, raw }),
            None => codec::parse(&raw, |object| self.take_in(now, None, object, candidate, out))
                .ok()
                .flatten()
                .unwrap_or(Ok(())),
        };
        if let Err(count) = taken {
            self.counters.add(count);
        }
    }
}
