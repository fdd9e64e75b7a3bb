//! Incoming links: how many, and who makes room.

use whispernet_core::counters::Count;
use whispernet_core::node::{Cause, Change, Config};

use super::solo::{OWN, Solo};
use super::{config, message};

fn public(inbound_max: usize) -> Solo {
    Solo::with(Config { bound: "93.184.216.1".parse().unwrap(), inbound_max, ..config("93.184.216.1:5000") })
}

/// Accepts so many from `ip`, each of which says something, and returns how many were let in.
fn speaking(solo: &mut Solo, ip: &str, count: usize) -> usize {
    let mut let_in = 0;
    for n in 0..count {
        if let Some(link) = solo.try_accept(&format!("{ip}:{}", 20_000 + n)) {
            solo.send(link, message(&format!("{ip}{n}"), &format!("{ip}:{}", 7000 + n), "hi"));
            let_in += 1;
        }
    }
    let_in
}

#[test]
fn so_many_from_one_ip() {
    for (ip, max, expected) in [
        ("8.8.4.4", 256, 8),
        ("10.0.0.1", 256, 64),
        ("192.168.0.1", 256, 64),
        ("127.0.0.1", 256, 64),
        ("8.8.4.4", 1, 1),
        ("8.8.4.4", 512, 16),
        ("8.8.4.4", 10_000, 312),
    ] {
        let mut solo = public(max);
        assert_eq!(speaking(&mut solo, ip, 400), expected, "{ip} of {max}");
        assert_eq!(solo.count(Count::Crowded), 400 - expected as u64);
        let other = solo.try_accept("8.8.8.8:1").is_some();
        assert_eq!(other, max > 1, "another IP has room");
    }
    let mut off = Solo::with(Config { flood_limit: false, ..config(OWN) });
    assert_eq!(speaking(&mut off, "8.8.4.4", 300), 256, "without the limit, only the sum is bounded");
}

#[test]
fn so_many_in_all() {
    let mut solo = public(20);
    let let_in: usize = (0..30).map(|n| speaking(&mut solo, &format!("8.8.4.{n}"), 1)).sum();
    assert_eq!((let_in, solo.node.links().len()), (20, 20));
}

#[test]
fn the_oldest_silent_link_makes_room() {
    let mut solo = public(3);
    let silent = solo.accept("8.8.4.1:1");
    let later = solo.accept("8.8.4.2:1");
    let speaks = solo.accept("8.8.4.3:1");
    solo.send(speaks, message("1", "8.8.4.3:7000", "hi"));
    solo.take();
    let fourth = solo.accept("8.8.4.4:1");
    assert!(solo.closed(silent) && !solo.closed(later));
    assert_eq!(solo.changes(), [Change::Down(Cause::Crowded), Change::Up]);
    solo.send(fourth, message("2", "8.8.4.4:7000", "hi"));
    solo.send(later, "{\"ID\":\"half");
    let fifth = solo.accept("8.8.4.5:1");
    assert!(solo.closed(later), "half an object is not yet a word");
    solo.send(fifth, message("3", "8.8.4.5:7000", "hi"));
    assert!(solo.try_accept("8.8.4.6:1").is_none(), "nobody is silent");
    assert_eq!(solo.bodies(), ["hi", "hi", "hi"]);
}

#[test]
fn a_silent_link_of_the_same_ip_goes_first() {
    let mut solo = public(256);
    let elsewhere = solo.accept("8.8.8.8:1");
    let same = solo.accept("8.8.4.4:1");
    assert_eq!(speaking(&mut solo, "8.8.4.4", 7), 7);
    assert!(!solo.closed(same));
    assert_eq!(speaking(&mut solo, "8.8.4.4", 2), 1);
    assert!(solo.closed(same) && !solo.closed(elsewhere));
}

#[test]
fn a_link_that_is_gone_makes_room() {
    let mut solo = public(1);
    let link = solo.accept("8.8.4.4:1");
    solo.send(link, message("1", "8.8.4.4:7000", "hi"));
    assert!(solo.try_accept("8.8.4.5:1").is_none());
    solo.cut(link);
    assert!(solo.try_accept("8.8.4.5:1").is_some());
    assert_eq!(solo.changes(), [Change::Up, Change::Down(Cause::Closed), Change::Up]);
}

#[test]
fn lists_name_the_peer_where_it_is_known() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    assert_eq!(solo.node.links()[0].addr, super::addr("127.0.0.1:9000"));
    solo.send(link, message("1", "127.0.0.1:7000", "hi"));
    assert_eq!(solo.node.links()[0].addr, super::addr("127.0.0.1:7000"));
    let out = solo.dial("127.0.0.1:6000");
    assert_eq!(solo.node.links().len(), 2);
    let lag = |solo: &Solo| solo.node.links().iter().find(|link| !link.incoming).unwrap().lag;
    assert_eq!(lag(&solo), 1);
    solo.read(out);
    assert_eq!(lag(&solo), 0);
}
