//! Who greets on a link. That is known at once, since the greeting itself may be a duplicate: of an earlier run or link, or of a copy
//! that another link has just brought. Must not know what is done with the message. Bounds: one look a link, and [`LOOKS`] in all.

use super::links::Incoming;
use super::signed::beside;
use super::{Node, greet};
use crate::budget::Rate;
use crate::codec::Object;
use crate::identity::{Form, Token, classify, judge};
use crate::time::Now;

/// Greetings whose signatures are checked for this (a guess: all links of a peer that is started again may come at once, and who connects
/// again and again costs half a percent of a processor).
pub(super) const LOOKS: Rate = Rate { milli_per_second: 100_000, burst: 256 };

impl Node {
    /// Looks at the first object of a link.
    pub(super) fn recognise(&mut self, now: Now, link: &mut Incoming, object: &Object<'_>) {
        // Who is not at the address that the greeting names may have heard it as anybody may.
        if link.peer.is_none() || !greet::is_hello(object) {
            return;
        }
        let Ok(Form::Signed(token)) = classify(&object.id().bytes()) else { return };
        if !self.greetings.has(1, LOOKS, now.instant) {
            return;
        }
        self.greetings.take(1);
        if self.signs(&token, object) {
            link.key = Some(token.key());
            self.note_peer(link, object);
        }
    }

    /// Whether the key of `token` vouches for all of `object`, and it comes with its Ext: without, an old peer passes it on.
    fn signs(&self, token: &Token, object: &Object<'_>) -> bool {
        let claim = || token.claim(self.config.network, &object.addr().decode(), &object.body().decode());
        beside(object, |beside| judge(token, beside).is_ok_and(|(_, ext)| ext.is_some())) && claim().holds()
    }
}
