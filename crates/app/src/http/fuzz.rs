//! Queries, bodies and frames of the API against a second reading of each, and searches against the history read through.
//! Must not be part of the program. Bounds: the fuzzer's on its input.

use axum::http::Uri;
use serde_json::Value;
use whispernet_node::event::About;
use whispernet_node::handle;
use whispernet_node::store::{self, Rank, Reader, Row};

use super::messages::{Which, Words};
use super::parameters::Parameters;
use super::peers::Whom;
use super::socket::{self, Upward};
use crate::slash::{self, Line};

/// The history that searches look through; the second half of it is not in the index.
const BODIES: [&str; 16] = [
    "abc",
    "the quick brown fox",
    "x\"y\"z AND NOT OR NEAR(a b, 5)",
    "100% _under_ *star* ^caret^",
    "Gr\u{fc}\u{df}e aus K\u{f6}ln",
    "\u{130}stanbul \u{2126}",
    "a\0b\0c",
    "",
    "abcabcabc",
    "THE QUICK BROWN FOX",
    "\u{1f600}\u{1f601}\u{1f602}",
    "body:nick -rowid {col} + \"",
    "\u{39f}\u{3b4}\u{3c5}\u{3c3}\u{3c3}\u{3b5}\u{3cd}\u{3c2}",
    "line\nbreak\ttab",
    "'; DROP TABLE messages; --",
    "abc the end",
];

/// Checks what callers of the API send: the first byte chooses the call, the rest is its query, its body or its frame.
pub fn http_body(input: &[u8]) {
    let Some((&call, bytes)) = input.split_first() else { return };
    match call % 4 {
        0 => check_query(bytes),
        1 => check_words(bytes),
        2 => check_whom(bytes),
        _ => check_frame(bytes),
    }
}

fn check_query(bytes: &[u8]) {
    let Ok(uri) = Uri::try_from([b"/api/v1/messages?", bytes].concat()) else { return };
    let read = Which::read(&Parameters::of(&uri));
    let Ok(query) = read else { return };
    assert!((1..=500).contains(&query.limit), "a limit within its bounds");
    let value = |name: &str| {
        let pairs = uri.query().unwrap_or_default().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut values = pairs.filter(|(key, _)| unescape(key) == name).map(|(_, value)| unescape(value));
        let value = values.next();
        assert!(values.next().is_none(), "{name} stands there twice");
        value
    };
    let number = |name| value(name).map(|text| text.parse::<u64>().expect("a number was read"));
    assert_eq!((query.since, query.before), (number("since"), number("before")));
    assert_eq!(query.limit as u64, number("limit").unwrap_or(100));
    assert_eq!(query.search, value("search").filter(|text| !text.is_empty()));
    check_search(&query);
}

/// `application/x-www-form-urlencoded`: a plus is a space, what is no escape stays, bytes that are no UTF-8 are U+FFFD.
fn unescape(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let digits = after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let escaped = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        rest = if escaped.is_some() { &after[2..] } else { rest };
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

thread_local! {
    static HISTORY: Reader = history();
}

fn history() -> Reader {
    let dir =
        std::env::temp_dir().join(format!("whisper-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    let mut opened = store::open(&dir, 0, [7; 16]).expect("a new history");
    let row = |(place, body): (usize, &&str)| Row {
        seq: place as u64 + 1,
        fingerprint: place as u64 + 1,
        id: format!("id{place}"),
        addr: "127.0.0.1:5000".to_owned(),
        nick: if place % 3 == 0 { "Ann".to_owned() } else { "bo\"b".to_owned() },
        body: (*body).to_owned(),
        time: None,
        received: 0,
        own: false,
        replay: false,
        hello: place == 11,
        public: true,
        file: None,
        client: None,
        rank: Rank::WithFile,
        about: About::default(),
        raw: b"{}".to_vec(),
    };
    let rows: Vec<Row> = BODIES.iter().enumerate().map(row).collect();
    opened.writer.append(&rows).expect("rows are taken");
    opened.writer.index_some(BODIES.len() / 2).expect("rows are indexed");
    let reader = Reader::open(&opened.path).expect("the history can be read");
    // What is open stays readable; nothing is left behind.
    std::mem::forget(opened.writer);
    let _ = std::fs::remove_dir_all(&dir);
    reader
}

/// The rows found are those in which somebody who reads them all finds the text.
fn check_search(query: &handle::Query) {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    let found = HISTORY.with(|reader| reader.messages(query)).expect("any text can be searched for");
    let everything = handle::Query { since: Some(0), before: None, limit: 500, search: None };
    let all = HISTORY.with(|reader| reader.messages(&everything)).expect("the history can be read");
    assert_eq!(all.len(), BODIES.len() - 1);
    let needle = query.search.as_deref().map(lower);
    let mut expected: Vec<u64> = all
        .iter()
        .filter(|row| query.since.is_none_or(|since| row.seq > since) && query.before.is_none_or(|seq| row.seq < seq))
        .filter(|row| {
            needle.as_ref().is_none_or(|text| lower(&row.body).contains(text) || lower(&row.nick).contains(text))
        })
        .map(|row| row.seq)
        .collect();
    let excess = expected.len().saturating_sub(query.limit);
    if query.since.is_none() {
        expected.drain(..excess);
    } else {
        expected.truncate(query.limit);
    }
    assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), expected, "what is found of {query:?}");
}

/// A body read the slow way. `None` where it is no object, or names something twice.
fn object(bytes: &[u8]) -> Option<serde_json::Map<String, Value>> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// A member that is a text, or may be left out.
fn optional(members: &serde_json::Map<String, Value>, name: &str) -> Result<Option<String>, ()> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(()),
    }
}

fn check_words(bytes: &[u8]) {
    let words =
        |bytes| Words::read(bytes).map(|say| (say.body, say.client, say.reply)).map_err(|error| error.code.word());
    let read = words(bytes);
    let Some(members) = object(bytes) else {
        // An array of members in their order is what serde takes for a struct too.
        return;
    };
    let body = members.get("body").and_then(Value::as_str);
    let slow = match (body, optional(&members, "client"), optional(&members, "reply")) {
        (Some(body), Ok(client), Ok(reply)) => {
            let is_private = !members.get("to").unwrap_or(&Value::Null).is_null();
            if is_private { Err("not_supported") } else { Ok((body.to_owned(), client, reply)) }
        }
        _ => Err("bad_json"),
    };
    let once = serde_json::to_vec(&members).expect("it was read");
    assert_eq!(words(&once), slow);
    // A member that stands there twice is refused, and else both readings agree.
    assert!(read == slow || read == Err("bad_json"), "{read:?}, but {slow:?}");
}

fn check_whom(bytes: &[u8]) {
    let Some(members) = object(bytes) else { return };
    let names = ["addr", "who"].iter().filter_map(|name| members.get(*name));
    let names: Vec<&Value> = names.filter(|value| !value.is_null()).collect();
    let slow = match names.as_slice() {
        [Value::String(addr)] => Some(addr.clone()),
        _ => None,
    };
    let once = serde_json::to_vec(&members).expect("it was read");
    assert_eq!(Whom::read(&once).ok(), slow);
    let read = Whom::read(bytes).ok();
    assert!(read == slow || read.is_none());
}

fn check_frame(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let read = socket::read(text).ok();
    if let Some(Upward::Command { command }) = &read {
        check_command(command);
    }
    let Some(members) = object(bytes) else { return };
    let say = members.get("say").and_then(Value::as_str);
    let command = members.get("command").and_then(Value::as_str).filter(|command| command.starts_with('/'));
    let is_there = |name: &str| members.get(name).is_some_and(|value| !value.is_null());
    let tags = optional(&members, "client").and_then(|client| Ok((client, optional(&members, "reply")?)));
    let slow = match (say, tags, command) {
        _ if is_there("to") || (is_there("say") && is_there("command")) => None,
        (Some(say), Ok(tags), _) => Some((Some(say.to_owned()), tags, None)),
        (_, _, Some(command)) => Some((None, (None, None), Some(command.to_owned()))),
        _ => None,
    };
    let parts = |upward| match upward {
        Upward::Say { say, client, reply } => (Some(say), (client, reply), None),
        Upward::Command { command } => (None, (None, None), Some(command)),
    };
    let once = serde_json::to_string(&members).expect("it was read");
    assert_eq!(socket::read(&once).ok().map(parts), slow);
}

/// A line that begins with one slash is said as it stands by none but `/me`; what is wrong with another is told in a few words.
fn check_command(line: &str) {
    match slash::parse(line) {
        Ok(Line::Say(text)) => assert!(line.strip_prefix('/') == Some(&*text) || text.starts_with("/me "), "{text}"),
        Ok(Line::Call(_)) => assert!(!line.starts_with("//")),
        Err(error) => assert!(error.to_string().chars().count() < 150, "{error}"),
    }
}
