//! What a source says: numbered messages of one length, all of them made before the clock runs.
//! Must not know who says or hears them. Bounds: the number of messages times their length.

use std::net::SocketAddr;

/// Digits of a number.
const DIGITS: usize = 9;

/// The messages of one run, as they cross the wire.
pub(super) struct Script {
    bytes: Vec<u8>,
    message_bytes: usize,
    mark: String,
}

impl Script {
    /// `count` messages with bodies of `body_bytes`, said by `author`. `run` tells them from those of other runs.
    pub(super) fn new(run: u32, author: SocketAddr, body_bytes: usize, count: usize) -> Self {
        let mark = format!("m{run:04}-");
        let tail = format!("\",\"Addr\":\"{author}\",\"Body\":\"{:x<body_bytes$}\"}}\n", "");
        let message_bytes = "{\"ID\":\"".len() + mark.len() + DIGITS + tail.len();
        let mut bytes = Vec::with_capacity(message_bytes * count);
        for number in 0..count {
            bytes.extend_from_slice(b"{\"ID\":\"");
            bytes.extend_from_slice(mark.as_bytes());
            bytes.extend_from_slice(format!("{number:0DIGITS$}").as_bytes());
            bytes.extend_from_slice(tail.as_bytes());
        }
        Self { bytes, message_bytes, mark }
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
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        id.strip_prefix(&self.mark)?.parse().ok().filter(|number| *number < self.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_length() {
        let script = Script::new(7, "127.0.0.1:9".parse().unwrap(), 64, 1000);
        for number in [0, 1, 999] {
            let message = &script.from(number)[..script.message_bytes()];
            let object: serde_json::Value = serde_json::from_slice(message).unwrap();
            assert_eq!(script.number(object["ID"].as_str().unwrap()), Some(number));
            assert_eq!(object["Body"].as_str().unwrap().len(), 64);
        }
        assert_eq!((script.number("m0008-000000001"), script.number("m0007-000001000")), (None, None));
    }
}
