//! What strangers write is text on the page and nothing else: each payload as Body, nick, Addr, file type and search.

mod http_support;
mod xss_corpus;

use std::collections::BTreeSet;
use std::io::Write as _;

use http_support::browser::{Browser, Page, escape};
use http_support::{Peer, connect};
use serde_json::json;
use xss_corpus::payloads;

/// Longest nick that is taken, in characters.
const NICK_CHARS_MAX: usize = 32;

/// Fails where a page holds anything that the templates do not write.
#[track_caller]
fn check(html: &str, shape: &BTreeSet<String>, what: &str) {
    let page = Page::of(html);
    let strange: Vec<_> = page.shape().difference(shape).cloned().collect();
    assert_eq!(strange, Vec::<String>::new(), "{what}");
    for name in page.shape() {
        let attribute = name.split_once(' ').map_or("", |(_, attribute)| attribute);
        assert!(!attribute.starts_with("on") && attribute != "style" && attribute != "srcdoc", "{name}: {what}");
    }
    let scripts: Vec<_> = page.tags("script").map(|tag| (tag.get("type"), tag.get("src").is_some())).collect();
    assert_eq!(scripts, [(Some("module"), true)], "{what}");
    assert_eq!(page.tags("iframe").count() + page.tags("style").count(), 0, "{what}");
    for place in page.places() {
        let fits = ["/", "#", "http://", "https://"].iter().any(|head| place.to_ascii_lowercase().starts_with(head));
        assert!(fits && !place.starts_with("//"), "{place}: {what}");
    }
}

/// All that pages of a peer hold while nobody means ill.
fn usual_shape(browser: &Browser<'_>) -> BTreeSet<String> {
    let pages = ["/", "/?search=http", "/?search=nowhere", "/?before=60", "/?reply=1"];
    pages.iter().flat_map(|path| browser.page(path).shape()).collect()
}

#[test]
fn payloads_are_text() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    let mut link = connect(peer.addr.parse().expect("an address"));
    let mut send = |id: String, body: &str, nick: &str, addr: &str, kind: &str| {
        let mut object = json!({"ID": id, "Addr": addr, "Nick": nick, "Body": body});
        if !kind.is_empty() {
            object["FileType"] = json!(kind);
            object["FileContents"] = json!("R0lGODlhAQABAAAAACw=");
        }
        link.write_all(object.to_string().as_bytes()).expect("it reads");
    };
    let mut events = peer.socket("");
    for number in 0..60 {
        let kind = if number % 2 == 0 { "image/gif" } else { "" };
        send(format!("usual-{number}"), "see http://example.com", "ann", "127.0.0.1:9", kind);
    }
    send("usual-action".to_owned(), "/me waves", "ann", "127.0.0.1:9", "");
    // Told as soon as it is there; on disk, where pages are read from, a little later.
    let mut wait_for = |id: &str| {
        let seq = std::iter::repeat_with(|| events.event_of("message")).find(|message| message["id"] == id);
        let seq = seq.expect("it goes on").get("seq").and_then(serde_json::Value::as_u64).expect("a seq");
        while peer.ask("GET", "/api/v1/status", "").json()["durable"].as_u64() < Some(seq) {}
    };
    wait_for("usual-action");
    peer.ask("POST", "/api/v1/blocks", r#"{"who":"127.0.0.9"}"#);
    let shape = usual_shape(&browser);

    let payloads = payloads();
    for (number, payload) in payloads.iter().enumerate() {
        let nick: String = payload.chars().take(NICK_CHARS_MAX).collect();
        for (place, [body, nick, addr, kind]) in [
            [payload, "ann", "127.0.0.1:9", ""],
            ["hi", &nick, "127.0.0.1:9", ""],
            ["hi", "", payload, ""],
            ["hi", "ann", "127.0.0.1:9", payload],
        ]
        .into_iter()
        .enumerate()
        {
            send(format!("xss-{number}-{place}"), body, nick, addr, kind);
        }
    }
    wait_for(&format!("xss-{}-3", payloads.len() - 1));
    let mut path = "/".to_owned();
    let mut seen = 0;
    loop {
        let html = browser.get(&path).body;
        check(&html, &shape, &path);
        let page = Page::of(&html);
        seen += page.seqs().len();
        let Some(older) = page.tags("a").filter_map(|tag| tag.get("href")).find(|href| href.starts_with("/?before="))
        else {
            break;
        };
        path = older.to_owned();
    }
    assert_eq!(seen, 61 + 4 * payloads.len(), "every message was looked at");
}

#[test]
fn payloads_that_are_asked_for_are_text() {
    let peer = Peer::start();
    let browser = Browser::launched(&peer);
    let mut shape = usual_shape(&browser);
    for path in ["/say", "/connect"] {
        let answer = browser.send(path, &[("body", "/nonsense\nx"), ("addr", "x")]);
        shape.extend(Page::of(&answer.body).shape());
    }
    let told = browser.send("/say", &[("body", "/blocks")]);
    assert_eq!(told.status, 303);
    shape.extend(browser.page("/").shape());
    let token = browser.form_token();
    for payload in payloads() {
        let search = browser.get(&format!("/?search={}", escape(payload)));
        assert_eq!(search.status, 200, "{payload}");
        check(&search.body, &shape, payload);
        assert!(Page::of(&search.body).tags("input").any(|tag| tag.get("name") == Some("search")), "{payload}");
        for (path, field) in [("/say", "body"), ("/connect", "addr"), ("/block", "who"), ("/disconnect", "addr")] {
            // What begins with two slashes is no command: it is said.
            let name = if payload.starts_with('/') { "x" } else { "" };
            let value = if path == "/say" { format!("/{name}{payload}") } else { payload.to_owned() };
            let answer = browser.send_with(&token, path, &[(field, &value)]);
            assert!(answer.status >= 400, "{path} {payload}: {}", answer.status);
            check(&answer.body, &shape, payload);
        }
    }
}
