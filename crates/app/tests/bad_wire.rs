//! Bad input from links and datagrams, against the real process: what came before is delivered, the rule is named.

mod support;

use std::net::UdpSocket;
use std::time::Duration;

use serde_json::{Value, json};
use support::{DeadAddr, PATIENCE, Peer};
use whispernet_lab::raw::{RawListener, RawSender};

/// Between two looks at what has no event.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);
/// Most such looks.
const LOOKS_MAX: usize = 1_000;
const DEPTH_MAX: usize = 32;
const OBJECT_BYTES_MAX: usize = 128 * 1024;
const FILE_BYTES_MAX: usize = 6 * 1024 * 1024;

fn message(id: &str, body: &str) -> Value {
    json!({"ID": id, "Addr": "somewhere", "Body": body})
}

#[test]
fn malformed_bytes_end_their_link_and_nothing_else() {
    let peer = Peer::start("ann", &["--json"]);
    let bystander = RawSender::connect(&peer.addr).expect("it listens");
    bystander.send_bytes(br#"{"ID":"half","Addr":"#).expect("it reads");
    let deep = format!("{{\"x\":{}", "[".repeat(DEPTH_MAX));
    let many = (0..65).map(|key| format!("\"{key}\":0")).collect::<Vec<_>>().join(",");
    let long = format!("{{\"x\":\"{}", "x".repeat(OBJECT_BYTES_MAX));
    let file = format!("{{\"FileContents\":\"{}", "A".repeat(FILE_BYTES_MAX + 1));
    let rows: &[(&[u8], &str, usize)] = &[
        (b"hello", "not an object", 0),
        (b"[{}]", "not an object", 0),
        (b"\"text\"", "not an object", 0),
        (b"null", "not an object", 0),
        (b"-1", "not an object", 0),
        (b"}", "not an object", 0),
        (b"\0", "not an object", 0),
        (b"\xef\xbb\xbf{}", "not an object", 0),
        (b"GET / HTTP/1.1\r\n\r\n", "not an object", 0),
        (b"{]", "not JSON", 1),
        (b"{\"x\":[}", "not JSON", 6),
        (b"{\"x\":1,}", "not JSON", 7),
        (b"{\"x\":01}", "not JSON", 6),
        (b"{\"x\":nul}", "not JSON", 8),
        (b"{\"x\":\"\\x\"}", "not JSON", 7),
        (b"{'x':1}", "not JSON", 1),
        (b"{\"x\":\xff}", "not JSON", 5),
        (b"{\"x\" \x01:1}", "not JSON", 5),
        (b"{\"Body\":\"a\x01\"}", "control byte in a string", 10),
        (b"{\"Body\":\"a\nb\"}", "control byte in a string", 10),
        (b"{\"x\x1f\":1}", "control byte in a string", 3),
        (b"{\"ID\":5}", "wrong type for ID", 6),
        (b"{\"Addr\":{}}", "wrong type for Addr", 8),
        (b"{\"body\":[\"x\"]}", "wrong type for Body", 8),
        (b"{\"Nick\":true}", "wrong type for Nick", 8),
        (b"{\"Timestamp\":\"1\"}", "wrong type for Timestamp", 13),
        (b"{\"Timestamp\":1.5}", "wrong type for Timestamp", 14),
        (b"{\"Timestamp\":9223372036854775808}", "wrong type for Timestamp", 13),
        (b"{\"ID\":\"a\",\"ID\":\"b\"}", "ID twice", 10),
        (b"{\"ID\":\"a\",\"\\u0069d\":\"b\"}", "ID twice", 10),
        (b"{\"Nick\":\"a\",\"Nic\xe2\x84\xaa\":\"b\"}", "Nick twice", 12),
        (deep.as_bytes(), "nested deeper than 32", 5 + DEPTH_MAX - 1),
        (&[b"{", many.as_bytes(), b"}"].concat(), "more than 64 keys", 1 + 10 * 6 + 54 * 7),
        (long.as_bytes(), "object over 131072 bytes", OBJECT_BYTES_MAX),
        (file.as_bytes(), "FileContents over 6291456 bytes", 17 + FILE_BYTES_MAX),
    ];
    for (number, (bytes, rule, byte)) in rows.iter().enumerate() {
        let name = format!("row {number}: {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        let before = message(&format!("before {number}"), &name).to_string();
        // Counted from the start of the link.
        let space = " \r\n\t".repeat(number);
        let after = message(&format!("after {number}"), "after").to_string();
        let link = RawSender::connect(&peer.addr).expect("it listens");
        // The peer may close before it has read all.
        let _ = link.send_bytes(&[before.as_bytes(), space.as_bytes(), bytes, after.as_bytes()].concat());
        let byte = before.len() + space.len() + byte;
        let mut earlier = number;
        let told = peer.out.find(&name, |line| {
            let told: Value = serde_json::from_str(line).expect("an event");
            let is_next = told["why"] == "malformed" && earlier.checked_sub(1).map(|left| earlier = left).is_none();
            is_next.then_some(told)
        });
        assert_eq!((&told["rule"], &told["byte"]), (&json!(rule), &json!(byte)), "{name}");
        assert_eq!((&told["link"], &told["state"]), (&json!("in"), &json!("disconnected")), "{name}");
        assert!(link.closed_within(PATIENCE), "{name}");
        peer.out.wait_event(&json!({"event": "message", "id": format!("before {number}"), "body": name}));
    }
    assert_eq!(peer.counter("closed_malformed"), rows.len() as u64);
    bystander.send_bytes(br#""somewhere","Body":"half and half"}"#).expect("it reads");
    peer.out.wait_event(&json!({"event": "message", "body": "half and half"}));
    assert!(!peer.out.texts_of("message", "body").contains(&"after".to_owned()));
    assert_eq!(peer.out.texts_of("peer", "why").len(), rows.len(), "one event each");
}

#[test]
fn what_old_peers_would_choke_on_is_dropped_and_its_link_stays() {
    let peer = Peer::start("ann", &["--json"]);
    let listener = RawListener::bind().expect("a port");
    let link = RawSender::connect(&peer.addr).expect("it listens");
    let send = |text: &str| link.send_bytes(text.as_bytes()).expect("the link stays");
    let addr = listener.addr().to_string();
    send(&json!({"ID": "0", "Addr": addr, "Body": "first"}).to_string());
    assert!(listener.wait_body("first", PATIENCE) || listener.wait_body("/me joined", PATIENCE));
    let long = |bytes: usize| "x".repeat(bytes);
    let hashed = "hash:sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let rows = [
        ("dropped_no_body", json!({"ID": "1", "Addr": addr})),
        ("dropped_no_body", json!({"ID": "2", "Addr": addr, "Body": ""})),
        ("dropped_no_body", json!({"ID": "3", "Addr": addr, "Body": null})),
        ("dropped_no_id", json!({"Addr": addr, "Body": "b"})),
        ("dropped_no_id", json!({"ID": "", "Addr": addr, "Body": "b"})),
        ("dropped_no_id", json!({})),
        ("dropped_long_body", json!({"ID": "4", "Addr": addr, "Body": long(16 * 1024 + 1)})),
        ("dropped_long_id", json!({"ID": long(513), "Addr": addr, "Body": "b"})),
        ("dropped_long_nick", json!({"ID": "5", "Addr": addr, "Body": "b", "Nick": long(33)})),
        ("dropped_long_nick", json!({"ID": "6", "Addr": addr, "Body": "b", "omitempty": long(33)})),
        ("dropped_bad_hash", json!({"ID": hashed, "Addr": addr, "Body": "b"})),
    ];
    for (counter, object) in &rows {
        let before = peer.counter(counter);
        send(&object.to_string());
        let id = format!("after {object}").chars().take(100).collect::<String>();
        send(&json!({"ID": id, "Addr": addr, "Body": "between"}).to_string());
        peer.out.wait_event(&json!({"event": "message", "id": id}));
        assert_eq!(peer.counter(counter), before + 1, "{object}");
    }
    // A bad copy suppresses no good one.
    for id in ["1", "2", "3", "4", "5", "6"] {
        send(&json!({"ID": id, "Addr": addr, "Body": "good"}).to_string());
        peer.out.wait_event(&json!({"event": "message", "id": id, "body": "good"}));
    }
    // SHA-256 of Addr, Body and Timestamp.
    let (id, body) = ("hash:sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "bc");
    send(&json!({"ID": id, "Addr": "a", "Body": "cb"}).to_string());
    send(&json!({"ID": id, "Addr": "a", "Body": body}).to_string());
    peer.out.wait_event(&json!({"event": "message", "id": id, "body": body}));
    // What is as long as may be passes.
    send(&json!({"ID": long(512), "Addr": addr, "Body": long(16 * 1024), "Nick": "e\u{301}".repeat(32)}).to_string());
    peer.out.wait_event(&json!({"event": "message", "id": long(512)}));
    assert_eq!(peer.out.texts_of("peer", "why"), [""; 0], "every link stays");
    assert!(!link.closed_within(Duration::from_millis(1)));
}

#[test]
fn unknown_keys_are_relayed_to_the_letter() {
    let peer = Peer::start("ann", &[]);
    let listener = RawListener::bind().expect("a port");
    let far = RawListener::bind().expect("a port");
    let link = RawSender::connect(&peer.addr).expect("it listens");
    for (id, addr) in [("0", listener.addr()), ("1", far.addr())] {
        link.send_object(id, &addr.to_string(), "here").expect("it reads");
    }
    assert!(listener.wait_accepted(|links| links > 0, PATIENCE) && far.wait_accepted(|links| links > 0, PATIENCE));
    for (number, text) in [
        r#"{ "x" : {"y":[1, 2e5,-0.0,{"ID":7,"id":[]}], "":null} ,"ID":"ID 0","Addr":"nowhere","Body":"body"}"#,
        "{\"ID\":\"ID 1\",\t\"X\":\"\\ud83d\\ude00 \\/ \\u2028 \u{2028} <>&\",\r\n\"Body\":\"\\u0041\",\"Addr\":\"nowhere\"}",
        r#"{"Body":"b","ID":"ID 2","Addr":"nowhere","Bodies":1,"ID ":{},"Timestamp":null,"Nick":null,"FileType":null}"#,
        r#"{"iD":"ID 3","ADDR":"nowhere","bODY":"b","Tags":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"#,
        r#"{"ID":"ID 4","Addr":"nowhere","Body":"b","Timestamp":-9223372036854775808}"#,
    ]
    .into_iter()
    .enumerate()
    {
        link.send_bytes(text.as_bytes()).expect("the link stays");
        for listener in [&listener, &far] {
            assert!(listener.wait_for(|objects| objects.iter().any(|object| object.text == text), PATIENCE), "{number}");
        }
    }
    // The one repair: what is no character.
    link.send_bytes(b"{\"ID\":\"r\",\"Addr\":\"nowhere\",\"Body\":\"a\xff\\ud800b\"}").expect("the link stays");
    assert!(listener.wait_body("a\u{fffd}\u{fffd}b", PATIENCE));
    assert_eq!(listener.refused(), [""; 0]);
    peer.out.wait("nowhere: a\u{fffd}\u{fffd}b");
}

#[test]
fn an_addr_that_may_not_be_dialled_is_shown_all_the_same() {
    let peer = Peer::start("ann", &["--json"]);
    let dead = DeadAddr::new();
    let link = RawSender::connect(&peer.addr).expect("it listens");
    let rows = [
        ("127.0.0.1:80", 1),
        ("127.0.0.1:6379", 1),
        ("224.0.0.1:55555", 1),
        ("255.255.255.255:55555", 1),
        ("0.0.0.0:55555", 1),
        ("10.0.0.7:55555", 1),
        ("192.0.2.1:55555", 1),
        ("[ff02::1]:55555", 1),
        ("", 0),
        ("nowhere", 0),
        ("localhost:55555", 0),
        ("127.0.0.1:0", 0),
        ("127.0.0.1:99999", 0),
        ("127.0.0.1", 0),
        (&peer.addr, 0),
        ("\u{1b}]0;x\u{7}", 0),
    ];
    let mut undiallable = 0;
    for (number, (addr, count)) in rows.iter().enumerate() {
        link.send_object(&number.to_string(), addr, "shown").expect("the link stays");
        peer.out.wait_event(&json!({"event": "message", "id": number.to_string(), "addr": addr, "body": "shown"}));
        undiallable += count;
        assert_eq!(peer.counter("addr_undiallable"), undiallable, "{addr}");
    }
    link.send_object("dead", &dead.addr, "shown").expect("the link stays");
    peer.out.wait_event(&json!({"event": "message", "id": "dead"}));
    let out = |line: &String| line.contains(r#""link":"out""#);
    assert!(!peer.out.all().iter().any(out), "nothing is dialled: {:#?}", peer.out.all());
}

#[test]
fn bad_datagrams_are_ignored_and_counted() {
    let probe = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = probe.local_addr().expect("it is bound").port();
    drop(probe);
    let listener = RawListener::bind().expect("a port");
    let mut peer = Peer::start("ann", &["--json", "--discovery", &port.to_string()]);
    // No event tells that it hears its neighbours.
    let heard = |peer: &Peer| peer.proc_file("net/udp").contains(&format!(":{port:04X} "));
    let looks = (0..LOOKS_MAX).take_while(|_| !heard(&peer) && peer.ended_within(LOOK_INTERVAL).is_none());
    assert!(looks.count() < LOOKS_MAX);
    let neighbour = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let send = |bytes: &[u8]| {
        neighbour.send_to(bytes, ("127.0.0.1", port)).expect("it is sent");
    };
    let named = listener.addr().to_string();
    let long = format!("{named}{}", " ".repeat(100));
    let bad: [&[u8]; 9] = [
        b"",
        b"hello",
        b"127.0.0.1",
        b"127.0.0.1:0",
        b"localhost:55555",
        b"{\"Addr\":\"127.0.0.1:55555\"}",
        b"\xff\xfe",
        long.as_bytes(),
        &[0; 2_000],
    ];
    for datagram in bad {
        send(datagram);
    }
    // One's own is no news, and one that names nobody to dial is read.
    send(peer.addr.as_bytes());
    send(named.as_bytes());
    assert!(listener.wait_body("/me joined", PATIENCE), "a good one is dialled");
    assert_eq!((peer.counter("beacon_ignored"), peer.counter("beacon")), (bad.len() as u64, 1));
    assert_eq!(peer.out.texts_of("peer", "addr"), [named]);
}
