//! Flood control as others feel it: who says too much is cut, everybody else goes on, and one's own words keep the pace.

mod support;

use std::process::Output;
use std::time::Duration;

use serde_json::json;
use support::{DeadAddr, PATIENCE, Peer, chat};
use whispernet_lab::raw::{RawListener, RawSender};

/// What an author may say at once.
const BURST: usize = 200;
/// Dropped messages that make a flood.
const STRIKES: usize = 1_000;

fn flood(addr: &str, prefix: &str, messages: usize) -> Vec<u8> {
    let object = |number| json!({"ID": format!("{prefix}{number}"), "Addr": addr, "Body": "flood"}).to_string();
    (0..messages).map(object).collect::<String>().into_bytes()
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_flooder_is_cut_and_banned_until_somebody_lifts_it() {
    let mut ann = Peer::start("ann", &["--json"]);
    let far = RawListener::bind().expect("a port");
    let honest = RawSender::connect(&ann.addr).expect("it listens");
    honest.send_object("first", &far.addr().to_string(), "here I am").expect("it reads");
    assert!(far.wait_body("/me joined", PATIENCE), "it is dialled");

    let name = DeadAddr::new();
    let flooder = RawSender::connect(&ann.addr).expect("it listens");
    // It is cut before it has written all.
    let _ = flooder.send_bytes(&flood(&name.addr, "flood ", BURST + STRIKES + 200));
    let banned = json!({"event": "peer", "link": "in", "state": "blocked", "why": "flood"});
    ann.out.wait_event(&banned);
    assert!(flooder.closed_within(PATIENCE));
    honest.send_object("second", "nowhere", "still here").expect("its link stays");
    ann.out.wait_event(&json!({"event": "message", "body": "still here"}));
    assert!(far.wait_body("still here", PATIENCE));

    let shown: Vec<String> =
        ann.out.texts_of("message", "id").into_iter().filter(|id| id.starts_with("flood")).collect();
    let relayed: Vec<String> = far.objects().iter().map(|object| object.text_of("ID").to_owned()).collect();
    let relayed: Vec<String> = relayed.into_iter().filter(|id| id.starts_with("flood")).collect();
    assert_eq!(shown, relayed, "what is over the budget is neither shown nor relayed");
    assert!((BURST..BURST + 100).contains(&shown.len()), "{} passed", shown.len());

    let is_refused = |ann: &Peer, id: &str| {
        let again = RawSender::connect(&ann.addr).expect("it listens");
        again.send_object(id, &name.addr, "again").expect("it is read up to its name");
        ann.out.wait_event(&banned);
        assert!(again.closed_within(PATIENCE));
        assert!(!ann.out.texts_of("message", "id").contains(&id.to_owned()));
    };
    is_refused(&ann, "again 1");
    let listed = |ann: &mut Peer| {
        ann.say("/blocks");
        ann.err.wait_part(&format!("{} (flood, until ", name.addr));
    };
    listed(&mut ann);

    let mut ann = Peer::start_in(ann.stop(), "ann", &["--json"]);
    listed(&mut ann);
    is_refused(&ann, "again 2");
    succeeded(&ann.ask(&["unblock", &name.addr]));
    ann.say("/blocks");
    ann.err.wait("nobody is blocked");
    let back = RawSender::connect(&ann.addr).expect("it listens");
    back.send_object("back", &name.addr, "sorry").expect("it reads");
    ann.out.wait_event(&json!({"event": "message", "body": "sorry"}));
    // For good: the next start knows of the pardon.
    let mut ann = Peer::start_in(ann.stop(), "ann", &["--json"]);
    ann.say("/blocks");
    ann.err.wait("nobody is blocked");
}

#[test]
fn what_is_invalid_counts_and_what_is_known_does_not() {
    let ann = Peer::start("ann", &["--json"]);
    let link = RawSender::connect(&ann.addr).expect("it listens");
    let copies = json!({"ID": "same", "Addr": "copies", "Body": "once"}).to_string().repeat(3 * STRIKES);
    link.send_bytes(copies.as_bytes()).expect("it reads");
    link.send_object("next", "copies", "next").expect("its link stays");
    ann.out.wait_event(&json!({"event": "message", "id": "next"}));
    assert_eq!(ann.counter("duplicate"), 3 * STRIKES as u64 - 1);

    let link = RawSender::connect(&ann.addr).expect("it listens");
    let bodiless = |count: usize| json!({"ID": "x", "Addr": "empty"}).to_string().repeat(count).into_bytes();
    link.send_bytes(&bodiless(STRIKES - 1)).expect("it reads");
    link.send_object("enough", "empty", "enough").expect("its link stays");
    ann.out.wait_event(&json!({"event": "message", "id": "enough"}));
    link.send_bytes(&bodiless(1)).expect("it reads");
    ann.out.wait_event(&json!({"event": "peer", "state": "blocked", "why": "flood"}));
    assert!(link.closed_within(PATIENCE));
    assert_eq!(ann.out.texts_of("message", "id"), ["same", "next", "enough"]);
}

#[test]
fn ones_own_words_go_at_a_pace_that_others_accept() {
    let mut ann = Peer::start("ann", &[]);
    let ben = Peer::start("ben", &["--json", "--peer", &ann.addr]);
    ann.out.wait("* ben joined");
    ben.out.wait_event(&json!({"event": "message", "body": "/me joined"}));
    let said: Vec<String> = (0..BURST).map(|number| format!("line {number}")).collect();
    ann.say(&said.join("\n"));
    ann.err.wait_part("waiting, sent at their pace");
    ben.out.wait_event(&json!({"event": "message", "body": said.last()}));
    let mut heard = ben.out.texts_of("message", "body");
    heard.retain(|body| body != "/me joined");
    assert_eq!(heard, said);
    assert_eq!(ben.counter("dropped_over_budget"), 0);
}

#[test]
fn what_waits_for_its_pace_holds_up_no_end() {
    let mut ann = Peer::start("ann", &["--json"]);
    let lines: Vec<String> = (0..2 * BURST).map(|number| format!("line {number}")).collect();
    ann.say(&lines.join("\n"));
    ann.out.wait_event(&json!({"event": "message", "body": "line 100"}));
    ann.signal("TERM");
    let status = ann.ended_within(Duration::from_secs(2)).expect("it ends in time");
    assert_eq!(status.code(), Some(0));
    assert!(chat(&ann.err.all()).iter().any(|line| line.contains("were not sent")), "what was not said is told");
}
