//! What the old daemon alone does, its crash and its waiting included.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use whispernet_lab::double::{DaemonOptions, DeadAddr, Double, PeerOptions};
use whispernet_lab::raw::{RawListener, RawSender};

const SOON: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(300);
const NOWHERE: &str = "nowhere";

fn daemon(peers: &[&RawListener]) -> Double {
    daemon_with(peers, DeadAddr::default())
}

fn daemon_with(peers: &[&RawListener], dead_addr: DeadAddr) -> Double {
    let peers = peers.iter().map(|peer| peer.addr().to_string()).collect();
    let peer = PeerOptions { peers, dead_addr, ..Default::default() };
    Double::daemon(DaemonOptions { peer, nick: "dan".into(), ..Default::default() }).unwrap()
}

/// An address on which nobody listens.
fn dead_addr() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn get(http: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(http).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {http}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn relays_its_five_keys_alone() {
    let listener = RawListener::bind().unwrap();
    let double = daemon(&[&listener]);
    let sender = RawSender::connect(double.addr()).unwrap();
    let cases = [
        (
            r#"{"Body":"<b> & ü","x":1,"FileType":"a/b","ID":"1","Nick":"no","omitempty":"ann","Timestamp":1700000000}"#,
            r#"{"ID":"1","Addr":"","Body":"\u003cb\u003e \u0026 ü","omitempty":"ann","Timestamp":1700000000}"#,
        ),
        (
            r#"{"ID":"2","Body":"b","Addr":"nowhere"}"#,
            r#"{"ID":"2","Addr":"nowhere","Body":"b","omitempty":"","Timestamp":0}"#,
        ),
        (
            r#"{"ID":"3","Body":"b","OMITEMPTY":"x","Timestamp":null}"#,
            r#"{"ID":"3","Addr":"","Body":"b","omitempty":"x","Timestamp":0}"#,
        ),
        (
            "{\"ID\":\"4\",\"Body\":\"\\ud800\u{2028}\\n\",\"time\\u017ftamp\":-1}",
            "{\"ID\":\"4\",\"Addr\":\"\",\"Body\":\"\u{fffd}\\u2028\\n\",\"omitempty\":\"\",\"Timestamp\":-1}",
        ),
    ];
    for (object, _) in cases {
        sender.send_bytes(object.as_bytes()).unwrap();
    }
    assert!(listener.wait_for(|objects| objects.len() == cases.len(), SOON));
    let relayed: Vec<_> = listener.objects().into_iter().map(|object| object.text).collect();
    assert_eq!(relayed, cases.map(|(_, relayed)| relayed));
}

#[test]
fn a_timestamp_that_is_no_int64_closes_the_link() {
    let double = daemon(&[]);
    for literal in ["1.5", "\"1\"", "9223372036854775808", "1e3", "[]", "true"] {
        let sender = RawSender::connect(double.addr()).unwrap();
        sender.send_bytes(format!("{{\"ID\":\"1\",\"Body\":\"b\",\"Timestamp\":{literal}}}").as_bytes()).unwrap();
        assert!(sender.closed_within(SOON), "{literal}");
    }
    let sender = RawSender::connect(double.addr()).unwrap();
    sender.send_bytes(b"{\"ID\":\"2\",\"Body\":\"b\",\"omitempty\":1}").unwrap();
    assert!(sender.closed_within(SOON));
    assert!(double.shown().is_empty());
}

#[test]
fn says_with_its_nick_and_seconds() {
    let listener = RawListener::bind().unwrap();
    let double = daemon(&[&listener]);
    for line in ["/me waves", "/x", "", "hi"] {
        double.say(line);
    }
    assert!(listener.wait_body("hi", SOON));
    let [said] = &listener.objects()[..] else { panic!("swallowed lines were sent") };
    assert_eq!(said.text_of("omitempty"), "dan");
    let timestamp = said.value["Timestamp"].as_i64().unwrap();
    assert!((1_000_000_000..100_000_000_000).contains(&timestamp), "{timestamp}");
}

#[test]
fn connect_dials() {
    let listener = RawListener::bind().unwrap();
    let double = daemon(&[]);
    double.say(format!("/connect {}", listener.addr()));
    double.say("hi");
    assert!(listener.wait_body("hi", SOON));
    assert_eq!(double.links(), [listener.addr().to_string()]);
}

#[test]
fn shows_actions_and_raw_text_and_hides_commands() {
    let listener = RawListener::bind().unwrap();
    let double = daemon(&[&listener]);
    let sender = RawSender::connect(double.addr()).unwrap();
    let author = RawListener::bind().unwrap();
    for object in [
        r#"{"ID":"1","Body":"/me joined","omitempty":"ann"}"#.to_owned(),
        format!(r#"{{"ID":"2","Body":"/secret","omitempty":"ann","Addr":"{}"}}"#, author.addr()),
        r#"{"ID":"3","Body":"\u001b[31mred","omitempty":"a\u0007nn"}"#.to_owned(),
    ] {
        sender.send_bytes(object.as_bytes()).unwrap();
    }
    assert!(double.wait_shown(|shown| shown.len() == 2, SOON));
    assert_eq!(double.shown(), ["ann joined", "a\u{7}nn: \u{1b}[31mred"]);
    assert!(listener.wait_body("/secret", SOON));
    assert!(author.wait_accepted(|accepted| accepted == 1, SOON));
}

#[test]
fn an_empty_body_crashes_it_wholly() {
    for object in [r#"{"ID":"1"}"#, r#"{"ID":"1","Body":""}"#, r#"{"ID":"1","Body":null}"#, "{}", "null "] {
        let listener = RawListener::bind().unwrap();
        let double = daemon(&[&listener]);
        let bystander = RawSender::connect(double.addr()).unwrap();
        bystander.send_object("0", NOWHERE, "before").unwrap();
        assert!(listener.wait_body("before", SOON));
        let sender = RawSender::connect(double.addr()).unwrap();
        sender.send_bytes(object.as_bytes()).unwrap();
        assert!(double.wait_crashed(SOON), "{object}");
        assert!(TcpStream::connect(double.addr()).is_err());
        assert!(TcpStream::connect(double.http_addr().unwrap()).is_err());
        assert!(bystander.closed_within(SOON) && sender.closed_within(SOON));
        assert!(listener.wait_links(|open| open == 0, SOON));
        assert_eq!(listener.objects().len(), 1);
        assert!(double.links().is_empty());
        double.say("to a dead peer");
    }
}

#[test]
fn an_empty_body_of_a_known_id_is_harmless() {
    let double = daemon(&[]);
    let sender = RawSender::connect(double.addr()).unwrap();
    sender.send_object("1", NOWHERE, "one").unwrap();
    sender.send_object("1", NOWHERE, "").unwrap();
    sender.send_object("2", NOWHERE, "two").unwrap();
    assert!(double.wait_line(": two", SOON));
    assert!(!double.crashed());
}

#[test]
fn a_dead_addr_blocks_its_broadcasts_for_good() {
    let listener = RawListener::bind().unwrap();
    let double = daemon(&[&listener]);
    let dead = dead_addr().to_string();
    let (first, second) = (RawSender::connect(double.addr()).unwrap(), RawSender::connect(double.addr()).unwrap());
    first.send_object("1", &dead, "of the dead").unwrap();
    // The dead Addr is left out of its own message's broadcast.
    assert!(listener.wait_body("of the dead", SOON));
    assert!(double.wait_links(|links| links.contains(&dead), SOON));
    first.send_object("2", NOWHERE, "stuck").unwrap();
    assert!(double.wait_line(": stuck", SOON));
    second.send_object("3", NOWHERE, "behind").unwrap();
    assert!(double.wait_line(": behind", SOON));
    double.say("typed");
    assert!(!listener.wait_body("behind", QUIET));
    assert!(!listener.wait_body("typed", QUIET));
}

#[test]
fn a_dead_addr_may_be_forgotten() {
    let listener = RawListener::bind().unwrap();
    let double = daemon_with(&[&listener], DeadAddr::Forgotten);
    let sender = RawSender::connect(double.addr()).unwrap();
    let dead = dead_addr().to_string();
    sender.send_object("1", &dead, "of the dead").unwrap();
    assert!(double.wait_line(": of the dead", SOON));
    sender.send_object("2", NOWHERE, "after").unwrap();
    assert!(listener.wait_body("after", SOON));
    assert!(double.wait_links(|links| !links.contains(&dead), SOON));
}

#[test]
fn a_slow_receiver_holds_up_every_other() {
    let (slow, fast) = (RawListener::bind().unwrap(), RawListener::bind().unwrap());
    let double = daemon(&[&slow, &fast]);
    slow.pause();
    // More than the kernel's buffers hold.
    let (count, body) = (16, "x".repeat(1 << 20));
    for _ in 0..count {
        double.say(body.clone());
    }
    double.say("end");
    assert!(!fast.wait_body("end", Duration::from_secs(3)));
    slow.resume();
    assert!(fast.wait_body("end", SOON * 3) && slow.wait_body("end", SOON * 3));
    assert_eq!((slow.objects().len(), fast.objects().len()), (count + 1, count + 1));
}

#[test]
fn peers_are_listed_behind_empty_strings() {
    let (one, two) = (RawListener::bind().unwrap(), RawListener::bind().unwrap());
    let double = daemon(&[&one, &two]);
    let http = double.http_addr().unwrap();
    let answer = get(http, "/peers");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let mut peers = vec![String::new(), String::new(), one.addr().to_string(), two.addr().to_string()];
    peers.sort();
    assert_eq!(body, serde_json::json!({ "peers": peers }));
    assert!(get(http, "/").starts_with("HTTP/1.1 404 "));
}

#[test]
fn the_beacon_is_its_addr_sent_once() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let beacon = Some(socket.local_addr().unwrap());
    let double = Double::daemon(DaemonOptions { beacon, ..Default::default() }).unwrap();
    let mut datagram = [0; 64];
    socket.set_read_timeout(Some(SOON)).unwrap();
    let length = socket.recv(&mut datagram).unwrap();
    assert_eq!(&datagram[..length], double.addr().to_string().as_bytes());
    socket.set_read_timeout(Some(QUIET)).unwrap();
    assert!(socket.recv(&mut datagram).is_err());
}
