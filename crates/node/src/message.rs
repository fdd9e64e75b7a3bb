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
    fn keep(&mut self, entry: &Entry, file: &File, bytes: &[u8]);
}

/// Names the file without keeping it.
pub(crate) struct Describe;

impl Keep for Describe {
    fn keep(&mut self, _: &Entry, _: &File, _: &[u8]) {}
}

/// The entry of `chunk` as the store keeps it. `None` for bytes that are no message, which the log never holds.
pub(crate) fn row(chunk: &Chunk, entry: &Entry, raw: &[u8], keep: &mut impl Keep) -> Option<Row> {
    let marks = entry.marks;
    let note = chunk.note(entry.seq);
    let row = |object: &Object<'_>| {
        let token = token(entry, object);
        // Where nobody signed it, it has nobody's word.
        let ext = token.as_ref().and_then(|_| ext(object)).unwrap_or_default();
        let (file, file_claimed) = match contents(object) {
            Some(bytes) => {
                let (file, claimed) = Files::describe(&bytes, ext.file.as_ref());
                keep.keep(entry, &file, &bytes);
                (Some(file), claimed)
            }
            None => (None, None),
        };
        Row {
            seq: entry.seq,
            fingerprint: entry.fingerprint.to_bits(),
            id: object.id().decode().into_owned(),
            addr: object.addr().decode().into_owned(),
            nick: nick(object, note),
            body: object.body().decode().into_owned(),
            // Old peers on the way drop a Timestamp: the signed one is in the ID.
            time: token.as_ref().map(|token| token.time().0).or_else(|| object.time()),
            received: entry.received,
            own: marks.own,
            replay: marks.replay,
            hello: marks.hello,
            public: !marks.withheld,
            file,
            client: None,
            rank: entry.rank,
            about: About { reply: ext.reply, file_claimed, ..about(entry, token.as_ref(), note) },
            raw: raw.to_vec(),
        }
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

/// What its author signed. Only what was verified has a state beyond unsigned.
fn token(entry: &Entry, object: &Object<'_>) -> Option<Token> {
    match classify(&object.id().bytes()) {
        Ok(Form::Signed(token)) if entry.state != State::Unsigned => Some(token),
        _ => None,
    }
}

fn ext(object: &Object<'_>) -> Option<Ext> {
    let text = object.ext();
    if text.is_empty() { None } else { Ext::parse(&text.decode()).ok() }
}

fn about(entry: &Entry, token: Option<&Token>, note: Option<&Note>) -> About {
    let note = note.cloned().unwrap_or_default();
    About {
        trust: entry.state.into(),
        key: token.map(|token| token.key().to_string()),
        petname: note.petname,
        short: note.short,
        warning: note.warning,
        reply: None,
        replaces: note.replaces,
        file_claimed: None,
    }
}

/// The bytes of the file that came with it: `None` where there is none, or no Base64.
fn contents(object: &Object<'_>) -> Option<Vec<u8>> {
    let contents = object.file_contents();
    if contents.is_empty() { None } else { BASE64.decode(&contents.bytes()).ok() }
}
