//! What a message teaches about peers: that there is one at its Addr, and what the link's own is called. Must not know whether the
//! message was taken in. Bounds: those of the dial book; [`NICK_BYTES_KEPT_MAX`] of a nick.

use alloc::boxed::Box;
use core::time::Duration;

use super::Node;
use super::links::Incoming;
use crate::addr;
use crate::codec::Object;
use crate::counters::Count;
use crate::dial;
use crate::source::Source;
use crate::time::Now;

/// Longest nick that is remembered of a peer, in bytes as written: one grapheme may be of any length.
const NICK_BYTES_KEPT_MAX: usize = 1_024;

impl Node {
    pub(super) fn consider_dialling(&mut self, now: Now, link: &Incoming, object: &Object<'_>, live: bool) {
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

    /// Learns about a peer from what it says with its own Addr on its own link.
    pub(super) fn note_peer(&mut self, link: &mut Incoming, object: &Object<'_>) {
        let Some(peer) = link.peer else { return };
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
