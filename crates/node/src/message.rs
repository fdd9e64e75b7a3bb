//! From the bytes of the log to what the store keeps and what faces are told. Must not know where they go.
//! Bounds: the codec's.

use data_encoding::BASE64;
use whispernet_core::codec::{self, Object};
use whispernet_core::identity::{Ext, Form, Token, classify};
use whispernet_core::log::{Chunk, Entry, Note};
use whispernet_core::state::State;

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

/// The entry of `chunk` as the store keeps it. `None` for bytes that are no message, which the log never holds.
pub(crate) fn row(chunk: &Chunk, entry: &Entry, raw: &[u8], keep: &mut impl Keep) -> Option<Row> {
    let marks = entry.marks;
    let note = chunk.note(entry.seq);
    let row = |object: &Object<'_>| Row {
        seq: entry.seq,
        fingerprint: entry.fingerprint.to_bits(),
        id: object.id().decode().into_owned(),
        addr: object.addr().decode().into_owned(),
        nick: nick(object, note),
        body: object.body().decode().into_owned(),
        time: time(entry, object),
        received: entry.received,
        own: marks.own,
        replay: marks.replay,
        hello: marks.hello,
        public: !marks.withheld,
        file: file(object, keep),
        client: None,
        rank: entry.rank,
        about: about(entry, object, note),
        raw: raw.to_vec(),
    };
    codec::parse(raw, row).ok().flatten()
}

/// The entry of `chunk` as faces see it.
pub(crate) fn event(chunk: &Chunk, entry: &Entry, raw: &[u8]) -> Option<Message> {
    row(chunk, entry, raw, &mut Describe).map(Message::from)
}

fn nick(object: &Object<'_>, note: Option<&Note>) -> String {
    let known = note.and_then(|note| note.nick.clone());
    known.unwrap_or_else(|| object.nick().decode().into_owned())
}

/// Old peers on the way drop a Timestamp: the signed one is in the ID.
fn time(entry: &Entry, object: &Object<'_>) -> Option<i64> {
    token(entry, object).map(|token| token.time().0).or_else(|| object.time())
}

/// What its author signed. Only what was verified has a state beyond unsigned.
fn token(entry: &Entry, object: &Object<'_>) -> Option<Token> {
    match classify(&object.id().bytes()) {
        Ok(Form::Signed(token)) if entry.state != State::Unsigned => Some(token),
        _ => None,
    }
}

fn about(entry: &Entry, object: &Object<'_>, note: Option<&Note>) -> About {
    let token = token(entry, object);
    let ext = token.as_ref().map(|_| object.ext()).filter(|ext| !ext.is_empty());
    let ext = ext.and_then(|ext| Ext::parse(&ext.decode()).ok());
    let note = note.cloned().unwrap_or_default();
    About {
        trust: entry.state.into(),
        key: token.map(|token| token.key().to_string()),
        petname: note.petname,
        short: note.short,
        warning: note.warning,
        reply: ext.and_then(|ext| ext.reply),
        replaces: note.replaces,
    }
}

/// The file that came with it: `None` where there is none, where it is no Base64, or where it cannot be kept.
fn file(object: &Object<'_>, keep: &mut impl Keep) -> Option<File> {
    let contents = object.file_contents();
    if contents.is_empty() {
        return None;
    }
    keep.keep(&BASE64.decode(&contents.bytes()).ok()?)
}
