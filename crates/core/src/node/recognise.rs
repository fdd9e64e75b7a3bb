//! Who greets on a link, where the greeting was heard before: in an earlier run, or on an earlier link. Its message is a duplicate, but
//! that the link began with it is news. Must not know what is done with the message. Bounds: one look a link, and [`LOOKS`] in all.

use super::links::Incoming;
use super::{Node, greet};
use crate::budget::Rate;
use crate::codec::Object;
use crate::fingerprint::Fingerprint;
use crate::identity::{Form, Token, classify};
use crate::time::Now;

/// Greetings whose signatures are checked although they are duplicates (a guess: all links of a peer that is started again may come at
/// once, and who connects again and again costs half a percent of a processor).
pub(super) const LOOKS: Rate = Rate { milli_per_second: 100_000, burst: 256 };

impl Node {
    /// Looks at the first object of a link. What nobody heard before is checked like any other message, and tells its key then.
    pub(super) fn recognise(&mut self, now: Now, link: &mut Incoming, object: &Object<'_>, print: Fingerprint) {
        // Who is not at the address that the greeting names may have heard it as anybody may.
        if link.peer.is_none() || !greet::is_hello(object) {
            return;
        }
        let Ok(Form::Signed(token)) = classify(&object.id().bytes()) else { return };
        let was_heard = self.seen.rank(print).is_some() || self.may_be_forgotten(token.time(), now.wall);
        if was_heard && self.looks_again.has(1, LOOKS, now.instant) {
            self.looks_again.take(1);
            link.key = self.signs(&token, object).then(|| token.key());
        }
    }

    fn signs(&self, token: &Token, object: &Object<'_>) -> bool {
        token.claim(self.config.network, &object.addr().decode(), &object.body().decode()).holds()
    }
}
