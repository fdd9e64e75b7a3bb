//! A file that goes out with what we say. Must not know where it came from. Bounds: [`FILE_SEND_BYTES_MAX`], and those of its facts.

use alloc::string::String;

use data_encoding::BASE64;

use super::Node;
use super::config::IdKind;
use super::say::SayRefused;
use crate::codec::{FILE_BYTES_MAX, wire_bytes_max};
use crate::identity::FileFacts;

/// Largest file that we send, in bytes: on a slow link a larger one would hold up the chat for minutes (1 MiB takes 85 s at 128 kbit/s),
/// and more does not fit what others accept of one author at once.
pub const FILE_SEND_BYTES_MAX: usize = 1 << 20;

const _: () = assert!(FILE_SEND_BYTES_MAX.div_ceil(3) * 4 <= FILE_BYTES_MAX, "others take it");

/// A file to send. The shell has read, named and hashed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// What is told of it: its name, type, length (1 byte to [`FILE_SEND_BYTES_MAX`]) and hash.
    pub facts: FileFacts,
    /// Its bytes in Base64.
    pub contents: String,
}

impl SentFile {
    /// The file `name` of type `kind` with these bytes, whose hash is `sha256`.
    #[must_use]
    pub fn new(name: String, kind: String, bytes: &[u8], sha256: [u8; 32]) -> Self {
        let facts = FileFacts { name, kind, size: bytes.len() as u64, sha256 };
        Self { facts, contents: BASE64.encode(bytes) }
    }

    /// What it takes on the wire beside Ext.
    pub(super) fn wire_bytes(&self) -> usize {
        wire_bytes_max(&self.facts.kind).saturating_add(self.contents.len())
    }
}

impl Node {
    /// Whether others would take `file`.
    pub(super) fn check_sent_file(&self, file: &SentFile, reply: Option<&str>) -> Result<(), SayRefused> {
        if file.contents.is_empty() {
            return Err(SayRefused::FileEmpty);
        }
        if file.contents.len() > FILE_SEND_BYTES_MAX.div_ceil(3).saturating_mul(4) {
            return Err(SayRefused::FileTooLarge(file.facts.size));
        }
        if self.config.id == IdKind::Signed {
            self.check_file(reply, file).map_err(SayRefused::BadFile)?;
        }
        Ok(())
    }
}
