//! Judging what a link sends: decode and limits, seen, cheap checks, budget, mark as seen, append. Cheapest first, and
//! nothing is marked as seen before all else held, so that nobody suppresses a message with a bad copy of it.
//! Must not know how a link is read. Bounds: [`BODY_BYTES_MAX`], [`NICK_GRAPHEMES_MAX`], [`Lookups`].

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::links::{Incoming, LinkId};
use super::output::{Cause, Change, Output};
use super::{Node, greet, links};
use crate::addr::{self, Range};
use crate::codec::{BATCH_MAX, Decoder, Object, Text};
use crate::counters::Count;
use crate::dial;
use crate::fingerprint::Fingerprint;
use crate::id::{self, ID_BYTES_MAX};
use crate::log::Marks;
use crate::source::Source;
pub use crate::text::NICK_GRAPHEMES_MAX;
use crate::text::graphemes;
use crate::time::{Now, UnixMillis};

/// Longest Body, in bytes (a guess: ten printed pages).
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// Longest nick that is remembered of a peer, in bytes as written: one grapheme may be of any length.
const NICK_BYTES_KEPT_MAX: usize = 1_024;
/// Said so long before its link was up, a message is a replay.
const REPLAY_AFTER: Duration = Duration::from_secs(60);
/// How far an author's clock may be ahead before memory of what he said may seem longer than it is. Half of what memory
/// spans at most, or at a rate that fills it within minutes all that is said would seem old.
const CLOCK_SLACK: Duration = Duration::from_secs(600);
/// Messages older than memory that wait for the store's word.
const LOOKUPS_MAX: usize = 1_024;
/// Their bytes.
const LOOKUP_BYTES_MAX: usize = 4 << 20;

const _: () = assert!(BODY_BYTES_MAX * 6 <= crate::codec::OBJECT_BYTES_MAX, "a Body fits, each byte escaped");

/// Messages older than memory, until the store says whether they are known.
#[derive(Default)]
pub(super) struct Lookups {
    waiting: BTreeMap<u64, Old>,
    fingerprints: BTreeSet<Fingerprint>,
    bytes: usize,
    next: u64,
}

struct Old {
    fingerprint: Fingerprint,
    author: Fingerprint,
    marks: Marks,
    raw: Vec<u8>,
}

/// Why a link is to be closed on account of what it said.
enum End {
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
                    end = self.judge(now, &mut link, object, print, out).err();
                }
            }
        });
        let source = link.source.clone();
        self.incoming.insert(id, link);
        match (end, fed) {
            (Some(End::Flood), _) => self.ban(now, id, &source, out),
            (Some(End::Banned(until)), _) => self.close_blocked(id, Cause::Flood, Some(until), out),
            (Some(End::Held), _) => self.close_blocked(id, Cause::User, None, out),
            (Some(End::Blocked), _) => self.close_blocked(id, Cause::Blocked, None, out),
            (None, Err(malformed)) => {
                self.counters.add(Count::Malformed);
                self.close(id, Cause::Malformed(malformed), out);
            }
            (None, Ok(())) => {}
        }
        self.reserve_ahead(out);
        self.dial_due(now, out);
    }

    fn ban(&mut self, now: Now, id: LinkId, source: &Source, out: &mut Vec<Output>) {
        let Some(link) = self.incoming.remove(&id) else { return };
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
        link: &mut Incoming,
        object: &Object<'_>,
        fingerprint: Fingerprint,
        out: &mut Vec<Output>,
    ) -> Result<(), End> {
        if link.named.is_none() {
            self.name(now, link, object)?;
        }
        let Err(count) = self.admit(now, link, object, fingerprint, out) else { return Ok(()) };
        self.counters.add(count);
        let honest = match count {
            Count::Duplicate | Count::HorizonBusy => true,
            // Who passes on what was within its budgets where it came in, from many or as a replay, floods nobody.
            Count::OverBudget => !link.last_is_own,
            _ => false,
        };
        if honest || !self.config.flood_limit {
            return Ok(());
        }
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

    /// Takes `object` in, or says which count it goes to.
    fn admit(
        &mut self,
        now: Now,
        link: &mut Incoming,
        object: &Object<'_>,
        fingerprint: Fingerprint,
        out: &mut Vec<Output>,
    ) -> Result<(), Count> {
        check_form(object)?;
        if self.seen.contains(fingerprint) || self.lookups.fingerprints.contains(&fingerprint) {
            return Err(Count::Duplicate);
        }
        check_hash(object)?;
        if link.last_addr.is_empty() || link.last_addr != object.addr().bytes().as_ref() {
            self.look_at_author(link, object);
        }
        let time = object.time().map(UnixMillis);
        let mut marks = Marks {
            own: false,
            hello: greet::is_hello(object),
            replay: time.is_some_and(|time| time < link.since.wall.before(REPLAY_AFTER)),
            file: !object.file_contents().is_empty(),
            hidden: link.last_hidden,
            withheld: false,
        };
        let old = time.is_some_and(|time| self.may_be_forgotten(time, now.wall));
        if self.config.flood_limit && !marks.replay && !old {
            let within = self.flood.charge(&link.source, link.last_author, object.raw().len(), now.instant);
            within.then_some(()).ok_or(Count::OverBudget)?;
        }
        if old {
            return self.look_up(now, link, object, fingerprint, marks, out);
        }
        if link.last_author == self.own_author && !self.mouth.passes_echo(object.raw().len(), now.instant) {
            marks.withheld = true;
            self.counters.add(Count::OwnName);
        }
        self.append(now, fingerprint, link.last_author, marks, object.raw());
        self.counters.add(Count::Accepted);
        // Who greets again has waited in vain to be dialled.
        if !core::mem::replace(&mut link.last_considered, true) || marks.hello {
            self.consider_dialling(now, link, object, !marks.replay);
        }
        self.note_peer(link, object);
        Ok(())
    }

    /// Whether what was said at `time` may have been seen and forgotten.
    fn may_be_forgotten(&self, time: UnixMillis, now: UnixMillis) -> bool {
        self.seen.horizon(now).is_some_and(|horizon| {
            let span = Duration::from_millis(u64::try_from(now.0.saturating_sub(horizon.0)).unwrap_or_default());
            time < horizon.after(CLOCK_SLACK.min(span.checked_div(2).unwrap_or_default()))
        })
    }

    fn look_at_author(&self, link: &mut Incoming, object: &Object<'_>) {
        let text = object.addr().decode();
        let parsed = addr::parse(&text);
        link.last_addr = object.addr().bytes().into_owned();
        link.last_author = self.author(&text);
        link.last_considered = false;
        link.last_is_own = link.named.as_ref().is_some_and(|named| self.author(named) == link.last_author);
        link.last_hidden = parsed.is_some_and(|addr| self.is_blocked(addr.ip(), Some(&alloc::format!("{addr}"))));
    }

    /// A message from before memory begins: whether it is new, only the store knows. New or not, it does not flood again.
    fn look_up(
        &mut self,
        now: Now,
        link: &Incoming,
        object: &Object<'_>,
        fingerprint: Fingerprint,
        marks: Marks,
        out: &mut Vec<Output>,
    ) -> Result<(), Count> {
        let marks = Marks { replay: true, withheld: true, ..marks };
        if !self.log.is_stored() {
            self.append(now, fingerprint, link.last_author, marks, object.raw());
            self.counters.add(Count::Accepted);
            return Ok(());
        }
        let lookups = &mut self.lookups;
        let bytes = lookups.bytes.saturating_add(object.raw().len());
        if lookups.waiting.len() >= LOOKUPS_MAX || bytes > LOOKUP_BYTES_MAX {
            return Err(Count::HorizonBusy);
        }
        lookups.bytes = bytes;
        lookups.next = lookups.next.saturating_add(1);
        lookups.fingerprints.insert(fingerprint);
        let old = Old { fingerprint, author: link.last_author, marks, raw: object.raw().to_vec() };
        lookups.waiting.insert(lookups.next, old);
        out.push(Output::LookUp { token: lookups.next, fingerprint, id: object.id().decode().into_owned() });
        Ok(())
    }

    /// The store's word on an old message. A store that cannot tell says `known`, and the next copy asks again.
    pub fn looked_up(&mut self, now: Now, token: u64, known: bool) {
        let Some(old) = self.lookups.waiting.remove(&token) else { return };
        self.lookups.fingerprints.remove(&old.fingerprint);
        self.lookups.bytes = self.lookups.bytes.saturating_sub(old.raw.len());
        if known {
            self.counters.add(Count::SeenLongAgo);
        } else if !self.seen.contains(old.fingerprint) {
            self.append(now, old.fingerprint, old.author, old.marks, &old.raw);
            self.counters.add(Count::Accepted);
        }
    }

    fn consider_dialling(&mut self, now: Now, link: &Incoming, object: &Object<'_>, live: bool) {
        let Some(addr) = addr::parse(&object.addr().decode()) else { return };
        let alive = link.peer == Some(addr);
        let source = link.source.clone();
        self.hear_of(now, addr, &source, live, alive);
    }

    /// Somebody at `source` named `addr`: it is dialled where that is allowed and new.
    pub(super) fn hear_of(&mut self, now: Now, addr: core::net::SocketAddr, source: &Source, live: bool, alive: bool) {
        if addr == self.config.addr || self.config.own.contains(&addr) {
            return;
        }
        let blocked = self.is_blocked(addr.ip(), Some(&alloc::format!("{addr}")));
        if blocked || !addr::may_dial(addr, self.config.bound, source.ip) {
            self.counters.add(Count::Undiallable);
            return;
        }
        let crowded = self.config.flood_limit && self.outgoing.len() > dial::CROWD;
        let spread = if crowded { dial::SPREAD.mul_f32(self.fraction()) } else { Duration::ZERO };
        let known = self.book.get(&addr).is_some();
        if !self.book.hear(addr, source, live, alive, spread, now.instant) && !known {
            self.counters.add(Count::DialQueueFull);
        }
    }

    /// Learns about a peer from what it says on its own link.
    fn note_peer(&mut self, link: &mut Incoming, object: &Object<'_>) {
        let Some(peer) = link.peer.filter(|_| link.last_is_own) else { return };
        let (nick, daemon) = (object.nick(), object.daemon_style());
        // To compare two empty slices is slow on processors that look at their addresses.
        let same = |noted: &[u8]| noted.len() == nick.raw().len() && (noted.is_empty() || noted == nick.raw());
        if link.noted.as_ref().is_some_and(|noted| noted.1 == daemon && same(&noted.0)) {
            return;
        }
        if let Some(known) = self.book.get_mut(&peer) {
            known.daemon = daemon;
            let kept = (1..=NICK_BYTES_KEPT_MAX).contains(&nick.raw().len());
            if kept && nick.bytes().as_ref() != known.nick.as_bytes() {
                known.nick = nick.decode().into_owned();
            }
            link.noted = (nick.raw().len() <= NICK_BYTES_KEPT_MAX).then(|| Box::new((nick.raw().to_vec(), daemon)));
        }
        if let Some(outgoing) = self.outgoing.values_mut().find(|outgoing| outgoing.addr == peer) {
            outgoing.daemon = daemon;
        }
    }
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
