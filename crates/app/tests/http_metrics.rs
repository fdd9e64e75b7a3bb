//! What `/metrics` tells of a real peer, read as strictly as the format is written.

mod http_support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};

use http_support::{Peer, connect};
use serde_json::json;

/// Samples by name and labels as they stand in the text, and the kind of each family.
struct Metrics {
    samples: BTreeMap<String, u64>,
    kinds: BTreeMap<String, String>,
}

impl Metrics {
    fn of(peer: &Peer) -> Self {
        let answer = peer.ask("GET", "/metrics", "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", answer.head);
        Self::read(&answer.body)
    }

    /// Each family has its help, then its type, then its samples, once, and nothing else stands there.
    fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let (mut samples, mut kinds) = (BTreeMap::new(), BTreeMap::new());
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let (family, help) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')).expect(line);
            assert!(is_name(family) && help.ends_with('.'), "{line}");
            let line = lines.next().expect("a type comes after the help");
            let kind = line.strip_prefix(&format!("# TYPE {family} ")).expect(line);
            assert!(matches!((kind, family.ends_with("_total")), ("counter", true) | ("gauge", false)), "{line}");
            assert!(kinds.insert(family.to_owned(), kind.to_owned()).is_none(), "{family} stands there twice");
            while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
                let (name, value) = line.rsplit_once(' ').expect(line);
                assert_eq!(labels(name), family, "{line}");
                let value = value.parse().expect("a whole number");
                assert!(samples.insert(name.to_owned(), value).is_none(), "{line} stands there twice");
            }
        }
        Self { samples, kinds }
    }

    fn get(&self, name: &str) -> u64 {
        *self.samples.get(name).unwrap_or_else(|| panic!("no {name} in {:#?}", self.samples.keys()))
    }

    /// What the label `what` holds in the samples of a family.
    fn things(&self, family: &str) -> BTreeSet<&str> {
        let prefix = format!("{family}{{what=");
        self.samples.keys().filter_map(|name| name.strip_prefix(&prefix)).collect()
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with("whispernet_") && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The name of a sample, whose labels are as they should be.
fn labels(sample: &str) -> &str {
    let Some((name, rest)) = sample.split_once('{') else { return sample };
    let mut rest = rest.strip_suffix('}').expect(sample);
    loop {
        let (label, value) = rest.split_once("=\"").expect(sample);
        assert!(label.bytes().all(|byte| byte.is_ascii_lowercase()), "{sample}");
        let mut escaped = false;
        let end = value.find(|c| {
            let is_end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            is_end
        });
        match value.split_at(end.expect(sample)).1.split_at(1).1 {
            "" => return name,
            more => rest = more.strip_prefix(',').expect(sample),
        }
    }
}

/// Asks until it holds.
fn wait_for(peer: &Peer, what: &str, holds: impl Fn(&Metrics) -> bool) -> Metrics {
    http_support::wait_for(what, || Some(Metrics::of(peer)).filter(&holds))
}

#[test]
fn every_counter_of_the_status_is_there_by_its_reason() {
    let peer = Peer::start();
    let status = peer.ask("GET", "/api/v1/status", "").json();
    let metrics = Metrics::of(&peer);
    let gauges = ["log_bytes", "log_uncommitted_bytes", "seen_ids", "says_pending"];
    for name in status["counters"].as_object().expect("there are some").keys() {
        let (family, reason) = name.split_once('_').unwrap_or((name, ""));
        let by_reason = format!("whispernet_{family}_total{{reason=\"{reason}\"}}");
        let alone = format!("whispernet_{name}_total");
        let found = metrics.samples.keys().any(|sample| {
            *sample == by_reason
                || *sample == alone
                || sample.starts_with("whispernet_addr_refused_total{") && name.starts_with("addr_")
                || sample.starts_with("whispernet_files_removed_total{") && name.starts_with("files_removed_")
        });
        assert!(found || gauges.contains(&name.as_str()), "{name}");
    }
    for reason in ["closed", "malformed", "flood", "slow", "memory", "crowded", "user", "blocked", "lag"] {
        metrics.get(&format!("whispernet_closed_total{{reason=\"{reason}\"}}"));
    }
    assert!(metrics.kinds.len() > 20, "{:?}", metrics.kinds);
}

#[test]
fn every_code_of_a_refusal_is_there() {
    let peer = Peer::start();
    let metrics = Metrics::of(&peer);
    let description = peer.ask("GET", "/openapi.json", "").json();
    let codes = description["components"]["schemas"]["Code"]["enum"].as_array().expect("there are some");
    assert!(codes.len() > 40, "{codes:?}");
    for code in codes {
        metrics.get(&format!("whispernet_http_refused_total{{code={code}}}"));
    }
}

#[test]
fn what_is_bounded_is_told_with_its_bound() {
    let peer = Peer::start();
    peer.say("hi");
    let _socket = peer.socket("");
    let metrics = Metrics::of(&peer);
    for (size, bound) in
        [("whispernet_held", "whispernet_held_max"), ("whispernet_held_bytes", "whispernet_held_bytes_max")]
    {
        assert_eq!(metrics.things(size), metrics.things(bound));
    }
    for (what, is, most) in [
        ("incoming links", 0, 256),
        ("outgoing links", 0, 256),
        ("seen IDs", 1, 1_000_000),
        ("blocked addresses", 0, 4_096),
        ("connections of the web", 2, 64),
        ("sessions of browsers", 0, 64),
        ("launch codes that wait", 0, 64),
    ] {
        let of = |family: &str| metrics.get(&format!("{family}{{what=\"{what}\"}}"));
        let held = of("whispernet_held");
        assert!(held >= is && of("whispernet_held_max") == most, "{held} {what}");
    }
    for (what, most) in [
        ("bytes of the log in memory", 64 << 20),
        ("bytes of the log that are not on disk yet", 16 << 20),
        ("bytes of unfinished objects", 64 << 20),
        ("bytes that wait for a check", 64 << 20),
        ("bytes of the history on disk", 1 << 30),
        ("bytes of files on disk", 256 << 20),
    ] {
        assert_eq!(metrics.get(&format!("whispernet_held_bytes_max{{what=\"{what}\"}}")), most, "{what}");
    }
    assert!(metrics.get("whispernet_held_bytes{what=\"bytes of the log in memory\"}") > 0);
    assert!(metrics.get("whispernet_held_bytes{what=\"bytes of the history on disk\"}") > 0);
}

#[test]
fn each_reader_of_the_log_tells_its_lag() {
    let (peer, other) = (Peer::start(), Peer::start());
    peer.ask("POST", "/api/v1/peers", &json!({"addr": other.addr}).to_string());
    let mut socket = peer.socket("");
    let link = format!("whispernet_cursor_lag_messages{{reader=\"link\",of=\"{}\"}}", other.addr);
    let store = "whispernet_cursor_lag_messages{reader=\"store\",of=\"\"}";
    wait_for(&peer, "a link", |metrics| metrics.samples.contains_key(&link));
    peer.say("hi");
    // After greetings.
    while socket.event_of("message")["body"] != "hi" {}
    let is_socket = |name: &&String| name.starts_with("whispernet_cursor_lag_messages{reader=\"websocket\",");
    let metrics = wait_for(&peer, "nobody lags", |metrics| metrics.get(&link) == 0 && metrics.get(store) == 0);
    assert_eq!(metrics.samples.keys().filter(is_socket).count(), 1, "{:#?}", metrics.samples);
    drop(socket);
    wait_for(&peer, "it is gone", |metrics| !metrics.samples.keys().any(|name| is_socket(&name)));
}

#[test]
fn a_socket_that_takes_nothing_lags() {
    let peer = Peer::start();
    let _stalled = peer.socket("");
    let body = json!({"body": "x".repeat(16 * 1024)}).to_string();
    let lag = |metrics: &Metrics| {
        let name = |name: &&String| name.starts_with("whispernet_cursor_lag_messages{reader=\"websocket\",");
        metrics.samples.keys().find(name).map(|name| metrics.get(name))
    };
    // More than the buffers of a connection hold, and no more than it takes: it is cut after a while.
    let lags = (0..2_000).any(|said| {
        assert_eq!(peer.ask("POST", "/api/v1/messages", &body).status, 201);
        said % 10 == 0 && lag(&Metrics::of(&peer)).is_some_and(|lag| lag > 20)
    });
    assert!(lags);
    let name = "whispernet_http_closed_total{reason=\"slow_reader\"}";
    let metrics = wait_for(&peer, "it is cut", |metrics| metrics.get(name) == 1);
    assert_eq!(lag(&metrics), None, "and its cursor is gone");
}

#[test]
fn drops_and_closes_of_links_are_counted() {
    let peer = Peer::start();
    let send = |text: &str| connect(peer.addr.parse().expect("an address")).write_all(text.as_bytes());
    send(r#"{"ID":"1","Addr":"127.0.0.1:9","Body":""}"#).expect("it reads");
    send("no JSON").expect("it reads");
    let dropped = "whispernet_dropped_total{reason=\"no_body\"}";
    let malformed = "whispernet_closed_total{reason=\"malformed\"}";
    let ended = "whispernet_closed_total{reason=\"closed\"}";
    wait_for(&peer, "a drop and two closes", |metrics| {
        [dropped, malformed, ended].iter().all(|name| metrics.get(name) == 1)
    });
    assert_eq!(peer.ask("POST", "/api/v1/blocks", r#"{"who":"127.0.0.1"}"#).status, 202);
    let _refused = connect(peer.addr.parse().expect("an address"));
    wait_for(&peer, "a refusal", |metrics| metrics.get("whispernet_closed_total{reason=\"blocked\"}") == 1);
}

#[test]
fn unfinished_objects_are_told() {
    let peer = Peer::start();
    let mut link = connect(peer.addr.parse().expect("an address"));
    link.write_all(format!(r#"{{"ID":"1","Body":"{}"#, "x".repeat(10_000)).as_bytes()).expect("it reads");
    let name = "whispernet_held_bytes{what=\"bytes of unfinished objects\"}";
    wait_for(&peer, "it is unfinished", |metrics| metrics.get(name) > 10_000);
    drop(link);
    wait_for(&peer, "it is gone", |metrics| metrics.get(name) == 0);
}

#[test]
fn refusals_of_the_web_are_counted() {
    let peer = Peer::start();
    let host = format!("Host: {}\r\n", peer.http);
    let bearer = format!("Authorization: Bearer {}\r\n", peer.token);
    let ask = |headers: &str| peer.ask_raw("GET", "/api/v1/status", headers, "").status;
    assert_eq!(ask(&format!("Host: evil.example\r\n{bearer}")), 421);
    assert_eq!(ask(&format!("{host}{bearer}Origin: http://evil.example\r\n")), 403);
    assert_eq!(ask(&host), 401);
    let long = json!({"body": "x".repeat(300 * 1024)}).to_string();
    assert_eq!(peer.ask("POST", "/api/v1/messages", &long).status, 413);
    assert_eq!(peer.ask("GET", "/api/v1/nothing", "").status, 404);
    assert_eq!(peer.ask_raw("GET", "/?launch=nonsense", &host, "").status, 403);
    let form = format!("{host}Content-Type: application/x-www-form-urlencoded\r\n");
    let tries = (0..11).map(|_| peer.ask_raw("POST", "/login", &form, "token=nonsense").status);
    let mut answers: Vec<u16> = tries.collect();
    answers.dedup();
    assert_eq!(answers, [403, 429]);
    let mut nonsense = connect(peer.http);
    nonsense.write_all(b"nonsense\r\n\r\n").expect("it reads");
    let _ = nonsense.read_to_end(&mut Vec::new());
    let mut socket = peer.socket("");
    socket.send_text(&" ".repeat(256 * 1024 + 1));
    assert!(socket.next().is_err());
    let expected = [
        ("http_refused_total{code=\"wrong_host\"}", 1),
        ("http_refused_total{code=\"wrong_origin\"}", 1),
        ("http_refused_total{code=\"no_token\"}", 1),
        ("http_refused_total{code=\"too_long\"}", 1),
        ("http_refused_total{code=\"no_such_call\"}", 1),
        ("http_refused_total{code=\"busy\"}", 0),
        ("http_denied_total{reason=\"stale_launch\"}", 1),
        ("http_closed_total{reason=\"not_http\"}", 1),
        ("http_closed_total{reason=\"long_frame\"}", 1),
    ];
    let counts =
        |metrics: &Metrics| expected.iter().all(|(name, count)| metrics.get(&format!("whispernet_{name}")) == *count);
    let metrics = wait_for(&peer, "all are counted", counts);
    let denied = |reason: &str| metrics.get(&format!("whispernet_http_denied_total{{reason=\"{reason}\"}}"));
    assert_eq!(denied("wrong_token") + denied("too_many_tries"), 11);
    assert!(denied("too_many_tries") > 0);
}

#[test]
fn seats_that_are_given_away_are_counted() {
    let peer = Peer::start();
    let _silent: Vec<_> = (0..70).map(|_| connect(peer.http)).collect();
    let metrics = wait_for(&peer, "six and more gave way", |metrics| {
        metrics.get("whispernet_http_closed_total{reason=\"evicted\"}") >= 6
    });
    assert_eq!(metrics.get("whispernet_held{what=\"connections of the web\"}"), 64);
}
