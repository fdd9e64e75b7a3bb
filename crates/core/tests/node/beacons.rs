//! Discovery: our beacons, and those of others.

use whispernet_core::counters::Count;
use whispernet_core::node::{BEACON_BYTES_MAX, Config, Output, Who};

use super::solo::{OWN, Solo};
use super::{addr, config};

const LAN: &str = "10.0.0.1:5000";

fn lan() -> Solo {
    Solo::with(Config { discovery: true, ..config(LAN) })
}

fn hear(solo: &mut Solo, source: &str, datagram: impl AsRef<[u8]>) -> Vec<String> {
    solo.take();
    solo.node.heard(solo.now, addr(source), true, datagram.as_ref(), &mut solo.out);
    solo.dials()
}

fn beacons(solo: &mut Solo, secs: u64) -> Vec<u64> {
    let mut at = Vec::new();
    for second in 1..=secs {
        solo.take();
        solo.pass(1000);
        at.extend(solo.out.iter().filter(|output| **output == Output::Beacon).map(|_| second));
    }
    at
}

#[test]
fn at_the_start_then_every_30_s_alone_and_every_5_min_otherwise() {
    let mut solo = lan();
    solo.pass(0);
    assert!(solo.wants(&Output::Beacon), "at once");
    let gaps = |times: &[u64]| times.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
    let alone = beacons(&mut solo, 600);
    assert!((24..=37).contains(&alone[0]) && gaps(&alone).iter().all(|gap| (23..=37).contains(gap)), "{alone:?}");
    let mut sorted = gaps(&alone);
    sorted.dedup();
    assert!(sorted.len() > 3, "spread: {sorted:?}");
    let link = solo.accept("10.0.0.2:9000");
    let linked = beacons(&mut solo, 3600);
    assert!(gaps(&linked).iter().all(|gap| (239..=361).contains(gap)), "{linked:?}");
    // Alone again: sooner.
    solo.cut(link);
    assert!(beacons(&mut solo, 31).len() == 1);

    let mut off = Solo::new();
    assert_eq!(beacons(&mut off, 1000), Vec::<u64>::new());
}

#[test]
fn a_beacon_is_dialled_on_behalf_of_others_too() {
    for (datagram, dialled) in [
        ("10.0.0.2:6000", "10.0.0.2:6000"),
        ("10.0.0.3:6000", "10.0.0.3:6000"),
        ("10.0.0.2:6000\n", "10.0.0.2:6000"),
        ("[::ffff:10.0.0.2]:6000", "10.0.0.2:6000"),
        ("8.8.4.4:6000", "8.8.4.4:6000"),
    ] {
        let mut solo = lan();
        assert_eq!(hear(&mut solo, "10.0.0.2:5555", datagram), [dialled]);
        assert_eq!((solo.count(Count::Beacon), solo.count(Count::BadBeacon)), (1, 0));
    }
}

#[test]
fn bad_ones_are_ignored_and_counted() {
    let full = format!("{:<width$}", "10.0.0.2:6000", width = BEACON_BYTES_MAX);
    let over = format!("{full} ");
    let mut solo = lan();
    let bad: [&[u8]; 10] = [
        b"",
        b"hello",
        b"10.0.0.2",
        b"10.0.0.2:0",
        b"10.0.0.2:99999",
        b" 10.0.0.2:6000",
        b"10.0.0.2:6000 x",
        b"\xff\xfe",
        b"{\"ID\":1}",
        over.as_bytes(),
    ];
    for (n, datagram) in bad.iter().enumerate() {
        assert_eq!(hear(&mut solo, "10.0.0.2:5555", datagram), Vec::<String>::new());
        assert_eq!(solo.count(Count::BadBeacon), n as u64 + 1);
    }
    assert_eq!(hear(&mut solo, "10.0.0.2:5555", &full), ["10.0.0.2:6000"], "the longest");
    // From elsewhere.
    solo.node.heard(solo.now, addr("8.8.4.4:5555"), false, b"10.0.0.4:6000", &mut solo.out);
    assert_eq!(solo.count(Count::BadBeacon), 11);
}

#[test]
fn our_own_is_ignored() {
    let mut solo = Solo::with(Config { own: vec![addr("10.0.0.9:5000")], ..config(LAN) });
    for own in [LAN, "10.0.0.9:5000"] {
        assert_eq!(hear(&mut solo, "10.0.0.1:5555", own), Vec::<String>::new());
    }
    assert_eq!((solo.count(Count::Beacon), solo.count(Count::BadBeacon)), (0, 0));
    assert_eq!(hear(&mut solo, "10.0.0.1:5555", "10.0.0.1:5001"), ["10.0.0.1:5001"], "of another peer on this host");
}

#[test]
fn one_dial_a_source_in_30_s() {
    let mut solo = lan();
    assert_eq!(hear(&mut solo, "10.0.0.2:5555", "10.0.0.3:6000").len(), 1);
    assert_eq!(hear(&mut solo, "10.0.0.2:5556", "10.0.0.4:6000").len(), 0, "whatever its port");
    assert_eq!(solo.count(Count::BadBeacon), 1);
    assert_eq!(hear(&mut solo, "10.0.0.5:5555", "10.0.0.5:6000").len(), 1, "another source");
    solo.now = super::at(29_999);
    assert_eq!(hear(&mut solo, "10.0.0.2:5555", "10.0.0.4:6000").len(), 0);
    solo.now = super::at(30_000);
    assert_eq!(hear(&mut solo, "10.0.0.2:5555", "10.0.0.4:6000").len(), 1);
}

#[test]
fn several_peers_of_this_host_are_told_apart_by_port() {
    for (own, source) in [(LAN, "10.0.0.1"), (OWN, "127.0.0.1")] {
        let mut solo = Solo::with(Config { discovery: true, ..config(own) });
        for n in 1..4 {
            let named = format!("{source}:{}", 6000 + n);
            assert_eq!(hear(&mut solo, &format!("{source}:{}", 5555 + n), &named), [named]);
        }
    }
}

#[test]
fn sources_in_memory_are_bounded() {
    let mut solo = lan();
    for n in 0..2000 {
        hear(&mut solo, &format!("10.1.{}.{}:5555", n / 256, n % 256), "10.0.0.2:6000");
    }
    assert_eq!((solo.count(Count::Beacon), solo.count(Count::BadBeacon)), (1024, 976));
    solo.pass(30_000);
    hear(&mut solo, "10.2.0.1:5555", "10.0.0.2:6001");
    assert_eq!(solo.count(Count::Beacon), 1025, "made room by time");
}

#[test]
fn what_may_not_be_dialled_is_not() {
    for named in ["10.0.0.2:22", "127.0.0.1:6000", "224.0.0.1:6000", "192.168.1.1:6000", "10.0.0.7:6000"] {
        let mut solo = lan();
        solo.node.block(solo.now, Who::parse("10.0.0.7").unwrap(), &mut solo.out).unwrap();
        assert_eq!(hear(&mut solo, "10.0.0.2:5555", named), Vec::<String>::new(), "{named}");
        assert_eq!(solo.count(Count::Undiallable), 1);
    }
}

#[test]
fn linked_peers_are_not_dialled_again() {
    let mut solo = Solo::with(config(LAN));
    solo.dial("10.0.0.2:6000");
    assert_eq!(hear(&mut solo, "10.0.0.2:5555", "10.0.0.2:6000"), Vec::<String>::new());
    assert_eq!(hear(&mut solo, "10.0.0.2:5555", "10.0.0.3:6000").len(), 1, "and it cost its source nothing");
}
