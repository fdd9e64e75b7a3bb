//! What is no character becomes U+FFFD, and nothing else of an object is touched.

use super::{feed, whole};
use whispernet_core::codec::{Malformed, OBJECT_BYTES_MAX, Rule};

#[track_caller]
fn check(raw: &[u8], expected: &[u8]) {
    for outcome in [whole(raw), feed(raw.chunks(1))] {
        assert_eq!(outcome.error, None);
        let raws: Vec<&[u8]> = outcome.objects.iter().map(|object| object.raw.as_slice()).collect();
        assert_eq!(raws, [expected], "{}", String::from_utf8_lossy(raw));
    }
}

#[track_caller]
fn check_untouched(raw: &[u8]) {
    check(raw, raw);
}

#[test]
fn clean_objects_are_relayed_to_the_letter() {
    for raw in [
        r#"{ "b" : 1.50e+3 , "ID":"\u0061\/", "Body" : "é😀\ud83d\ude00" , "x": [ ] }"#,
        r#"{"x":"\\ud800 \\\ud83d\ude00","ID":"1"}"#,
        "{\"x\":\"\u{fffd}\\ufffd\u{7f}\"}",
    ] {
        check_untouched(raw.as_bytes());
    }
}

#[test]
fn bytes_that_are_no_utf8() {
    check(b"{\"Body\":\"a\xffb\"}", "{\"Body\":\"a\u{fffd}b\"}".as_bytes());
    check(b"{\"Body\":\"\xe2\x82\"}", "{\"Body\":\"\u{fffd}\u{fffd}\"}".as_bytes());
    // An overlong slash, a surrogate in UTF-8, a character beyond the last: one for each byte.
    check(b"{\"Body\":\"\xc0\xaf\"}", "{\"Body\":\"\u{fffd}\u{fffd}\"}".as_bytes());
    check(b"{\"Body\":\"\xed\xa0\x80\"}", "{\"Body\":\"\u{fffd}\u{fffd}\u{fffd}\"}".as_bytes());
    check(b"{\"Body\":\"\xf4\x90\x80\x80\"}", "{\"Body\":\"\u{fffd}\u{fffd}\u{fffd}\u{fffd}\"}".as_bytes());
    // Anywhere: in an unknown key, in what is nested.
    check(b"{\"k\xff\":[{\"\xfe\":\"\xfd\"}]}", "{\"k\u{fffd}\":[{\"\u{fffd}\":\"\u{fffd}\"}]}".as_bytes());
    // The end of the string is never eaten.
    check(b"{\"Body\":\"\xe2\",\"ID\":\"1\"}", "{\"Body\":\"\u{fffd}\",\"ID\":\"1\"}".as_bytes());
}

#[test]
fn lone_surrogates() {
    for (raw, repaired) in [
        (r"\ud800", r"\ufffd"),
        (r"\udfff", r"\ufffd"),
        (r"\uD83D\u0041", r"\ufffd\u0041"),
        (r"\ud83dx", r"\ufffdx"),
        (r"\ud83d\n", r"\ufffd\n"),
        (r"\ud83d\ud83d\ude00", r"\ufffd\ud83d\ude00"),
        (r"\ude00\ud83d", r"\ufffd\ufffd"),
        (r"\ud83d\ude00\ude00", r"\ud83d\ude00\ufffd"),
        (r"\\ud800\ud800", r"\\ud800\ufffd"),
    ] {
        for key in ["Body", "unknown"] {
            check(format!("{{\"{key}\":\"{raw}\"}}").as_bytes(), format!("{{\"{key}\":\"{repaired}\"}}").as_bytes());
        }
        check(format!("{{\"{raw}\":0}}").as_bytes(), format!("{{\"{repaired}\":0}}").as_bytes());
    }
    // A pair does not reach over a string's end.
    check(br#"{"a":"\ud83d","b":"\ude00"}"#, br#"{"a":"\ufffd","b":"\ufffd"}"#);
}

#[test]
fn values_are_read_after_the_repair() {
    let object = &whole(b"{\"x\":\"\xff\xff\",\"ID\":\"i\xff\",\"Body\":\"\\ud800!\",\"Timestamp\":12}").objects[0];
    assert_eq!((object.id.as_str(), object.body.as_str()), ("i\u{fffd}", "\u{fffd}!"));
    assert_eq!(object.timestamp, Some(12));
}

/// What others would find too long is not relayed to them, even where the repair alone made it so.
#[test]
fn an_object_that_the_repair_makes_too_long() {
    let bad = |count: usize| [b" {} {\"a\":\"".as_slice(), &vec![0xff; count], b"\"}"].concat();
    let fits = (OBJECT_BYTES_MAX - 8) / 3;
    assert_eq!(whole(&bad(fits)).objects.len(), 2);
    let outcome = whole(&bad(fits + 1));
    assert_eq!(outcome.error, Some(Malformed { rule: Rule::ObjectTooLong, byte: 4 }));
    assert_eq!(outcome, feed(bad(fits + 1).chunks(7)));
}
