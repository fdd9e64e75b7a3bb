//! The calls of the HTTP API, against a real peer.

mod http_support;

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use http_support::{Peer, connect};
use serde_json::{Value, json};

#[test]
fn one_client_tag_is_one_message() {
    let peer = Peer::start();
    let words = json!({"body": "hi", "client": "a tag"}).to_string();
    let first = peer.ask("POST", "/api/v1/messages", &words);
    assert_eq!(first.status, 201, "{}", first.body);
    let again = peer.ask("POST", "/api/v1/messages", &words);
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(first.json(), again.json());
    assert!(first.json()["seq"].is_u64() && first.json()["id"].is_string(), "{}", first.body);
    assert_eq!(peer.bodies(""), ["hi"]);

    let messages = peer.ask("GET", "/api/v1/messages", "").json();
    let message = &messages["messages"][0];
    for (name, value) in [
        ("event", json!("message")),
        ("seq", first.json()["seq"].clone()),
        ("id", first.json()["id"].clone()),
        ("nick", json!("tester")),
        ("addr", json!(peer.addr)),
        ("via", json!("self")),
        ("trust", json!("self")),
        ("replay", json!(false)),
        ("file", Value::Null),
    ] {
        assert_eq!(message[name], value, "{name} in {message}");
    }
}

#[test]
fn a_page_begins_and_ends_where_it_was_asked_to() {
    let peer = Peer::start();
    let seqs: Vec<u64> = ["one", "two", "Three", "four"].map(|body| peer.say(body)).into();
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    for (query, bodies) in [
        (String::new(), &["one", "two", "Three", "four"][..]),
        ("?limit=2".into(), &["Three", "four"]),
        (format!("?since={}", seqs[0]), &["two", "Three", "four"]),
        (format!("?since={}&limit=2", seqs[0]), &["two", "Three"]),
        (format!("?before={}", seqs[2]), &["one", "two"]),
        (format!("?before={}&limit=1", seqs[2]), &["two"]),
        (format!("?since={}&before={}", seqs[0], seqs[3]), &["two", "Three"]),
        (format!("?since={}", seqs[3]), &[]),
        ("?search=three".into(), &["Three"]),
        ("?search=o&since=0&limit=500".into(), &["one", "two", "four"]),
        ("?search=%20".into(), &[]),
        ("?unknown=1&limit=1".into(), &["four"]),
    ] {
        assert_eq!(peer.bodies(&query), bodies, "{query}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let peer = Peer::start();
    let long = json!({"body": "x".repeat(16 * 1024 + 1)}).to_string();
    let huge = json!({"body": "x".repeat(300 * 1024)}).to_string();
    let tag = json!({"body": "x", "client": "x".repeat(257)}).to_string();
    for (method, path, body, status, code) in [
        ("GET", "/api/v1/messages?limit=0", "", 400, "bad_parameter"),
        ("GET", "/api/v1/messages?limit=501", "", 400, "bad_parameter"),
        ("GET", "/api/v1/messages?limit=x", "", 400, "bad_parameter"),
        ("GET", "/api/v1/messages?since=-1", "", 400, "bad_parameter"),
        ("GET", "/api/v1/messages?since=1&since=2", "", 400, "bad_parameter"),
        ("POST", "/api/v1/messages", r#"{"body":""}"#, 400, "empty"),
        ("POST", "/api/v1/messages", "{}", 400, "bad_json"),
        ("POST", "/api/v1/messages", "", 400, "bad_json"),
        ("POST", "/api/v1/messages", r#"{"body":1}"#, 400, "bad_json"),
        ("POST", "/api/v1/messages", r#"{"body":"x""#, 400, "bad_json"),
        ("POST", "/api/v1/messages", &long, 413, "too_long"),
        ("POST", "/api/v1/messages", &huge, 413, "too_long"),
        ("POST", "/api/v1/messages", &tag, 400, "client_too_long"),
        ("POST", "/api/v1/messages", r#"{"body":"x","to":"00ff"}"#, 501, "not_supported"),
        ("POST", "/api/v1/messages", r#"{"body":"x","reply":""}"#, 400, "bad_reply"),
        ("POST", "/api/v1/messages", r#"{"body":"x","reply":1}"#, 400, "bad_json"),
        ("POST", "/api/v1/peers", r#"{"addr":"nonsense"}"#, 400, "no_address"),
        ("DELETE", "/api/v1/peers/127.0.0.1%3A9", "", 404, "no_such_peer"),
        ("DELETE", "/api/v1/peers/%ff", "", 400, "bad_path"),
        ("POST", "/api/v1/blocks", r#"{"who":"nonsense"}"#, 404, "unknown"),
        ("DELETE", "/api/v1/blocks/127.0.0.9", "", 404, "not_blocked"),
        ("DELETE", "/api/v1/blocks/nonsense", "", 404, "unknown"),
        ("GET", "/api/v1/people/nonsense", "", 404, "unknown"),
        ("POST", "/api/v1/people/nonsense", r#"{"verify":"12345"}"#, 404, "unknown"),
        ("POST", "/api/v1/people/nonsense", r#"{"trust":true}"#, 404, "unknown"),
        ("POST", "/api/v1/people/nonsense", r#"{"rename":"x"}"#, 404, "unknown"),
        ("POST", "/api/v1/people/nonsense", r#"{"trust":false}"#, 400, "bad_json"),
        ("POST", "/api/v1/people", r#"{"verify":"12345"}"#, 404, "unknown"),
        ("POST", "/api/v1/people", r#"{"trust":true}"#, 400, "bad_json"),
        ("DELETE", "/api/v1/people/nonsense", "", 405, "wrong_method"),
        ("GET", "/api/v1/files/nonsense", "", 400, "bad_hash"),
        ("GET", "/api/v1/files/..%2fapi-token", "", 400, "bad_hash"),
        ("GET", &format!("/api/v1/files/{}", "0".repeat(64)), "", 404, "no_such_file"),
        ("GET", "/api/v1/nothing", "", 404, "no_such_call"),
        ("GET", "/api/v1/ws", "", 400, "no_websocket"),
    ] {
        let answer = peer.ask(method, path, body);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {path}: {}", answer.body);
    }
    assert_eq!(peer.bodies(""), Vec::<String>::new(), "nothing was said");
}

#[test]
fn a_refusal_names_what_is_wrong_and_what_would_do() {
    let peer = Peer::start();
    let range = "must be a whole number from 0 to 18446744073709551615";
    for (method, path, body, told) in [
        ("GET", "/api/v1/messages?since=abc", "", &["`since`", range][..]),
        ("GET", "/api/v1/messages?since=", "", &["`since`", range]),
        ("GET", "/api/v1/messages?since=-1", "", &["`since`", range]),
        ("GET", "/api/v1/messages?before=18446744073709551616", "", &["`before`", range]),
        ("GET", "/api/v1/messages?limit=0x", "", &["`limit`", "whole number from 1 to 500"]),
        ("GET", "/api/v1/messages?limit=0", "", &["`limit`", "whole number from 1 to 500"]),
        ("GET", "/api/v1/messages?limit=501", "", &["`limit`", "whole number from 1 to 500"]),
        ("GET", "/api/v1/messages?search=a&search=b", "", &["`search`", "once"]),
        ("GET", "/api/v1/messages/abc", "", &["seq", "0 to 18446744073709551615"]),
        ("POST", "/api/v1/files", "{}", &["`name`", "must be there"]),
        ("POST", "/api/v1/files?name=a&name=b", "{}", &["`name`", "once"]),
        ("POST", "/api/v1/messages", "{}", &["`body`", "must be there"]),
        ("POST", "/api/v1/messages", r#"{"body":null}"#, &["`body`", "must be there"]),
        ("POST", "/api/v1/messages", r#"{"body":1}"#, &["`body`", "must be a text"]),
        ("POST", "/api/v1/messages", r#"{"body":"x","client":[]}"#, &["`client`", "must be a text"]),
        ("POST", "/api/v1/messages", r#"{"body":"x","reply":{}}"#, &["`reply`", "must be a text"]),
        ("POST", "/api/v1/messages", r#"{"body":"x","body":"y"}"#, &["`body`", "once"]),
        ("POST", "/api/v1/messages", "{\"body\":\n\"x\"", &["no JSON", "line 2"]),
        ("POST", "/api/v1/messages", r#"{"body":"x"} x"#, &["no JSON", "line 1"]),
        ("POST", "/api/v1/messages", r#"{"body":"\ud800"}"#, &["no JSON", "line 1"]),
        ("POST", "/api/v1/messages", "[]", &["JSON object"]),
        ("POST", "/api/v1/peers", r#"{"addr":1}"#, &["`addr`", "must be a text"]),
        ("POST", "/api/v1/peers", "{}", &["`addr`", "must be there"]),
        ("POST", "/api/v1/peers", r#"{"addr":"127.0.0.1:9","who":"127.0.0.1:9"}"#, &["`addr`", "`who`", "not both"]),
        ("POST", "/api/v1/blocks", "{}", &["`who`", "must be there"]),
        ("POST", "/api/v1/people", "{}", &["`verify`", "must be there"]),
        ("POST", "/api/v1/people", r#"{"verify":"1","x":1}"#, &["`x`", "only `verify`"]),
        ("POST", "/api/v1/people/x", r#"{"rename":1}"#, &["`rename`", "must be a text"]),
        ("POST", "/api/v1/people/x", r#"{"trust":"yes"}"#, &["`trust`", "must be true"]),
        ("POST", "/api/v1/people/x", r#"{"nick":"x"}"#, &["`nick`", "only `verify`, `trust` and `rename`"]),
        ("GET", "/api/v1/people/%ff", "", &["UTF-8"]),
        ("GET", "/api/v1/ws?since=x", "", &["`since`", range]),
        ("GET", "/api/v1/ws", "", &["`Upgrade: websocket`"]),
    ] {
        let answer = peer.ask(method, path, body);
        assert_eq!(answer.status, 400, "{method} {path} {body}: {}", answer.body);
        let text = answer.json()["error"]["text"].as_str().expect("a text").to_owned();
        for part in told {
            assert!(text.contains(part), "{part} in what {method} {path} {body} is told: {text}");
        }
        // As the libraries below word it.
        for word in ["deserialize", "invalid type", "expected", "missing field", "invalid digit", "Invalid URL", "EOF"]
        {
            assert!(!text.contains(word), "{word} in what {method} {path} {body} is told: {text}");
        }
        // A stranger's bytes may be in a name: whoever shows the text is given few of them.
        assert!(text.len() < 200, "{text}");
    }
    let long = format!(r#"{{"{}":1}}"#, "n".repeat(100_000));
    let told = peer.ask("POST", "/api/v1/people", &long).json()["error"]["text"].as_str().expect("a text").to_owned();
    assert!(told.len() < 200, "{}", told.len());
}

#[test]
fn strangers_are_refused() {
    let peer = Peer::start();
    let host = format!("Host: {}\r\n", peer.http);
    let local = format!("Host: localhost:{}\r\n", peer.http.port());
    let bearer = format!("Authorization: Bearer {}\r\n", peer.token);
    let wrong = format!("Authorization: Bearer {}\r\n", "0".repeat(64));
    let json = "Content-Type: application/json\r\n";
    for (headers, status, code) in [
        (format!("{host}{bearer}{json}"), 201, ""),
        (format!("{local}{bearer}{json}"), 201, ""),
        (format!("{host}{bearer}{json}Origin: http://{}\r\n", peer.http), 201, ""),
        (format!("{local}{bearer}{json}Origin: http://localhost:{}\r\n", peer.http.port()), 201, ""),
        (format!("{host}{bearer}{json}Origin: http://localhost:{}\r\n", peer.http.port()), 403, "wrong_origin"),
        (format!("{local}{bearer}{json}Origin: http://{}\r\n", peer.http), 403, "wrong_origin"),
        (format!("{host}{json}"), 401, "no_token"),
        (format!("{host}{wrong}{json}"), 401, "no_token"),
        (format!("Host: evil.example\r\n{bearer}{json}"), 421, "wrong_host"),
        (format!("{bearer}{json}"), 421, "wrong_host"),
        (format!("{host}{bearer}{json}Origin: http://evil.example\r\n"), 403, "wrong_origin"),
        (format!("{host}{bearer}{json}Origin: null\r\n"), 403, "wrong_origin"),
        (format!("{host}{bearer}"), 415, "no_json"),
        (format!("{host}{bearer}Content-Type: text/plain\r\n"), 415, "no_json"),
    ] {
        let answer = peer.ask_raw("POST", "/api/v1/messages", &headers, r#"{"body":"x"}"#);
        assert_eq!(answer.status, status, "{headers}{}", answer.body);
        assert!(!answer.head.contains("access-control-"), "{}", answer.head);
        if !code.is_empty() {
            assert_eq!(answer.code(), code, "{headers}");
        }
    }
    assert_eq!(peer.bodies("").len(), 4);
    for path in ["/peers", "/metrics", "/api/v1/status", "/api/v1/ws", "/nothing"] {
        assert_eq!(peer.ask_raw("GET", path, &host, "").status, 401, "{path}");
    }
    // The front door is open, and behind it is a form for the token.
    let front = peer.ask_raw("GET", "/", &host, "");
    assert!(front.status == 200 && front.body.contains("type=\"password\""), "{}", front.body);
}

#[test]
fn a_key_that_nobody_was_heard_under_can_be_decided_about() {
    let peer = Peer::start();
    // Of RFC 8032, section 7.1: nobody who is heard here has it.
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let path = format!("/api/v1/people/{key}");
    let verify = |proof: &str| peer.ask("POST", &path, &json!({"verify": proof}).to_string());
    assert_eq!(peer.ask("GET", &path, "").code(), "unknown");
    let differs = verify("12345");
    assert_eq!((differs.status, differs.code().as_str()), (409, "differ"));
    assert_eq!(peer.ask("POST", &path, r#"{"trust":true}"#).code(), "not_heard");
    let verified = verify(&format!("whispernet-key:{key}"));
    assert_eq!(verified.status, 200, "{}", verified.body);
    let person = verified.json();
    assert_eq!((&person["key"], &person["trust"]), (&json!(key), &json!("verified")));
    let renamed = peer.ask("POST", &path, r#"{"rename":"Two words"}"#);
    assert_eq!((renamed.status, &renamed.json()["petname"]), (200, &json!("Two words")));
    let person = peer.ask("GET", "/api/v1/people/two%20words", "").json();
    assert_eq!((&person["key"], &person["name"]), (&json!(key), &json!("Two words")));
    assert_eq!(peer.ask("POST", &path, r#"{"rename":"\n"}"#).json()["petname"], Value::Null);

    let digits = person["digits"].as_str().expect("digits").replace(' ', "");
    let found = peer.ask("POST", "/api/v1/people", &json!({"verify": digits}).to_string());
    assert_eq!((found.status, &found.json()["key"]), (200, &json!(key)));
    let own = peer.ask("GET", "/api/v1/status", "").json()["key"].as_str().expect("a key").to_owned();
    assert_eq!(peer.ask("POST", &format!("/api/v1/people/{own}"), r#"{"rename":"me"}"#).code(), "own_key");

    let blocked = peer.ask("POST", "/api/v1/blocks", &json!({"who": key}).to_string());
    assert_eq!((blocked.status, blocked.json()), (202, json!({"who": key})));
    assert_eq!(peer.ask("GET", "/api/v1/blocks", "").json()["blocks"][0]["who"], json!(key));
    assert_eq!(peer.ask("DELETE", &format!("/api/v1/blocks/{key}"), "").status, 204);
    assert_eq!(peer.ask("DELETE", &format!("/api/v1/blocks/{key}"), "").code(), "not_blocked");
}

#[test]
fn a_message_may_answer_another_where_it_is_signed() {
    let peer = Peer::start();
    let answer = peer.ask("POST", "/api/v1/messages", r#"{"body":"yes","reply":"the ID of a question"}"#);
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[test]
fn what_is_answered_need_not_be_here() {
    let answer = Peer::start().ask("POST", "/api/v1/messages", r#"{"body":"yes","reply":"made room long ago"}"#);
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[test]
fn peers_are_listed_connected_and_disconnected() {
    let (peer, other) = (Peer::start(), Peer::start());
    let mut events = peer.socket("");
    let asked = peer.ask("POST", "/api/v1/peers", &json!({"addr": other.addr}).to_string());
    assert_eq!(asked.status, 202, "{}", asked.body);
    loop {
        let event = events.event_of("peer");
        if event["addr"] == other.addr.as_str() && event["link"] == "out" && event["state"] == "connected" {
            break;
        }
    }
    // A link back that has not named its Addr yet may be listed too.
    let names_other = || {
        let old_shape = peer.ask("GET", "/peers", "").json();
        old_shape["peers"].as_array().expect("a list").contains(&json!(other.addr))
    };
    assert!(names_other());
    let listed = peer.ask("GET", "/api/v1/peers", "").json();
    let listed = listed["peers"].as_array().expect("a list").iter().find(|peer| peer["addr"] == other.addr.as_str());
    assert_eq!(listed.expect("it is listed")["out"], json!(true));

    let path = format!("/api/v1/peers/{}", other.addr.replace(':', "%3A"));
    assert_eq!(peer.ask("DELETE", &path, "").status, 204);
    loop {
        let event = events.event_of("peer");
        if event["link"] == "out" && event["state"] == "disconnected" {
            break;
        }
    }
    assert!(!names_other());
}

#[test]
fn blocks_are_listed_made_and_lifted() {
    let peer = Peer::start();
    for (name, who) in [("who", "127.0.0.9"), ("addr", "127.0.0.8:55555")] {
        let asked = peer.ask("POST", "/api/v1/blocks", &json!({name: who}).to_string());
        assert_eq!(asked.status, 202, "{}", asked.body);
    }
    let listed = peer.ask("GET", "/api/v1/blocks", "").json();
    let mut blocked: Vec<_> = listed["blocks"].as_array().expect("a list").iter().map(|block| &block["who"]).collect();
    blocked.sort_by_key(|who| who.to_string());
    assert_eq!(blocked, [&json!("127.0.0.8:55555"), &json!("127.0.0.9")]);
    assert_eq!(peer.ask("DELETE", "/api/v1/blocks/127.0.0.8:55555", "").status, 204);
    assert_eq!(peer.ask("DELETE", "/api/v1/blocks/127.0.0.9", "").status, 204);
    assert_eq!(peer.ask("GET", "/api/v1/blocks", "").json(), json!({"blocks": []}));
}

#[test]
fn a_received_file_is_handed_out_as_an_attachment() {
    let peer = Peer::start();
    let mut events = peer.socket("");
    let mut link = connect(peer.addr.parse().expect("an address"));
    // The head of a GIF, which a browser would show where it may.
    let object = json!({"ID": "file-1", "Addr": "127.0.0.1:9", "Body": "look", "FileType": "text/html",
        "FileContents": "R0lGODlhAQABAAAAACw="});
    link.write_all(object.to_string().as_bytes()).expect("it reads");
    let file = loop {
        let message = events.event_of("message");
        if message["id"] == "file-1" {
            break message["file"].clone();
        }
    };
    assert_eq!((&file["type"], &file["size"]), (&json!("image/gif"), &json!(14)));
    let answer = peer.ask("GET", &format!("/api/v1/files/{}", file["hash"].as_str().expect("a hash")), "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "GIF89a\u{1}\0\u{1}\0\0\0\0,"));
    for header in [
        "content-type: image/gif",
        "content-disposition: attachment;",
        "x-content-type-options: nosniff",
        "content-length: 14",
    ] {
        assert!(answer.head.contains(header), "{header} in {}", answer.head);
    }
}

#[test]
fn status_and_metrics_agree() {
    let peer = Peer::start();
    let seq = peer.say("hi");
    let status = peer.ask("GET", "/api/v1/status", "").json();
    assert_eq!((&status["addr"], &status["nick"]), (&json!(peer.addr), &json!("tester")));
    for name in ["network", "version", "run", "disk", "flood"] {
        assert!(status[name].is_string(), "{name} in {status}");
    }
    assert!(status["key"].as_str().is_some_and(|key| key.len() == 64), "{status}");
    assert!(status["seq"].as_u64().is_some_and(|newest| newest >= seq), "{status}");
    let metrics = peer.ask("GET", "/metrics", "");
    assert!(metrics.head.contains("content-type: text/plain"), "{}", metrics.head);
    let line = format!("whispernet_seq {}", status["seq"]);
    assert!(metrics.body.lines().any(|found| found == line), "{line} in\n{}", metrics.body);
}

#[test]
fn the_sign_goes_with_the_peer_and_the_token_stays() {
    let peer = Peer::start();
    let token = peer.token.clone();
    let sign = peer.dir.path().join("api.json");
    let read: Value = serde_json::from_slice(&std::fs::read(&sign).expect("it is there")).expect("it is JSON");
    assert_eq!(read["http"], json!(peer.http));
    assert!(read["pid"].is_u64(), "{read}");
    for name in ["api.json", "api-token"] {
        let mode = std::fs::metadata(peer.dir.path().join(name)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let dir = peer.stop();
    assert!(!sign.exists());
    assert_eq!(Peer::start_in(dir).token, token);
}

#[test]
fn a_connection_that_says_nothing_gives_way() {
    let peer = Peer::start();
    let mut silent: Vec<_> = (0..64).map(|_| connect(peer.http)).collect();
    assert_eq!(peer.ask("GET", "/api/v1/status", "").status, 200);
    // The oldest is gone: it reads the end, or its write is reset.
    let oldest = &mut silent[0];
    let ended = std::io::Read::read(oldest, &mut [0]).map_or(true, |length| length == 0);
    assert!(ended || oldest.write_all(b"GET").is_err());
}
