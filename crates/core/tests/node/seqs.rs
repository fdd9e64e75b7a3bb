//! Places in the log: never one that is not reserved, nor one that an earlier run may have used.

use whispernet_core::node::{Config, Output, SEQ_BLOCK};

use super::solo::{OWN, Solo};
use super::{at, config, message};

fn reserves(solo: &Solo) -> Vec<u64> {
    let reserve = |output: &Output| match output {
        Output::Reserve(until) => Some(*until),
        _ => None,
    };
    solo.out.iter().filter_map(reserve).collect()
}

/// A node so near the last number of all that its reservation ends there, and is nearly used up.
fn near_the_end() -> Solo {
    Solo::with(Config { first_seq: u64::MAX - SEQ_BLOCK / 2, ..config(OWN) })
}

#[test]
fn the_first_of_a_run_is_where_it_was_told_to_begin() {
    let mut solo = Solo::with(Config { first_seq: 5000, ..config(OWN) });
    solo.say("first");
    let seqs: Vec<u64> = solo.node.log().entries(0).map(|(entry, _)| entry.seq).collect();
    assert_eq!(seqs, [5000, 5001], "the hello, and what was said");
    assert_eq!(solo.node.log().end(), 5002);
}

#[test]
fn more_are_asked_for_in_time_and_once() {
    let mut solo = near_the_end();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, message("1", "", "b"));
    assert_eq!(reserves(&solo).len(), 1);
    assert!(!solo.node.is_paused());
    solo.send(link, message("2", "", "b"));
    solo.say("x");
    solo.pass(1000);
    assert_eq!(reserves(&solo).len(), 1, "once");
    solo.node.reserve_again();
    solo.pass(1);
    assert_eq!(reserves(&solo).len(), 2, "unless it got lost");

    let mut early = Solo::new();
    let link = early.accept("127.0.0.1:9000");
    early.send(link, message("1", "x", "y"));
    assert_eq!(reserves(&early), Vec::<u64>::new(), "not while there are plenty");
}

#[test]
fn an_answer_never_takes_places_back() {
    let mut solo = Solo::new();
    for until in [0, 1, SEQ_BLOCK, u64::MAX] {
        solo.node.reserved(at(0), until, &mut solo.out);
        assert!(!solo.node.is_paused());
    }
}
