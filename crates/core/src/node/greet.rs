//! The hello: the first thing on every outgoing link, an ordinary message by which the other side learns our Addr and dials
//! back. Must not know links' cursors. Bounds: one a run, and one more a link every 10 minutes at most.

use alloc::string::ToString;
use alloc::sync::Arc;
use core::time::Duration;

use super::Node;
use super::compose::Composed;
use crate::codec::Object;
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
        let Composed { id, mut raw } = self.compose_greeting(BODY, now);
        self.append_own(now, &id, Marks { hello: true, withheld: true, ..Marks::default() }, &raw);
        raw.push(b'\n');
        Arc::new(Segment::unindexed(raw))
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
        self.hold_own_nick(now);
        self.prepare_hello(now);
    }

    pub(super) fn next_greeting(&self) -> Option<Instant> {
        self.greetings_due.first().map(|(due, _)| *due)
    }
}
