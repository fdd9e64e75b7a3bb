//! How far words and files are on their way, as events: what links took of ours, and what is coming of those of others.
//! Must not know how either is done. Bounds: [`PROGRESS_INTERVAL`] and [`DELIVERY_INTERVAL`] between two events of one kind.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;
use whispernet_core::codec::Decoder;
use whispernet_core::identity::Ext;
use whispernet_core::node::LinkId;
use whispernet_core::time::Instant;

use super::Net;
use crate::event::{Event, Progress, Work};
use crate::shared::Shared;
use crate::store::name;

/// Between two looks at how far a file is.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);
/// Between two times that deliveries are told: what came to more peers meanwhile is told once.
const DELIVERY_INTERVAL: Duration = Duration::from_millis(100);

impl Net {
    /// Tells which of our own messages came to more peers.
    pub(super) fn tell_deliveries(self: &Rc<Self>) {
        if self.telling.replace(true) {
            return;
        }
        let net = Rc::clone(self);
        tokio::task::spawn_local(async move {
            loop {
                let deliveries = net.shared.node().take_deliveries();
                if deliveries.is_empty() {
                    break;
                }
                for delivery in deliveries {
                    net.shared.tell(Event::Delivery { seq: delivery.seq, links: delivery.links });
                }
                sleep(DELIVERY_INTERVAL).await;
            }
            net.telling.set(false);
        });
    }

    /// Tells how far the file of our own message `seq` is, where it is one that takes a while, until every link has taken it.
    pub(super) fn follow_file(self: &Rc<Self>, seq: u64) {
        let file = self.shared.node().long_file(seq).map(|(name, size)| (name.to_owned(), size));
        let Some((name, total)) = file else { return };
        let net = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let mut told: BTreeMap<SocketAddr, u64> = BTreeMap::new();
            loop {
                sleep(PROGRESS_INTERVAL).await;
                let links = net.shared.node().sending(seq);
                for link in &links {
                    if told.insert(link.addr, link.done).unwrap_or_default() < link.done {
                        let (peer, done) = (Some(link.addr.to_string()), link.done);
                        let name = name.clone();
                        net.shared.tell(Event::Progress(Progress { what: Work::Send, name, peer, done, total }));
                    }
                }
                if links.iter().all(|link| link.done >= total) {
                    return;
                }
            }
        });
    }
}

/// A long file that is coming by a link. Nothing of it is checked yet.
pub(super) struct Coming {
    /// Of its message; empty where that is not known.
    id: String,
    name: String,
    /// Its length in bytes by its author's word; 0 where there is none.
    total: u64,
    peer: Option<String>,
    /// Bytes of it that came.
    done: u64,
    told: Option<Instant>,
    /// It is here already, by another link.
    is_known: bool,
}

impl Coming {
    /// What `decoder` has begun to read on the link `id`.
    pub(super) fn of(shared: &Shared, id: LinkId, decoder: &Decoder) -> Option<Self> {
        let file = decoder.coming_file()?;
        let facts = Ext::parse(&file.ext.decode()).ok().and_then(|ext| ext.file);
        let (name, total) =
            facts.map_or_else(Default::default, |facts| (name::clean(&facts.name).unwrap_or_default(), facts.size));
        let peer = shared.node().source(id).map(|addr| addr.to_string());
        let id = file.id.decode().into_owned();
        Some(Self { id, name, total, peer, done: 0, told: None, is_known: false })
    }

    /// More of it came.
    pub(super) fn goes_on(&mut self, shared: &Shared, decoder: &Decoder, now: Instant) {
        if self.is_known || self.told.is_some_and(|told| now.since(told) < PROGRESS_INTERVAL) {
            return;
        }
        let first = self.told.replace(now).is_none();
        let came = decoder.coming_file().map_or(0, |file| file.came as u64 * 3 / 4);
        self.done = if self.total > 0 { came.min(self.total.saturating_sub(1)) } else { came };
        self.is_known = shared.node().has_whole(&self.id);
        if !self.is_known {
            self.tell(shared);
        } else if !first {
            self.tell_end(shared);
        }
    }

    /// All of it came.
    pub(super) fn ended(&mut self, shared: &Shared) {
        if !self.is_known {
            self.tell_end(shared);
        }
    }

    fn tell_end(&mut self, shared: &Shared) {
        self.total = self.total.max(self.done);
        self.done = self.total;
        self.tell(shared);
    }

    fn tell(&self, shared: &Shared) {
        let (name, peer) = (self.name.clone(), self.peer.clone());
        let (done, total) = (self.done, self.total);
        shared.tell(Event::Progress(Progress { what: Work::Receive, name, peer, done, total }));
    }
}
