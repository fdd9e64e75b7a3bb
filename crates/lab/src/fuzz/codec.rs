//! The decoder of links against a reference: the same objects, values and fault, wherever the stream is cut. And what is
//! relayed, old peers read without fault. Must not know links. Bounds: `STREAM_BYTES_MAX`.

use serde::de::IgnoredAny;
use whispernet_core::codec::{Decoder, Object};

use super::reference::{self, Decoded, Outcome};
use crate::double::framing::Framer;
use crate::double::message::{Message, Shape};

/// Longest stream that an input stands for: objects up to the bound on their length, and some bytes beyond.
const STREAM_BYTES_MAX: usize = 320 * 1024;
/// In streams that are written as runs, each of these stands for many.
const RUN: u8 = 0x7f;
/// Bytes that a step of the run's length stands for: 255 steps and a rest come to just over the longest object.
const RUN_STEP: usize = 516;
/// Longest stream that is fed byte by byte.
const SINGLE_BYTES_MAX: usize = 8 * 1024;

/// Checks the decoder on a stream. The first byte chooses how it is cut; with its high bit set, the next two say how many bytes each
/// 0x7f stands for.
pub fn codec(input: &[u8]) {
    let Some((&cuts, stream)) = input.split_first() else { return };
    let stream = if cuts & 0x80 == 0 { stream.to_vec() } else { expand(stream) };
    let expected = reference::decode(&stream);
    let check = |cut: &str, pieces: &mut dyn Iterator<Item = &[u8]>| {
        let outcome = feed(pieces);
        if outcome != expected {
            panic!("{cut}: {} but the reference has {}", shown(&outcome), shown(&expected));
        }
    };
    check("in one piece", &mut std::iter::once(stream.as_slice()));
    if stream.len() <= SINGLE_BYTES_MAX {
        check("byte by byte", &mut stream.chunks(1));
    }
    check("in pieces", &mut pieces(&stream, usize::from(cuts & 0x7f)));
    expected.objects.iter().for_each(check_relayed);
}

fn expand(stream: &[u8]) -> Vec<u8> {
    let Some(([steps, rest], stream)) = stream.split_first_chunk() else { return Vec::new() };
    let run = usize::from(*steps) * RUN_STEP + usize::from(*rest);
    let mut long = Vec::new();
    for byte in stream {
        let count = if *byte == RUN { run } else { 1 };
        if long.len() + count > STREAM_BYTES_MAX {
            break;
        }
        long.resize(long.len() + count, *byte);
    }
    long
}

/// Pieces of many lengths, some of them empty; longer ones where the stream is long.
fn pieces(mut stream: &[u8], cuts: usize) -> impl Iterator<Item = &[u8]> {
    let unit = 1 + stream.len() / 500;
    let mut turn = 0;
    std::iter::from_fn(move || {
        turn += 1;
        // With no cuts at all every piece would be empty.
        let length = if cuts.is_multiple_of(13) { stream.len() } else { turn * cuts % 13 * unit };
        let (piece, rest) = stream.split_at_checked(length).unwrap_or((stream, &[]));
        let ended = stream.is_empty();
        stream = rest;
        (!ended).then_some(piece)
    })
}

fn feed(pieces: &mut dyn Iterator<Item = &[u8]>) -> Outcome {
    let (mut decoder, mut objects) = (Decoder::default(), Vec::new());
    for piece in pieces {
        if let Err(error) = decoder.feed(piece, |object| objects.push(decoded(object))) {
            return Outcome { objects, error: Some(error), partial: 0 };
        }
    }
    Outcome { objects, error: None, partial: decoder.partial_bytes() }
}

fn decoded(object: &Object<'_>) -> Decoded {
    for text in [object.id(), object.addr(), object.body(), object.nick(), object.file_contents()] {
        assert_eq!(text.bytes(), text.decode().as_bytes(), "a text is the same by bytes and by characters");
        assert!(text.bytes().len() <= text.raw().len() && text.is_empty() == text.bytes().is_empty());
    }
    Decoded {
        raw: object.raw().to_vec(),
        id: object.id().decode().into_owned(),
        addr: object.addr().decode().into_owned(),
        body: object.body().decode().into_owned(),
        nick: object.nick().decode().into_owned(),
        has_nick: object.has_nick(),
        daemon_style: object.daemon_style(),
        timestamp: object.timestamp(),
        time: object.time(),
        file: object.file_contents().decode().into_owned(),
    }
}

/// What was found good is good for everybody: for serde, for an old daemon, and for ourselves once more.
fn check_relayed(object: &Decoded) {
    let raw = &object.raw;
    assert!(str::from_utf8(raw).is_ok(), "what is relayed is UTF-8");
    assert!(serde_json::from_slice::<IgnoredAny>(raw).is_ok(), "what is relayed is JSON");
    let again = reference::decode(raw);
    assert_eq!((again.objects.as_slice(), again.error), ([object.clone()].as_slice(), None), "mended once is mended");
    let mut framer = Framer::default();
    framer.push(raw);
    assert_eq!(framer.next_value(), Ok(Some(raw.as_slice())), "an old peer finds the same end");
    let Ok(old) = Message::decode(raw, Shape::Daemon) else { panic!("an old daemon closes its link") };
    assert_eq!(
        (&old.id, &old.addr, &old.body),
        (&object.id, &object.addr, &object.body),
        "an old daemon reads the same"
    );
    assert_eq!(old.timestamp, object.timestamp.unwrap_or_default());
}

/// So much of an outcome as a person reads.
fn shown(outcome: &Outcome) -> String {
    let mut text = format!("{outcome:?}");
    if let Some((cut, _)) = text.char_indices().nth(2_000) {
        text.truncate(cut);
    }
    text
}
