//! The hello: the first thing on every outgoing link, an ordinary message by which the other side learns our Addr and dials
//! back. Must not know links' cursors. Bounds: one a run, and one more a link every 10 minutes at most.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::time::Duration;

use super::Node;
use crate::codec::{Draft, Object, encode};
use crate::log::{Marks, Segment};
use crate::time::{Instant, Now};

/// What it says: the old daemon shows it as "nick joined".
const BODY: &str = "/me joined";
/// Where no link has come back within this time, a fresh greeting goes out.
pub(super) const COME_BACK_WITHIN: Duration = Duration::from_secs(30);
/// Between two greetings on one link.
const GREETING_INTERVAL: Duration = Duration::from_secs(600);

/// This run's greeting, ready to be written.
#[derive(Default)]
pub(super) struct Hello {
    segment: Option<Arc<Segment>>,
}

impl Hello {
    pub(super) fn segment(&self) -> Arc<Segment> {
        self.segment.clone().unwrap_or_default()
    }
}

/// Whether `object` is a greeting rather than chat.
pub(super) fn is_hello(object: &Object<'_>) -> bool {
    object.body().bytes().as_ref() == BODY.as_bytes()
}

impl Node {
    pub(super) fn prepare_hello(&mut self, now: Now) {
        let segment = self.fresh_greeting(now);
        self.hello = Hello { segment: Some(segment) };
    }

    /// A greeting with an ID of its own. It is logged for the store alone, so that no later run takes it for another's.
    fn fresh_greeting(&mut self, now: Now) -> Arc<Segment> {
        let (id, time) = self.new_id(BODY, now);
        let addr = self.own_addr();
        let mut raw = encode(&Draft { id: &id, addr: &addr, body: BODY, nick: &self.config.nick, time });
        let (fingerprint, author) = (self.fingerprint(&id), self.author(&addr));
        let marks = Marks { own: true, hello: true, withheld: true, ..Marks::default() };
        self.append(now, fingerprint, author, marks, &raw);
        raw.push(b'\n');
        Arc::new(Segment::unindexed(raw))
    }

    /// An ID of the configured kind that was not used, and the time to send with it.
    pub(super) fn new_id(&mut self, body: &str, now: Now) -> (String, i64) {
        let mut time = now.wall.0;
        loop {
            let id = match self.config.id {
                super::IdKind::Random => self.random_id(),
                super::IdKind::Hash => crate::id::hashed(&self.own_addr(), body, &time.to_string()),
            };
            if !self.seen.contains(self.fingerprint(&id)) {
                return (id, time);
            }
            // The same words in the same millisecond.
            time = time.saturating_add(1);
        }
    }

    /// Looks at outgoing links whose time has come: did the other side dial back?
    pub(super) fn greet_due(&mut self, now: Now) {
        while let Some((due, id)) = self.greetings_due.first().copied().filter(|(due, _)| *due <= now.instant) {
            self.greetings_due.remove(&(due, id));
            let Some(link) = self.outgoing.get(&id) else { continue };
            let back = self.incoming.values().any(|back| match (&back.named, back.peer) {
                (_, Some(peer)) => peer == link.addr,
                // A silent link from there: the old peers say nothing until their user does.
                (None, None) => back.remote.ip() == link.addr.ip(),
                (Some(_), None) => false,
            });
            let again = link.greeted.after(GREETING_INTERVAL);
            let pause = now.instant.after(COME_BACK_WITHIN);
            if let Some(link) =
                self.outgoing.get_mut(&id).filter(|link| !back && (again <= now.instant || link.greeted == link.since))
            {
                link.greet = true;
                link.greeted = now.instant;
            }
            self.greetings_due.insert((pause, id));
        }
    }

    /// A fresh greeting for a link that stands at a message boundary.
    pub(super) fn greeting(&mut self, now: Now) -> Arc<Segment> {
        self.fresh_greeting(now)
    }

    /// Takes another nick for what is said from now on. New links are greeted with it.
    pub fn set_nick(&mut self, nick: &str, now: Now) {
        self.config.nick = nick.to_string();
        self.prepare_hello(now);
    }

    pub(super) fn next_greeting(&self) -> Option<Instant> {
        self.greetings_due.first().map(|(due, _)| *due)
    }
}
