//! From the bytes of the log to what the store keeps and what faces are told. Must not know where they go.
//! Bounds: the codec's.

use data_encoding::BASE64;
use whispernet_core::codec::{self, Object};
use whispernet_core::log::Entry;
use whispernet_core::rank::Rank;

use crate::event::{About, File, Message};
use crate::store::{Files, Row};

/// What to do with the bytes of a file that came with a message.
pub(crate) trait Keep {
    fn keep(&mut self, bytes: &[u8]) -> Option<File>;
}

/// Names the file without keeping it.
pub(crate) struct Describe;

impl Keep for Describe {
    fn keep(&mut self, bytes: &[u8]) -> Option<File> {
        Some(Files::describe(bytes))
    }
}

/// The entry as the store keeps it. `None` for bytes that are no message, which the log never holds.
pub(crate) fn row(entry: &Entry, raw: &[u8], keep: &mut impl Keep) -> Option<Row> {
    let marks = entry.marks;
    let row = |object: &Object<'_>| Row {
        seq: entry.seq,
        fingerprint: entry.fingerprint.to_bits(),
        id: object.id().decode().into_owned(),
        addr: object.addr().decode().into_owned(),
        nick: object.nick().decode().into_owned(),
        body: object.body().decode().into_owned(),
        time: object.time(),
        received: entry.received,
        own: marks.own,
        replay: marks.replay,
        hello: marks.hello,
        public: !marks.withheld,
        file: file(object, keep),
        client: None,
        rank: Rank::WithFile,
        about: About::default(),
        raw: raw.to_vec(),
    };
    codec::parse(raw, row).ok().flatten()
}

/// The entry as faces see it.
pub(crate) fn event(entry: &Entry, raw: &[u8]) -> Option<Message> {
    row(entry, raw, &mut Describe).map(Message::from)
}

/// The file that came with it: `None` where there is none, where it is no Base64, or where it cannot be kept.
fn file(object: &Object<'_>, keep: &mut impl Keep) -> Option<File> {
    let contents = object.file_contents();
    if contents.is_empty() {
        return None;
    }
    keep.keep(&BASE64.decode(&contents.bytes()).ok()?)
}
