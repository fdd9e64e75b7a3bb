//! Line mode as a script sees it: what goes to which stream, what is sent, how a peer ends.

mod support;

use std::time::Duration;

use serde_json::json;
use support::{Peer, chat, whisper};
use tempfile::TempDir;
use whispernet_lab::raw::RawSender;

/// How long a peer may take to end.
const END_MAX: Duration = Duration::from_secs(2);

fn linked_to(peer: &Peer, nick: &str) -> Peer {
    let new = Peer::start(nick, &["--peer", &peer.addr]);
    peer.out.wait(&format!("* {nick} joined"));
    peer.err.wait(&format!("connected: {} (outgoing)", new.addr));
    new
}

#[test]
fn a_newcomer_gets_the_backlog_and_all_that_follows() {
    let mut ann = Peer::start("ann", &[]);
    let mut ben = linked_to(&ann, "ben");
    ben.out.wait("* ann joined");
    ann.say("one");
    ben.out.wait("ann: one");
    ben.say("/me waves\ntwo");
    ann.out.wait("ben: two");
    let cat = linked_to(&ann, "cat");
    cat.out.wait("ben: two");
    ann.say("three");
    cat.out.wait("ann: three");
    ben.say("four");
    cat.out.wait("ben: four");
    ann.say("five");
    cat.out.wait("ann: five");
    assert_eq!(chat(&cat.out.all()), ["ann: one", "* ben waves", "ben: two", "ann: three", "ben: four", "ann: five"]);
    ben.out.wait("ann: five");
    assert_eq!(chat(&ben.out.all()), ["ann: one", "ann: three", "ann: five"], "one's own lines are not shown");
    ann.out.wait("ben: four");
    assert_eq!(chat(&ann.out.all()), ["* ben waves", "ben: two", "ben: four"]);
    for peer in [&ann, &ben, &cat] {
        let lines = peer.out.all();
        for nick in ["ann", "ben", "cat"] {
            let hellos = lines.iter().filter(|line| **line == format!("* {nick} joined")).count();
            assert!(hellos <= 1, "a greeting is shown once: {lines:?}");
        }
    }
}

#[test]
fn no_body_and_no_nick_makes_a_line_of_another() {
    let ann = Peer::start("ann", &[]);
    let raw = RawSender::connect(&ann.addr).expect("it listens");
    let send = |id: &str, nick: &str, body: &str| {
        let object = json!({"ID": id, "Addr": "here", "Body": body, "Nick": nick});
        raw.send_bytes(object.to_string().as_bytes()).expect("it reads");
    };
    send("1", "eve", "a\nben: b\r\n* ben c\rben: d\u{2028}ben: e\u{85}ben: f\u{b}g");
    send("2", "eve\nben", "h");
    send("3", "ben: hi", "i");
    send("4", "* ben", "j");
    send("5", "\u{202e}\u{1b}[2Jeve", "\u{1b}[31m\u{9b}2J\u{202e}\0\u{7}");
    send("6", "", "/me k\nben: l");
    send("7", "eve", "end");
    ann.out.wait("eve: end");
    let lines = ann.out.all();
    assert_eq!(
        lines,
        [
            "eve: a",
            "  ben: b",
            r"  * ben c\u{d}ben: d\u{2028}ben: e\u{85}ben: f\u{b}g",
            r"eve\u{a}ben: h",
            r"ben\u{3a} hi: i",
            r"\u{2a} ben: j",
            r"\u{202e}\u{1b}[2Jeve: \u{1b}[31m\u{9b}2J\u{202e}\u{0}\u{7}",
            "* here k",
            "  ben: l",
            "eve: end",
        ]
    );
}

#[test]
fn a_slash_is_for_the_program() {
    let mut ann = Peer::start("ann", &[]);
    let ben = linked_to(&ann, "ben");
    ann.say("//quit\n/xyzzy \u{1b}\n/conect x\n/me\n/me is here\n/peers\n/ \n\n \nend");
    ben.out.wait("ann: end");
    assert_eq!(chat(&ben.out.all()), ["ann: /quit", "* ann is here", "ann:  ", "ann: end"]);
    ann.err.wait_part("no command `/xyzzy`");
    ann.err.wait_part("did you mean `/connect`?");
    ann.err.wait_part(&format!("{} (connected, out, in", ben.addr));
    assert!(!ann.err.all().concat().contains('\u{1b}'));
    assert_eq!(chat(&ann.out.all()), [""; 0], "chatter goes to the other stream");
}

#[test]
fn long_lines_are_told_and_long_enough_ones_are_sent_whole() {
    let mut ann = Peer::start("ann", &[]);
    let ben = linked_to(&ann, "ben");
    let longest = "x".repeat(16 * 1024);
    ann.say(&format!("{longest}\n{longest}x\nend"));
    ben.out.wait("ann: end");
    assert_eq!(chat(&ben.out.all()), [&format!("ann: {longest}"), "ann: end"]);
    ann.err.wait_part("longer than 16384 bytes");
}

#[test]
fn json_has_every_event_and_ones_own_words() {
    let mut ann = Peer::start("ann", &["--json", "--id", "random"]);
    let mut ben = Peer::start("ben", &["--json", "--id", "random", "--peer", &ann.addr]);
    let joined = ann.out.wait_event(&json!({"event": "message", "nick": "ben", "body": "/me joined"}));
    assert_eq!((&joined["addr"], &joined["hello"]), (&json!(ben.addr), &json!(true)));
    ann.out.wait_event(&json!({"event": "peer", "link": "out", "addr": ben.addr, "state": "connected"}));
    ann.out.wait_event(&json!({"event": "peer", "link": "in", "state": "connected"}));
    ann.say("h\u{1b}i");
    let parts = |via: &str, trust: &str| {
        json!({"event": "message", "nick": "ann", "body": "h\u{1b}i", "addr": ann.addr, "via": via, "trust": trust,
            "key": null, "replay": false, "file": null})
    };
    let own = ann.out.wait_event(&parts("self", "self"));
    let theirs = ben.out.wait_event(&parts("classic", "unsigned"));
    assert_eq!((&own["id"], &own["time"]), (&theirs["id"], &theirs["time"]));
    ben.say("/me waves");
    let waved = ann.out.wait_event(&json!({"event": "message", "nick": "ben", "body": "/me waves"}));
    assert!(own["seq"].as_u64() < waved["seq"].as_u64(), "{own} {waved}");
    assert!(!ann.out.all().concat().contains('\u{1b}'), "escaped");
    assert_eq!(ann.err.all()[0], format!("listening on {}", ann.addr), "only chatter goes there");
}

#[test]
fn commands_about_people_say_what_is_wrong() {
    let mut ann = Peer::start("ann", &[]);
    ann.say("/whois nobody\n/verify \"two words\" 12345\n/trust nobody\n/rename nobody x\n/block nobody\n/unblock nobody\n/whois two words");
    let unknown = |who: &str| {
        format!("whisper: nobody is known as `{who}`: give a nick that was seen here, a petname, or the key")
    };
    ann.err.wait(&unknown("nobody"));
    ann.err.wait(&unknown("two words"));
    ann.err.wait_part("whisper: `nobody` is no address, and nobody is known by that name: ");
    ann.err.wait_part("write `/whois WHO` (a WHO of several words stands in \"quotes\")");
    ann.say("/block 127.0.0.9\n/blocks\n/unblock 127.0.0.9\n/blocks\n/marks\n/key");
    ann.err.wait("blocked 127.0.0.9");
    ann.err.wait("127.0.0.9 (user)");
    ann.err.wait("unblocked 127.0.0.9");
    ann.err.wait("nobody is blocked");
    ann.err.wait_part("=  verified");
    let key = ann.get("/api/v1/status")["key"].as_str().expect("a key").to_owned();
    ann.err.wait(&format!("key     {key}"));
    ann.err.wait_part("digits  ");
    let other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    ann.say(&format!("/block {key}\n/rename {other} Bob Smith"));
    ann.err.wait("whisper: that is your own key");
    ann.err.wait("Bob Smith (d75a9801) is the name of this key for you alone");
    ann.err.wait("Bob Smith (d75a9801) is pinned now");
    ann.say("/block \"bob smith\"\n/blocks");
    ann.err
        .wait("blocked Bob Smith (d75a9801): what this key says is neither shown nor kept here; others still get it");
    ann.err.wait("Bob Smith (d75a9801) is blocked now");
    ann.err.wait("Bob Smith (d75a9801) (user)");
    ann.say(&format!("/rename d75a9801\n/unblock {other}"));
    ann.err.wait("the key d75a9801 is shown under the nick again");
    ann.err.wait("unblocked the key d75a9801");
    assert_eq!(ann.out.all(), [""; 0]);
}

#[test]
fn who_wrote_it_is_told_once_beside_the_lines() {
    let ann = Peer::start("ann", &[]);
    let raw = RawSender::connect(&ann.addr).expect("it listens");
    for (id, nick, addr) in
        [("1", "eve", "here"), ("2", "eve", "here"), ("3", "eve", "there"), ("4", "eve~1234abcd", "x")]
    {
        let object = json!({"ID": id, "Addr": addr, "Body": id, "Nick": nick});
        raw.send_bytes(object.to_string().as_bytes()).expect("it reads");
    }
    ann.out.wait(r"eve\u{7e}1234abcd: 4");
    assert_eq!(ann.out.all(), ["eve: 1", "eve: 2", "eve: 3", r"eve\u{7e}1234abcd: 4"]);
    ann.err.wait(r"unsigned: eve\u{7e}1234abcd at x, anybody can write this name");
    let told: Vec<String> = ann.err.all().into_iter().filter(|line| line.starts_with("unsigned: eve at")).collect();
    assert_eq!(told, ["here", "there"].map(|addr| format!("unsigned: eve at {addr}, anybody can write this name")));
}

#[test]
fn the_end_of_input_ends_no_peer() {
    let mut ann = Peer::start("ann", &[]);
    let mut ben = linked_to(&ann, "ben");
    ann.say("last");
    ann.end_input();
    ben.out.wait("ann: last");
    ben.say("still there?");
    ann.out.wait("ben: still there?");
}

#[test]
fn a_signal_ends_a_peer_cleanly_and_nothing_said_is_lost() {
    for signal in ["INT", "TERM"] {
        let mut ann = Peer::start("ann", &["--json"]);
        let others = ["ben", "cat"].map(|nick| {
            let other = Peer::start(nick, &["--peer", &ann.addr]);
            ann.out.wait_event(&json!({"event": "message", "nick": nick, "body": "/me joined"}));
            other.out.wait("* ann joined");
            other
        });
        let said: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
        ann.say(&said.join("\n"));
        ann.out.wait_event(&json!({"event": "message", "body": "line 99"}));
        ann.signal(signal);
        let status = ann.ended_within(END_MAX).unwrap_or_else(|| panic!("still there after SIG{signal}"));
        assert_eq!(status.code(), Some(0), "SIG{signal}: {:?}", ann.err.all());
        for other in &others {
            other.out.wait("ann: line 99");
            let expected: Vec<String> = said.iter().map(|line| format!("ann: {line}")).collect();
            assert_eq!(chat(&other.out.all()), expected, "SIG{signal}");
        }
    }
}

#[test]
fn quit_is_a_clean_end_after_what_was_typed_before() {
    let mut ann = Peer::start("ann", &[]);
    let ben = linked_to(&ann, "ben");
    ann.say("one\ntwo\n/quit\nthree");
    assert_eq!(ann.ended_within(END_MAX).and_then(|status| status.code()), Some(0));
    ben.out.wait("ann: two");
    ben.err.wait_part("disconnected: ");
    assert_eq!(chat(&ben.out.all()), ["ann: one", "ann: two"]);
}

#[test]
fn exit_codes() {
    let dir = TempDir::new().expect("a temporary folder");
    for (args, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["--nonsense"], 2),
        (&["--port", "x"], 2),
        (&["send"], 2),
        (&["peers"], 3),
        (&["tail"], 3),
        (&["send", "hi"], 3),
    ] {
        let output = whisper(&dir).args(args).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout.is_empty(), code != 0, "{args:?}");
    }
}

#[test]
fn ipv6_works_alike() {
    let mut ann = Peer::start("ann", &["--bind", "::1"]);
    assert!(ann.addr.starts_with("[::1]:"), "{}", ann.addr);
    let mut ben = Peer::start("ben", &["--bind", "::1", "--peer", &ann.addr]);
    ann.out.wait("* ben joined");
    ben.out.wait("* ann joined");
    ann.say("hi");
    ben.out.wait("ann: hi");
    ben.say("ho\n/peers");
    ann.out.wait("ben: ho");
    ben.err.wait_part(&format!("{} (connected, out, in", ann.addr));
}
