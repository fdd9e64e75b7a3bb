//! Signed IDs, Ext and what stands beside them, against readers written by hand: the same is taken and the same is dropped, for the
//! same reason, and what is taken has one form. Must not know links. Bounds: the fuzzer's on its input.

use sha2::{Digest, Sha256};
use whispernet_core::identity::{
    Beside, CopyFault, Ext, FileFacts, Form, Network, SecretKey, Token, TokenFault, classify, judge, sign,
};
use whispernet_core::rank::Rank;
use whispernet_core::time::UnixMillis;

use super::ext::ext;

/// The alphabet of Base64 for URLs; with the last two exchanged, of Base64.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// A moment in milliseconds.
const TIME: i64 = 1_750_000_000_000;

/// Checks an input, by its first byte: as an ID, as the bytes of one, as the text of Ext, or as a copy of a message.
pub fn token(input: &[u8]) {
    let Some((&kind, rest)) = input.split_first() else { return };
    match kind % 4 {
        0 => id(rest),
        1 => id(format!("wn1:{}", encode(rest).trim_end_matches('=')).as_bytes()),
        2 => ext(&String::from_utf8_lossy(rest)),
        _ => copy(rest),
    }
}

fn id(id: &[u8]) {
    let expected = read(id);
    match (classify(id), expected) {
        (Ok(Form::Opaque), Ok(None)) => {}
        (Ok(Form::Signed(token)), Ok(Some(bytes))) => {
            assert_eq!(token.id().as_bytes(), id, "a token has one spelling");
            assert_eq!(token.key().bytes(), &bytes[2..34], "whose it is");
            assert_eq!(token.time().0.to_be_bytes(), bytes[34..42], "its time");
            assert_eq!(token.ext().map_or(&[0; 32][..], |hash| hash), &bytes[42..74], "its Ext");
            // Whatever the answer, for whatever key.
            let _ = token.verifies(Network::OPEN, "127.0.0.1:55555", "hi");
        }
        (Err(fault), Err(expected)) => assert_eq!(fault, expected, "why it is no token"),
        (form, expected) => panic!("{form:?}, but the reference has {expected:?}"),
    }
}

/// The bytes of a token, none of them where an ID is opaque.
fn read(id: &[u8]) -> Result<Option<Vec<u8>>, TokenFault> {
    let Some(text) = id.strip_prefix(b"wn1:") else { return Ok(None) };
    if text.is_empty() {
        return Err(TokenFault::Empty);
    }
    if text.last() == Some(&b'=') {
        return Err(TokenFault::Padded);
    }
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for character in text {
        let value = ALPHABET.iter().position(|other| other == character).ok_or(TokenFault::NotBase64)?;
        (bits, held) = (bits << 6 | value as u32, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    match (held, bits, bytes.as_slice()) {
        (6, ..) => Err(TokenFault::NotBase64),
        (_, 1.., _) => Err(TokenFault::TrailingBits),
        (.., [1, ..]) if bytes.len() < 138 => Err(TokenFault::Short),
        (.., [1, ..]) if bytes.len() > 138 => Err(TokenFault::Long),
        (.., [1, 0, ..]) => Ok(Some(bytes)),
        (.., [1, ..]) => Err(TokenFault::Flags),
        _ => Ok(None),
    }
}

/// In Base64, padded.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain([&0; 2]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..4 {
            let character = char::from(ALPHABET[bits >> (18 - 6 * place) & 63]);
            text.push(if place > chunk.len() { '=' } else { character });
        }
    }
    text
}

fn signed(ext: Option<&str>) -> Token {
    let id = sign(&SecretKey::from_seed(&[7; 32]), Network::OPEN, UnixMillis(TIME), ext, "127.0.0.1:55555", "hi");
    match classify(id.as_bytes()) {
        Ok(Form::Signed(token)) => token,
        other => panic!("{id}: {other:?}"),
    }
}

/// A copy with nick, file name, file type and contents from the input, ended by zeros. The bits of its first byte say what somebody
/// on the way did to it.
fn copy(input: &[u8]) {
    let Some((&done, rest)) = input.split_first() else { return };
    let did = |bit: u8| done & 1 << bit != 0;
    let mut parts = rest.splitn(4, |byte| *byte == 0);
    let (mut nick, name) = (part(parts.next()), part(parts.next()));
    let (mut file_type, mut contents) = (part(parts.next()), parts.next().unwrap_or_default().to_vec());
    let sha256 = Sha256::digest(&contents).into();
    let file = FileFacts { name, kind: file_type.clone(), size: contents.len() as u64, sha256 };
    let ext = Ext { nick: Some(nick.clone()), file: Some(file), reply: None, rotate: None };
    let Ok(text) = ext.text() else { return };
    let token = signed((!did(7)).then_some(&text));

    let mut omitempty = nick.clone();
    for (changed, outer) in [(did(0), &mut nick), (did(1), &mut omitempty), (did(2), &mut file_type)] {
        if changed {
            outer.push('x');
        }
    }
    if let Some(last) = contents.last_mut().filter(|_| did(3)) {
        *last ^= 1;
    }
    let file_contents = if did(5) { String::new() } else { encode(&contents).replace('-', "+").replace('_', "/") };
    let beside = Beside {
        timestamp: Some(if did(6) { TIME / 1000 } else { TIME }),
        ext: if did(4) { "" } else { &text },
        nick: &nick,
        omitempty: &omitempty,
        file_type: &file_type,
        file_contents: file_contents.as_bytes(),
    };
    let expected = match () {
        () if did(6) => Err(CopyFault::Timestamp),
        () if did(4) && did(5) => Ok((Rank::Bare, None)),
        () if did(4) => Err(CopyFault::FileUnsigned),
        () if did(7) => Err(CopyFault::ExtUnsigned),
        () if did(0) || did(1) => Err(CopyFault::Nick),
        () if did(2) => Err(CopyFault::FileType),
        () if did(5) => Ok((Rank::WithExt, Some(ext))),
        () if did(3) => Err(CopyFault::FileHash),
        () => Ok((Rank::WithFile, Some(ext))),
    };
    assert_eq!(judge(&token, &beside), expected, "what a copy is worth");
}

fn part(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}
