//! The same objects and the same error, wherever the bytes of a link are cut.

use proptest::prelude::*;

use super::reference::stream;
use super::{feed, whole};

/// Short streams, good and bad, with a cut of interest at nearly every byte.
const STREAMS: &[&str] = &[
    "",
    " \n",
    "{}",
    " {} {}\n{\"a\":1}\r\n",
    r#"{"ID":"1","Addr":"127.0.0.1:1","Body":"hi"}{"ID":"2","Body":"\u0041\ud83d\ude00é😀"}"#,
    r#"{"\u0049D":"x","time\u017ftamp":-120,"omitempty":"o"} "#,
    r#"{"Body":"\ud83d","ID":"\ude00\ud83d\ud83d\ude00"}{"x":"\\\""}"#,
    "{\"nic\u{212a}\":\"n\",\"Timestamp\":9223372036854775807,\"x\":[1.5e-3,true,false,null,{\"y\":[]}]}",
    r#"{"ID":"a"}{"ID":"b","id":"c"}"#,
    r#"{"ID":"a"} {"Timestamp":9223372036854775808}"#,
    r#"{"ID":"a"} {"Timestamp":12.5}"#,
    r#"{"ID":"a"} [1]"#,
    r#"{"ID":"a"} {"Body":"tab	"}"#,
    r#"{"ID":"a"} {"Body":{"#,
    r#"{"ID":"a"} {"x":tRue}"#,
    r#"{"ID":"a"} {"x":"\u00g0"}"#,
    r#"{"ID":"a"} {"x":1]"#,
    r#"{"ID":"a"} {"x":"unfinished"#,
];

#[test]
fn every_cut_of_short_streams() {
    let invalid: &[&[u8]] = &[b"{\"ID\":\"\xff\xe2\x82\",\"\xc3\":\"\xa9\"}{}", b"{\"Body\":\"\xf0\x9f\x98\\ud800\"}"];
    for bytes in STREAMS.iter().map(|stream| stream.as_bytes()).chain(invalid.iter().copied()) {
        let expected = whole(bytes);
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(feed(bytes.chunks(1)), expected, "byte by byte: {shown}");
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(feed(pieces), expected, "cut at {first} and {second}: {shown}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn random_cuts_of_random_streams(bytes in stream(), sizes in prop::collection::vec(0..40_usize, 1..20)) {
        let mut pieces = Vec::new();
        let mut rest = bytes.as_slice();
        for size in sizes.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = after;
            if rest.is_empty() || sizes.iter().all(|size| *size == 0) {
                break;
            }
        }
        pieces.push(rest);
        let expected = whole(&bytes);
        prop_assert_eq!(&feed(pieces), &expected);
        prop_assert_eq!(&feed(bytes.chunks(1)), &expected);
    }
}
