//! Files where old peers are on the way: they show the Body and lose the file, and a whisper peer beyond gets it by another way.

mod ask;
mod support;

use std::fs;

use ask::Api;
use serde_json::{Value, json};
use support::{PATIENCE, Peer, whisper};
use whispernet_lab::double::{DaemonOptions, DeadAddr, Double, PeerOptions};

/// A port that no peer dials on the word of the wire, so that a chain stays one.
const UNDIALLED: &str = "127.0.0.1:9";
const BODY: &str = "sends cat.gif, image/gif, 1.0 MB";

fn linked_to(addr: &str) -> PeerOptions {
    PeerOptions { peers: vec![addr.to_owned()], dead_addr: DeadAddr::Forgotten, ..PeerOptions::default() }
}

/// As large as a file may be.
fn picture() -> Vec<u8> {
    b"GIF89a".iter().copied().chain((0..).map(|n: u32| n.to_le_bytes()[0])).take(1 << 20).collect()
}

/// Sends it by the command of whoever sits at `peer`.
#[track_caller]
fn send(peer: &Peer) {
    let path = peer.dir.path().join("cat.gif");
    fs::write(&path, picture()).expect("there is room");
    let sent = whisper(&peer.dir).arg("send").arg("--file").arg(&path).output().expect("the binary runs");
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
}

/// What the history has of it.
fn messages(peer: &Peer) -> Vec<Value> {
    let history = Api::of(peer).history();
    history.into_iter().filter(|event| event["body"] == BODY).collect()
}

#[test]
fn an_old_peer_in_between_shows_the_words_and_loses_the_file() {
    for is_daemon in [true, false] {
        let bea = Peer::start("bea", &["--json"]);
        let double = if is_daemon {
            let options =
                DaemonOptions { peer: linked_to(&bea.addr), nick: "dan".to_owned(), ..DaemonOptions::default() };
            Double::daemon(options).expect("a port")
        } else {
            Double::codelab(linked_to(&bea.addr)).expect("a port")
        };
        assert!(double.wait_links(|links| links.contains(&bea.addr), PATIENCE));
        let ann = Peer::start("ann", &["--peer", &double.addr().to_string(), "--advertise", UNDIALLED]);
        ann.err.wait(&format!("connected: {} (outgoing)", double.addr()));
        send(&ann);
        assert!(double.wait_shown(|shown| shown.iter().any(|line| line.contains(BODY)), PATIENCE));
        let came = bea.out.wait_event(&json!({ "event": "message", "body": BODY }));
        assert_eq!((&came["file"], came["trust"].as_str()), (&Value::Null, Some("new")), "{came}");
        assert!(!double.crashed());
    }
}

#[test]
fn it_comes_by_the_way_that_has_no_old_peer_on_it() {
    let bea = Peer::start("bea", &["--json"]);
    let double = Double::codelab(linked_to(&bea.addr)).expect("a port");
    assert!(double.wait_links(|links| links.contains(&bea.addr), PATIENCE));
    let ann = Peer::start("ann", &["--peer", &double.addr().to_string(), "--peer", &bea.addr]);
    for addr in [&double.addr().to_string(), &bea.addr] {
        ann.err.wait(&format!("connected: {addr} (outgoing)"));
    }
    send(&ann);
    let offer = bea.out.wait_event(&json!({ "event": "offer" }));
    let file = &offer["file"];
    assert_eq!(file["name"], "cat.gif");
    assert_eq!((file["type"].as_str(), file["size"].as_u64()), (Some("image/gif"), Some(1 << 20)));
    let kept = bea.dir.path().join("files/offers").join(file["hash"].as_str().expect("it has one"));
    assert_eq!(fs::read(kept).expect("it is kept"), picture());
    let shown = messages(&bea);
    assert_eq!(
        (shown.len(), &shown[0]["file"], &shown[0]["seq"]),
        (1, file, &offer["seq"]),
        "whichever copy came first"
    );
    for peer in [&ann, &bea] {
        assert_eq!(peer.counter("dropped_over_budget"), 0);
    }
}
