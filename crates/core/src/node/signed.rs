//! Signed messages from the moment they come until their signature is checked: cheap looks first, then a place in the queue, then the
//! log. Must not know on which threads signatures are checked. Bounds: those of the queues; [`UNSIGNED_BYTES_MAX`].

use alloc::vec::Vec;

use super::Node;
use super::candidate::{Proof, Unproven};
use super::checks::{CheckId, Checked};
use super::links::{Incoming, LinkId};
use super::output::Output;
use super::take_in::cost;
use crate::codec::{self, Object};
use crate::counters::Count;
use crate::fingerprint::Fingerprint;
use crate::identity::{Beside, Claim, PublicKey, Token, judge};
use crate::rank::Rank;
use crate::time::{Instant, Now};

/// Bytes beside a signed ID that its author does not vouch for: unknown keys, and 256 for the spelling of the known ones (a guess: old
/// peers and ours need a tenth).
const UNSIGNED_BYTES_MAX: usize = 1_024 + 256;

impl Node {
    /// Looks at a signed message as far as that is cheap, and puts it among those whose signatures are to be checked.
    pub(super) fn admit_signed(
        &mut self,
        now: Now,
        (id, link): (LinkId, &mut Incoming),
        object: &Object<'_>,
        (fingerprint, there, token): (Fingerprint, Option<Rank>, &Token),
        out: &mut Vec<Output>,
    ) -> Result<(), Count> {
        link.last_key_is_own = link.key.is_none_or(|key| key == token.key());
        let (rank, ext) = beside(object, |beside| {
            if there.is_some_and(|there| beside.rank_at_most() <= there) {
                return Err(Count::Duplicate);
            }
            if object.bytes_beside() > UNSIGNED_BYTES_MAX {
                return Err(Count::CopyUnsigned);
            }
            judge(token, beside).map_err(|fault| Count::dropped(fault.name()).unwrap_or(Count::BadSignature))
        })?;
        let (addr, body) = (object.addr().decode(), object.body().decode());
        let content = self.keyed.of_two(addr.as_bytes(), body.as_bytes());
        let proof = Proof::new(token, rank, ext, content);
        let mut candidate = self.candidate(now, link, object, (fingerprint, Some(token.time()), Some(proof)));
        if there.is_some() {
            // Its signature is the one that held before.
            return self.take_in(now, Some(link), object, candidate, out);
        }
        if self.lookups.holds(&candidate.identity()) {
            return self.lookups.put_richer(candidate, object.raw());
        }
        candidate.marks.hidden |= self.trust.is_blocked(&token.key());
        let charged = self.config.flood_limit && !candidate.marks.replay;
        if charged && !self.flood.allows_key(&link.source, self.author_key(token), cost(object, true), now.instant) {
            return Err(Count::OverBudget);
        }
        let claim = token.claim(self.config.network, &addr, &body);
        if candidate.old && self.log.is_stored() {
            return self.look_up(id, object, candidate, Some(claim), out);
        }
        self.checks.push(id, Unproven { candidate, claim, raw: object.raw().to_vec() })
    }

    fn author_key(&self, token: &Token) -> Fingerprint {
        self.keyed.fingerprint(token.key().bytes())
    }

    /// Whether the link is not to be read for now, since too many signatures of its messages wait to be checked. Look again after
    /// [`Node::checked`].
    #[must_use]
    pub fn is_held_back(&self, link: LinkId) -> bool {
        self.checks.hold_back(link)
    }

    /// How many signatures wait to be checked.
    #[must_use]
    pub const fn checks_waiting(&self) -> usize {
        self.checks.waiting()
    }

    /// Up to `checks_max` signatures to be checked; what comes of each is for [`Node::checked`]. Nothing else waits for that.
    #[must_use]
    pub fn take_checks(&mut self, now: Now, checks_max: usize) -> Vec<(CheckId, Claim)> {
        self.checks.take(now.instant, checks_max, self.config.flood_limit)
    }

    /// When there are signatures to be had from [`Node::take_checks`], where some wait.
    #[must_use]
    pub fn checks_due(&self) -> Option<Instant> {
        self.checks.due()
    }

    /// What came of checks: whether each claim holds. What is known now goes into the log, in the order of its link.
    pub fn checked(&mut self, now: Now, results: &[(CheckId, bool)], out: &mut Vec<Output>) {
        for (check, holds) in results {
            self.checks.note(*check, *holds);
        }
        self.settle_known(now, out);
        self.reserve_ahead(out);
        self.dial_due(now, out);
    }

    /// Takes in what is known by now, unless reading pauses: what waits here may be a hundred times what the store may lag behind by.
    pub(super) fn settle_known(&mut self, now: Now, out: &mut Vec<Output>) {
        self.unsettled = true;
        while !self.is_paused() {
            let Some(checked) = self.checks.next() else {
                self.unsettled = false;
                return;
            };
            self.settle(now, checked, out);
        }
    }

    /// Takes in what had to wait for the end of a pause.
    pub(super) fn settle_due(&mut self, now: Now, out: &mut Vec<Output>) {
        if self.unsettled {
            self.settle_known(now, out);
        }
    }

    /// When that is due.
    pub(super) fn next_settle(&self, now: Instant) -> Option<Instant> {
        (self.unsettled && !self.is_paused()).then_some(now)
    }

    fn settle(&mut self, now: Now, checked: Checked, out: &mut Vec<Output>) {
        let Checked { link: id, candidate, raw, holds, others } = checked;
        let mut link = self.incoming.remove(&id);
        let signer = candidate.proof.as_ref().map(|proof| proof.key);
        let of_link = candidate.of_link && is_peers(link.as_deref(), signer);
        let refused =
            others > 0 && link.as_deref().is_some_and(|link| !self.is_within_budget(now, link, &candidate, raw.len()));
        let taken = if holds && refused {
            self.checks.offer(candidate, raw, others);
            Err(Count::OverBudget)
        } else if holds {
            self.counters.add_many(Count::Verified, u64::from(candidate.proof.is_some()));
            let taken = codec::parse(&raw, |object| {
                if let Some(link) = &mut link
                    && link.last_addr != object.addr().bytes().as_ref()
                {
                    self.look_at_author(link, object);
                }
                self.take_in(now, link.as_deref_mut(), object, candidate, out)
            });
            // It was read before.
            taken.ok().flatten().unwrap_or(Ok(()))
        } else {
            Err(Count::BadSignature)
        };
        let ended = taken.err().and_then(|count| self.dropped(now, link.as_deref(), count, of_link).err());
        if let Some(link) = link {
            self.incoming.insert(id, link);
        }
        if let Some(end) = ended {
            self.end(now, id, end, out);
        }
    }
}

/// Looks at what stands beside the signed texts of `object`.
pub(super) fn beside<T>(object: &Object<'_>, look: impl FnOnce(&Beside<'_>) -> T) -> T {
    let (ext, nick, omitempty) = (object.ext().decode(), object.nick_key().decode(), object.omitempty().decode());
    let (file_type, file_contents) = (object.file_type().decode(), object.file_contents().bytes());
    look(&Beside {
        timestamp: object.timestamp(),
        ext: &ext,
        nick: &nick,
        omitempty: &omitempty,
        file_type: &file_type,
        file_contents: &file_contents,
    })
}

/// Whether what `signer` signed may be what the peer at the other end of the link says itself.
pub(super) fn is_peers(link: Option<&Incoming>, signer: Option<PublicKey>) -> bool {
    let peer = link.and_then(|link| link.key);
    signer.is_none_or(|signer| peer.is_none_or(|peer| peer == signer))
}
