//! Ten thousand signed messages through both old peers, which drop and rewrite whatever they do not know: each verifies at the far end.

mod ask;
mod support;

use std::time::Instant;

use ask::Api;
use support::{PATIENCE, Peer};
use whispernet_lab::clock;
use whispernet_lab::double::{DaemonOptions, DeadAddr, Double, PeerOptions};

/// How many there are: together their Bodies hold every character of Unicode.
const MESSAGES: u32 = 10_000;
/// Said at a time: the code-lab peer loses what comes faster than it can write.
const AT_ONCE: u32 = 8;

/// A port that no peer dials on the word of the wire, so that the chain stays one.
const UNDIALLED: &str = "127.0.0.1:9";

fn linked_to(addr: &str) -> PeerOptions {
    PeerOptions { peers: vec![addr.to_owned()], dead_addr: DeadAddr::Forgotten, ..PeerOptions::default() }
}

/// What the message with this number says: its share of all characters, escapes among them, and an emoji of several.
fn body(number: u32) -> String {
    let share = (u32::from(char::MAX) + 1).div_ceil(MESSAGES);
    let chars = (number * share..(number + 1) * share).filter_map(char::from_u32);
    format!("{number} \"\\\n\t<&> \u{1f469}\u{200d}\u{1f52c} {}", chars.collect::<String>())
}

fn wait_accepted(api: &Api, count: u64) {
    let began: Instant = clock::moment();
    let accepted = || api.get("/api/v1/status")["counters"]["accepted"].as_u64().expect("it counts");
    while accepted() < count {
        assert!(began.elapsed() < PATIENCE, "{} of {count} came", accepted());
    }
}

#[test]
fn every_signature_verifies_behind_both_old_peers() {
    let bea = Peer::start("bea", &["--flood-limit", "off"]);
    let lab = Double::codelab(linked_to(&bea.addr)).expect("a port");
    let lab_addr = lab.addr().to_string();
    let options = DaemonOptions { peer: linked_to(&lab_addr), nick: "dan".to_owned(), ..DaemonOptions::default() };
    let dan = Double::daemon(options).expect("a port");
    let dan_addr = dan.addr().to_string();
    assert!(lab.wait_links(|links| links.contains(&bea.addr), PATIENCE));
    assert!(dan.wait_links(|links| links.contains(&lab_addr), PATIENCE));
    let options = ["--flood-limit", "off", "--history", "off", "--peer", &dan_addr, "--advertise", UNDIALLED];
    let ann = Peer::start("ann", &options);
    ann.err.wait(&format!("connected: {dan_addr} (outgoing)"));
    // Her greeting has passed before there is anything to lose.
    let (api, far) = (Api::of(&ann), Api::of(&bea));
    wait_accepted(&far, 1);

    let mut ids = Vec::new();
    for first in (0..MESSAGES).step_by(AT_ONCE as usize) {
        let last = (first + AT_ONCE).min(MESSAGES);
        for number in first..last {
            let (status, said) = api.say(&body(number), &number.to_string()).expect("it answers");
            assert_eq!(status, 201, "{said}");
            ids.push(said["id"].clone());
        }
        wait_accepted(&far, u64::from(last) + 1);
    }

    let key = ann.get("/api/v1/status")["key"].clone();
    let came = far.history();
    assert_eq!(came.len(), ids.len());
    for ((number, event), id) in (0..MESSAGES).zip(&came).zip(&ids) {
        assert_eq!(event["body"], body(number), "{event}");
        assert_eq!((&event["key"], event["addr"].as_str()), (&key, Some(UNDIALLED)), "{event}");
        assert!(matches!(event["trust"].as_str(), Some("new" | "pinned")), "{event}");
        assert_eq!(event["id"], *id);
    }
    // Each once; her greeting may have come again, since nobody dials her back.
    assert_eq!(bea.counter("signatures_verified"), bea.counter("accepted"));
    assert!(!dan.crashed() && !lab.crashed());
    for peer in [&ann, &bea] {
        let ended =
            peer.err.all().into_iter().find(|line| line.starts_with("disconnected") || line.starts_with("blocked"));
        assert_eq!(ended, None);
    }
    assert_eq!((dan.links().contains(&lab_addr), lab.links().contains(&bea.addr)), (true, true));
}
