//! The commands that ask a running peer: what they print, and how they end.

mod http_support;

use std::process::{Output, Stdio};

use http_support::{Lines, Peer, run, whisper};
use serde_json::Value;
use tempfile::TempDir;

/// A key of RFC 8032, section 7.1, that nobody has.
const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// Standard output of a command that must have succeeded without a word on standard error.
fn stdout(output: &Output) -> &str {
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    text(&output.stdout)
}

/// The exit status of a command that must have failed with one line on standard error and none on standard output.
fn failure(output: &Output) -> i32 {
    assert_eq!(text(&output.stdout), "");
    assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
    output.status.code().expect("it was not killed")
}

#[test]
fn what_is_sent_can_be_tailed_and_found() {
    let peer = Peer::start();
    assert_eq!(stdout(&peer.run(&["send", "hello"])), "");
    assert_eq!(stdout(&run(peer.dir.path(), &["send", "-"], "two\nlines\n")), "");
    assert_eq!(stdout(&run(peer.dir.path(), &["send", "--", "-dash"], "")), "");
    assert_eq!(stdout(&peer.run(&["send", "/me waves\u{1b}[2J"])), "");
    assert_eq!(peer.bodies(""), ["hello", "two\nlines", "-dash", "/me waves\u{1b}[2J"]);

    let all = "tester: hello\ntester: two\n  lines\ntester: -dash\n* tester waves\\u{1b}[2J\n";
    assert_eq!(stdout(&peer.run(&["tail"])), all);
    assert_eq!(stdout(&peer.run(&["tail", "--since", "0"])), all);
    assert_eq!(stdout(&peer.run(&["tail", "--limit", "2"])), "tester: -dash\n* tester waves\\u{1b}[2J\n");
    assert_eq!(stdout(&peer.run(&["tail", "--limit", "0"])), "");
    assert_eq!(stdout(&peer.run(&["search", "DASH"])), "tester: -dash\n");
    assert_eq!(stdout(&peer.run(&["search", "a&limit=1"])), "");

    let json = peer.run(&["tail", "--json", "--limit", "1"]);
    let event: Value = serde_json::from_str(stdout(&json)).expect("one line of JSON");
    assert_eq!((&event["event"], &event["body"]), (&"message".into(), &"/me waves\u{1b}[2J".into()));
    assert!(!json.stdout.contains(&0x1b));
}

#[test]
fn a_tail_of_several_pages_is_whole() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    for number in 0..1_100 {
        socket.send(&serde_json::json!({"say": number.to_string(), "client": number.to_string()}));
        // Few enough to wait for the disk at a time.
        if number % 100 == 99 {
            while socket.event_of("ack")["client"] != number.to_string().as_str() {}
        }
    }
    let check = |args: &[&str], numbers: std::ops::Range<u32>| {
        let output = peer.run(args);
        let shown: Vec<&str> = stdout(&output).lines().collect();
        let expected: Vec<String> = numbers.clone().map(|number| format!("tester: {number}")).collect();
        let ends = (shown.len(), shown.first(), shown.last());
        assert!(shown == expected, "{args:?}: {ends:?} is not {numbers:?}");
    };
    let since = peer.ask("GET", "/api/v1/messages?limit=10", "").json()["messages"][0]["seq"].to_string();
    check(&["tail", "--since", "0"], 0..1_100);
    check(&["tail", "--limit", "501"], 599..1_100);
    check(&["tail", "--limit", "2000"], 0..1_100);
    check(&["tail"], 1_000..1_100);
    check(&["tail", "--since", &since], 1_091..1_100);
    check(&["tail", "--since", &since, "--limit", "3"], 1_097..1_100);
    check(&["tail", "--since", &since, "--limit", "30"], 1_091..1_100);
    assert_eq!(stdout(&peer.run(&["search", "1"])).lines().count(), 371);
}

#[test]
fn follow_goes_on_across_a_restart_and_misses_nothing() {
    let peer = Peer::start();
    peer.say("one");
    peer.say("two");
    let mut command = whisper(peer.dir.path());
    command.args(["tail", "--follow", "--limit", "1"]);
    let mut tail = Lines::of(command);
    assert_eq!(tail.next(), "tester: two");
    peer.say("three");
    assert_eq!(tail.next(), "tester: three");
    let peer = Peer::start_in(peer.stop());
    peer.say("four");
    assert_eq!(tail.next(), "tester: four");
    peer.say("five");
    assert_eq!(tail.next(), "tester: five");
    let chatter = tail.chatter.lock().expect("no poison").clone();
    assert!(chatter.contains("the peer is gone") && chatter.contains("the peer is back"), "{chatter}");
}

#[test]
fn without_a_peer_there_is_one_line_and_status_3() {
    let dir = TempDir::new().expect("a temporary folder");
    let all: [&[&str]; 11] = [
        &["send", "hi"],
        &["tail"],
        &["tail", "--follow"],
        &["search", "x"],
        &["peers"],
        &["connect", "127.0.0.1:9"],
        &["disconnect", "127.0.0.1:9"],
        &["block", "127.0.0.9"],
        &["unblock", "127.0.0.9"],
        &["key", "verify", "bob", "12345"],
        &["key", "verify", KEY],
    ];
    for args in all {
        assert_eq!(failure(&run(dir.path(), args, "")), 3, "{args:?}");
    }
    // One that is gone without a goodbye, and another one's API where it was.
    let peer = Peer::start();
    let sign = std::fs::read(peer.dir.path().join("api.json")).expect("it is there");
    std::fs::write(dir.path().join("api.json"), sign).expect("it can be written");
    std::fs::write(dir.path().join("api-token"), "0".repeat(64)).expect("it can be written");
    for args in all.iter().filter(|args| !args.contains(&"--follow")) {
        assert_eq!(failure(&run(dir.path(), args, "")), 3, "{args:?}");
    }
    peer.stop();
    for args in all {
        assert_eq!(failure(&run(dir.path(), args, "")), 3, "{args:?}");
    }
}

#[test]
fn nothing_to_send_is_usage() {
    let peer = Peer::start();
    assert_eq!(run(peer.dir.path(), &["send"], "").status.code(), Some(2));
    assert_eq!(failure(&peer.run(&["send", ""])), 2);
    assert_eq!(failure(&run(peer.dir.path(), &["send", "-"], "")), 2);
    assert_eq!(failure(&run(peer.dir.path(), &["send", "-"], "\n")), 2);
    assert_eq!(peer.bodies(""), Vec::<String>::new());
}

#[test]
fn refusals_are_told_with_status_1() {
    let peer = Peer::start();
    let long = "x".repeat(1024 * 1024 + 1);
    for (args, stdin) in [
        (&["send", "-"][..], long.as_str()),
        (&["disconnect", "127.0.0.1:9"], ""),
        (&["unblock", "127.0.0.9"], ""),
        (&["block", "nonsense"], ""),
        (&["unblock", "nonsense"], ""),
        (&["key", "verify", "nonsense", "12345"], ""),
        (&["key", "verify", KEY, "12345"], ""),
        (&["key", "verify", KEY], ""),
        (&["connect", &peer.addr], ""),
    ] {
        assert_eq!(failure(&run(peer.dir.path(), args, stdin)), 1, "{args:?}");
    }
}

#[test]
fn a_key_is_verified_by_its_digits_or_its_code() {
    let peer = Peer::start();
    let qr = format!("whispernet-key:{KEY}");
    let verified = |args: &[&str]| {
        let output = peer.run(&[&["key", "verify"], args].concat());
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), ""), "{}", text(&output.stderr));
        assert!(text(&output.stderr).starts_with("the key d75a9801 is verified: "), "{}", text(&output.stderr));
    };
    verified(&[KEY, &qr]);
    verified(&[&qr]);
    let person = peer.ask("GET", &format!("/api/v1/people/{KEY}"), "").json();
    assert_eq!(person["trust"], "verified");
    let digits = person["digits"].as_str().expect("digits");
    verified(&[digits]);
    verified(&digits.split(' ').collect::<Vec<_>>());
    verified(&["d75a9801", digits]);
    assert_eq!(failure(&peer.run(&["key", "verify", "bob"])), 2);
    assert_eq!(stdout(&peer.run(&["block", "d75a9801"])), "");
    assert_eq!(stdout(&peer.run(&["unblock", KEY])), "");
}

#[test]
fn peers_are_connected_listed_and_disconnected() {
    let (peer, other) = (Peer::start(), Peer::start());
    let mut events = peer.socket("");
    assert_eq!(stdout(&peer.run(&["peers"])), "");
    assert_eq!(stdout(&peer.run(&["connect", &other.addr])), "");
    while events.event_of("peer")["state"] != "connected" {}
    let listed = peer.run(&["peers"]);
    let row = stdout(&listed).lines().find(|line| line.starts_with(&other.addr)).expect("it is listed");
    assert!(row.contains("  connected  "), "{row}");
    assert_eq!(stdout(&peer.run(&["disconnect", &other.addr])), "");
    assert_eq!(stdout(&peer.run(&["block", "127.0.0.9"])), "");
    assert_eq!(stdout(&peer.run(&["unblock", "127.0.0.9"])), "");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let peer = Peer::start();
    peer.say("hi");
    let mut tail = whisper(peer.dir.path())
        .args(["tail"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(tail.stdout.take());
    let output = tail.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}
