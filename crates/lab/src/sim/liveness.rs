//! What must hold in the end, when nothing has been breaking for a while.
//! Must not know how it came about. Bounds: the run's length.
//!
//! Classic links have no anti-entropy: a cursor that outlives its link and the backlog are the only repair. So this is what
//! is promised, and all that is asked for:
//!
//! * **Mesh**: hosts of one cluster are linked where one heard of the other by a message or a beacon, and the hosts that a
//!   user connects are linked. A cluster of more than 256 is no full mesh: there each has some links.
//! * **Links**: what a host took in and stored, after it first had a link to a peer, the peer has too, whatever became of
//!   their links, of either host and of what was on the way; but not what the peer dropped for want of budget, what it lost
//!   in a crash while nothing stored it, what names the peer as its author, or what is too old to go on.
//! * **Copies**: of a signed message the same, and the peer's copy is as rich as the richest that the host took in so; but where
//!   the peer had forgotten by then that its own copy may come richer: it asks its store, which says that it is known. So where a
//!   full copy came by some honest path, all hosts that are linked have it, whatever old peers and forgers sent before.
//! * **Forgers** suppress nothing of this that is signed. What is not signed anybody may say first in other words, so that hosts
//!   which hear that first keep it; no stranger here does so.
//! * **Last words**: what is said when all is calm is everywhere, exactly once, in full.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use whispernet_core::counters::Count;
use whispernet_core::dial::KNOWN_MAX;

use super::host::Host;
use super::host::checks::CHECKED_LINKS;
use super::plan::HostId;
use super::view::{Checked, Failure, Kept};
use super::world::World;

/// Hosts of a cluster that can all be linked.
const MESH_MAX: usize = 250;
/// Links that each has at least where there are more.
const CROWD_LINKS: usize = 100;

impl World {
    /// Checks all of the above.
    pub(super) fn check_end(&self) -> Checked {
        for host in &self.hosts {
            let waits = host.node.iter().flat_map(|node| node.bounds()).find(|bound| bound.what == CHECKED_LINKS);
            if waits.is_none_or(|bound| bound.is > 0) {
                return Err(failure("checks", format!("has something to check in the end: {waits:?}"), host.id, None));
            }
            let linked = self.linked(host);
            self.check_mesh(host, &linked)?;
            for peer in &linked {
                if let Some(peer) = self.env.host_at(peer) {
                    self.check_link(host, &self.hosts[peer])?;
                }
            }
        }
        self.check_last_words()
    }

    /// Whom the host has outgoing links to.
    fn linked(&self, host: &Host) -> BTreeSet<SocketAddr> {
        let links = host.node.iter().flat_map(|node| node.links());
        links.filter(|link| !link.incoming).map(|link| link.addr).collect()
    }

    fn check_mesh(&self, host: &Host, linked: &BTreeSet<SocketAddr>) -> Checked {
        let cluster = self.env.clusters[host.plan.cluster].iter().map(|id| self.hosts[*id].plan.addr);
        let Some(node) = &host.node else { return Err(failure("mesh", "is down".to_owned(), host.id, None)) };
        if self.env.clusters[host.plan.cluster].len() > MESH_MAX {
            let enough = linked.len() >= CROWD_LINKS;
            let what = format!("has {} outgoing links in a crowd", linked.len());
            return if enough { Ok(()) } else { Err(failure("mesh", what, host.id, None)) };
        }
        // Whom others named while strangers had filled the queue or the book, one hears of when he speaks again.
        let crowded = node.counters().get(Count::DialQueueFull) > 0 || node.book().iter().count() >= KNOWN_MAX;
        for addr in cluster.chain(host.plan.peers.iter().copied()).filter(|addr| *addr != host.plan.addr) {
            let known = node.book().get(&addr);
            if linked.contains(&addr) {
                continue;
            }
            let wanted = host.plan.peers.contains(&addr);
            let unheard = known.is_none() && !wanted && (crowded || !self.has_named(host.id, addr));
            if !unheard {
                let what = format!("has no link to {addr} in the end: {known:?}");
                return Err(failure("mesh", what, host.id, self.env.host_at(&addr)));
            }
        }
        Ok(())
    }

    /// Whether in this run the host took in something that names `addr` as its author.
    fn has_named(&self, host: HostId, addr: SocketAddr) -> bool {
        let view = &self.env.views[host];
        let lately = view.has.iter().filter(|(_, kept)| kept.live && kept.relayed && kept.at > view.started);
        lately.into_iter().any(|(message, _)| self.env.said.get(*message).facts.addr == Some(addr))
    }

    fn check_link(&self, host: &Host, peer: &Host) -> Checked {
        let (view, other) = (&self.env.views[host.id], &self.env.views[peer.id]);
        let Some(covered) = view.covered.get(&peer.plan.addr) else { return Ok(()) };
        let copies = view.has.iter().flat_map(|(message, kept)| kept.copies().map(move |copy| (message, copy)));
        for (message, copy) in copies.filter(|(_, copy)| copy.seq >= *covered && copy.relayed && copy.stored) {
            let facts = self.env.said.get(*message).facts;
            let own = facts.addr == Some(peer.plan.addr);
            // What it had before this run began is gone with that run.
            let forgotten = !peer.plan.stored && copy.at <= other.started;
            if own || forgotten || other.excused.contains(message) {
                continue;
            }
            let (rule, never) = match other.has.get(message) {
                None => ("lost", "never got it"),
                Some(there) if there.rank < copy.rank && !other.may_stay_poor(&peer.plan, there, facts.odd) => {
                    ("poor", "never got so rich a copy")
                }
                Some(_) => continue,
            };
            let of =
                |kept: &Kept| format!("{}, {:?}, at {:.3}", kept.seq, kept.rank, kept.at.since_start().as_secs_f64());
            let (its, addr) = (other.has.get(message).map(of), peer.plan.addr);
            let what = format!("took in message {message} as {}; the peer at {addr} {never}: {its:?}", of(copy));
            let failure = failure(rule, what, host.id, Some(peer.id));
            return Err(Failure { began: Some(copy.at), ..failure });
        }
        Ok(())
    }

    fn check_last_words(&self) -> Checked {
        let last: Vec<_> = self.words().filter(|message| self.said_last(*message)).collect();
        for host in &self.hosts {
            let view = &self.env.views[host.id];
            for message in &last {
                let stays_poor =
                    |kept: &Kept| view.may_stay_poor(&host.plan, kept, self.env.said.get(*message).facts.odd);
                let has = view.has_full(*message) || view.has.get(message).is_some_and(stays_poor);
                if !has && !view.excused.contains(message) {
                    return Err(failure("last words", format!("never got the last words {message}"), host.id, None));
                }
            }
        }
        Ok(())
    }

    /// What hosts' users said.
    fn words(&self) -> impl Iterator<Item = usize> {
        (0..self.env.said.len()).filter(|message| self.env.said.get(*message).facts.chat)
    }

    /// Whether it was first heard of when all was calm.
    fn said_last(&self, message: usize) -> bool {
        let first = self.env.views.iter().filter_map(|view| view.has.get(&message)).map(|kept| kept.at).min();
        first.is_some_and(|at| at >= self.last_words_from())
    }

    /// How much of what was said is where, in percent: all that hosts have of all that they could.
    pub(super) fn share(&self) -> f64 {
        let chat: Vec<_> = self.words().collect();
        let had: usize = self
            .env
            .views
            .iter()
            .map(|view| chat.iter().filter(|message| view.has.contains_key(message)).count())
            .sum();
        100.0 * had as f64 / (chat.len() * self.hosts.len()).max(1) as f64
    }
}

fn failure(rule: &'static str, what: String, host: HostId, other: Option<HostId>) -> Failure {
    Failure::now(rule, what, [Some(host), other].into_iter().flatten().collect())
}
