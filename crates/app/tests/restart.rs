//! What outlasts a restart: history, what was seen, nick, blocks, links and how far each of them was.
//! Must not know how any of it is kept. Bounds: `PATIENCE` for every wait.

mod ask;
mod http_support;
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use ask::{Api, has_ended_well, text};
use serde_json::{Value, json};
use support::{PATIENCE, Peer, whisper};
use tempfile::TempDir;
use whispernet_lab::raw::{RawListener, RawSender};

const TRUSTED: [&str; 3] = ["--json", "--flood-limit", "off"];
/// Messages from before a link's end that it may be sent again.
const RESUMED_MAX: usize = 1_024;

fn send_all(link: &RawSender, ids: &[String]) {
    for id in ids {
        link.send_object(id, "here", id).expect("it reads");
    }
}

/// Bodies that a peer has shown, greetings aside.
fn shown(peer: &Peer) -> Vec<String> {
    let mut bodies = peer.out.texts_of("message", "body");
    bodies.retain(|body| body != "/me joined");
    bodies
}

#[test]
fn what_was_seen_is_known_before_the_first_link_is_read() {
    let peer = Peer::start("ann", &TRUSTED);
    let old: Vec<String> = (0..20_000).map(|number| format!("old {number}")).collect();
    send_all(&RawSender::connect(&peer.addr).expect("it listens"), &old);
    peer.out.wait_event(&json!({"event": "message", "body": "old 19999"}));
    let dir = peer.stop();

    let listener = RawListener::bind().expect("a port");
    let to_listener = listener.addr().to_string();
    let options = [&TRUSTED[..], &["--backlog", "0", "--peer", &to_listener]].concat();
    let peer = Peer::start_in(dir, "ann", &options);
    let link = RawSender::connect(&peer.addr).expect("it listens");
    send_all(&link, &old);
    link.send_object("new", "here", "new").expect("it reads");
    peer.out.wait_event(&json!({"event": "message", "body": "new"}));
    assert!(listener.wait_body("new", PATIENCE));
    assert_eq!(shown(&peer), ["new"]);
    let relayed: Vec<String> = listener.objects().iter().map(|object| object.text_of("Body").to_owned()).collect();
    assert_eq!(relayed, ["/me joined", "new"]);
}

#[test]
fn the_nick_is_remembered() {
    let options = ["serve", "--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0", "--discovery", "off"];
    let dir = Arc::new(TempDir::new().expect("a temporary folder"));
    let start = |more: &[&str]| {
        let mut command = whisper(&dir);
        command.args(options).args(more);
        Peer::run(command, Arc::clone(&dir))
    };
    let nick = |peer: &Peer| text(&Api::of(peer).get("/api/v1/status"), "nick").to_owned();
    let first = start(&[]);
    let generated = nick(&first);
    assert!(first.err.wait_part("you are").contains(&generated));
    first.stop();
    let second = start(&[]);
    assert_eq!(nick(&second), generated);
    assert!(!second.err.all().iter().any(|line| line.contains("you are")), "told once");
    second.stop();
    assert_eq!(nick(&start(&["--nick", "zoë"])), "zoë");
    // That one was killed.
    assert_eq!(nick(&start(&[])), "zoë");
}

#[test]
fn a_disconnect_holds_and_a_connect_is_kept_up() {
    let ben = Peer::start("ben", &TRUSTED);
    let linked = |peer: &Peer| {
        peer.out.wait_event(&json!({"event": "peer", "addr": ben.addr, "link": "out", "state": "connected"}));
    };
    let ann = Peer::start("ann", &TRUSTED);
    assert!(ann.ask(&["connect", &ben.addr]).status.success());
    linked(&ann);
    // With the same port, whoever knows it finds it again.
    let port = ann.socket_addr().port().to_string();
    let options = [&TRUSTED[..], &["--port", &port]].concat();
    let ann = Peer::start_in(ann.stop(), "ann", &options);
    linked(&ann);
    ben.out.wait_event(&json!({"event": "peer", "addr": ann.addr, "link": "out", "state": "connected"}));
    assert!(ann.ask(&["disconnect", &ben.addr]).status.success());
    assert!(ann.ask(&["block", "127.0.0.9"]).status.success());
    assert!(ann.ask(&["block", "10.0.0.7:55555"]).status.success());
    ann.out.wait_event(&json!({"event": "peer", "addr": ben.addr, "link": "out", "state": "disconnected"}));

    let ann = Peer::start_in(ann.stop(), "ann", &options);
    // Who comes in Ben's name is told no.
    let link = RawSender::connect(&ann.addr).expect("it listens");
    let greeting = json!({"ID": "1", "Addr": ben.addr, "Body": "/me joined", "Nick": "ben", "omitempty": "ben"});
    link.send_bytes(greeting.to_string().as_bytes()).expect("it reads");
    assert!(link.closed_within(PATIENCE));
    ann.out.wait_event(&json!({"event": "peer", "link": "in", "state": "blocked"}));
    let api = Api::of(&ann);
    let peers = api.get("/api/v1/peers")["peers"].take();
    let held = peers.as_array().and_then(|peers| peers.iter().find(|peer| peer["addr"] == ben.addr.as_str()));
    let held = held.unwrap_or_else(|| panic!("{} is not in {peers}", ben.addr));
    assert_eq!((&held["state"], &held["out"]), (&json!("held"), &json!(false)));
    let blocks = api.get("/api/v1/blocks")["blocks"].take();
    let mut blocked: Vec<&str> = blocks.as_array().expect("a list").iter().map(|block| text(block, "who")).collect();
    blocked.sort_unstable();
    assert_eq!(blocked, ["10.0.0.7:55555", "127.0.0.9"]);
    assert!(ann.ask(&["unblock", "127.0.0.9"]).status.success());
    assert!(ann.ask(&["connect", &ben.addr]).status.success());
    linked(&ann);
    let ann = Peer::start_in(ann.stop(), "ann", &options);
    linked(&ann);
    assert_eq!(Api::of(&ann).get("/api/v1/blocks")["blocks"][0]["who"], "10.0.0.7:55555");
}

#[test]
fn who_greets_again_is_known_after_a_restart() {
    let ann = Peer::start("ann", &[]);
    let key = text(&Api::of(&ann).get("/api/v1/status"), "key").to_owned();
    let knows_ann = |ben: &Peer| {
        http_support::wait_for("Ann's key beside her link", || {
            let peers = Api::of(ben).get("/api/v1/peers")["peers"].take();
            peers.as_array()?.iter().any(|peer| peer["addr"] == ann.addr.as_str() && peer["key"] == key).then_some(())
        });
    };
    let mut ben = Peer::start("ben", &["--peer", &ann.addr]);
    knows_ann(&ben);
    for signal in ["TERM", "KILL"] {
        ben.signal(signal);
        assert!(ben.ended_within(PATIENCE).is_some());
        ben = Peer::start_in(Arc::clone(&ben.dir), "ben", &["--peer", &ann.addr]);
        knows_ann(&ben);
    }
}

#[test]
fn a_link_that_lags_gets_the_rest_after_a_restart() {
    // More than the system holds back for a link that is not read.
    const OBJECTS: usize = 6_000;
    let body = "x".repeat(4_000);
    for signal in ["TERM", "KILL"] {
        let listener = RawListener::bind().expect("a port");
        let mut ann = Peer::start("ann", &["--flood-limit", "off", "--peer", &listener.addr().to_string()]);
        assert!(listener.wait_accepted(|links| links == 1, PATIENCE));
        listener.pause();
        let link = RawSender::connect(&ann.addr).expect("it listens");
        for number in 0..OBJECTS {
            link.send_object(&format!("big {number}"), "here", &body).expect("it reads");
        }
        ann.out.find("the last", {
            let mut count = 0;
            move |line| {
                count += usize::from(line.ends_with('x'));
                (count == OBJECTS).then_some(())
            }
        });
        // Once this is on disk, so is all before it.
        Api::of(&ann).must_say("all of it");
        ann.signal(signal);
        ann.ended_within(PATIENCE).expect("it ends");
        listener.resume();
        assert!(listener.wait_links(|links| links == 0, PATIENCE), "what was written is read");
        let first = listener.objects().len();
        assert!(first < OBJECTS, "it lagged");

        let ann = Peer::start_in(Arc::clone(&ann.dir), "ann", &["--flood-limit", "off"]);
        assert!(listener.wait_body("all of it", PATIENCE), "{signal}: the rest");
        let mut heard: BTreeMap<String, usize> = BTreeMap::new();
        for object in listener.objects() {
            *heard.entry(object.text_of("ID").to_owned()).or_default() += 1;
        }
        let missing: Vec<usize> = (0..OBJECTS).filter(|n| !heard.contains_key(&format!("big {n}"))).collect();
        assert!(missing.is_empty(), "{signal}: {} are missing, the first of them {:?}", missing.len(), missing.first());
        let again = heard.values().filter(|count| **count > 1).count();
        assert!(signal == "KILL" || again <= RESUMED_MAX, "{again} were sent again");
        assert_eq!(listener.refused(), [""; 0]);
        ann.stop();
    }
}

#[test]
fn who_resumes_misses_no_kind_of_message() {
    let peer = http_support::Peer::start();
    let first = peer.say("one");
    let mut events = peer.socket("");
    let link = RawSender::connect(&peer.addr).expect("it listens");
    let file = json!({"ID": "file", "Addr": "here", "Body": "a file", "FileContents": "aGVsbG8="});
    link.send_bytes(file.to_string().as_bytes()).expect("it reads");
    assert_eq!(events.event_of("message")["body"], "a file");
    peer.say("two");
    let peer = http_support::Peer::start_in(peer.stop());
    let mut events = peer.socket(&format!("?since={first}"));
    peer.say("three");
    let told: Vec<Value> = (0..3).map(|_| events.event_of("message")["body"].take()).collect();
    assert_eq!(told, ["a file", "two", "three"]);
}

#[test]
fn only_a_clean_end_is_marked_as_one() {
    let peer = Peer::start("ann", &TRUSTED);
    Api::of(&peer).must_say("hi");
    let dir = peer.stop();
    assert!(has_ended_well(&dir));
    for _ in 0..2 {
        let mut peer = Peer::start_in(Arc::clone(&dir), "ann", &TRUSTED);
        let api = Api::of(&peer);
        api.must_say("hi");
        assert!(!api.history().is_empty());
        peer.signal("KILL");
        peer.ended_within(PATIENCE).expect("it was killed");
        assert!(!has_ended_well(&dir));
        // The check in the background found nothing: nothing is said.
        let notices = peer.out.texts_of("notice", "text");
        let chatter = peer.err.all();
        assert!(notices.is_empty() && !chatter.iter().any(|line| line.contains("damage")), "{notices:?} {chatter:?}");
    }
    Peer::start_in(Arc::clone(&dir), "ann", &TRUSTED).stop();
    assert!(has_ended_well(&dir));
}
