//! What a source says: numbered messages of one length, all of them made before the clock runs.
//! Must not know who says or hears them. Bounds: the number of messages times their length.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

/// Digits of a number.
const DIGITS: usize = 8;

/// The messages of one run, as they cross the wire.
pub(super) struct Script {
    bytes: Vec<u8>,
    message_bytes: usize,
    mark: String,
    author: String,
    body: String,
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
        Self { bytes, message_bytes, mark, author, body }
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

    /// The number of the message with this ID, where it is one of these.
    fn number(&self, id: &str) -> Option<usize> {
        id.strip_prefix(&self.mark)?.parse().ok().filter(|number| *number < self.count())
    }

    /// Which message `object` is, and whether it says what was said. `None`: none of these.
    pub(super) fn find(&self, object: &Value) -> Option<(usize, bool)> {
        let number = self.number(object.get("ID")?.as_str()?)?;
        let is = |key: &str, text: &str| object.get(key).and_then(Value::as_str) == Some(text);
        Some((number, is("Addr", &self.author) && is("Body", &self.body)))
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
        assert_eq!(script.find(&serde_json::json!({"ID": format!("{}00001000", script.mark)})), None);
    }
}
