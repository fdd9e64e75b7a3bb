//! What we say, as it goes out: an ID that was not used, signed or not, and the object around it. Must not know when it is said.
//! Bounds: those of its parts.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{IdKind, Node};
use crate::codec::{Draft, encode, wire_bytes_max};
use crate::identity::{Ext, sign};
use crate::time::{Now, UnixMillis};

/// A message of our own.
pub(super) struct Composed {
    pub(super) id: String,
    pub(super) raw: Vec<u8>,
}

/// What our message has beside Body, nicks and Ext, at most about.
const OVERHEAD_BYTES: usize = 384;

impl Node {
    /// A message with this Body. `reply`: the ID of the message that it answers, which only signed ones can name.
    pub(super) fn compose(&mut self, body: &str, reply: Option<&str>, now: Now) -> Composed {
        let ext = self.ext(reply, None);
        self.compose_with(body, ext.as_deref(), now)
    }

    /// A greeting with this Body: it says which key ours took the place of.
    pub(super) fn compose_greeting(&mut self, body: &str, now: Now) -> Composed {
        let ext = self.ext(None, self.config.rotation.as_deref());
        self.compose_with(body, ext.as_deref(), now)
    }

    fn compose_with(&mut self, body: &str, ext: Option<&str>, now: Now) -> Composed {
        let (addr, mut time) = (self.own_addr(), now.wall.0);
        let id = loop {
            let id = match self.config.id {
                IdKind::Signed => {
                    let time = UnixMillis(time);
                    sign(&self.config.key, self.config.network, time, ext, &addr, body)
                }
                IdKind::Random => self.random_id(),
                IdKind::Hash => crate::id::hashed(&addr, body, &time.to_string()),
            };
            if !self.seen.contains(self.fingerprint(&id)) {
                break id;
            }
            // The same words in the same millisecond.
            time = time.saturating_add(1);
        };
        let nick = &self.config.nick;
        let raw = encode(&Draft { id: &id, addr: &addr, body, nick, time, ext });
        Composed { id, raw }
    }

    /// The text of our Ext. Without one where there is no signature to vouch for it.
    fn ext(&self, reply: Option<&str>, rotate: Option<&str>) -> Option<String> {
        if self.config.id != IdKind::Signed {
            return None;
        }
        let ext = Ext {
            nick: Some(self.config.nick.clone()),
            file: None,
            reply: reply.map(ToString::to_string),
            rotate: rotate.map(ToString::to_string),
        };
        // A nick that others would not take is said by the outer keys alone.
        ext.text().ok()
    }

    /// What others may count such a message for at most, in bytes.
    pub(super) fn cost(&self, body: &str, reply: Option<&str>) -> u64 {
        let nicks = wire_bytes_max(&self.config.nick).saturating_mul(2);
        let ext = self.ext(reply, None).map_or(0, |ext| wire_bytes_max(&ext));
        wire_bytes_max(body).saturating_add(nicks).saturating_add(ext).saturating_add(OVERHEAD_BYTES) as u64
    }
}
