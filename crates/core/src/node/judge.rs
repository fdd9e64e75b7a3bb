//! Judging what a link sends: decode and limits, seen, cheap checks, budget, signature, mark as seen, append. Cheapest first, and
//! nothing is marked as seen before all else held, so that nobody suppresses a message with a bad copy of it.
//! Must not know how a link is read. Bounds: [`BODY_BYTES_MAX`], [`NICK_GRAPHEMES_MAX`].

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::candidate::{Candidate, Proof};
use super::links::{Incoming, LinkId};
use super::output::{Cause, Change, Output};
use super::{Node, greet, links};
use crate::addr::{self, Range};
use crate::codec::{BATCH_MAX, Decoder, Object, Text};
use crate::counters::Count;
use crate::fingerprint::Fingerprint;
use crate::id::{self, ID_BYTES_MAX};
use crate::identity::{Form, classify};
use crate::log::Marks;
use crate::rank::Rank;
use crate::source::Source;
pub use crate::text::NICK_GRAPHEMES_MAX;
use crate::text::graphemes;
use crate::time::{Now, UnixMillis};

/// Longest Body, in bytes (a guess: ten printed pages).
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// Said so long before its link was up, a message is a replay.
const REPLAY_AFTER: Duration = Duration::from_secs(60);
/// Signed so long ago, a message is shown as a replay and not relayed on classic links: whoever held it back, or says it again,
/// reaches only his own neighbours.
const SIGNED_BEFORE_MAX: Duration = Duration::from_secs(24 * 3600);
/// The same for one that is so far ahead of our clock.
const SIGNED_AHEAD_MAX: Duration = Duration::from_secs(600);

const _: () = assert!(BODY_BYTES_MAX * 6 <= crate::codec::OBJECT_BYTES_MAX, "a Body fits, each byte escaped");

/// Why a link is to be closed on account of what it said.
#[derive(Clone, Copy)]
pub(super) enum End {
    Flood,
    Banned(UnixMillis),
    Held,
    Blocked,
}

impl Node {
    /// Takes what an incoming link has sent, and judges each object that ends in it.
    pub fn receive(&mut self, now: Now, id: LinkId, decoder: &mut Decoder, bytes: &[u8], out: &mut Vec<Output>) {
        let Some(mut link) = self.incoming.remove(&id) else { return };
        let mut end = None;
        let fed = decoder.feed_batches(bytes, |objects| {
            let mut prints = [Fingerprint::from_bits(0); BATCH_MAX];
            for (print, object) in prints.iter_mut().zip(objects) {
                *print = self.keyed.fingerprint(&object.id().bytes());
            }
            self.seen.warm(prints.get(..objects.len()).unwrap_or(&prints));
            for (object, print) in objects.iter().zip(prints) {
                if end.is_none() {
                    end = self.judge(now, (id, &mut link), object, print, out).err();
                }
            }
        });
        self.incoming.insert(id, link);
        match (end, fed) {
            (Some(end), _) => self.end(now, id, end, out),
            (None, Err(malformed)) => self.close(id, Cause::Malformed(malformed), out),
            (None, Ok(())) => {}
        }
        self.reserve_ahead(out);
        self.dial_due(now, out);
    }

    /// Closes a link on account of what it said.
    pub(super) fn end(&mut self, now: Now, id: LinkId, end: End, out: &mut Vec<Output>) {
        match end {
            End::Flood => self.ban(now, id, out),
            End::Banned(until) => self.close_blocked(id, Cause::Flood, Some(until), out),
            End::Held => self.close_blocked(id, Cause::User, None, out),
            End::Blocked => self.close_blocked(id, Cause::Blocked, None, out),
        }
    }

    fn ban(&mut self, now: Now, id: LinkId, out: &mut Vec<Output>) {
        let Some(link) = self.incoming.remove(&id) else { return };
        let source = &link.source;
        self.counters.add(Count::Flood);
        let shared =
            Range::of(source.ip).is_shared() || self.incoming.values().any(|other| other.source.ip == source.ip);
        let name = shared.then(|| link.named.clone().unwrap_or_default());
        let source = Source { ip: source.ip, name };
        let ban = self.flood.ban(source.clone(), now.wall);
        out.push(Output::SaveBan(source, ban));
        out.push(Output::Close(id));
        links::tell(out, link.remote, true, Change::Blocked(Cause::Flood, Some(ban.until)));
    }

    fn judge(
        &mut self,
        now: Now,
        (id, link): (LinkId, &mut Incoming),
        object: &Object<'_>,
        fingerprint: Fingerprint,
        out: &mut Vec<Output>,
    ) -> Result<(), End> {
        if link.named.is_none() {
            self.name(now, link, object)?;
            self.recognise(now, link, object);
        }
        let Err(count) = self.admit(now, (id, link), object, fingerprint, out) else { return Ok(()) };
        let of_link = link.last_is_own && link.last_key_is_own;
        self.dropped(now, Some(link), count, of_link)
    }

    /// Counts what was dropped, and holds it against its link where that is to blame. `of_link`: its Addr is that of the link.
    pub(super) fn dropped(
        &mut self,
        now: Now,
        link: Option<&Incoming>,
        count: Count,
        of_link: bool,
    ) -> Result<(), End> {
        self.counters.add(count);
        let honest = match count {
            Count::Duplicate | Count::HorizonBusy => true,
            // Who passes on what was within its budgets where it came in, from many or as a replay, floods nobody.
            Count::OverBudget => !of_link,
            _ => false,
        };
        let Some(link) = link.filter(|_| !honest && self.config.flood_limit) else { return Ok(()) };
        self.counters.add(Count::Strike);
        let flood = self.flood.strike(&link.source, now.instant);
        if flood { Err(End::Flood) } else { Ok(()) }
    }

    /// The first object of a link names whose it is: a peer's own greeting, if the peer is one of us.
    fn name(&mut self, now: Now, link: &mut Incoming, object: &Object<'_>) -> Result<(), End> {
        let ip = link.remote.ip();
        let text = object.addr().decode();
        let parsed = addr::parse(&text);
        let named: String =
            parsed.map_or_else(|| text.chars().take(addr::ADDR_BYTES_MAX).collect(), |addr| alloc::format!("{addr}"));
        let full = Source { ip, name: Some(named.clone()) };
        if let Some(until) = self.flood.banned(&full, now.wall) {
            return Err(End::Banned(until));
        }
        if Range::of(ip).is_shared() {
            link.source = full;
        }
        link.peer = parsed.filter(|addr| addr.ip() == ip);
        // Where many share an IP, an old peer's link may begin with what it only relays: a greeting of our kind alone shows
        // whose the link is, and nobody is to be cut off for another.
        let proven = !Range::of(ip).is_shared() || (greet::is_hello(object) && object.has_nick());
        if let Some(peer) = link.peer.filter(|_| proven) {
            if self.book.is_held(&peer) {
                return Err(End::Held);
            }
            if self.is_blocked(ip, Some(&named)) {
                return Err(End::Blocked);
            }
        }
        link.named = Some(named);
        Ok(())
    }

    /// Takes `object` in, at once or once its signature is checked, or says which count it goes to.
    fn admit(
        &mut self,
        now: Now,
        (id, link): (LinkId, &mut Incoming),
        object: &Object<'_>,
        fingerprint: Fingerprint,
        out: &mut Vec<Output>,
    ) -> Result<(), Count> {
        check_form(object)?;
        let there = self.seen.rank(fingerprint);
        if there == Some(Rank::WithFile) {
            return Err(Count::Duplicate);
        }
        match classify(&object.id().bytes()) {
            Ok(Form::Opaque) => self.admit_unsigned(now, (id, link), object, fingerprint, out),
            Ok(Form::Signed(token)) => self.admit_signed(now, (id, link), object, (fingerprint, there, &token), out),
            Err(fault) => Err(Count::dropped(fault.name()).unwrap_or(Count::BadSignature)),
        }
    }

    fn admit_unsigned(
        &mut self,
        now: Now,
        (id, link): (LinkId, &mut Incoming),
        object: &Object<'_>,
        fingerprint: Fingerprint,
        out: &mut Vec<Output>,
    ) -> Result<(), Count> {
        check_hash(object)?;
        link.last_key_is_own = true;
        let time = object.time().map(UnixMillis);
        let candidate = self.candidate(now, link, object, (fingerprint, time, None));
        if self.lookups.holds(&candidate.identity()) {
            return Err(Count::Duplicate);
        }
        if candidate.old && self.log.is_stored() {
            return self.look_up(id, object, candidate, None, out);
        }
        // What its link brought before it goes first.
        match self.checks.push_unsigned(id, candidate, object.raw())? {
            Some(candidate) => self.take_in(now, Some(link), object, candidate, out),
            None => Ok(()),
        }
    }

    /// What can be found out about a message by looking at it and its link.
    pub(super) fn candidate(
        &self,
        now: Now,
        link: &mut Incoming,
        object: &Object<'_>,
        (fingerprint, time, proof): (Fingerprint, Option<UnixMillis>, Option<Proof>),
    ) -> Candidate {
        if link.last_addr.is_empty() || link.last_addr != object.addr().bytes().as_ref() {
            self.look_at_author(link, object);
        }
        let old = time.is_some_and(|time| self.may_be_forgotten(time, now.wall));
        let odd = proof.is_some() && time.is_some_and(|time| is_odd(time, now.wall));
        let replay = time.is_some_and(|time| time < link.since.wall.before(REPLAY_AFTER));
        let marks = Marks {
            own: false,
            hello: greet::is_hello(object),
            replay: replay || old || odd,
            file: !object.file_contents().is_empty(),
            hidden: link.last_hidden,
            withheld: old || odd,
        };
        Candidate { fingerprint, author: link.last_author, marks, old, of_link: link.last_is_own, proof }
    }

    pub(super) fn look_at_author(&self, link: &mut Incoming, object: &Object<'_>) {
        let text = object.addr().decode();
        let parsed = addr::parse(&text);
        link.last_addr = object.addr().bytes().into_owned();
        link.last_author = self.author(&text);
        link.last_considered = false;
        link.last_is_own = link.named.as_ref().is_some_and(|named| self.author(named) == link.last_author);
        link.last_hidden = parsed.is_some_and(|addr| self.is_blocked(addr.ip(), Some(&alloc::format!("{addr}"))));
    }
}

/// Whether a signed time is too far from ours to be passed on.
fn is_odd(time: UnixMillis, now: UnixMillis) -> bool {
    time < now.before(SIGNED_BEFORE_MAX) || time > now.after(SIGNED_AHEAD_MAX)
}

/// What must be there, and how long it may be.
fn check_form(object: &Object<'_>) -> Result<(), Count> {
    if object.id().is_empty() {
        return Err(Count::NoId);
    }
    if object.body().is_empty() {
        return Err(Count::NoBody);
    }
    if is_longer(object.id(), ID_BYTES_MAX) {
        return Err(Count::LongId);
    }
    if is_longer(object.body(), BODY_BYTES_MAX) {
        return Err(Count::LongBody);
    }
    let nick = object.nick();
    if nick.raw().len() > NICK_GRAPHEMES_MAX && graphemes(&nick.decode()).nth(NICK_GRAPHEMES_MAX).is_some() {
        return Err(Count::LongNick);
    }
    Ok(())
}

fn is_longer(text: Text<'_>, bytes_max: usize) -> bool {
    text.raw().len() > bytes_max && text.bytes().len() > bytes_max
}

fn check_hash(object: &Object<'_>) -> Result<(), Count> {
    let id = object.id().bytes();
    if !id::is_hashed(&id) {
        return Ok(());
    }
    let holds = id::holds(&object.id().decode(), &object.addr().decode(), &object.body().decode(), object.timestamp());
    holds.then_some(()).ok_or(Count::BadHash)
}
