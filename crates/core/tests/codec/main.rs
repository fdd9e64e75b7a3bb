//! The codec from outside: bytes in any pieces, objects and errors out.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "tests and what they share"
)]

mod coming;
mod limits;
mod linear;
mod malformed;
mod reference;
mod repair;
mod splits;
mod values;

use whispernet_core::codec::{Decoder, Malformed, Object, Rule};

/// What an object says, as far as a peer looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) raw: Vec<u8>,
    pub(crate) id: String,
    pub(crate) addr: String,
    pub(crate) body: String,
    pub(crate) nick: String,
    pub(crate) daemon_style: bool,
    pub(crate) timestamp: Option<i64>,
    pub(crate) file: String,
}

impl Decoded {
    fn of(object: &Object<'_>) -> Self {
        Self {
            raw: object.raw().to_vec(),
            id: object.id().decode().into_owned(),
            addr: object.addr().decode().into_owned(),
            body: object.body().decode().into_owned(),
            nick: object.nick().decode().into_owned(),
            daemon_style: object.daemon_style(),
            timestamp: object.timestamp(),
            file: object.file_contents().decode().into_owned(),
        }
    }
}

/// What came of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) objects: Vec<Decoded>,
    pub(crate) error: Option<Malformed>,
    /// Bytes of an unfinished object.
    pub(crate) partial: usize,
}

/// Feeds one link's bytes in these pieces.
pub(crate) fn feed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let (mut decoder, mut objects) = (Decoder::default(), Vec::new());
    for piece in pieces {
        let fed = decoder.feed(piece, |object| objects.push(Decoded::of(object)));
        if let Err(error) = fed {
            return Outcome { objects, error: Some(error), partial: 0 };
        }
    }
    Outcome { objects, error: None, partial: decoder.partial_bytes() }
}

/// Feeds them at once.
pub(crate) fn whole(bytes: &[u8]) -> Outcome {
    feed([bytes])
}

/// Fails unless `bytes` give so many objects and then this error, whatever the pieces.
#[track_caller]
pub(crate) fn check_error(bytes: &[u8], objects: usize, rule: Rule, byte: usize) {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let expected = Some(Malformed { rule, byte: byte as u64 });
    for outcome in [whole(bytes), feed(bytes.chunks(1)), feed(bytes.chunks(1000))] {
        assert_eq!((outcome.objects.len(), outcome.error), (objects, expected), "{shown}");
    }
}

/// Fails unless `bytes` are so many objects to the end, whatever the pieces.
#[track_caller]
pub(crate) fn check_valid(bytes: &[u8], objects: usize) {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    for outcome in [whole(bytes), feed(bytes.chunks(1)), feed(bytes.chunks(1000))] {
        assert_eq!((outcome.objects.len(), outcome.error, outcome.partial), (objects, None, 0), "{shown}");
    }
}
