//! What is said again under the same tag is said once, and what comes back is paged through to its first message.

mod http_support;

use std::collections::BTreeSet;
use std::sync::Arc;

use http_support::{Answer, Peer, wait_for};
use serde_json::{Value, json};

fn say(peer: &Peer, words: &Value) -> Answer {
    peer.ask("POST", "/api/v1/messages", &words.to_string())
}

fn send_file(peer: &Peer, query: &str, bytes: &str) -> Answer {
    let host = format!("Host: {}\r\nAuthorization: Bearer {}\r\n", peer.http, peer.token);
    peer.ask_raw("POST", &format!("/api/v1/files?{query}"), &host, bytes)
}

#[test]
fn a_tag_that_many_use_at_once_is_one_message() {
    let peer = Arc::new(Peer::start());
    let asking = (0..16).map(|_| {
        let peer = Arc::clone(&peer);
        std::thread::spawn(move || {
            let answer = say(&peer, &json!({"body": "once", "client": "a tag"}));
            (answer.status, answer.json().to_string())
        })
    });
    let asking: Vec<_> = asking.collect();
    let answers: Vec<_> = asking.into_iter().map(|asks| asks.join().expect("it asks")).collect();
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().map(|(_, said)| said).collect::<BTreeSet<_>>().len(), 1, "{answers:?}");
    assert_eq!(peer.bodies(""), ["once"]);
}

#[test]
fn a_tag_outlives_the_peer_that_is_killed_and_the_way_it_came() {
    let peer = Peer::start();
    let first = say(&peer, &json!({"body": "once", "client": "a tag"})).json();
    let dir = Arc::clone(&peer.dir);
    // Without a word of goodbye.
    drop(peer);
    let peer = Peer::start_in(dir);
    let again = say(&peer, &json!({"body": "another text", "client": "a tag"}));
    assert_eq!((again.status, again.json()), (200, first.clone()));
    let mut socket = peer.socket("");
    socket.send(&json!({"say": "once", "client": "a tag"}));
    let ack = socket.event_of("ack");
    assert_eq!((&ack["seq"], &ack["id"]), (&first["seq"], &first["id"]));
    assert_eq!(peer.bodies(""), ["once"]);
}

#[test]
fn what_does_not_fit_is_refused_under_a_tag_that_was_used_too() {
    let peer = Peer::start();
    assert_eq!(say(&peer, &json!({"body": "once", "client": "a tag"})).status, 201);
    for (words, code) in [
        (json!({"body": "", "client": "a tag"}), "empty"),
        (json!({"body": "x".repeat(16 * 1024 + 1), "client": "a tag"}), "too_long"),
        (json!({"body": "x", "client": "a tag", "reply": ""}), "bad_reply"),
        (json!(["x", "a tag"]), "bad_json"),
    ] {
        assert_eq!(say(&peer, &words).code(), code);
    }
    assert_eq!(peer.bodies(""), ["once"]);
}

#[test]
fn a_repeated_file_is_told_as_it_was_sent() {
    let peer = Peer::start();
    let first = send_file(&peer, "name=a.txt&client=file", "the first");
    assert_eq!(first.status, 201, "{}", first.body);
    let again = send_file(&peer, "name=b.txt&client=file", "another one");
    assert_eq!((again.status, again.json()), (200, first.json()));
    assert_eq!(send_file(&peer, "name=b.txt&client=file", "").code(), "file_empty");
    assert_eq!(say(&peer, &json!({"body": "words", "client": "words"})).status, 201);
    let taken = send_file(&peer, "name=b.txt&client=words", "bytes");
    assert_eq!((taken.status, taken.code().as_str()), (409, "client_taken"));
    assert_eq!(peer.bodies("").len(), 2);
}

#[test]
fn pages_lead_to_the_first_message_and_back_to_the_newest() {
    let peer = Peer::start();
    let bodies: Vec<String> = (0..25).map(|number| format!("message {number}")).collect();
    for body in &bodies {
        peer.say(body);
    }
    let page = |query: &str| {
        let answer = peer.ask("GET", &format!("/api/v1/messages?limit=10{query}"), "").json();
        let messages = answer["messages"].as_array().expect("a list").iter();
        let read = |message: &Value| {
            (message["seq"].as_u64().expect("a seq"), message["body"].as_str().expect("a body").to_owned())
        };
        messages.map(read).collect::<Vec<_>>()
    };
    let (mut back, mut newer) = (page(""), page("&since=0"));
    loop {
        let older = page(&format!("&before={}", back[0].0));
        let newest = page(&format!("&since={}", newer.last().expect("some").0));
        if older.is_empty() && newest.is_empty() {
            break;
        }
        back = [older, back].concat();
        newer = [newer, newest].concat();
    }
    assert_eq!(back, newer);
    assert!(back.is_sorted_by(|a, b| a.0 < b.0));
    assert_eq!(back.into_iter().map(|(_, body)| body).collect::<Vec<_>>(), bodies);
}

#[test]
fn one_message_is_read_by_its_place() {
    let peer = Peer::start();
    let (first, second) = (peer.say("one"), peer.say("two"));
    let listed = peer.ask("GET", "/api/v1/messages", "").json();
    for (place, seq) in [first, second].into_iter().enumerate() {
        let answer = peer.ask("GET", &format!("/api/v1/messages/{seq}"), "");
        assert_eq!((answer.status, answer.json()), (200, listed["messages"][place].clone()));
    }
    for (seq, status, code) in [
        ("0", 404, "no_such_message"),
        ("99999", 404, "no_such_message"),
        ("9223372036854775808", 404, "no_such_message"),
        ("18446744073709551615", 404, "no_such_message"),
        ("18446744073709551616", 400, "bad_path"),
        ("-1", 400, "bad_path"),
        ("x", 400, "bad_path"),
        ("1.0", 400, "bad_path"),
    ] {
        let answer = peer.ask("GET", &format!("/api/v1/messages/{seq}"), "");
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{seq}");
    }
}

#[test]
fn numbers_of_any_size_are_answered() {
    let peer = Peer::start();
    peer.say("one");
    for (query, status) in [
        ("since=18446744073709551615", 200),
        ("before=18446744073709551615", 200),
        ("since=9223372036854775807&before=9223372036854775808", 200),
        ("since=18446744073709551616", 400),
        ("since=1e3", 400),
        ("since=%00", 400),
        ("since=", 400),
        ("limit=99999999999999999999999", 400),
        ("limit=-1", 400),
    ] {
        assert_eq!(peer.ask("GET", &format!("/api/v1/messages?{query}"), "").status, status, "{query}");
    }
    assert_eq!(peer.bodies("?before=18446744073709551615"), ["one"]);
    assert_eq!(peer.bodies("?since=9223372036854775808"), Vec::<String>::new());
}

#[test]
fn commands_are_listed_as_the_help_has_them() {
    let peer = Peer::start();
    let listed = peer.ask("GET", "/api/v1/commands", "").json();
    let commands = listed["commands"].as_array().expect("a list");
    let help = {
        let mut socket = peer.socket("");
        socket.send(&json!({"command": "/help"}));
        socket.event_of("notice")["text"].as_str().expect("a text").to_owned()
    };
    assert!(commands.len() > 20, "{listed}");
    for command in commands {
        let text = |name: &str| command[name].as_str().expect("a text").to_owned();
        assert!(help.contains(&text("name")) && help.contains(&text("help")), "{command} in {help}");
    }
}

#[test]
fn a_file_that_waits_is_taken() {
    let (peer, other) = (Peer::start(), Peer::start());
    peer.ask("POST", "/api/v1/peers", &json!({"addr": other.addr}).to_string());
    other.ask("POST", "/api/v1/peers", &json!({"addr": peer.addr}).to_string());
    // What is said before there is a link comes without its file.
    wait_for("a link from the other", || {
        let peers = other.ask("GET", "/api/v1/peers", "").json();
        let linked =
            |known: &Value| known["addr"] == *peer.addr && known["out"] == true && known["state"] == "connected";
        peers["peers"].as_array()?.iter().any(linked).then_some(())
    });
    let mut events = peer.socket("");
    let sent = send_file(&other, "name=a.txt", "some bytes").json();
    let hash = sent["hash"].as_str().expect("a hash").to_owned();
    let offer = events.event_of("offer");
    assert_eq!(offer["file"]["hash"], json!(hash));
    let offers = peer.dir.path().join("files/offers").join(&hash);
    wait_for("the offer on disk", || offers.exists().then_some(()));
    let path = format!("/api/v1/files/{hash}");
    assert_eq!(peer.ask("POST", &path, "").status, 204);
    assert!(!offers.exists() && peer.dir.path().join("files").join(&hash).exists());
    assert_eq!(peer.ask("POST", &path, "").status, 204, "one that was taken stays so");
    assert_eq!(peer.ask("GET", &path, "").body, "some bytes");
    assert_eq!(peer.ask("POST", &format!("/api/v1/files/{}", "0".repeat(64)), "").code(), "no_such_file");
    assert_eq!(peer.ask("POST", "/api/v1/files/nonsense", "").code(), "bad_hash");
}
