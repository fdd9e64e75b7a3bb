//! What is dropped on the form alone: counted, not marked as seen, not relayed; the link stays.

use whispernet_core::counters::Count;
use whispernet_core::id::{ID_BYTES_MAX, hashed};
use whispernet_core::node::{BODY_BYTES_MAX, NICK_GRAPHEMES_MAX};

use super::message;
use super::solo::Solo;

/// Sends `bad` and then `good`, a copy of the same ID: the first is dropped and counted, the second is taken.
#[track_caller]
fn check(bad: &str, good: &str, count: Count) {
    let mut solo = Solo::new();
    let out = solo.dial("127.0.0.1:6000");
    solo.read(out);
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, bad);
    assert_eq!((solo.count(count), solo.bodies()), (1, vec![]));
    assert_eq!((solo.read(out).as_str(), solo.closed(link)), ("", false), "neither relayed nor closed");
    solo.send(link, good);
    assert_eq!((solo.count(Count::Accepted), solo.read(out).as_str()), (1, format!("{good}\n").as_str()));
    solo.send(link, good);
    assert_eq!(solo.count(Count::Duplicate), 1);
}

#[test]
fn no_body_and_no_id() {
    let good = message("1", "x", "hi");
    for bad in [r#"{"ID":"1"}"#, r#"{"ID":"1","Body":""}"#, r#"{"ID":"1","Body":null,"Addr":"x"}"#] {
        check(bad, &good, Count::NoBody);
    }
    for bad in [r#"{"Body":"hi"}"#, r#"{"Body":"hi","ID":""}"#, r#"{"ID":null,"Body":"hi"}"#, "{}"] {
        check(bad, &good, Count::NoId);
    }
}

#[test]
fn long_bodies() {
    for unit in ["x", "é", "😀", "\u{1}", "\""] {
        let longest = unit.repeat(BODY_BYTES_MAX / unit.len());
        check(&message("1", "x", &format!("{longest}y")), &message("1", "x", &longest), Count::LongBody);
    }
    // As decoded, not as written.
    let escaped = format!(r#"{{"ID":"1","Body":"{}"}}"#, r"\u0041".repeat(BODY_BYTES_MAX));
    let over = format!(r#"{{"ID":"1","Body":"{}"}}"#, r"\u0041".repeat(BODY_BYTES_MAX + 1));
    check(&over, &escaped, Count::LongBody);
}

#[test]
fn long_ids() {
    let longest = "i".repeat(ID_BYTES_MAX);
    check(&message(&format!("{longest}x"), "x", "hi"), &message(&longest, "x", "hi"), Count::LongId);
    let escaped = |count: usize| format!(r#"{{"Body":"hi","ID":"{}"}}"#, r"\u0041".repeat(count));
    check(&escaped(ID_BYTES_MAX + 1), &escaped(ID_BYTES_MAX), Count::LongId);
}

#[test]
fn long_nicks() {
    for key in ["Nick", "omitempty"] {
        // The last is a family of seven code points, one grapheme.
        for unit in ["x", "é", "e\u{301}", "👨\u{200d}👩\u{200d}👧\u{200d}👦"] {
            let with = |count: usize| format!(r#"{{"ID":"1","Body":"hi","{key}":"{}"}}"#, unit.repeat(count));
            check(&with(NICK_GRAPHEMES_MAX + 1), &with(NICK_GRAPHEMES_MAX), Count::LongNick);
        }
    }
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, r#"{"ID":"1","Body":"no nick","Nick":""}"#);
    assert_eq!(solo.bodies(), ["no nick"]);
}

#[test]
fn bad_hashes() {
    let id = hashed("127.0.0.1:5", "hi", "");
    for bad in [message(&id, "127.0.0.1:6", "hi"), message(&id, "127.0.0.1:5", "ho")] {
        check(&bad, &message(&id, "127.0.0.1:5", "hi"), Count::BadHash);
    }
    let timed = |id: &str, time: i64| format!(r#"{{"ID":"{id}","Addr":"a","Body":"b","Timestamp":{time}}}"#);
    let id = hashed("a", "b", "1700000000000");
    check(&timed(&id, 1_700_000_000_001), &timed(&id, 1_700_000_000_000), Count::BadHash);
    // A hash over the repaired text: what others show.
    let id = hashed("a", "\u{fffd}", "");
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, format!(r#"{{"ID":"{id}","Addr":"a","Body":"\ud800"}}"#));
    assert_eq!(solo.bodies(), ["\u{fffd}"]);
}

#[test]
fn unknown_hash_functions_are_opaque() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, message("hash:md5:00", "a", "opaque"));
    assert_eq!(solo.bodies(), ["opaque"]);
}

#[test]
fn unknown_keys_are_relayed_to_the_letter() {
    let mut solo = Solo::new();
    let out = solo.dial("127.0.0.1:6000");
    solo.read(out);
    let link = solo.accept("127.0.0.1:9000");
    let odd = r#"{ "zz" : [1.50,{"ID":7}],"ID":"1" ,"Body":"\u0068i","x":null}"#;
    solo.send(link, odd);
    assert_eq!(solo.read(out), format!("{odd}\n"));
}

#[test]
fn spellings_of_one_id_are_one() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, r#"{"ID":"abc","Body":"x"}{"id":"\u0061bc","Body":"x"}{"\u0049D":"ab\u0063","Body":"y"}"#);
    assert_eq!((solo.bodies(), solo.count(Count::Duplicate)), (vec!["x".to_owned()], 2));
}
