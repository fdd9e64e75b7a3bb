//! Whom to dial, and when: addresses that the user wants, that the wire names, and whose link was lost.
//! Must not know sockets or messages. Bounds: [`KNOWN_MAX`], [`WISHES_MAX`], the rates, [`IN_FLIGHT_MAX`].

mod known;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use core::net::SocketAddr;
use core::time::Duration;

pub use known::{Known, State};

use crate::bound::Bound;
use crate::budget::{Bucket, Rate};
use crate::source::Source;
use crate::time::{Instant, UnixMillis};

/// Dials on the word of one link (a guess: a link's own Addr, and a few that it relays).
pub const PER_SOURCE: Rate = Rate { milli_per_second: 100, burst: 10 };
/// Dials on the wire's word in all (a guess).
pub const OVERALL: Rate = Rate { milli_per_second: 1_000, burst: 32 };
/// Dials on the wire's word at a time.
pub const IN_FLIGHT_MAX: usize = 4;
/// Dials that the user asked for at a time.
const WANTED_IN_FLIGHT_MAX: usize = 16;
/// Addresses that wait for the budget.
pub const WISHES_MAX: usize = 1_000;
/// Addresses that something is remembered about.
pub const KNOWN_MAX: usize = 4_096;
/// Sources with a dial budget in memory.
const SOURCES_MAX: usize = 4_096;
/// Outgoing links beyond which dials on the wire's word are spread over [`SPREAD`], so that a newcomer is not dialled by
/// everybody at once.
pub const CROWD: usize = 16;
/// See [`CROWD`].
pub const SPREAD: Duration = Duration::from_secs(60);

/// An address that the wire named and that waits for the budget.
struct Wish {
    addr: SocketAddr,
    source: Source,
    not_before: Instant,
}

/// Which limits hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    /// All of them.
    On,
    /// Back-off alone, for a trusted bench.
    Off,
}

/// Everything about the addresses of peers.
pub struct Book {
    known: BTreeMap<SocketAddr, Known>,
    /// Those that wait for a time, by that time: first what the user wants, then what only the wire named. Apart, so
    /// that those which wait for the budget hide nobody and are not looked through at each step.
    waiting_wanted: BTreeSet<(Instant, SocketAddr)>,
    waiting_named: BTreeSet<(Instant, SocketAddr)>,
    live: VecDeque<Wish>,
    replay: VecDeque<Wish>,
    /// When the first wish can be granted; `None` where that must be looked up.
    wishes_due: Option<Instant>,
    overall: Bucket,
    sources: BTreeMap<Source, Bucket>,
    dialling: usize,
    wanted_dialling: usize,
    limits: Limits,
}

impl Book {
    /// An empty one.
    #[must_use]
    pub const fn new(limits: Limits, now: Instant) -> Self {
        Self {
            known: BTreeMap::new(),
            waiting_wanted: BTreeSet::new(),
            waiting_named: BTreeSet::new(),
            live: VecDeque::new(),
            replay: VecDeque::new(),
            wishes_due: None,
            overall: Bucket::full(OVERALL, now),
            sources: BTreeMap::new(),
            dialling: 0,
            wanted_dialling: 0,
            limits,
        }
    }

    /// What is known of `addr`.
    #[must_use]
    pub fn get(&self, addr: &SocketAddr) -> Option<&Known> {
        self.known.get(addr)
    }

    /// What is known of `addr`, to be changed (but for its state).
    pub fn get_mut(&mut self, addr: &SocketAddr) -> Option<&mut Known> {
        self.known.get_mut(addr)
    }

    /// All that is known, by address.
    pub fn iter(&self) -> impl Iterator<Item = (&SocketAddr, &Known)> {
        self.known.iter()
    }

    /// What it holds.
    #[must_use]
    pub fn bounds(&self) -> [Bound; 6] {
        let wishes = self.live.len().saturating_add(self.replay.len());
        let waiting = self.waiting_wanted.len().saturating_add(self.waiting_named.len());
        let in_flight_max = if self.limits == Limits::On { IN_FLIGHT_MAX } else { KNOWN_MAX };
        [
            Bound::new("known addresses", self.known.len(), KNOWN_MAX),
            Bound::new("addresses that wait for the budget", wishes, WISHES_MAX),
            Bound::new("addresses that wait for a time", waiting, self.known.len()),
            Bound::new("sources with a dial budget", self.sources.len(), SOURCES_MAX),
            Bound::new("dials on the wire's word in flight", self.dialling, in_flight_max),
            Bound::new("dials that the user asked for in flight", self.wanted_dialling, WANTED_IN_FLIGHT_MAX),
        ]
    }

    /// Whether the user has disconnected `addr`.
    #[must_use]
    pub fn is_held(&self, addr: &SocketAddr) -> bool {
        self.known.get(addr).is_some_and(|known| known.held)
    }

    /// Puts back what an earlier run knew. Where `dial`, it is dialled soon.
    pub fn restore(&mut self, addr: SocketAddr, known: Known, dial: bool, now: Instant) {
        if self.known.len() < KNOWN_MAX {
            self.known.insert(addr, Known { state: State::Idle, ..known });
            if dial {
                self.wait(addr, now);
            }
        }
    }

    /// The user wants a link to `addr`. Returns whether there was room to remember that.
    pub fn want(&mut self, addr: SocketAddr, now: Instant) -> bool {
        let Some(known) = self.entry(addr) else { return false };
        known.wanted = true;
        known.held = false;
        known.failures = 0;
        if matches!(known.state, State::Idle | State::Queued | State::Waiting(_)) {
            self.wait(addr, now);
        }
        true
    }

    /// The user wants no link to `addr` until he asks for one. Returns whether there was room to remember that.
    pub fn hold(&mut self, addr: SocketAddr) -> bool {
        let Some(known) = self.entry(addr) else { return false };
        known.wanted = false;
        known.held = true;
        if matches!(known.state, State::Queued | State::Waiting(_)) {
            self.set_state(addr, State::Idle);
        }
        true
    }

    /// Forgets that anybody wanted `addr` dialled.
    pub fn drop_wish(&mut self, addr: SocketAddr) {
        if let Some(known) = self.known.get_mut(&addr) {
            known.wanted = false;
            if matches!(known.state, State::Queued | State::Waiting(_)) {
                self.set_state(addr, State::Idle);
            }
        }
    }

    /// Does not dial `addr` after all, though [`Book::next`] gave it.
    pub fn give_up(&mut self, addr: SocketAddr) {
        self.set_state(addr, State::Idle);
        self.drop_wish(addr);
        self.wishes_due = None;
    }

    /// The wire named `addr`. `alive`: it has just been heard from there itself. `links`: outgoing links there are.
    /// Returns whether it was taken in; `false` where it is known already, held, or the queue is full.
    pub fn hear(
        &mut self,
        addr: SocketAddr,
        source: &Source,
        live: bool,
        alive: bool,
        spread: Duration,
        now: Instant,
    ) -> bool {
        match self.known.get(&addr) {
            Some(known) if known.held => return false,
            Some(known) => match known.state {
                State::Idle => {}
                // It waits among what others named, perhaps for hours: its own word counts for more.
                State::Queued if alive => self.set_state(addr, State::Idle),
                State::Waiting(_) if alive && !known.wanted => {}
                State::Waiting(due) if alive => {
                    self.wait(addr, now.min(due));
                    return false;
                }
                _ => return false,
            },
            None => {}
        }
        if self.live.len().saturating_add(self.replay.len()) >= WISHES_MAX && !self.make_room(live, alive) {
            return false;
        }
        if self.entry(addr).is_none() {
            return false;
        }
        self.set_state(addr, State::Queued);
        let wish = Wish { addr, source: source.clone(), not_before: now.after(spread) };
        match (live, alive) {
            // Before those that somebody only named: each source has a budget of its own, whatever it says of itself.
            (true, true) => self.live.push_front(wish),
            (true, false) => self.live.push_back(wish),
            (false, _) => self.replay.push_back(wish),
        }
        self.wishes_due = None;
        true
    }

    /// Live wishes push out the newest replayed one; one that speaks for itself, where there is none, the newest that is last.
    fn make_room(&mut self, live: bool, alive: bool) -> bool {
        let replayed = if live { self.replay.pop_back() } else { None };
        let gone = replayed.or_else(|| if live && alive { self.live.pop_back() } else { None });
        if let Some(gone) = &gone {
            self.set_state(gone.addr, State::Idle);
        }
        gone.is_some()
    }

    /// The next address to dial now, if any: it counts as being dialled from here on.
    pub fn next(&mut self, now: Instant) -> Option<SocketAddr> {
        let due = |waiting: &BTreeSet<(Instant, SocketAddr)>| waiting.first().filter(|(at, _)| *at <= now).copied();
        let wanted = due(&self.waiting_wanted).filter(|_| self.wanted_dialling < WANTED_IN_FLIGHT_MAX);
        let waited = wanted.or_else(|| due(&self.waiting_named).filter(|_| self.allow(now)));
        let addr = waited.map(|(_, addr)| addr).or_else(|| self.grant(now))?;
        self.set_state(addr, State::Dialling);
        Some(addr)
    }

    /// Whether one more dial on the wire's word may be in flight.
    fn has_room(&self) -> bool {
        self.limits == Limits::Off || self.dialling < IN_FLIGHT_MAX
    }

    /// Whether one more dial on the wire's word fits, and takes it from the budget.
    fn allow(&mut self, now: Instant) -> bool {
        let allowed = self.limits == Limits::Off || (self.has_room() && self.overall.has(1, OVERALL, now));
        if allowed {
            self.overall.take(1);
        }
        allowed
    }

    /// The first wish within its budget; notes when to look again where there is none.
    fn grant(&mut self, now: Instant) -> Option<SocketAddr> {
        if self.wishes_due.is_some_and(|due| due > now) {
            return None;
        }
        self.wishes_due = None;
        if self.live.is_empty() && self.replay.is_empty() {
            return None;
        }
        if !self.has_room() {
            // The end of a dial looks again.
            self.wishes_due = Some(now.after(SPREAD));
            return None;
        }
        if self.limits == Limits::On && !self.overall.has(1, OVERALL, now) {
            self.wishes_due = Some(self.overall.when(1, OVERALL));
            return None;
        }
        let mut due = now.after(SPREAD);
        for queue in [&mut self.live, &mut self.replay] {
            for place in 0..queue.len() {
                let Some(wish) = queue.get(place) else { break };
                let bucket = bucket(&mut self.sources, &wish.source, now);
                let within = self.limits == Limits::Off || bucket.has(1, PER_SOURCE, now);
                if wish.not_before <= now && within {
                    bucket.take(1);
                    self.overall.take(1);
                    return queue.remove(place).map(|wish| wish.addr);
                }
                let then = if within { now } else { bucket.when(1, PER_SOURCE) };
                due = due.min(then.max(wish.not_before));
            }
        }
        self.wishes_due = Some(due);
        None
    }

    /// When [`Book::next`] may have something, if nothing else happens: where all that may be in flight is, the end of a
    /// dial must come first.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let first = |waiting: &BTreeSet<(Instant, SocketAddr)>| waiting.first().map(|(at, _)| *at);
        let wanted = first(&self.waiting_wanted).filter(|_| self.wanted_dialling < WANTED_IN_FLIGHT_MAX);
        let named = first(&self.waiting_named).filter(|_| self.has_room());
        let named = named.map(|at| if self.limits == Limits::On { at.max(self.overall.when(1, OVERALL)) } else { at });
        let wishes = (!self.live.is_empty() || !self.replay.is_empty()).then(|| self.wishes_due.unwrap_or(now));
        [wanted, named, wishes].into_iter().flatten().min().map(|at| at.max(now))
    }

    /// The dial of `addr` has led to a link.
    pub fn linked(&mut self, addr: SocketAddr, wall: UnixMillis) {
        self.set_state(addr, State::Linked);
        if let Some(known) = self.known.get_mut(&addr) {
            known.linked_at = Some(wall);
        }
        self.wishes_due = None;
    }

    /// The dial of `addr` has failed: it waits, longer each time. `jitter` is a random fraction.
    pub fn failed(&mut self, addr: SocketAddr, jitter: f32, now: Instant) {
        self.later(addr, jitter, now);
    }

    /// The link to `addr` is gone. One that held for a while is dialled again soon.
    pub fn lost(&mut self, addr: SocketAddr, lasted: Duration, jitter: f32, now: Instant) {
        if lasted >= known::STEADY
            && let Some(known) = self.known.get_mut(&addr)
        {
            known.failures = 0;
        }
        self.later(addr, jitter, now);
    }

    fn later(&mut self, addr: SocketAddr, jitter: f32, now: Instant) {
        self.wishes_due = None;
        let Some(known) = self.known.get_mut(&addr) else { return };
        if known.held || (!known.wanted && known.linked_at.is_none() && known.failures >= known::GIVE_UP) {
            known.failures = 0;
            self.set_state(addr, State::Idle);
            return;
        }
        let pause = known.back_off(jitter);
        known.failures = known.failures.saturating_add(1);
        self.wait(addr, now.after(pause));
    }

    fn wait(&mut self, addr: SocketAddr, due: Instant) {
        self.set_state(addr, State::Waiting(due));
    }

    /// The one place where a state changes, with all that counts or lists it.
    fn set_state(&mut self, addr: SocketAddr, state: State) {
        let Some(known) = self.known.get_mut(&addr) else { return };
        match known.state {
            State::Waiting(due) => {
                self.waiting_wanted.remove(&(due, addr));
                self.waiting_named.remove(&(due, addr));
            }
            State::Dialling => {
                let count = if known.dialled_as_wanted { &mut self.wanted_dialling } else { &mut self.dialling };
                *count = count.saturating_sub(1);
            }
            State::Queued => {
                self.live.retain(|wish| wish.addr != addr);
                self.replay.retain(|wish| wish.addr != addr);
            }
            State::Idle | State::Linked => {}
        }
        match state {
            State::Waiting(due) => {
                let waiting = if known.wanted { &mut self.waiting_wanted } else { &mut self.waiting_named };
                waiting.insert((due, addr));
            }
            State::Dialling => {
                known.dialled_as_wanted = known.wanted;
                let count = if known.wanted { &mut self.wanted_dialling } else { &mut self.dialling };
                *count = count.saturating_add(1);
            }
            State::Queued | State::Idle | State::Linked => {}
        }
        known.state = state;
    }

    /// The entry for `addr`, made where there is none; the one that matters least makes room.
    fn entry(&mut self, addr: SocketAddr) -> Option<&mut Known> {
        if !self.known.contains_key(&addr) && self.known.len() >= KNOWN_MAX {
            let idle = self.known.iter().filter(|(_, known)| known.is_idle());
            let least = idle.min_by_key(|(_, known)| known.linked_at).map(|(addr, _)| *addr)?;
            self.set_state(least, State::Idle);
            self.known.remove(&least);
        }
        Some(self.known.entry(addr).or_default())
    }
}

fn bucket<'a>(sources: &'a mut BTreeMap<Source, Bucket>, source: &Source, now: Instant) -> &'a mut Bucket {
    if sources.len() >= SOURCES_MAX && !sources.contains_key(source) {
        sources.retain(|_, bucket| !bucket.is_full(PER_SOURCE, now));
        if sources.len() >= SOURCES_MAX {
            sources.pop_first();
        }
    }
    sources.entry(source.clone()).or_insert_with(|| Bucket::full(PER_SOURCE, now))
}

#[cfg(test)]
mod tests;
