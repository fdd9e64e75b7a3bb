//! Malformed bytes close their link, with the rule and the byte; all that came before is there.

use whispernet_core::codec::{DEPTH_MAX, Malformed, OBJECT_BYTES_MAX, Rule};
use whispernet_core::counters::Count;
use whispernet_core::node::{Cause, Change, Output, Told};

use super::solo::Solo;
use super::{addr, message};

#[test]
fn each_rule_closes_that_link_alone() {
    let first = message("1", "127.0.0.1:7", "before");
    let deep = format!("{{\"a\":{}", "[".repeat(DEPTH_MAX as usize));
    let long = format!("{{\"a\":\"{}", "x".repeat(OBJECT_BYTES_MAX));
    for (bad, rule, byte) in [
        ("x", Rule::NotAnObject, 0),
        ("[]", Rule::NotAnObject, 0),
        ("{]", Rule::NotJson, 1),
        ("{\"Body\":\"\u{1}\"}", Rule::ControlByte, 9),
        ("{\"ID\":5}", Rule::WrongType("ID"), 6),
        ("{\"Timestamp\":\"5\"}", Rule::WrongType("Timestamp"), 13),
        ("{\"ID\":\"a\",\"id\":\"b\"}", Rule::Twice("ID"), 10),
        (&deep, Rule::TooDeep, 5 + DEPTH_MAX as usize - 1),
        (&long, Rule::ObjectTooLong, OBJECT_BYTES_MAX),
    ] {
        let mut solo = Solo::new();
        let (link, other) = (solo.accept("127.0.0.1:9000"), solo.accept("127.0.0.1:9001"));
        solo.take();
        let after = message("2", "127.0.0.1:7", "after");
        solo.send(link, format!("{first}\n{bad}{after}"));
        let malformed = Malformed { rule, byte: (first.len() + 1 + byte) as u64 };
        let expected = Told::Link {
            addr: addr("127.0.0.1:9000"),
            incoming: true,
            change: Change::Down(Cause::Malformed(malformed)),
        };
        assert_eq!(solo.bodies(), ["before"], "{rule}");
        let told: Vec<Output> = solo.out.iter().filter(|output| matches!(output, Output::Tell(_))).cloned().collect();
        assert_eq!(told, [Output::Tell(expected)], "{rule}");
        assert!(solo.closed(link) && !solo.closed(other));
        assert_eq!(solo.count(Count::Malformed), 1);
        solo.send(link, message("3", "x", "too late"));
        solo.send(other, message("4", "127.0.0.1:8", "from the other"));
        assert_eq!(solo.bodies(), ["before", "from the other"]);
    }
}

#[test]
fn what_is_dropped_closes_nothing() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, "{} \n {\"x\":[]}\r\n{\"ID\":null,\"Body\":null}");
    assert!(!solo.closed(link));
    assert_eq!(solo.count(Count::NoId), 3);
}
