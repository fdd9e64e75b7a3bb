//! The one repair: what is no character becomes U+FFFD, as old peers show and relay it (one for each bad byte).
//! Must not change anything else. Bounds: at most three times what came in.

use alloc::vec::Vec;

/// Escaped spelling of U+FFFD.
const ESCAPED: &[u8] = b"\\ufffd";
/// U+FFFD in UTF-8.
const PLAIN: &[u8] = "\u{fffd}".as_bytes();

/// Rewrites a valid JSON object: lone surrogates among the escapes, and bytes that are no UTF-8.
pub(super) fn repair(raw: &[u8]) -> Vec<u8> {
    let mut repaired = Vec::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        surrogates(chunk.valid().as_bytes(), &mut repaired);
        for _ in chunk.invalid() {
            repaired.extend_from_slice(PLAIN);
        }
    }
    repaired
}

fn surrogates(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(slash) = text.iter().position(|&b| b == b'\\') {
        let (plain, escape) = text.split_at_checked(slash).unwrap_or((text, &[]));
        out.extend_from_slice(plain);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (None, _) => 2,
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.extend_from_slice(ESCAPED);
                text = escape.get(6..).unwrap_or_default();
                continue;
            }
            (Some(_), _) => 6,
        };
        let (kept, rest) = escape.split_at_checked(length).unwrap_or((escape, &[]));
        out.extend_from_slice(kept);
        text = rest;
    }
    out.extend_from_slice(text);
}

/// The code unit of a `\uXXXX` at the start of `escape`.
fn unit(escape: &[u8]) -> Option<u16> {
    let digits = escape.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::repair;

    #[track_caller]
    fn check(raw: &[u8], expected: &str) {
        assert_eq!(repair(raw), expected.as_bytes());
    }

    #[test]
    fn only_what_is_no_character() {
        check(br#"{"a":"\ud83d\ude00 \n \\ud800 x"}"#, r#"{"a":"\ud83d\ude00 \n \\ud800 x"}"#);
        check(br#"{"a":"\ud800"}"#, r#"{"a":"\ufffd"}"#);
        check(br#"{"a":"\ud800\ud83d\ude00\udc00"}"#, r#"{"a":"\ufffd\ud83d\ude00\ufffd"}"#);
        check(b"\"\xff\xfe\"", "\"\u{fffd}\u{fffd}\"");
        check(b"\"\xf0\x9f\x98\"", "\"\u{fffd}\u{fffd}\u{fffd}\"");
        check("\"gr\u{fc}n\"".as_bytes(), "\"gr\u{fc}n\"");
    }
}
