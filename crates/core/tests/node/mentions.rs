//! Addresses that messages name: which are dialled, and that the message is shown whatever comes of it.

use whispernet_core::counters::Count;
use whispernet_core::node::Config;

use super::solo::{OWN, Solo};
use super::{START_MS, addr, config, message};

/// A peer at `own` hears of `named` from `remote`; `dialled` is what it should dial.
#[track_caller]
fn check(own: &str, remote: &str, named: &str, dialled: Option<&str>) {
    let mut solo = Solo::with(config(own));
    let link = solo.accept(remote);
    solo.send(link, message("1", named, "shown"));
    assert_eq!(solo.bodies(), ["shown"], "{named}");
    assert_eq!(solo.dials(), dialled.into_iter().collect::<Vec<_>>(), "{own} hears of {named} from {remote}");
    assert!(!solo.closed(link));
}

#[test]
fn which_are_dialled() {
    let lan = "10.0.0.1:5000";
    let net = "93.184.216.1:5000";
    for (own, remote, named, dialled) in [
        (OWN, "127.0.0.1:9000", "127.0.0.1:7000", Some("127.0.0.1:7000")),
        (OWN, "127.0.0.1:9000", "[::ffff:127.0.0.1]:7000", Some("127.0.0.1:7000")),
        (OWN, "127.0.0.1:9000", OWN, None),
        (OWN, "127.0.0.1:9000", "127.0.0.1:1023", None),
        (OWN, "127.0.0.1:9000", "127.0.0.1:1024", Some("127.0.0.1:1024")),
        (OWN, "127.0.0.1:9000", "127.0.0.1:6379", None),
        (OWN, "127.0.0.1:9000", "8.8.4.4:7000", None),
        (OWN, "127.0.0.1:9000", "", None),
        (OWN, "127.0.0.1:9000", "bob", None),
        (OWN, "127.0.0.1:9000", "localhost:7000", None),
        (OWN, "127.0.0.1:9000", "127.0.0.1", None),
        (OWN, "127.0.0.1:9000", "127.0.0.1:0", None),
        (OWN, "127.0.0.1:9000", "127.0.0.1:70000", None),
        (lan, "10.0.0.2:9000", "10.0.0.3:7000", Some("10.0.0.3:7000")),
        (lan, "10.0.0.2:9000", "192.168.0.3:7000", None),
        (lan, "10.0.0.2:9000", "127.0.0.1:7000", None),
        (lan, "10.0.0.2:9000", "224.0.0.251:7000", None),
        (lan, "10.0.0.2:9000", "255.255.255.255:7000", None),
        (lan, "10.0.0.2:9000", "0.0.0.0:7000", None),
        (lan, "10.0.0.2:9000", "8.8.4.4:7000", Some("8.8.4.4:7000")),
        (net, "8.8.4.4:9000", "10.0.0.3:7000", None),
        (net, "8.8.4.4:9000", "[2001:db8::1]:7000", Some("[2001:db8::1]:7000")),
        (net, "8.8.4.4:9000", "[ff02::1]:7000", None),
    ] {
        check(own, remote, named, dialled);
    }
}

#[test]
fn other_names_of_ourselves_are_not_dialled() {
    let mut solo = Solo::with(Config { own: vec![addr("127.0.0.2:5000")], ..config(OWN) });
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, message("1", "127.0.0.2:5000", "hi"));
    assert_eq!((solo.dials().len(), solo.count(Count::Undiallable)), (0, 0));
}

#[test]
fn once_and_no_more_than_the_budget() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    for round in 0..3 {
        for n in 0..14 {
            let named = format!("127.0.0.1:{}", 7000 + n);
            solo.send(link, message(&format!("{round}-{n}"), &named, "hi"));
            if let Some(dialled) = solo.dials().first().cloned() {
                solo.dialled(&dialled).unwrap();
            }
        }
    }
    assert_eq!(solo.node.links().iter().filter(|link| !link.incoming).count(), 10, "a burst of 10");
    assert_eq!(solo.bodies().len(), 42, "all are shown");
    solo.take();
    solo.pass(10_500);
    assert_eq!(solo.dials().len(), 1, "later, one in 10 s");
}

#[test]
fn four_at_a_time() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    let all: String = (0..8).map(|n| message(&n.to_string(), &format!("127.0.0.1:{}", 7000 + n), "hi")).collect();
    solo.send(link, all);
    assert_eq!(solo.dials().len(), 4);
    solo.node.dial_failed(solo.now, addr("127.0.0.1:7000"));
    solo.pass(1);
    assert_eq!(solo.dials().len(), 5);
    assert_eq!(solo.count(Count::DialFailed), 1);
}

#[test]
fn the_queue_has_its_bound_and_says_so() {
    let mut solo = Solo::with(Config { flood_limit: true, ..config(OWN) });
    let mut named = 0;
    for ip in 1..=6 {
        let link = solo.accept(&format!("127.0.0.{ip}:9000"));
        for n in 0..250 {
            // Each from an author of its own, so that no author's budget stands in the way.
            solo.send(link, message(&format!("{ip}-{n}"), &format!("127.0.{ip}.{n}:7000"), "hi"));
            named += 1;
        }
    }
    assert_eq!((solo.bodies().len(), solo.dials().len()), (named, 4));
    assert_eq!(solo.count(Count::DialQueueFull), (named - 4 - 1000) as u64);
}

/// The first word of an author may be dropped or wait for the store: a later one that is taken counts.
#[test]
fn an_author_whose_first_word_was_dropped_is_dialled_by_the_next() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    // 256 authors have a budget of their own; all others share one, which this uses up.
    for n in 0..256 {
        solo.send(link, message(&format!("a{n}"), &format!("nobody {n}"), "hi"));
    }
    for n in 0..200 {
        solo.send(link, message(&format!("b{n}"), "one more nobody", "hi"));
    }
    solo.send(link, message("first", "127.0.0.1:7000", "dropped"));
    assert_eq!((solo.count(Count::OverBudget), solo.dials().len()), (1, 0));
    solo.pass(1000);
    solo.send(link, message("second", "127.0.0.1:7000", "taken"));
    assert_eq!(solo.bodies().last().unwrap(), "taken");
    assert_eq!(solo.dials(), ["127.0.0.1:7000"]);
}

#[test]
fn above_a_crowd_a_random_delay() {
    let mut solo = Solo::new();
    for n in 0..17 {
        let peer = format!("127.0.0.2:{}", 6000 + n);
        solo.dial(&peer);
    }
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, message("1", "127.0.0.1:7000", "hi"));
    assert_eq!(solo.dials().len(), 0);
    solo.pass(60_000);
    assert_eq!(solo.dials(), ["127.0.0.1:7000"]);
}

#[test]
fn a_peer_that_comes_back_is_dialled_at_once() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, message("1", "127.0.0.1:7000", "hi"));
    for _ in 0..5 {
        assert_eq!(solo.dials(), ["127.0.0.1:7000"]);
        solo.take();
        solo.node.dial_failed(solo.now, addr("127.0.0.1:7000"));
        solo.pass(24 * 3_600_000);
    }
    solo.node.dial_failed(solo.now, addr("127.0.0.1:7000"));
    solo.take();
    // It waits for hours by now; but here it is itself.
    let back = solo.accept("127.0.0.1:9001");
    solo.send(back, message("2", "127.0.0.1:7000", "I am back"));
    assert_eq!(solo.dials(), ["127.0.0.1:7000"]);
}

#[test]
fn replays_name_peers_too() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    let time = START_MS - 100_000;
    solo.send(link, format!(r#"{{"ID":"1","Addr":"127.0.0.1:7000","Body":"old","Timestamp":{time}}}"#));
    assert_eq!(solo.dials(), ["127.0.0.1:7000"]);
}

#[test]
fn what_a_peer_says_of_itself_is_remembered() {
    let mut solo = Solo::new();
    solo.dial("127.0.0.1:7000");
    let link = solo.accept("127.0.0.1:9000");
    let from =
        |id: &str, addr: &str, nick: &str| format!(r#"{{"ID":"{id}","Addr":"{addr}","Body":"b","Nick":"{nick}"}}"#);
    let nick = |solo: &Solo| solo.node.book().get(&addr("127.0.0.1:7000")).unwrap().nick.clone();
    solo.send(link, from("1", "127.0.0.1:7000", "phil"));
    assert_eq!(nick(&solo), "phil");
    solo.send(link, from("2", "127.0.0.1:7001", "somebody else"));
    assert_eq!(nick(&solo), "phil");
    let other = solo.accept("127.0.0.1:9001");
    solo.send(other, from("3", "127.0.0.1:7002", "x"));
    solo.send(other, from("4", "127.0.0.1:7000", "forged by another link"));
    assert_eq!(nick(&solo), "phil");
    // One grapheme may be of any length: what is remembered is bounded.
    solo.send(link, from("5", "127.0.0.1:7000", &format!("e{}", "\u{301}".repeat(10_000))));
    assert_eq!(solo.bodies().len(), 5);
    assert!(nick(&solo).len() <= 1024);
}
