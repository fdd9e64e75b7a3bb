//! The hello: first on every outgoing link, and again where nobody dials back.

use serde_json::Value;
use whispernet_core::counters::Count;

use super::net::Net;
use super::solo::{OWN, Solo};
use super::{START_MS, addr, bodies, greeting, message};

fn objects(stream: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(stream).into_iter().map(Result::unwrap).collect()
}

#[test]
fn comes_first_and_says_who_we_are() {
    let mut solo = Solo::new();
    solo.say("before");
    let first = solo.dial("127.0.0.1:6000");
    let stream = solo.read(first);
    let hello = &objects(&stream)[0];
    assert_eq!(
        hello,
        &serde_json::json!({
            "ID": hello["ID"], "Addr": OWN, "Body": "/me joined", "Nick": "me", "omitempty": "me", "Timestamp": START_MS
        })
    );
    assert_eq!(bodies(&stream), ["/me joined", "before"]);
    assert_eq!(stream.lines().count(), 2, "a newline ends each");
    // The same ID on each link of this run.
    let second = solo.dial("127.0.0.1:6001");
    assert_eq!(objects(&solo.read(second))[0]["ID"], hello["ID"]);
    assert_eq!(solo.read(first), "", "and never by the log");
}

#[test]
fn a_new_nick_has_a_new_hello() {
    let mut solo = Solo::new();
    let before = solo.dial("127.0.0.1:6000");
    let old = objects(&solo.read(before));
    solo.node.set_nick("né \"2\"", solo.now);
    let after = solo.dial("127.0.0.1:6001");
    let new = objects(&solo.read(after));
    assert_eq!((&new[0]["Nick"], &new[0]["omitempty"]), (&"né \"2\"".into(), &"né \"2\"".into()));
    assert_ne!(new[0]["ID"], old[0]["ID"]);
    assert_eq!(solo.read(before), "", "links that are up are not greeted again");
}

#[test]
fn the_other_side_dials_back() {
    let mut net = Net::of(2);
    net.connect(0, 1);
    net.settle();
    assert_eq!((net.linked(0, 1), net.linked(1, 0)), (true, true));
    net.say(1, "hi");
    net.say(0, "ho");
    net.settle();
    assert_eq!((net.bodies(0), net.bodies(1)), (vec!["hi".into(), "ho".into()], vec!["hi".into(), "ho".into()]));
}

#[test]
fn a_hello_is_relayed_and_everybody_meets() {
    let mut net = Net::of(4);
    for n in 1..4 {
        net.connect(n, 0);
        net.settle();
    }
    for (a, b) in (0..4).flat_map(|a| (0..4).map(move |b| (a, b))).filter(|(a, b)| a != b) {
        assert!(net.linked(a, b), "{a} to {b}");
    }
    net.say(2, "to all");
    net.settle();
    assert!((0..4).all(|n| net.bodies(n) == ["to all"]));
}

#[test]
fn a_hello_is_no_chat() {
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, message("h", "127.0.0.1:9", "/me joined"));
    solo.send(link, message("c", "127.0.0.1:9", "/me joined us"));
    let hellos: Vec<bool> = solo.logged().iter().map(|(_, marks)| marks.hello).collect();
    assert_eq!(hellos, [true, false]);
    let out = solo.dial("127.0.0.1:6000");
    assert_eq!(bodies(&solo.read(out)), ["/me joined", "/me joined us"], "none in the backlog but our own");
    solo.send(link, message("h2", "127.0.0.1:8", "/me joined"));
    assert_eq!(bodies(&solo.read(out)), ["/me joined"], "but relayed when it comes");
}

#[test]
fn where_nobody_dials_back_a_fresh_one_goes_on_that_link_alone() {
    let mut solo = Solo::new();
    let alone = solo.dial("127.0.0.1:6000");
    let first = objects(&solo.read(alone));
    let met = solo.dial("127.0.0.2:6001");
    solo.read(met);
    let back = solo.accept("127.0.0.2:9001");
    solo.send(back, message("h", "127.0.0.2:6001", "/me joined"));
    solo.read(alone);

    let mut hellos = Vec::new();
    for second in 1..=1900_u64 {
        solo.pass(1000);
        let stream = solo.read(alone);
        if !stream.is_empty() {
            hellos.push((second, objects(&stream)));
        }
        assert_eq!(solo.read(met), "", "nor does another link get it");
    }
    let times: Vec<u64> = hellos.iter().map(|(second, _)| *second).collect();
    assert_eq!(times, [30, 630, 1230, 1830], "after 30 s, and every 10 min");
    let mut ids: Vec<&Value> = hellos.iter().map(|(_, stream)| &stream[0]["ID"]).chain([&first[0]["ID"]]).collect();
    ids.sort_by_key(|id| id.to_string());
    ids.dedup();
    assert_eq!(ids.len(), 5, "each with an ID of its own");
    assert!(hellos.iter().all(|(_, stream)| stream.len() == 1 && stream[0]["Body"] == "/me joined"));
}

#[test]
fn who_counts_as_dialled_back() {
    // The link back is named (or silent), from this address, and names this Addr.
    for (remote, names, back) in [
        ("127.0.0.1:9000", Some("127.0.0.1:6000"), true),
        ("127.0.0.1:9000", Some("127.0.0.1:6001"), false),
        ("127.0.0.1:9000", None, true),
        ("127.0.0.2:9000", None, false),
        ("127.0.0.2:9000", Some("127.0.0.1:6000"), false),
    ] {
        let mut solo = Solo::new();
        let out = solo.dial("127.0.0.1:6000");
        solo.read(out);
        let link = solo.accept(remote);
        if let Some(names) = names {
            solo.send(link, message("h", names, "/me joined"));
            solo.read(out);
        }
        solo.pass(31_000);
        let greeted = solo.read(out).contains("/me joined");
        assert_eq!(greeted, !back, "{remote} {names:?}");
    }
}

#[test]
fn a_link_back_that_goes_is_missed() {
    let mut solo = Solo::new();
    let out = solo.dial("127.0.0.1:6000");
    let back = solo.accept("127.0.0.1:9000");
    solo.pass(100_000);
    solo.read(out);
    solo.cut(back);
    solo.pass(31_000);
    assert_eq!(bodies(&solo.read(out)), ["/me joined"]);
}

#[test]
fn never_inside_a_message() {
    let mut solo = Solo::new();
    let out = solo.dial("127.0.0.1:6000");
    solo.read(out);
    solo.say("a message of some length");
    let mut stream = Vec::new();
    solo.write(out, 20, &mut stream);
    solo.pass(31_000);
    solo.say("another");
    for _ in 0..200 {
        solo.write(out, 7, &mut stream);
    }
    stream.extend(solo.read(out).bytes());
    let stream = String::from_utf8(stream).unwrap();
    let mut bodies = bodies(&stream);
    bodies.sort();
    assert_eq!(bodies, ["/me joined", "a message of some length", "another"], "each whole");
}

#[test]
fn half_a_hello_is_finished() {
    let mut solo = Solo::new();
    let out = solo.dial("127.0.0.1:6000");
    let mut stream = Vec::new();
    for _ in 0..3 {
        solo.write(out, 10, &mut stream);
        solo.say("said meanwhile");
    }
    stream.extend(solo.read(out).bytes());
    assert_eq!(
        bodies(&String::from_utf8(stream).unwrap()),
        ["/me joined", "said meanwhile", "said meanwhile", "said meanwhile"]
    );
}

#[test]
fn our_own_hello_that_comes_back_is_known() {
    let mut solo = Solo::new();
    let out = solo.dial("127.0.0.1:6000");
    let hello = solo.read(out);
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, hello);
    assert_eq!((solo.bodies(), solo.count(Count::Duplicate)), (vec![], 1));
}

#[test]
fn another_hello_of_a_peer_that_could_not_be_reached_has_it_dialled_again() {
    const PEER: &str = "127.0.0.1:6000";
    let mut solo = Solo::new();
    let link = solo.accept("127.0.0.1:9000");
    solo.send(link, greeting("1", PEER));
    assert_eq!(solo.dials(), [PEER]);
    solo.take();
    solo.node.dial_failed(solo.now, addr(PEER));
    solo.send(link, greeting("2", PEER));
    assert_eq!(solo.dials(), [PEER], "nobody else has spoken on that link since");
}
