//! Where nothing is stored, who sends waits for links that keep up, and for no other.

use whispernet_core::log::{Chunk, Limits, Read};
use whispernet_core::node::{Config, LinkId};

use super::solo::{OWN, Solo};
use super::{at, config, message};

const LIMITS: Limits = Limits { tail_bytes: 16 << 20, segment_bytes: 1 << 20, uncommitted_bytes: 1 << 20 };
const FAST: &str = "127.0.0.1:6000";

fn solo(stored: bool) -> Solo {
    Solo::with(Config { flood_limit: false, log: LIMITS, stored, ..config(OWN) })
}

/// Hears about so many bytes.
fn hear(solo: &mut Solo, from: LinkId, first: &mut usize, bytes: usize) {
    let body = "x".repeat(10_000);
    for _ in 0..bytes / body.len() {
        *first += 1;
        solo.send(from, message(&format!("id{first}"), "127.0.0.1:7000", &body));
    }
}

/// Lets the link take at most so many bytes.
fn take(solo: &mut Solo, link: LinkId, bytes_max: usize) {
    let (mut chunk, mut taken) = (Chunk::default(), 0);
    while taken < bytes_max && solo.node.read(solo.now, link, 100_000, &mut chunk) == Read::Chunk {
        taken += chunk.len();
        solo.node.written(link, &chunk, chunk.len());
    }
}

#[test]
fn a_link_that_keeps_up_is_waited_for_and_a_stopped_one_is_not() {
    let mut solo = solo(false);
    let (link, from, mut said) = (solo.dial(FAST), solo.accept("127.0.0.1:9999"), 0);
    hear(&mut solo, from, &mut said, 7 << 20);
    assert!(!solo.node.is_held_up(solo.now), "half is not reached");
    hear(&mut solo, from, &mut said, 4 << 20);
    assert!(solo.node.is_held_up(solo.now));
    take(&mut solo, link, 2 << 20);
    solo.now = at(60);
    assert!(solo.node.is_held_up(solo.now), "it keeps up");
    take(&mut solo, link, 20 << 20);
    assert!(!solo.node.is_held_up(solo.now), "it has caught up");
    hear(&mut solo, from, &mut said, 11 << 20);
    assert!(solo.node.is_held_up(solo.now));
    solo.now = at(109);
    assert!(solo.node.is_held_up(solo.now), "it may still move");
    take(&mut solo, link, 1 << 19);
    solo.now = at(170);
    assert!(!solo.node.is_held_up(solo.now), "it is too slow to be waited for");
    take(&mut solo, link, 2 << 20);
    solo.now = at(221);
    assert!(solo.node.is_held_up(solo.now), "it is fast again");
}

#[test]
fn with_a_store_nobody_is_waited_for() {
    let mut solo = solo(true);
    let (_, from, mut said) = (solo.dial(FAST), solo.accept("127.0.0.1:9999"), 0);
    hear(&mut solo, from, &mut said, 12 << 20);
    assert!(!solo.node.is_held_up(solo.now));
}
