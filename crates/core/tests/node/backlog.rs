//! What a new link is sent: the hello, the backlog within its bounds, and then everything that is said.

use whispernet_core::node::Config;

use super::solo::{OWN, Solo};
use super::{bodies, config, message};

const PEER: &str = "127.0.0.1:6000";

/// A node that has heard `messages` from elsewhere.
fn heard(config: Config, messages: impl IntoIterator<Item = String>) -> Solo {
    let mut solo = Solo::with(Config { flood_limit: false, ..config });
    let link = solo.accept("127.0.0.1:9999");
    for message in messages {
        solo.send(link, message);
    }
    solo
}

/// What a new link is sent after the hello.
fn backlog(solo: &mut Solo) -> Vec<String> {
    let link = solo.dial(PEER);
    let bodies = bodies(&solo.read(link));
    assert_eq!(bodies[0], "/me joined");
    bodies[1..].to_vec()
}

fn numbered(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| message(&format!("id{n}"), "127.0.0.1:7000", &format!("m{n}")))
}

#[test]
fn the_newest_so_many() {
    for (count, said) in [(0, 5), (1, 5), (49, 60), (50, 50), (50, 51), (1000, 5)] {
        let mut solo = heard(Config { backlog: count, ..config(OWN) }, numbered(said));
        let expected: Vec<String> = (said.saturating_sub(count)..said).map(|n| format!("m{n}")).collect();
        assert_eq!(backlog(&mut solo), expected, "{count} of {said}");
    }
}

#[test]
fn within_256_kib() {
    let long = |n: usize, extra: usize| {
        let id = format!("id{n:02}");
        let overhead = message(&id, "127.0.0.1:7000", "").len() + 1;
        message(&id, "127.0.0.1:7000", &"x".repeat(16 * 1024 - overhead + extra))
    };
    let mut fits = heard(config(OWN), (0..20).map(|n| long(n, 0)));
    assert_eq!(backlog(&mut fits).len(), 16);
    let mut over = heard(config(OWN), (0..20).map(|n| long(n, usize::from(n == 10))));
    assert_eq!(backlog(&mut over).len(), 15, "one byte more");
}

#[test]
fn no_files_and_no_hellos() {
    let file = r#"{"ID":"f","Addr":"127.0.0.1:7000","Body":"a file","FileContents":"AAAA"}"#.to_owned();
    let hello = message("h", "127.0.0.1:7000", "/me joined");
    let all: Vec<String> = numbered(3).chain([file, hello]).collect();
    assert_eq!(backlog(&mut heard(config(OWN), all.clone())), ["m0", "m1", "m2"]);
    let mut two = heard(Config { backlog: 2, ..config(OWN) }, all);
    assert_eq!(backlog(&mut two), ["m1", "m2"], "nor are they counted");
}

#[test]
fn originals_in_order_with_their_own_ids_and_addr() {
    let all: Vec<String> = numbered(3).collect();
    let mut solo = heard(config(OWN), all.clone());
    solo.say("mine");
    let link = solo.dial(PEER);
    let stream = solo.read(link);
    let lines: Vec<&str> = stream.lines().collect();
    assert_eq!(lines[1..4], all);
    assert_eq!(bodies(lines[4]), ["mine"]);
}

#[test]
fn the_peers_own_words_are_in_the_backlog_but_not_sent_back_when_live() {
    let said = |id: &str| message(id, PEER, &format!("by the peer: {id}"));
    let mut solo = heard(config(OWN), [said("1"), message("2", "127.0.0.1:7", "by another")]);
    let link = solo.dial(PEER);
    assert_eq!(bodies(&solo.read(link))[1..], ["by the peer: 1", "by another"]);
    let other = solo.accept("127.0.0.1:9000");
    solo.send(other, said("3"));
    solo.send(other, message("4", "[::ffff:127.0.0.1]:6000", "the same, spelt otherwise"));
    solo.send(other, message("5", "127.0.0.1:6001", "by one more"));
    assert_eq!(bodies(&solo.read(link)), ["by one more"]);
}

#[test]
fn nothing_is_skipped_where_backlog_meets_live() {
    let mut solo = heard(config(OWN), numbered(100));
    let link = solo.dial(PEER);
    let mut stream = Vec::new();
    let other = solo.accept("127.0.0.1:9000");
    for n in 0..100 {
        solo.write(link, 100, &mut stream);
        solo.send(other, message(&format!("live{n}"), "127.0.0.1:8", &format!("l{n}")));
    }
    stream.extend(solo.read(link).bytes());
    let expected: Vec<String> = (50..100).map(|n| format!("m{n}")).chain((0..100).map(|n| format!("l{n}"))).collect();
    assert_eq!(bodies(&String::from_utf8(stream).unwrap())[1..], expected);
}

#[test]
fn a_file_said_while_the_backlog_is_written_is_live() {
    let mut solo = heard(config(OWN), numbered(5));
    let link = solo.dial(PEER);
    let other = solo.accept("127.0.0.1:9000");
    solo.send(other, r#"{"ID":"f","Addr":"127.0.0.1:8","Body":"a file","FileContents":"AAAA"}"#);
    assert_eq!(bodies(&solo.read(link)).last().unwrap(), "a file");
}

/// Speaks as the old daemon does: `omitempty`, no `Nick`.
fn as_daemon(id: &str, addr: &str, body: &str) -> String {
    format!(r#"{{"ID":"{id}","Addr":"{addr}","Body":"{body}","omitempty":"d","Timestamp":1}}"#)
}

#[test]
fn a_daemon_is_told_of_no_addr_that_we_have_no_link_to() {
    let mut solo = heard(config(OWN), []);
    let elsewhere = solo.accept("127.0.0.1:9999");
    solo.send(elsewhere, message("1", "127.0.0.1:7001", "of a linked peer"));
    solo.send(elsewhere, message("2", "127.0.0.1:7002", "of one that is gone"));
    solo.say("of ourselves");
    solo.dial("127.0.0.1:7001");
    // The daemon is known as one from an earlier link.
    let first = solo.dial(PEER);
    let back = solo.accept("127.0.0.1:9000");
    solo.send(back, as_daemon("d", PEER, "of the daemon"));
    solo.cut(first);
    // A day later, so that it gets a backlog and does not resume.
    solo.now = super::at(25 * 3_600_000);
    solo.node.wake(solo.now, &mut solo.out);
    let again = solo.dialled(PEER).unwrap();
    assert_eq!(bodies(&solo.read(again))[1..], ["of a linked peer", "of ourselves", "of the daemon"]);
    solo.send(elsewhere, message("3", "127.0.0.1:7003", "live"));
    assert_eq!(bodies(&solo.read(again)), ["live"], "what is live goes to all");
}

#[test]
fn one_of_our_kind_is_no_daemon() {
    let mut solo = heard(config(OWN), [message("1", "127.0.0.1:7002", "of one that is gone")]);
    let first = solo.dial(PEER);
    let back = solo.accept("127.0.0.1:9000");
    solo.send(back, format!(r#"{{"ID":"2","Addr":"{PEER}","Body":"x","Nick":"n","omitempty":"n"}}"#));
    // What it relays of daemons says nothing of itself.
    solo.send(back, as_daemon("3", "127.0.0.1:7009", "y"));
    solo.cut(first);
    solo.now = super::at(25 * 3_600_000);
    solo.node.wake(solo.now, &mut solo.out);
    let again = solo.dialled(PEER).unwrap();
    assert_eq!(bodies(&solo.read(again))[1..], ["of one that is gone", "x", "y"]);
}
