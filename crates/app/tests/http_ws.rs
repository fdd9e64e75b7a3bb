//! The WebSocket of the API, against a real peer.

mod http_support;

use http_support::Peer;
use serde_json::json;

#[test]
fn what_is_said_comes_back_with_an_ack_and_only_once() {
    let peer = Peer::start();
    peer.say("before");
    let mut socket = peer.socket("");
    for _ in 0..2 {
        socket.send(&json!({"say": "hi", "client": "a tag"}));
    }
    let (mut acks, mut messages) = (Vec::new(), Vec::new());
    while acks.len() < 2 || messages.is_empty() {
        let event = socket.event();
        match event["event"].as_str() {
            Some("ack") => acks.push(event),
            Some("message") => messages.push(event),
            _ => {}
        }
    }
    assert_eq!(acks[0], acks[1]);
    assert_eq!(acks[0]["client"], "a tag");
    assert_eq!((&messages[0]["body"], &messages[0]["seq"]), (&json!("hi"), &acks[0]["seq"]));
    socket.send(&json!({"say": "last"}));
    assert_eq!(socket.event_of("message")["body"], "last");
}

#[test]
fn a_socket_resumes_where_it_stopped_even_after_a_restart() {
    let peer = Peer::start();
    let first = peer.say("one");
    peer.say("two");
    let peer = Peer::start_in(peer.stop());
    let mut socket = peer.socket(&format!("?since={first}"));
    peer.say("three");
    for body in ["two", "three"] {
        assert_eq!(socket.event_of("message")["body"], body);
    }
}

#[test]
fn words_keep_their_order() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    let bodies: Vec<String> = (0..100).map(|number| format!("word {number}")).collect();
    for body in &bodies {
        socket.send(&json!({"say": body}));
    }
    let heard: Vec<String> =
        bodies.iter().map(|_| socket.event_of("message")["body"].as_str().unwrap().into()).collect();
    assert_eq!(heard, bodies);
}

#[test]
fn commands_are_answered_and_mistakes_told() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    for (sent, level) in [
        (r#"{"command":"/blocks"}"#, "info"),
        (r#"{"command":"/block 127.0.0.9"}"#, "info"),
        (r#"{"command":"/nonsense"}"#, "error"),
        (r#"{"command":"no slash"}"#, "error"),
        (r#"{"say":""}"#, "error"),
        (r#"{"say":1}"#, "error"),
        ("{}", "error"),
        ("nonsense", "error"),
    ] {
        socket.send_text(sent);
        let notice = socket.event_of("notice");
        assert_eq!(notice["level"], level, "{sent}: {notice}");
        assert!(notice["text"].as_str().is_some_and(|text| !text.is_empty()), "{sent}: {notice}");
    }
    assert_eq!(peer.ask("GET", "/api/v1/blocks", "").json()["blocks"][0]["who"], "127.0.0.9");
    socket.send(&json!({"command": "/me waves"}));
    assert_eq!(socket.event_of("message")["body"], "/me waves");
}

#[test]
fn a_frame_with_words_and_a_command_does_neither() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    for frame in [
        json!({"say": "hi", "command": "/block 127.0.0.9"}),
        json!({"say": 1, "command": "/block 127.0.0.9"}),
        json!({"say": "hi", "command": 1}),
        json!({"say": "hi", "command": "no slash"}),
    ] {
        socket.send(&frame);
        let notice = socket.event_of("notice");
        assert_eq!(notice["level"], "error", "{notice}");
        assert!(notice["text"].as_str().is_some_and(|text| text.contains("not both")), "{notice}");
        let mut tagged = frame;
        tagged["client"] = json!("1");
        socket.send(&tagged);
        let refused = socket.event_of("refused");
        assert_eq!((&refused["client"], &refused["code"]), (&json!("1"), &json!("bad_frame")), "{refused}");
    }
    // A member that is null is none.
    socket.send(&json!({"say": null, "command": "/block 127.0.0.8"}));
    assert_eq!(socket.event_of("notice")["level"], "info");
    socket.send(&json!({"say": "hi", "command": null}));
    assert_eq!(socket.event_of("message")["body"], "hi");
    assert_eq!(peer.bodies(""), ["hi"]);
    let blocks = peer.ask("GET", "/api/v1/blocks", "").json();
    assert_eq!(
        (blocks["blocks"].as_array().map(Vec::len), &blocks["blocks"][0]["who"]),
        (Some(1), &json!("127.0.0.8"))
    );
}

#[test]
fn what_is_meant_for_one_is_not_said_to_all() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    socket.send(&json!({"say": "secret", "to": "ab".repeat(32), "client": "1"}));
    let refused = socket.event_of("refused");
    assert_eq!((&refused["client"], &refused["code"]), (&json!("1"), &json!("not_supported")), "{refused}");
    socket.send(&json!({"say": "to all", "to": null}));
    assert_eq!(socket.event_of("message")["body"], "to all");
    assert_eq!(peer.bodies(""), ["to all"]);
}

#[test]
fn a_refusal_carries_the_tag_that_it_belongs_to() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    let long = "x".repeat(16 * 1024 + 1);
    for (sent, code) in [
        (json!({"say": "", "client": "1"}), "empty"),
        (json!({"say": long, "client": "2"}), "too_long"),
        (json!({"say": "x", "client": "3", "reply": ""}), "bad_reply"),
        (json!({"say": 1, "client": "4"}), "bad_frame"),
        (json!({"client": "5"}), "bad_frame"),
        (json!({"say": "x", "client": "6".repeat(257)}), "client_too_long"),
    ] {
        socket.send(&sent);
        let refused = socket.event_of("refused");
        assert_eq!((&refused["client"], &refused["code"]), (&sent["client"], &json!(code)), "{refused}");
        assert!(refused["text"].as_str().is_some_and(|text| !text.is_empty()), "{refused}");
    }
    assert_eq!(peer.bodies(""), Vec::<String>::new(), "nothing was said");
}

#[test]
fn an_answer_names_the_message_that_it_answers() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    socket.send(&json!({"say": "a question", "client": "1"}));
    let question = socket.event_of("message")["id"].clone();
    socket.send(&json!({"say": "an answer", "reply": question}));
    assert_eq!(socket.event_of("message")["reply"], question);
}

#[test]
fn a_frame_over_the_bound_ends_the_socket() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    socket.send_text(&" ".repeat(256 * 1024));
    assert_eq!(socket.event_of("notice")["level"], "error", "at the bound: no JSON, but a frame");
    socket.send_text(&" ".repeat(256 * 1024 + 1));
    assert!(socket.next().is_err());
}

#[test]
fn nobody_connects_without_the_token() {
    let peer = Peer::start();
    for token in [None, Some("nonsense")] {
        let refused = peer.upgrade("", token).err().expect("it is refused");
        assert!(refused.contains("401"), "{refused}");
    }
    let refused = peer.upgrade("?since=x", Some(&peer.token)).err().expect("it is refused");
    assert!(refused.contains("400"), "{refused}");
}

#[test]
fn a_peer_that_stops_says_goodbye() {
    let peer = Peer::start();
    let mut socket = peer.socket("");
    peer.stop();
    // Away, or an end without a word where the process was faster.
    while socket.next().is_ok() {}
}
