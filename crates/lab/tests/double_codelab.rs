//! What the old code-lab peer alone does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use whispernet_lab::double::{Double, PeerOptions};
use whispernet_lab::raw::{RawListener, RawSender};

const SOON: Duration = Duration::from_secs(10);

fn codelab(peers: &[&RawListener]) -> Double {
    let peers = peers.iter().map(|peer| peer.addr().to_string()).collect();
    Double::codelab(PeerOptions { peers, ..Default::default() }).unwrap()
}

#[test]
fn relays_its_three_keys_alone() {
    let listener = RawListener::bind().unwrap();
    let double = codelab(&[&listener]);
    let sender = RawSender::connect(double.addr()).unwrap();
    sender
        .send_bytes(br#"{"Timestamp":"any","omitempty":[],"ID":"1","Body":"<b>","Nick":"ann","Addr":"nowhere"}"#)
        .unwrap();
    assert!(listener.wait_for(|objects| objects.len() == 1, SOON));
    assert_eq!(listener.objects()[0].text, r#"{"ID":"1","Addr":"nowhere","Body":"\u003cb\u003e"}"#);
}

#[test]
fn shows_every_body_quoted() {
    let double = codelab(&[]);
    let sender = RawSender::connect(double.addr()).unwrap();
    for (id, body) in ["", "/me waves", "/x", "\u{1b}[31m\"red\"\n"].iter().enumerate() {
        sender.send_object(&id.to_string(), "nowhere", body).unwrap();
    }
    assert!(double.wait_shown(|shown| shown.len() == 4, SOON));
    assert_eq!(double.shown(), [r#""""#, r#""/me waves""#, r#""/x""#, r#""\x1b[31m\"red\"\n""#]);
    assert!(!double.crashed());
}

#[test]
fn says_every_line() {
    let (listener, never) = (RawListener::bind().unwrap(), RawListener::bind().unwrap());
    let double = codelab(&[&listener]);
    let connect = format!("/connect {}", never.addr());
    for line in [&connect, "", "/x", "hi"] {
        double.say(line);
    }
    assert!(listener.wait_for(|objects| objects.len() == 4, SOON));
    let bodies: Vec<_> = listener.objects().iter().map(|object| object.text_of("Body").to_owned()).collect();
    assert_eq!(bodies, [&connect, "", "/x", "hi"]);
    let keys: Vec<_> = listener.objects()[3].value.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["Addr", "Body", "ID"]);
    assert!(never.wait_accepted(|accepted| accepted == 0, Duration::ZERO));
    assert_eq!(double.http_addr(), None);
}

#[test]
fn a_slow_receiver_misses_messages_and_holds_up_nobody() {
    let (slow, fast) = (RawListener::bind().unwrap(), RawListener::bind().unwrap());
    let double = codelab(&[&slow, &fast]);
    slow.pause();
    // More than the kernel's buffers and the queue hold.
    let (count, body) = (24, "x".repeat(1 << 20));
    for sent in 1..=count {
        double.say(body.clone());
        assert!(fast.wait_for(|objects| objects.len() == sent, SOON), "{sent}");
    }
    slow.resume();
    // As long as its queue is full it misses what is said now, too.
    let caught_up = (0..100).any(|number| {
        double.say(format!("probe {number}"));
        let probed = |text: &str| text.starts_with("probe");
        slow.wait_for(|objects| objects.iter().any(|object| probed(object.text_of("Body"))), Duration::from_millis(200))
    });
    assert!(caught_up);
    let arrived = slow.objects().iter().filter(|object| object.text_of("Body") == body).count();
    assert!((1..count).contains(&arrived), "{arrived} of {count}");
}
