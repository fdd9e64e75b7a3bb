//! What both old peers do alike: each row of the observations that names no difference.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use whispernet_lab::double::{DaemonOptions, Double, PeerOptions};
use whispernet_lab::raw::{RawListener, RawSender};

const SOON: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(200);

/// Never dialled, since it names no port.
const NOWHERE: &str = "nowhere";

/// Runs `check` with each double, linked to `peers`, and with what it shows for a Body (the daemon's nick is empty).
fn with_both(peers: &[&RawListener], check: impl Fn(&Double, fn(&str) -> String)) {
    let options =
        PeerOptions { peers: peers.iter().map(|peer| peer.addr().to_string()).collect(), ..Default::default() };
    check(&Double::codelab(options.clone()).unwrap(), |body| format!("\"{body}\""));
    check(&Double::daemon(DaemonOptions { peer: options, ..Default::default() }).unwrap(), |body| format!(": {body}"));
}

#[test]
fn malformed_objects_close_the_link_and_keep_what_came_before() {
    let malformed: &[&[u8]] = &[
        b"not JSON",
        b"[]",
        b"\"text\" ",
        b"1 ",
        b"{\"ID\":1}",
        b"{\"Addr\":{}}",
        b"{\"BODY\":[]}",
        b"{\"Body\":true}",
        b"{\"Body\":\"\x1b",
        b"[\x01",
        b"1\x01",
        b"{\"ID\":\"a\"]",
        b"{\"ID\":\"a\",}",
        b"{\"x\":01",
    ];
    with_both(&[], |double, shown| {
        for (number, bytes) in malformed.iter().enumerate() {
            let sender = RawSender::connect(double.addr()).unwrap();
            sender.send_object(&format!("before {number}"), NOWHERE, &format!("before {number}")).unwrap();
            sender.send_bytes(bytes).unwrap();
            assert!(sender.closed_within(SOON), "{}", bytes.escape_ascii());
            assert!(double.wait_line(&shown(&format!("before {number}")), SOON), "{}", bytes.escape_ascii());
        }
        assert_eq!(double.shown().len(), malformed.len());
        assert!(!double.crashed());
    });
}

#[test]
fn odd_objects_are_read_and_the_link_stays() {
    let odd: &[(&[u8], &str)] = &[
        (br#"{"id":"1","BODY":"case"}"#, "case"),
        (br#"{"\u0049D":"2","\u0062ody":"escaped key"}"#, "escaped key"),
        (br#"{"ID":"3","Body":"first","body":"last"}"#, "last"),
        (br#"{"ID":"4","Body":"kept","Body":null,"Addr":null}"#, "kept"),
        (br#"{"ID":"5","Body":"unknown","x":{"Body":[1,{}]},"Nick":7}"#, "unknown"),
        (b"{\"ID\":\"6\",\"Body\":\"bad \xe2\x82\"}", "bad \u{fffd}\u{fffd}"),
        (br#"{"ID":"7","Body":"lone \ud800!"}"#, "lone \u{fffd}!"),
        (br#"{"ID":"8","Body":"pair \ud83d\ude00"}"#, "pair 😀"),
    ];
    for gap in ["", " ", "\r\n\t "] {
        with_both(&[], |double, shown| {
            let sender = RawSender::connect(double.addr()).unwrap();
            for (object, _) in odd {
                sender.send_bytes(object).unwrap();
                sender.send_bytes(gap.as_bytes()).unwrap();
            }
            let lines: Vec<_> = odd.iter().map(|(_, body)| shown(body)).collect();
            assert!(double.wait_shown(|shown| shown == lines, SOON), "{:?}", double.shown());
        });
    }
}

#[test]
fn objects_may_be_cut_anywhere() {
    let object = "{\"ID\":\"1\",\"Body\":\"ü\\u00fc\\\\\\\"\"}";
    with_both(&[], |double, _| {
        let sender = RawSender::connect(double.addr()).unwrap();
        for byte in object.as_bytes() {
            sender.send_bytes(&[*byte]).unwrap();
        }
        assert!(double.wait_shown(|shown| shown.iter().any(|line| line.contains("üü")), SOON));
    });
}

#[test]
fn an_id_passes_once_and_the_empty_one_is_an_id() {
    with_both(&[], |double, shown| {
        let sender = RawSender::connect(double.addr()).unwrap();
        for object in [
            r#"{"ID":"1","Body":"one"}"#,
            r#"{"ID":"1","Body":"again"}"#,
            r#"{"Body":"none"}"#,
            r#"{"Body":"none again"}"#,
            r#"{"ID":"","Body":"empty"}"#,
            r#"{"ID":"2","Body":"two"}"#,
        ] {
            sender.send_bytes(object.as_bytes()).unwrap();
        }
        assert!(double.wait_line(&shown("two"), SOON));
        assert_eq!(double.shown(), ["one", "none", "two"].map(shown));
    });
}

#[test]
fn nothing_is_said_before_the_user_types() {
    with_both(&[], |double, _| {
        let listener = RawListener::bind().unwrap();
        let sender = RawSender::connect(double.addr()).unwrap();
        sender.send_object("1", &listener.addr().to_string(), "dial me").unwrap();
        assert!(listener.wait_accepted(|accepted| accepted == 1, SOON));
        assert!(!listener.wait_for(|objects| !objects.is_empty(), QUIET));
        double.say("hi");
        double.say("more");
        assert!(listener.wait_for(|objects| objects.len() == 2, SOON));
        let said = listener.objects();
        for (object, body) in said.iter().zip(["hi", "more"]) {
            assert_eq!((object.text_of("Addr"), object.text_of("Body")), (&*double.addr().to_string(), body));
        }
        assert_ne!(said[0].text_of("ID"), said[1].text_of("ID"));
        assert_eq!(double.shown().len(), 1);
    });
}

#[test]
fn an_addr_heard_is_dialled_once_and_not_sent_its_own() {
    with_both(&[], |double, _| {
        let (author, other) = (RawListener::bind().unwrap(), RawListener::bind().unwrap());
        let sender = RawSender::connect(double.addr()).unwrap();
        for id in ["1", "2", "3"] {
            sender.send_object(id, &author.addr().to_string(), &format!("of the author {id}")).unwrap();
        }
        // Its own Addr, and one that names no port, are never dialled.
        sender.send_object("4", &double.addr().to_string(), "forged").unwrap();
        sender.send_object("5", NOWHERE, "odd").unwrap();
        sender.send_object("6", &other.addr().to_string(), "of the other").unwrap();
        assert!(author.wait_body("of the other", SOON));
        let bodies: Vec<_> = author.objects().iter().map(|object| object.text_of("Body").to_owned()).collect();
        assert_eq!(bodies, ["forged", "odd", "of the other"]);
        sender.send_object("7", &author.addr().to_string(), "last").unwrap();
        assert!(other.wait_body("last", SOON));
        assert_eq!(other.objects().pop().unwrap().text_of("Addr"), author.addr().to_string());
        let mut links = [author.addr().to_string(), other.addr().to_string()];
        links.sort();
        assert_eq!(double.links(), links);
        assert!(author.wait_accepted(|accepted| accepted == 1, Duration::ZERO));
        // Other than on a link that it accepted, nothing is written.
        assert!(!sender.closed_within(QUIET));
    });
}

#[test]
fn a_link_that_ended_is_dialled_again() {
    with_both(&[], |double, _| {
        let listener = RawListener::bind().unwrap();
        let sender = RawSender::connect(double.addr()).unwrap();
        sender.send_object("1", &listener.addr().to_string(), "one").unwrap();
        assert!(listener.wait_accepted(|accepted| accepted == 1, SOON));
        listener.close_links();
        assert!(listener.wait_links(|open| open == 0, SOON));
        // Writing alone shows it that the link has ended, and TCP may take a write or two to tell.
        let ended = (0..100).any(|number| {
            double.say(format!("probe {number}"));
            double.wait_links(|links| links.is_empty(), Duration::from_millis(50))
        });
        assert!(ended);
        sender.send_object("2", &listener.addr().to_string(), "two").unwrap();
        assert!(listener.wait_accepted(|accepted| accepted == 2, SOON));
    });
}

#[test]
fn a_dropped_double_closes_all_its_sockets() {
    let listener = RawListener::bind().unwrap();
    with_both(&[&listener], |double, _| {
        let addr = double.addr();
        assert!(double.wait_links(|links| links.len() == 1, SOON));
        drop(RawSender::connect(addr).unwrap());
    });
    assert!(listener.wait_links(|open| open == 0, SOON));
    let double = Double::codelab(PeerOptions::default()).unwrap();
    let (addr, sender) = (double.addr(), RawSender::connect(double.addr()).unwrap());
    drop(double);
    assert!(sender.closed_within(SOON));
    assert!(RawSender::connect(addr).is_err());
}
