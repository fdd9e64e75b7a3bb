//! The last steps of a message on its way into the log: budget, belief, a place. All that it claims was checked. Must not know how.
//! Bounds: those of log, seen IDs and trust; [`ROTATIONS`], [`LOOKS`].

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Node;
use super::candidate::{Candidate, Proof};
use super::copies::Poor;
use super::links::Incoming;
use super::output::{Output, Told};
use super::signed::is_peers;
use crate::budget::Rate;
use crate::codec::Object;
use crate::counters::Count;
use crate::log::{Entry, Note};
use crate::rank::Rank;
use crate::state::State;
use crate::time::Now;
use crate::trust::{Change, Rotation, RotationError};

/// Statements that one key takes the place of another which are looked at: each costs two checks of a signature (a guess: a network of
/// thousands that renews all its keys in a day needs one in ten seconds).
pub(super) const ROTATIONS: Rate = Rate { milli_per_second: 1_000, burst: 16 };

/// Nicks of unsigned messages that are looked at for likeness to others, where they are not the one before: it takes microseconds (a
/// guess: far more than any talk has). Beyond that they are marked as unsigned all the same.
pub(super) const LOOKS: Rate = Rate { milli_per_second: 5_000_000, burst: 5_000 };

impl Node {
    /// Takes in what is new, or richer than what is there.
    pub(super) fn take_in(
        &mut self,
        now: Now,
        link: Option<&mut Incoming>,
        object: &Object<'_>,
        candidate: Candidate,
        out: &mut Vec<Output>,
    ) -> Result<(), Count> {
        let poorer = match (&candidate.proof, self.seen.rank(candidate.fingerprint)) {
            (_, None) => None,
            // One that came while its signature was checked, or asked about, by another link.
            (None, Some(_)) => return Err(Count::Duplicate),
            (Some(proof), Some(_)) => Some(self.copies.poorer(candidate.fingerprint, proof)?),
        };
        self.charge(now, link.as_deref(), object, &candidate, poorer.is_some())?;
        let Candidate { fingerprint, author, mut marks, old, of_link, proof } = candidate;
        let is_ours = proof.as_ref().map_or(author == self.own_author, |proof| proof.key == self.own_key);
        if marks.withheld && !old {
            self.counters.add(Count::OddTime);
        }
        if is_ours && !old && !self.mouth.passes_echo(object.raw().len(), now.instant) {
            marks.withheld = true;
            self.counters.add(Count::OwnName);
        }
        let statement = proof.as_ref().and_then(|proof| self.statement(proof, object));
        let is_new_keys = |statement: &&Rotation| proof.as_ref().is_some_and(|proof| statement.new == proof.key);
        // The new key is to be known as what it is before it is judged, blocks included; the old one says farewell as what it was.
        if let Some(statement) = statement.as_ref().filter(is_new_keys) {
            self.heed_rotation(now, statement, out);
        }
        marks.hidden |= proof.as_ref().is_some_and(|proof| self.trust.is_blocked(&proof.key));
        let entry = Entry::new(fingerprint, author, now.wall.0, marks);
        match &proof {
            None => {
                self.seen.insert(fingerprint, Rank::WithFile, now.wall);
                let note = self.warn_of_lookalike(now, object);
                self.log.append(entry, object.raw(), note);
            }
            Some(proof) => {
                let (state, note) = self.believe(now, proof, marks.hello || marks.hidden, poorer, out);
                self.seen.insert(fingerprint, proof.rank, now.wall);
                let seq = self.log.append(entry.known(state, proof.rank), object.raw(), note.boxed());
                let copy = Poor { seq, content: proof.content, rank: proof.rank };
                if let Some(forgotten) = self.copies.note(fingerprint, copy) {
                    // Of that one no richer copy is taken: further ones are duplicates.
                    self.seen.insert(forgotten, Rank::WithFile, now.wall);
                }
                if let Some(statement) = statement.as_ref().filter(|statement| statement.new != proof.key) {
                    self.heed_rotation(now, statement, out);
                }
            }
        }
        self.counters.add(if poorer.is_some() { Count::Upgraded } else { Count::Accepted });
        if let Some(link) = link.filter(|_| !old) {
            // Who greets again has waited in vain to be dialled.
            if !core::mem::replace(&mut link.last_considered, true) || marks.hello {
                self.consider_dialling(now, link, object, !marks.replay);
            }
            let signer = proof.as_ref().map(|proof| proof.key);
            if of_link && is_peers(Some(link), signer) {
                if marks.hello {
                    link.key = link.key.or(signer);
                }
                self.note_peer(link, object);
                if let Some(proof) = &proof {
                    self.note_clock(now, link, proof.time, out);
                }
            }
        }
        Ok(())
    }

    /// Whether the budgets allow it by now.
    pub(super) fn is_within_budget(&mut self, now: Now, link: &Incoming, candidate: &Candidate, bytes: usize) -> bool {
        if !self.config.flood_limit || candidate.marks.replay {
            return true;
        }
        match &candidate.proof {
            Some(proof) => {
                let key = self.keyed.fingerprint(proof.key.bytes());
                self.flood.allows_key(&link.source, key, bytes, now.instant)
            }
            None => self.flood.allows(&link.source, candidate.author, bytes, now.instant),
        }
    }

    /// What is live is held against its author's budget: by key where there is one, wherever it came from, else by link and Addr.
    fn charge(
        &mut self,
        now: Now,
        link: Option<&Incoming>,
        object: &Object<'_>,
        candidate: &Candidate,
        is_richer: bool,
    ) -> Result<(), Count> {
        if !self.config.flood_limit || candidate.marks.replay {
            return Ok(());
        }
        let bytes = cost(object, candidate.proof.is_some());
        let within = match (&candidate.proof, link) {
            // Its message was charged: whoever passes on stripped copies first must not double what the author pays.
            (Some(_), _) if is_richer && !candidate.marks.file => true,
            (Some(proof), link) => {
                let (key, source) = (self.keyed.fingerprint(proof.key.bytes()), link.map(|link| &link.source));
                if is_richer {
                    self.flood.charge_file(source, key, bytes, now.instant)
                } else {
                    self.flood.charge_key(source, key, bytes, now.instant)
                }
            }
            (None, Some(link)) => self.flood.charge(&link.source, candidate.author, bytes, now.instant),
            (None, None) => true,
        };
        if within { Ok(()) } else { Err(Count::OverBudget) }
    }

    /// What is thought of the author of a message. Each message counts once: a greeting or one that is hidden not at all, and of its copies
    /// the first, and the first that tells its nick.
    fn believe(
        &mut self,
        now: Now,
        proof: &Proof,
        counts_not: bool,
        poorer: Option<Poor>,
        out: &mut Vec<Output>,
    ) -> (State, Note) {
        let nick = proof.nick.as_deref().unwrap_or_default();
        let tells_more = poorer.is_none_or(|poorer| poorer.rank == Rank::Bare);
        let (state, show, warning) = if counts_not || !tells_more {
            self.trust.shown(proof.key, nick, self.own_key)
        } else {
            let verdict = self.trust.judge(now.wall, nick, Some(proof.key), self.own_key);
            if verdict.change != Change::default() {
                out.push(Output::SaveTrust(verdict.change));
            }
            (verdict.state, verdict.show, verdict.warning)
        };
        let petname = self.trust.petname(&proof.key).map(ToString::to_string);
        // Nobody vouches for a nick outside of Ext.
        let nick = match (&proof.nick, &petname) {
            (Some(_), _) => None,
            (None, None) => Some(show.name),
            (None, Some(_)) => Some(self.trust.nick(&proof.key).unwrap_or_default().to_string()),
        };
        let replaces = poorer.map(|poorer| poorer.seq);
        (state, Note { replaces, nick, petname, short: show.short, warning: warning.map(|it| it.to_string()) })
    }

    /// Nobody signed it: where its nick looks like one that somebody holds, that is to be said.
    fn warn_of_lookalike(&mut self, now: Now, object: &Object<'_>) -> Option<Box<Note>> {
        let nick = object.nick();
        if nick.is_empty() || self.trust.is_empty() {
            return None;
        }
        let nick = nick.decode();
        if !self.trust.looked_last_at(&nick) {
            if !self.looks.has(1, LOOKS, now.instant) {
                return None;
            }
            self.looks.take(1);
        }
        let warning = self.trust.judge(now.wall, &nick, None, self.own_key).warning?;
        Note { warning: Some(warning.to_string()), ..Note::default() }.boxed()
    }

    /// What a message says, in its Body or its Ext, of its author's key in the place of another one, or of another in its place. Only what
    /// would be news.
    fn statement(&self, proof: &Proof, object: &Object<'_>) -> Option<Rotation> {
        let statement = match &proof.rotate {
            Some(text) => Rotation::parse(text),
            None if Rotation::is_in(&object.body().bytes()) => Rotation::parse(&object.body().decode()),
            None => None,
        };
        let is_its = |statement: &Rotation| [statement.old, statement.new].contains(&proof.key);
        statement.filter(is_its).filter(|statement| self.trust.is_news(statement))
    }

    fn heed_rotation(&mut self, now: Now, statement: &Rotation, out: &mut Vec<Output>) {
        if !self.rotations.has(1, ROTATIONS, now.instant) {
            return self.counters.add(Count::RotationBusy);
        }
        self.rotations.take(1);
        match self.trust.rotate(now.wall, statement, &self.config.network.0) {
            Ok(rotated) => {
                out.push(Output::SaveTrust(rotated.change));
                out.push(Output::Tell(Told::Rotated { old: rotated.old, new: rotated.new, name: rotated.name }));
                let state = self.trust.state(rotated.new, self.own_key);
                out.push(Output::Tell(Told::Trust { key: rotated.new, state }));
            }
            Err(RotationError::SecondSuccessor { first }) => {
                let (old, second) = (statement.old, statement.new);
                out.push(Output::Tell(Told::SecondSuccessor { old, first, second }));
            }
            Err(_) => {}
        }
    }
}

/// What a message costs its author, in bytes. Of a signed one, as long as its texts are: whoever passes it on may write them in several
/// spellings, of which some are six times as long.
pub(super) fn cost(object: &Object<'_>, is_signed: bool) -> usize {
    if !is_signed {
        return object.raw().len();
    }
    let words = [object.id(), object.addr(), object.body(), object.ext()];
    let beside = [object.nick_key(), object.omitempty(), object.file_type(), object.file_contents()];
    let texts = words.iter().chain(&beside).map(|text| text.bytes().len());
    texts.fold(0, usize::saturating_add)
}
