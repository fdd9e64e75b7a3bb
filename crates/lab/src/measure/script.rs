//! What a source says: numbered messages of one length, all of them made before the clock runs.
//! Must not know who says or hears them. Bounds: the number of messages times their length.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;
use whispernet_core::codec::{Draft, encode};
use whispernet_core::identity::{Ext, Network, SecretKey, sign};
use whispernet_core::time::UnixMillis;

use crate::clock;

/// Digits of a number.
const DIGITS: usize = 8;

/// The messages of one run, as they cross the wire.
pub(super) struct Script {
    bytes: Vec<u8>,
    message_bytes: usize,
    kind: Kind,
}

/// By what a message is known again.
enum Kind {
    /// Its ID is this mark and its number.
    Numbered { mark: String, author: String, body: String },
    /// Its ID proves it: each with its number.
    Signed(HashMap<String, usize>),
}

/// What begins IDs that nothing else has that this process or another one says.
pub(super) fn mark() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    static NEXT: AtomicU16 = AtomicU16::new(0);
    format!("{:06x}{:04x}-", *PROCESS & 0x00ff_ffff, NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Script {
    /// `count` messages with bodies of `body_bytes`, said by `author`, with IDs that no other script has.
    pub(super) fn new(author: SocketAddr, body_bytes: usize, count: usize) -> Self {
        let (mark, author, body) = (mark(), author.to_string(), "x".repeat(body_bytes));
        let tail = format!("\",\"Addr\":\"{author}\",\"Body\":\"{body}\"}}\n");
        let message_bytes = "{\"ID\":\"".len() + mark.len() + DIGITS + tail.len();
        let mut bytes = Vec::with_capacity(message_bytes * count);
        for number in 0..count {
            bytes.extend_from_slice(b"{\"ID\":\"");
            bytes.extend_from_slice(mark.as_bytes());
            bytes.extend_from_slice(format!("{number:0DIGITS$}").as_bytes());
            bytes.extend_from_slice(tail.as_bytes());
        }
        Self { bytes, message_bytes, kind: Kind::Numbered { mark, author, body } }
    }

    /// The same, signed: each Body ends in its number, and is longer than asked for where that leaves no room for it.
    pub(super) fn signed(author: SocketAddr, body_bytes: usize, count: usize) -> Self {
        // One key for all of this process: a nick that came with another one would be a changed one, which costs more.
        static SEED: LazyLock<[u8; 32]> = LazyLock::new(|| {
            let random = RandomState::new();
            let seed: Vec<u8> = (0..4_u64).flat_map(|part| random.hash_one(part).to_be_bytes()).collect();
            seed.try_into().unwrap_or_default()
        });
        let (secret, mark) = (SecretKey::from_seed(&SEED), mark());
        let (author, now) = (author.to_string(), clock::unix_seconds() * 1_000);
        let ext = Ext { nick: Some("source".to_owned()), ..Ext::default() }.text().unwrap_or_default();
        let (mut bytes, mut numbers, mut message_bytes) = (Vec::new(), HashMap::new(), 0);
        for number in 0..count {
            let number_bytes = body_bytes.saturating_sub(mark.len());
            let body = format!("{mark}{number:x>number_bytes$}");
            let id = sign(&secret, Network::OPEN, UnixMillis(now), Some(&ext), &author, &body);
            let nick = "source";
            bytes.extend(encode(&Draft {
                id: &id,
                addr: &author,
                body: &body,
                nick,
                time: now,
                ext: Some(&ext),
                file: None,
            }));
            bytes.push(b'\n');
            numbers.insert(id, number);
            message_bytes = bytes.len() / (number + 1);
        }
        Self { bytes, message_bytes, kind: Kind::Signed(numbers) }
    }

    pub(super) fn count(&self) -> usize {
        self.bytes.len() / self.message_bytes
    }

    pub(super) const fn message_bytes(&self) -> usize {
        self.message_bytes
    }

    /// The bytes from the message `number` on.
    pub(super) fn from(&self, number: usize) -> &[u8] {
        self.bytes.get(number * self.message_bytes..).unwrap_or_default()
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which message `object` is, and whether it says what was said. `None`: none of these.
    pub(super) fn find(&self, object: &Value) -> Option<(usize, bool)> {
        let id = object.get("ID")?.as_str()?;
        let is = |key: &str, text: &str| object.get(key).and_then(Value::as_str) == Some(text);
        match &self.kind {
            Kind::Numbered { mark, author, body } => {
                let number = id.strip_prefix(mark)?.parse().ok().filter(|number| *number < self.count())?;
                Some((number, is("Addr", author) && is("Body", body)))
            }
            Kind::Signed(numbers) => {
                let number = *numbers.get(id)?;
                let said = self.from(number).get(..self.message_bytes)?;
                Some((number, serde_json::from_slice::<Value>(said).is_ok_and(|said| said == *object)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_length() {
        let author = "127.0.0.1:9".parse().unwrap();
        let (script, other) = (Script::new(author, 64, 1000), Script::new(author, 64, 1000));
        for number in [0, 1, 999] {
            let message = &script.from(number)[..script.message_bytes()];
            let mut object: Value = serde_json::from_slice(message).unwrap();
            assert_eq!((script.find(&object), other.find(&object)), (Some((number, true)), None));
            assert_eq!(object["Body"].as_str().unwrap().len(), 64);
            object["Body"] = "y".into();
            assert_eq!(script.find(&object), Some((number, false)));
        }
        let Kind::Numbered { mark, .. } = &script.kind else { panic!("it is numbered") };
        assert_eq!(script.find(&serde_json::json!({"ID": format!("{mark}00001000")})), None);
    }

    #[test]
    fn signed_messages_of_one_length() {
        let author = "127.0.0.1:9".parse().unwrap();
        let (script, other) = (Script::signed(author, 64, 20), Script::signed(author, 64, 1));
        assert_eq!(script.count(), 20);
        for number in [0, 1, 19] {
            let message = &script.from(number)[..script.message_bytes()];
            let mut object: Value = serde_json::from_slice(message).unwrap();
            assert_eq!((script.find(&object), other.find(&object)), (Some((number, true)), None));
            object["Nick"] = "y".into();
            assert_eq!(script.find(&object), Some((number, false)));
        }
    }
}
