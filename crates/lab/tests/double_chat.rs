//! The two old peers' doubles in one chat.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use whispernet_lab::double::{DaemonOptions, Double, PeerOptions};

const SOON: Duration = Duration::from_secs(10);

fn linked_to(peers: &[&Double]) -> PeerOptions {
    PeerOptions { peers: peers.iter().map(|peer| peer.addr().to_string()).collect(), ..Default::default() }
}

fn daemon(nick: &str, peers: &[&Double]) -> Double {
    Double::daemon(DaemonOptions { peer: linked_to(peers), nick: nick.into(), ..Default::default() }).unwrap()
}

#[test]
fn daemon_and_codelab_hear_each_other() {
    let codelab = Double::codelab(PeerOptions::default()).unwrap();
    let daemon = daemon("dan", &[&codelab]);
    daemon.say("<hello> \u{1b}");
    assert!(codelab.wait_line(r#""<hello> \x1b""#, SOON));
    assert!(codelab.wait_links(|links| links == [daemon.addr().to_string()], SOON));
    codelab.say("/me is text here");
    codelab.say("hi");
    assert!(daemon.wait_line(": hi", SOON));
    assert_eq!(daemon.shown(), [" is text here", ": hi"]);
}

#[test]
fn a_line_of_three_becomes_a_full_mesh() {
    let middle = Double::codelab(PeerOptions::default()).unwrap();
    let (ann, ben) = (daemon("ann", &[&middle]), daemon("ben", &[&middle]));
    ann.say("one");
    assert!(middle.wait_line("\"one\"", SOON));
    // It dials back only now; what it hears before that never gets to ann.
    assert!(middle.wait_links(|links| links.contains(&ann.addr().to_string()), SOON));
    ben.say("two");
    // By way of the code-lab peer, which drops the nick.
    assert!(ann.wait_line(": two", SOON));
    assert!(ann.wait_links(|links| links.contains(&ben.addr().to_string()), SOON));
    ann.say("three");
    // Straight, or by way of the middle: whichever copy came first is shown, the other is a duplicate.
    let is_three = |line: &String| line.ends_with(": three");
    assert!(ben.wait_shown(|shown| shown.iter().any(is_three), SOON));
    ann.say("four");
    assert!(ben.wait_shown(|shown| shown.iter().any(|line| line.ends_with(": four")), SOON));
    assert_eq!(ben.shown().iter().filter(|line| is_three(line)).count(), 1);
    assert!(!ann.shown().iter().any(is_three));
}

#[test]
fn an_empty_line_of_the_codelab_peer_kills_the_daemon() {
    let codelab = Double::codelab(PeerOptions::default()).unwrap();
    let daemon = daemon("dan", &[&codelab]);
    daemon.say("hello");
    assert!(codelab.wait_links(|links| links.len() == 1, SOON));
    codelab.say("");
    assert!(daemon.wait_crashed(SOON));
}
