//! What we say, as it goes out: an ID that was not used, signed or not, and the object around it. Must not know when it is said.
//! Bounds: those of its parts.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::sent_file::SentFile;
use super::{IdKind, Node};
use crate::codec::{Draft, DraftFile, encode, wire_bytes_max};
use crate::identity::{Ext, ExtFault, sign};
use crate::time::{Now, UnixMillis};

/// A message of our own.
pub(super) struct Composed {
    pub(super) id: String,
    pub(super) raw: Vec<u8>,
}

/// What our message has beside Body, nicks, Ext and file, at most about.
const OVERHEAD_BYTES: usize = 448;

impl Node {
    /// A message with this Body and file. `reply`: the ID of the message that it answers, which only signed ones can name.
    pub(super) fn compose(&mut self, body: &str, reply: Option<&str>, file: Option<&SentFile>, now: Now) -> Composed {
        let ext = self.ext(reply, file, None);
        self.compose_with(body, ext.as_deref(), file, now)
    }

    /// A greeting with this Body: it says which key ours took the place of.
    pub(super) fn compose_greeting(&mut self, body: &str, now: Now) -> Composed {
        let ext = self.ext(None, None, self.config.rotation.as_deref());
        self.compose_with(body, ext.as_deref(), None, now)
    }

    fn compose_with(&mut self, body: &str, ext: Option<&str>, file: Option<&SentFile>, now: Now) -> Composed {
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
        let file = file.map(|file| DraftFile { kind: &file.facts.kind, contents: &file.contents });
        let raw = encode(&Draft { id: &id, addr: &addr, body, nick, time, ext, file });
        Composed { id, raw }
    }

    /// The text of our Ext. Without one where there is no signature to vouch for it.
    fn ext(&self, reply: Option<&str>, file: Option<&SentFile>, rotate: Option<&str>) -> Option<String> {
        if self.config.id != IdKind::Signed {
            return None;
        }
        // A nick that others would not take is said by the outer keys alone.
        self.ext_text(reply, file, rotate).ok()
    }

    fn ext_text(&self, reply: Option<&str>, file: Option<&SentFile>, rotate: Option<&str>) -> Result<String, ExtFault> {
        let ext = Ext {
            nick: Some(self.config.nick.clone()),
            file: file.map(|file| file.facts.clone()),
            reply: reply.map(ToString::to_string),
            rotate: rotate.map(ToString::to_string),
        };
        ext.text()
    }

    /// Whether others would believe what Ext says of the file: without that they drop it.
    pub(super) fn check_file(&self, reply: Option<&str>, file: &SentFile) -> Result<(), ExtFault> {
        self.ext_text(reply, Some(file), None).map(drop)
    }

    /// What others may count such a message for at most, in bytes.
    pub(super) fn cost(&self, body: &str, reply: Option<&str>, file: Option<&SentFile>) -> u64 {
        let nicks = wire_bytes_max(&self.config.nick).saturating_mul(2);
        let ext = self.ext(reply, file, None).map_or(0, |ext| wire_bytes_max(&ext));
        let texts = wire_bytes_max(body).saturating_add(nicks).saturating_add(ext).saturating_add(OVERHEAD_BYTES);
        // Where a copy without the file comes first, its texts are counted once more with the one that has it.
        let file = file.map_or(0, |file| file.wire_bytes().saturating_add(texts));
        texts.saturating_add(file) as u64
    }
}
