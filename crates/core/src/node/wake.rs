//! What time brings: dials that are due, beacons, greetings, words that were paced. And beacons of others.
//! Must not know clocks. Bounds: [`BEACON_SOURCES_MAX`].

use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::str;
use core::time::Duration;

use super::Node;
use super::links::OUTGOING_MAX;
use super::output::Output;
use crate::addr;
use crate::counters::Count;
use crate::source::Source;
use crate::time::{Instant, Now};

/// Longest datagram that is read as a beacon, in bytes.
pub const BEACON_BYTES_MAX: usize = 64;
/// Between two beacons while nobody is linked.
const BEACON_ALONE: Duration = Duration::from_secs(30);
/// Between two beacons otherwise.
const BEACON_LINKED: Duration = Duration::from_secs(300);
/// Between two dials on the word of one source's beacons.
const BEACON_DIAL_INTERVAL: Duration = Duration::from_secs(30);
/// Sources of beacons that are remembered.
pub(super) const BEACON_SOURCES_MAX: usize = 1_024;

impl Node {
    /// When [`Node::wake`] has something to do, if nothing else happens.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let dial = if self.outgoing.len() < OUTGOING_MAX { self.book.deadline(now) } else { None };
        [dial, self.next_beacon, self.next_greeting(), self.next_say(now), self.next_settle(now)]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Now, out: &mut Vec<Output>) {
        self.settle_due(now, out);
        self.say_due(now, out);
        self.greet_due(now);
        self.beacon_due(now, out);
        self.dial_due(now, out);
        self.reserve_ahead(out);
    }

    pub(super) fn dial_due(&mut self, now: Now, out: &mut Vec<Output>) {
        while self.outgoing.len() < OUTGOING_MAX {
            let Some(addr) = self.book.next(now.instant) else { return };
            if self.is_blocked(addr.ip(), Some(&addr.to_string())) {
                self.book.give_up(addr);
            } else {
                out.push(Output::Dial(addr));
            }
        }
    }

    fn beacon_due(&mut self, now: Now, out: &mut Vec<Output>) {
        if self.next_beacon.is_some_and(|due| due <= now.instant) {
            out.push(Output::Beacon);
            let pause = if self.is_alone() { BEACON_ALONE } else { BEACON_LINKED };
            // Spread by a fifth either way, so that peers started together do not speak together for ever.
            let jitter = pause.mul_f32(0.8 + 0.4 * self.fraction());
            self.next_beacon = Some(now.instant.after(jitter));
        }
    }

    /// Nobody is linked any more: the next beacon comes sooner.
    pub(super) fn hurry_beacon(&mut self, now: Now) {
        if self.is_alone()
            && let Some(due) = &mut self.next_beacon
        {
            *due = (*due).min(now.instant.after(BEACON_ALONE));
        }
    }

    /// A datagram came by discovery. `on_link`: its source is on a network of ours.
    pub fn heard(&mut self, now: Now, source: SocketAddr, on_link: bool, datagram: &[u8], out: &mut Vec<Output>) {
        let text = (datagram.len() <= BEACON_BYTES_MAX).then(|| str::from_utf8(datagram).ok()).flatten();
        let Some(named) = text.and_then(|text| addr::parse(text.trim_ascii_end())).filter(|_| on_link) else {
            self.counters.add(Count::BadBeacon);
            return;
        };
        if named == self.config.addr || self.config.own.contains(&named) {
            return;
        }
        if self.book.get(&named).is_some_and(|known| known.state == crate::dial::State::Linked) {
            return;
        }
        // Several peers of this machine share its address: their ports tell them apart.
        let ours = source.ip() == self.config.bound || source.ip().is_loopback();
        let key = if ours { source } else { SocketAddr::new(source.ip(), 0) };
        let lately = self.beacons_heard.get(&key).is_some_and(|at| now.instant.since(*at) < BEACON_DIAL_INTERVAL);
        if self.beacons_heard.len() >= BEACON_SOURCES_MAX {
            self.beacons_heard.retain(|_, at| now.instant.since(*at) < BEACON_DIAL_INTERVAL);
        }
        if self.config.flood_limit && (lately || self.beacons_heard.len() >= BEACON_SOURCES_MAX) {
            self.counters.add(Count::BadBeacon);
            return;
        }
        if self.beacons_heard.len() < BEACON_SOURCES_MAX {
            self.beacons_heard.insert(key, now.instant);
        }
        self.counters.add(Count::Beacon);
        let alive = named.ip() == source.ip();
        self.hear_of(now, named, &Source { ip: source.ip(), name: None }, true, alive);
        self.dial_due(now, out);
    }
}
