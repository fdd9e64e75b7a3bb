//! The API's description of itself, against a real peer.

mod http_support;

use std::collections::BTreeSet;
use std::path::Path;

use http_support::Peer;
use serde_json::Value;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The path with something in the place of each parameter.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn what_is_described_is_served_and_what_is_not_is_refused() {
    let peer = Peer::start();
    let answer = peer.ask("GET", "/openapi.json", "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    let description = answer.json();
    for (path, item) in description["paths"].as_object().expect("there are some") {
        for method in METHODS {
            let answer = peer.ask(method, &filled(path), "");
            let described = &item[method.to_lowercase()];
            if described.is_null() {
                assert_eq!((answer.status, answer.code().as_str()), (405, "wrong_method"), "{method} {path}");
                assert!(answer.head.contains("\r\nallow: "), "{}", answer.head);
                assert!(!answer.head.contains(&format!("allow: {}", method.to_lowercase())), "{}", answer.head);
                continue;
            }
            assert!(
                described["responses"][answer.status.to_string()].is_object(),
                "{} of {method} {path}",
                answer.status
            );
            assert_ne!(answer.json_or_null()["error"]["code"], "no_such_call", "{method} {path}");
        }
    }
}

#[test]
fn it_is_for_who_has_the_token() {
    let peer = Peer::start();
    let answer = peer.ask_raw("GET", "/openapi.json", &format!("Host: {}\r\n", peer.http), "");
    assert_eq!((answer.status, answer.code().as_str()), (401, "no_token"));
    assert!(answer.head.contains("\r\nwww-authenticate: bearer"), "{}", answer.head);
    assert_eq!(
        peer.ask("GET", "/openapi.json", "").json()["security"],
        Value::from(vec![serde_json::json!({"token": []})])
    );
}

/// The calls that the table in docs/api.md lists, in the form of the description.
fn listed(docs: &str) -> BTreeSet<String> {
    let table = docs.split_once("\n## Calls\n").expect("a list of calls").1.split_once("\n## ").expect("it ends").0;
    let calls = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(['`', '?']).next());
    let places = [("/SEQ", "/{seq}"), ("/HASH", "/{hash}"), ("/HOST:PORT", "/{addr}"), ("/WHO", "/{who}")];
    let named = |call: &str| places.iter().fold(call.to_owned(), |call, (place, name)| call.replace(place, name));
    calls.map(named).collect()
}

#[test]
fn the_docs_list_every_call_and_every_event() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    let docs = std::fs::read_to_string(docs).expect("it is there");
    let description = Peer::start().ask("GET", "/openapi.json", "").json();
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().expect("there are some") {
        described.extend(
            item.as_object().expect("methods").keys().map(|method| format!("{} {path}", method.to_uppercase())),
        );
    }
    // The text before the table tells of it.
    assert!(docs.contains("`GET /openapi.json`") && described.remove("GET /openapi.json"));
    assert_eq!(listed(&docs), described);

    let events = docs.split_once("\n## Events\n").expect("a list of events").1.split_once("\n## ").expect("it ends").0;
    let variants = description["components"]["schemas"]["Event"]["oneOf"].as_array().expect("there are some");
    assert!(variants.len() > 10, "{variants:?}");
    for variant in variants {
        let members = variant["allOf"].as_array().map_or(variant, |parts| &parts[1]);
        let tag = members["properties"]["event"]["enum"][0].as_str().expect("a tag");
        assert!(events.contains(&format!("`{tag}`")) || events.contains(&format!("\"event\":\"{tag}\"")), "{tag}");
    }
}
