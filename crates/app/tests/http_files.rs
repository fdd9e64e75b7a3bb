//! Files over the API: sent with their name, fetched as attachments, refused with a reason.

mod http_support;

use std::fs;
use std::io::Write as _;

use http_support::{Answer, Peer, connect};
use serde_json::json;
use whispernet_lab::stranger::{Given, Signed, Stranger};

/// Largest file that is sent, in bytes.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// What a browser may show, and is text for this test's sake.
const GIF: &str = "GIF89a\u{1}\0\u{1}\0";

fn post(peer: &Peer, query: &str, headers: &str, bytes: &str) -> Answer {
    let bearer = format!("Host: {}\r\nAuthorization: Bearer {}\r\n{headers}", peer.http, peer.token);
    peer.ask_raw("POST", &format!("/api/v1/files{query}"), &bearer, bytes)
}

#[test]
fn a_file_that_was_sent_can_be_fetched_under_its_name() {
    let peer = Peer::start();
    for (query, contents, name, header, mime, body) in [
        ("?name=cat.gif", GIF, "cat.gif", r#"filename="cat.gif""#, "image/gif", "sends cat.gif, image/gif, 10 B"),
        (
            "?name=..%2f..%2fetc%2fm%C3%BCsli%00%1b%22.txt&body=look%20at%0Athis",
            "hello",
            "müsli_.txt",
            "filename=\"m_sli_.txt\"; filename*=utf-8''m%c3%bcsli_.txt",
            "text/plain",
            "look at\nthis",
        ),
        (
            "?name=page.html&body=",
            "<script>alert(1)</script>",
            "page.html.txt",
            r#"filename="page.html.txt""#,
            "text/html",
            "sends page.html, text/html, 25 B",
        ),
    ] {
        let sent = post(&peer, query, "", contents);
        assert_eq!(sent.status, 201, "{}", sent.body);
        let sent = sent.json();
        let message = peer.ask("GET", "/api/v1/messages?limit=1", "").json()["messages"][0].clone();
        assert_eq!((&message["seq"], &message["id"], &message["body"]), (&sent["seq"], &sent["id"], &json!(body)));
        let file = &message["file"];
        assert_eq!((&file["name"], &file["hash"]), (&json!(name), &sent["hash"]), "{file}");
        assert_eq!((&sent["name"], &sent["type"]), (&file["name"], &file["type"]), "what others see");
        assert_eq!(sent["size"], contents.len(), "{sent}");

        let got = peer.ask("GET", &format!("/api/v1/files/{}", sent["hash"].as_str().expect("a hash")), "");
        assert_eq!((got.status, got.body.as_str()), (200, contents));
        let shown = if mime.starts_with("image/") { mime } else { "application/octet-stream" };
        for line in [
            format!("content-disposition: attachment; {header}\r\n"),
            format!("content-type: {shown}\r\n"),
            "x-content-type-options: nosniff\r\n".to_owned(),
            "content-security-policy: default-src 'none'; sandbox\r\n".to_owned(),
        ] {
            assert!(got.head.contains(&line), "{line} in {}", got.head);
        }
    }
}

#[test]
fn one_tag_is_one_file_and_any_type_will_do_beside_the_token() {
    let peer = Peer::start();
    let first = post(&peer, "?name=a&client=x", "Content-Type: application/x-www-form-urlencoded\r\n", "a");
    let again = post(&peer, "?name=a&client=x", "Content-Type: application/octet-stream\r\n", "a");
    assert_eq!((first.status, again.status), (201, 200), "{}{}", first.body, again.body);
    assert_eq!(first.json(), again.json());
    assert_eq!(peer.bodies(""), ["sends a, text/plain, 1 B"]);
    let reply = format!("?name=a&body=re&reply={}", first.json()["id"].as_str().expect("an id").replace(':', "%3A"));
    assert_eq!(post(&peer, &reply, "", "a").status, 201);
    let message = &peer.ask("GET", "/api/v1/messages?limit=1", "").json()["messages"][0];
    assert_eq!(message["reply"], first.json()["id"], "{message}");
}

#[test]
fn what_is_no_file_or_has_no_name_is_refused() {
    let peer = Peer::start();
    let most = "x".repeat(FILE_BYTES_MAX);
    let more = "x".repeat(FILE_BYTES_MAX + 1);
    let long = format!("?name={}", "x".repeat(4_000));
    let body = format!("?name=a&body={}", "x".repeat(16 * 1024 + 1));
    for (query, bytes, status, code) in [
        ("?name=a", more.as_str(), 413, "file_too_large"),
        ("?name=a", "", 400, "file_empty"),
        ("", "x", 400, "bad_parameter"),
        ("?name=", "x", 400, "file_name"),
        ("?name=..", "x", 400, "file_name"),
        ("?name=a%2f", "x", 400, "file_name"),
        ("?name=a&name=b", "x", 400, "bad_parameter"),
        (&long, "x", 400, "file_name"),
        (&body, "x", 413, "too_long"),
    ] {
        let answer = post(&peer, query, "", bytes);
        let told = query.get(..20).unwrap_or(query);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{told}: {}", answer.body);
    }
    assert_eq!(peer.bodies(""), [""; 0]);
    let huge =
        format!("Host: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n", peer.http, peer.token);
    assert_eq!(peer.ask_raw("POST", "/api/v1/messages", &huge, &more).code(), "too_long", "others keep their bound");
    assert_eq!(peer.ask_raw("POST", "/api/v1/files?name=a", &format!("Host: {}\r\n", peer.http), "x").status, 401);
    assert_eq!(post(&peer, "?name=a", "", &most).status, 201);
}

#[test]
fn an_offer_is_taken_once_for_all() {
    let peer = Peer::start();
    let object = json!({"ID": "offered", "Addr": "127.0.0.1:9", "Body": "look", "FileType": "image/gif",
        "FileContents": "R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="});
    let mut socket = peer.socket("");
    connect(peer.addr.parse().expect("an address")).write_all(object.to_string().as_bytes()).expect("it reads");
    let hash = socket.event_of("offer")["file"]["hash"].as_str().expect("a hash").to_owned();
    let standing = || {
        let answer = peer.ask("GET", &format!("/page/file/{hash}"), "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let size = json!({"width": 1, "height": 1});
    assert_eq!(standing(), json!({"taken": false, "picture": size}));
    for _ in 0..2 {
        let taken = peer.ask("POST", &format!("/api/v1/files/{hash}"), "");
        assert_eq!((taken.status, taken.body.as_str()), (204, ""));
        assert_eq!(standing(), json!({"taken": true, "picture": size}));
    }
    for (absent, status, code) in [
        ("0".repeat(64), 404, "no_such_file"),
        ("x".to_owned(), 400, "bad_hash"),
        ("..%2f".to_owned(), 400, "bad_hash"),
    ] {
        for (method, path) in [("POST", "/api/v1/files"), ("GET", "/page/file")] {
            let answer = peer.ask(method, &format!("{path}/{absent}"), "");
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}/{absent}");
        }
    }
    let words = post(&peer, "?name=a.txt", "", "a").json()["hash"].as_str().expect("a hash").to_owned();
    let sent = peer.ask("GET", &format!("/page/file/{words}"), "").json();
    assert_eq!(sent, json!({"taken": true, "picture": null}));
}

#[test]
fn who_holds_the_token_names_no_file_of_the_machine() {
    let peer = Peer::start();
    let path = peer.dir.path().join("secret.txt");
    fs::write(&path, "secret").expect("it can be written");
    let sent = post(&peer, "?name=a.txt", "", "a").json();
    let mut socket = peer.socket("");
    let saved = peer.dir.path().join("saved.txt");
    for command in [
        format!("/send {}", path.display()),
        format!("/save {} {}", sent["hash"].as_str().expect("a hash"), saved.display()),
    ] {
        socket.send(&json!({"command": command}));
        let notice = socket.event_of("notice");
        assert!(notice["text"].as_str().is_some_and(|text| text.contains("at its terminal only")), "{notice}");
    }
    socket.send(&json!({"command": "/files"}));
    let listed = socket.event_of("notice");
    assert!(listed["text"].as_str().is_some_and(|text| text.contains("a.txt, text/plain, 1 B, from you")), "{listed}");
    assert_eq!(peer.bodies(""), ["sends a.txt, text/plain, 1 B"]);
    assert!(!saved.exists());
}

#[test]
fn a_file_that_is_taken_meanwhile_comes_all_the_same() {
    let peer = Peer::start();
    let stranger = Stranger::connect(peer.addr.parse().expect("an address"), 1).expect("it listens");
    let mut events = peer.socket("");
    for round in 0..40 {
        let bytes = format!("file of round {round}");
        let file = Some(Given { name: "a.txt", kind: "text/plain", bytes: bytes.as_bytes() });
        stranger.signs(&Signed { body: &bytes, nick: "ann", reply: None, file }).expect("it reads");
        let hash = events.event_of("offer")["file"]["hash"].as_str().expect("a hash").to_owned();
        let path = format!("/api/v1/files/{hash}");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let answer = peer.ask("GET", &path, "");
                        assert_eq!((answer.status, answer.body.as_str()), (200, bytes.as_str()));
                    }
                });
            }
            assert_eq!(peer.ask("POST", &path, "").status, 204);
        });
    }
}
