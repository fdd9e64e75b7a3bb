//! The API's description of itself, against a real peer.

mod http_support;

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
    assert_eq!(
        peer.ask("GET", "/openapi.json", "").json()["security"],
        Value::from(vec![serde_json::json!({"token": []})])
    );
}
