//! A disk that fills up while a peer runs: the chat goes on, nothing is acknowledged that is not kept, and once there is room all is well.
//! Must not know how the store works. Bounds: `PATIENCE` for every wait.

mod ask;
mod mounts;
mod support;

use std::fs;
use std::sync::Arc;

use ask::{Api, left_on_disk, text};
use mounts::Mount;
use serde_json::{Value, json};
use support::{PATIENCE, Peer, whisper};
use tempfile::TempDir;
use whispernet_lab::raw::{RawListener, RawSender};

/// More than memory and disk hold back for anybody: at some point it must be the disk that is missing.
const SAID_MAX: usize = 10_000;
/// Relayed while nothing can be kept.
const RELAYED: usize = 20_000;

/// Notices of that level so far.
fn notices(peer: &Peer, level: &str) -> Vec<String> {
    let events = peer.out.all().into_iter().map(|line| serde_json::from_str::<Value>(&line).expect("an event"));
    let of_level = events.filter(|event| event["event"] == "notice" && event["level"] == level);
    of_level.map(|event| text(&event, "text").to_owned()).collect()
}

/// Says things until one is not kept; how many were, and the body of the one that was not.
fn say_until_refused(api: &Api) -> (usize, String) {
    for number in 0..SAID_MAX {
        let body = format!("while it fills {number}");
        let (status, answer) = api.say(&body, &body).expect("it answers");
        match status {
            201 => {}
            503 => {
                assert_eq!(answer["error"]["code"], "not_durable", "{answer}");
                return (number, body);
            }
            _ => panic!("{status}: {answer}"),
        }
    }
    panic!("the disk is not full");
}

#[test]
fn a_full_disk_stops_nothing_but_acknowledgements() {
    if !mounts::are_own("a_full_disk_stops_nothing_but_acknowledgements") {
        return;
    }
    let dir = Arc::new(TempDir::new().expect("a temporary folder"));
    let mount = Mount::new(dir.path(), "size=96m");
    let listener = RawListener::bind().expect("a port");
    let to_listener = listener.addr().to_string();
    let options = ["--json", "--flood-limit", "off", "--peer", &to_listener];
    let peer = Peer::start_in(Arc::clone(&dir), "ann", &options);
    let api = Api::of(&peer);
    api.must_say("before");
    assert!(listener.wait_body("before", PATIENCE));

    let ballast = mount.fill();
    let (kept, refused) = say_until_refused(&api);
    peer.out.find("that it is full", |line| line.contains("the disk is full").then_some(()));

    // More than was reserved of anything.
    let link = RawSender::connect(&peer.addr).expect("it listens");
    for number in 0..RELAYED {
        let body = format!("relayed {number}");
        link.send_object(&body, "here", &body).expect("it reads");
    }
    assert!(listener.wait_body(&format!("relayed {}", RELAYED - 1), PATIENCE), "the chat goes on");
    let relayed = listener.objects().iter().filter(|object| object.text_of("ID").starts_with("relayed")).count();
    assert_eq!(relayed, RELAYED);
    peer.out.wait_event(&json!({"event": "message", "body": format!("relayed {}", RELAYED - 1)}));

    // What is set now must last, too.
    assert!(peer.ask(&["block", "127.0.0.9"]).status.success());
    let sent = peer.ask(&["send", "not acknowledged"]);
    let complaint = String::from_utf8_lossy(&sent.stderr);
    assert_eq!((sent.status.code(), complaint.lines().count()), (Some(4), 1), "{complaint}");
    assert!(complaint.contains("the disk is full"), "{complaint}");
    assert!(text(&api.get("/api/v1/status"), "disk").contains("full"));
    let errors = notices(&peer, "error");
    assert!(matches!(&errors[..], [one] if one.contains("not being written")), "{errors:?}");

    fs::remove_file(ballast).expect("it is there");
    peer.out.find("that it is well again", |line| line.contains("the history is written again").then_some(()));
    let seq_last = api.must_say("after");
    assert_eq!(api.get("/api/v1/status")["disk"], "ok");
    // What was said in between was in memory, and is kept now.
    let (status, _) = api.say(&refused, &refused).expect("it answers");
    assert_eq!(status, 200, "the one that was refused was kept after all");
    let bodies: Vec<String> = api.history().iter().map(|message| text(message, "body").to_owned()).collect();
    let mut expected = vec!["before".to_owned()];
    expected.extend((0..=kept).map(|number| format!("while it fills {number}")));
    expected.extend((0..RELAYED).map(|number| format!("relayed {number}")));
    expected.extend(["not acknowledged".to_owned(), "after".to_owned()]);
    let ends = (bodies.len(), bodies.first(), bodies.last());
    assert!(bodies == expected, "{ends:?} is not {} from before to after", expected.len());
    assert_eq!(notices(&peer, "error").len(), 1, "said once");

    peer.stop();
    assert_eq!(left_on_disk(&dir).len(), expected.len());
    let peer = Peer::start_in(Arc::clone(&dir), "ann", &options);
    let api = Api::of(&peer);
    assert_eq!(api.get("/api/v1/blocks")["blocks"][0]["who"], "127.0.0.9");
    assert!(api.must_say("later") > seq_last);
}

#[test]
fn a_disk_that_is_full_at_the_kill_loses_nothing_acknowledged() {
    if !mounts::are_own("a_disk_that_is_full_at_the_kill_loses_nothing_acknowledged") {
        return;
    }
    let dir = Arc::new(TempDir::new().expect("a temporary folder"));
    let mount = Mount::new(dir.path(), "size=16m");
    let mut peer = Peer::start_in(Arc::clone(&dir), "ann", &["--json", "--flood-limit", "off"]);
    let api = Api::of(&peer);
    let ballast = mount.fill();
    let (kept, _) = say_until_refused(&api);
    let seq_shown = api.get("/api/v1/status")["seq"].as_u64().expect("a seq");
    peer.signal("KILL");
    peer.ended_within(PATIENCE).expect("it was killed");

    // There is not even room to begin: that is told.
    let full = whisper(&dir).args(["serve", "--bind", "127.0.0.1", "--port", "0", "--discovery", "off"]).output();
    let full = full.expect("the binary runs");
    let complaint = String::from_utf8_lossy(&full.stderr);
    assert_eq!(full.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("No space left") || complaint.contains("the disk is full"), "{complaint}");

    fs::remove_file(ballast).expect("it is there");
    let peer = Peer::start_in(Arc::clone(&dir), "ann", &["--json", "--flood-limit", "off"]);
    let api = Api::of(&peer);
    assert!(api.must_say("after") > seq_shown);
    let bodies: Vec<String> = api.history().iter().map(|message| text(message, "body").to_owned()).collect();
    for number in 0..kept {
        let body = format!("while it fills {number}");
        assert_eq!(bodies.iter().filter(|other| **other == body).count(), 1, "{body}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    if !mounts::are_own("a_folder_that_cannot_be_written_is_told") {
        return;
    }
    let dir = TempDir::new().expect("a temporary folder");
    let _mount = Mount::new(dir.path(), "ro");
    for path in [dir.path().to_owned(), dir.path().join("in it")] {
        let mut start = whisper(&dir);
        start.args(["serve", "--bind", "127.0.0.1", "--port", "0", "--discovery", "off", "--data-dir"]).arg(&path);
        let ended = start.output().expect("the binary runs");
        let complaint = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), complaint.lines().count()), (Some(1), 1), "{complaint}");
        assert!(complaint.contains(&path.display().to_string()) && complaint.contains("Read-only"), "{complaint}");
    }
}
