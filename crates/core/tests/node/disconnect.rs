//! A disconnect that the user asked for holds until he connects.

use whispernet_core::node::{Cause, Change, Output, Past, Refused};

use super::solo::{OWN, Solo};
use super::{addr, config, greeting, message};

const PEER: &str = "127.0.0.1:6000";

fn disconnect(solo: &mut Solo, addr: &str) -> Result<(), Refused> {
    solo.node.disconnect(solo.now, super::addr(addr), &mut solo.out)
}

#[test]
fn both_links_end_and_none_comes_up() {
    let mut solo = Solo::new();
    let out = solo.dial(PEER);
    let back = solo.accept("127.0.0.1:9000");
    solo.send(back, message("1", PEER, "hi"));
    let other = solo.accept("127.0.0.1:9001");
    solo.send(other, message("2", "127.0.0.1:6001", "hi"));
    solo.take();
    disconnect(&mut solo, PEER).unwrap();
    assert!(solo.closed(out) && solo.closed(back) && !solo.closed(other));
    assert_eq!(solo.changes(), [Change::Down(Cause::User), Change::Down(Cause::User)]);
    solo.take();
    solo.pass(3 * 24 * 3_600_000);
    // Others name it, it comes by itself, and discovery finds it: nothing of that counts.
    solo.send(other, message("3", PEER, "relayed"));
    let source = addr("127.0.0.1:5555");
    solo.node.heard(solo.now, source, true, PEER.as_bytes(), &mut solo.out);
    let again = solo.accept("127.0.0.1:9002");
    solo.send(again, greeting("4", PEER) + &message("4a", PEER, "may I?"));
    solo.pass(1000);
    assert!(!solo.dials().contains(&PEER.to_owned()));
    assert!(solo.closed(again));
    assert_eq!(solo.bodies(), ["hi", "hi", "relayed"], "what it says by others is shown");

    solo.node.connect(solo.now, addr(PEER), &mut solo.out).unwrap();
    assert!(solo.dials().contains(&PEER.to_owned()));
    assert!(solo.dialled(PEER).is_some());
    let back = solo.accept("127.0.0.1:9003");
    solo.send(back, message("5", PEER, "welcome"));
    assert!(!solo.closed(back));
}

#[test]
fn while_it_is_dialled() {
    for fails in [true, false] {
        let mut solo = Solo::new();
        solo.node.connect(solo.now, addr(PEER), &mut solo.out).unwrap();
        disconnect(&mut solo, PEER).unwrap();
        if fails {
            solo.node.dial_failed(solo.now, addr(PEER));
        } else {
            assert_eq!(solo.dialled(PEER), None);
        }
        solo.take();
        solo.pass(24 * 3_600_000);
        assert_eq!((solo.dials(), solo.node.links()), (vec![], vec![]));
    }
}

#[test]
fn across_a_restart() {
    let mut before = Solo::new();
    before.dial(PEER);
    before.take();
    disconnect(&mut before, PEER).unwrap();
    let record = before.take().into_iter().rev().find_map(|output| match output {
        Output::SavePeer(record) => Some((record.addr, record.known)),
        _ => None,
    });
    let past = Past { peers: vec![record.unwrap()], ..Past::default() };
    let mut after = Solo::with_past(config(OWN), past);
    after.pass(1000);
    assert_eq!(after.dials(), Vec::<String>::new());
    let link = after.accept("127.0.0.1:9000");
    after.send(link, greeting("1", PEER));
    assert!(after.closed(link));
}

/// An old peer greets nobody, and the first thing it relays may well be what that peer said.
#[test]
fn who_only_relays_what_it_said_is_not_cut_off() {
    let mut solo = Solo::new();
    solo.dial(PEER);
    disconnect(&mut solo, PEER).unwrap();
    let relay = solo.accept("127.0.0.1:9000");
    solo.send(relay, message("1", PEER, "relayed") + &message("2", "127.0.0.1:6001", "my own"));
    assert!(!solo.closed(relay));
    assert_eq!(solo.bodies(), ["relayed", "my own"]);
}

#[test]
fn one_connection_by_the_address_it_comes_from() {
    let mut solo = Solo::new();
    let (link, other) = (solo.accept("127.0.0.1:9000"), solo.accept("127.0.0.1:9001"));
    disconnect(&mut solo, "127.0.0.1:9000").unwrap();
    assert!(solo.closed(link) && !solo.closed(other));
}

#[test]
fn of_whom_nothing_is_known() {
    let mut solo = Solo::new();
    assert_eq!(disconnect(&mut solo, PEER), Err(Refused::Unknown));
    // An incoming link alone is enough to be known by.
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, message("1", PEER, "hi"));
    solo.take();
    disconnect(&mut solo, PEER).unwrap();
    assert!(solo.closed(link));
}

#[test]
fn our_own_address_is_not_connected() {
    let mut solo = Solo::new();
    assert_eq!(solo.node.connect(solo.now, addr(OWN), &mut solo.out), Err(Refused::Own));
}
