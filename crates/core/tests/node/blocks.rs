//! Blocked addresses: no link, neither way, and what names them as its author is relayed but hidden.

use whispernet_core::counters::Count;
use whispernet_core::dial::Known;
use whispernet_core::node::{BLOCKS_MAX, Cause, Change, Past, Refused, Who};

use super::solo::{OWN, Solo};
use super::{addr, bodies, config, greeting, message};

const PEER: &str = "127.0.0.1:6000";

fn block(solo: &mut Solo, who: &str) {
    solo.node.block(solo.now, Who::parse(who).unwrap(), &mut solo.out).unwrap();
}

/// Lets a long time pass and fails if anything of `addr` is dialled.
#[track_caller]
fn check_never_dialled(solo: &mut Solo, addr: &str) {
    solo.take();
    solo.pass(3 * 24 * 3_600_000);
    assert!(!solo.dials().contains(&addr.to_owned()));
    assert!(solo.node.links().iter().all(|link| link.addr != super::addr(addr)));
}

#[test]
fn links_of_either_direction_end() {
    for who in ["127.0.0.1", PEER] {
        let mut solo = Solo::new();
        let out = solo.dial(PEER);
        let back = solo.accept("127.0.0.1:9000");
        solo.send(back, message("1", PEER, "hi"));
        solo.take();
        block(&mut solo, who);
        assert!(solo.closed(out) && solo.closed(back), "{who}");
        assert!(solo.changes().contains(&Change::Blocked(Cause::Blocked, None)));
        assert!(solo.node.links().is_empty());
        check_never_dialled(&mut solo, PEER);
    }
}

#[test]
fn whatever_was_under_way() {
    // Wanted and waiting; named and queued; being dialled when blocked, with either end; known from an earlier run.
    let mut wanted = Solo::new();
    wanted.node.connect(wanted.now, addr(PEER), &mut wanted.out).unwrap();
    wanted.node.dial_failed(wanted.now, addr(PEER));
    block(&mut wanted, PEER);
    check_never_dialled(&mut wanted, PEER);

    for fails in [true, false] {
        let mut dialling = Solo::new();
        dialling.node.connect(dialling.now, addr(PEER), &mut dialling.out).unwrap();
        block(&mut dialling, "127.0.0.1");
        if fails {
            dialling.node.dial_failed(dialling.now, addr(PEER));
        } else {
            assert_eq!(dialling.dialled(PEER), None);
        }
        check_never_dialled(&mut dialling, PEER);
    }

    let mut known = Known::default();
    known.wanted = true;
    let past = Past { peers: vec![(addr(PEER), known)], blocks: vec![PEER.into()], ..Past::default() };
    let mut restored = Solo::with_past(config(OWN), past);
    check_never_dialled(&mut restored, PEER);
}

#[test]
fn no_new_links() {
    let mut by_ip = Solo::new();
    block(&mut by_ip, "127.0.0.7");
    assert!(by_ip.try_accept("127.0.0.7:9000").is_none());
    assert!(by_ip.try_accept("[::ffff:127.0.0.7]:9000").is_none());
    assert_eq!(by_ip.count(Count::Blocked), 2);
    assert!(by_ip.try_accept("127.0.0.8:9000").is_some());
    assert_eq!(by_ip.node.connect(by_ip.now, addr("127.0.0.7:1"), &mut by_ip.out), Err(Refused::Blocked));

    let mut by_addr = Solo::new();
    block(&mut by_addr, PEER);
    let link = by_addr.accept("127.0.0.1:9000");
    by_addr.send(link, greeting("1", PEER));
    assert!(by_addr.closed(link) && by_addr.bodies().is_empty());
    assert_eq!(by_addr.changes().last(), Some(&Change::Blocked(Cause::Blocked, None)));
    assert_eq!(by_addr.node.connect(by_addr.now, addr(PEER), &mut by_addr.out), Err(Refused::Blocked));
    let other = by_addr.accept("127.0.0.1:9001");
    by_addr.send(other, message("2", "127.0.0.1:6001", "it is another"));
    assert_eq!(by_addr.bodies(), ["it is another"]);
}

#[test]
fn messages_are_relayed_but_hidden() {
    let mut solo = Solo::new();
    let out = solo.dial("127.0.0.1:6001");
    solo.read(out);
    let link = solo.accept("127.0.0.2:9000");
    solo.send(link, message("0", PEER, "before"));
    block(&mut solo, PEER);
    solo.take();
    solo.send(link, message("1", PEER, "hidden"));
    solo.send(link, message("2", "127.0.0.1:6002", "shown"));
    solo.send(link, message("3", "[::ffff:127.0.0.1]:6000", "hidden, spelt otherwise"));
    let hidden: Vec<bool> = solo.logged().iter().map(|(_, marks)| marks.hidden).collect();
    assert_eq!(hidden, [false, true, false, true]);
    assert_eq!(bodies(&solo.read(out)), ["before", "hidden", "shown", "hidden, spelt otherwise"]);
    let fresh = solo.dial("127.0.0.1:6003");
    assert_eq!(bodies(&solo.read(fresh))[1..], ["before", "shown"], "no part of a backlog");
    assert!(!solo.dials().contains(&PEER.to_owned()), "and not dialled");
}

#[test]
fn unblock() {
    for who in ["127.0.0.1", PEER] {
        let mut solo = Solo::new();
        block(&mut solo, who);
        assert_eq!(solo.node.blocks().collect::<Vec<_>>(), [who]);
        assert_eq!(solo.node.unblock(Who::parse(who).unwrap()), Ok(vec![]));
        assert_eq!(solo.node.blocks().count(), 0);
        let link = solo.accept("127.0.0.1:9000");
        solo.send(link, message("1", PEER, "back again"));
        assert_eq!(solo.logged().iter().map(|(_, marks)| marks.hidden).collect::<Vec<_>>(), [false]);
        assert!(!solo.closed(link) && solo.dials().contains(&PEER.to_owned()));
        assert_eq!(solo.node.unblock(Who::parse(who).unwrap()), Err(Refused::Unknown));
    }
}

#[test]
fn whom_one_can_block() {
    let mut solo = Solo::new();
    assert_eq!(solo.node.block(solo.now, Who::parse(OWN).unwrap(), &mut solo.out), Err(Refused::Own));
    for n in 0..BLOCKS_MAX {
        block(&mut solo, &format!("10.0.{}.{}", n / 256, n % 256));
    }
    let one_more = Who::parse("10.9.9.9").unwrap();
    assert_eq!(solo.node.block(solo.now, one_more, &mut solo.out), Err(Refused::Full));
    block(&mut solo, "10.0.0.0");
    assert_eq!(solo.node.blocks().count(), BLOCKS_MAX);
    for (text, expected) in [
        ("10.0.0.1", Some("10.0.0.1")),
        ("::ffff:10.0.0.1", Some("10.0.0.1")),
        ("[::ffff:10.0.0.1]:7", Some("10.0.0.1:7")),
        ("::1", Some("::1")),
        ("bob", None),
        ("10.0.0.1:0", None),
        ("", None),
    ] {
        assert_eq!(Who::parse(text).map(|who| who.to_string()).as_deref(), expected, "{text}");
    }
}
