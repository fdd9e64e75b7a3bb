//! Times that authors state: in seconds or milliseconds, true or false. They never drop a message.

use super::solo::Solo;
use super::{START_MS, message};

/// Whether a message with this Timestamp counts as a replay on a link that came up at the start.
#[track_caller]
fn check(timestamp: &str, replay: bool) {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.pass(3_600_000);
    solo.send(link, format!(r#"{{"ID":"1","Addr":"127.0.0.1:7","Body":"b","Timestamp":{timestamp}}}"#));
    let marks: Vec<_> = solo.logged().into_iter().map(|(_, marks)| (marks.replay, marks.withheld)).collect();
    assert_eq!(marks, [(replay, false)], "{timestamp}");
}

#[test]
fn replay_is_what_was_said_a_minute_before_the_link() {
    for (millis, replay) in [(-60_001, true), (-60_000, false), (0, false), (3_600_000, false), (86_400_000_000, false)]
    {
        check(&(START_MS + millis).to_string(), replay);
    }
}

#[test]
fn seconds_are_as_good() {
    for (secs, replay) in [(-61, true), (-60, false), (0, false), (3600, false)] {
        check(&(START_MS / 1000 + secs).to_string(), replay);
    }
}

#[test]
fn odd_times() {
    for (timestamp, replay) in [
        ("0", false),
        ("null", false),
        ("1", true),
        ("-1", true),
        ("9223372036854775807", false),
        ("-9223372036854775808", true),
    ] {
        check(timestamp, replay);
    }
}

#[test]
fn without_a_time_it_is_live() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, message("1", "127.0.0.1:7", "b"));
    assert!(!solo.logged()[0].1.replay);
}

#[test]
fn a_later_link_makes_it_a_replay() {
    let mut solo = Solo::new();
    solo.pass(60_001);
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, format!(r#"{{"ID":"1","Body":"b","Timestamp":{START_MS}}}"#));
    assert!(solo.logged()[0].1.replay);
    let out = solo.dial("127.0.0.1:6000");
    assert!(solo.read(out).contains("\"b\""), "but it is relayed");
}
