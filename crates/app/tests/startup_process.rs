//! How long a start takes, with no history and with a long one, and how long an end right after many messages. Prints what it measured;
//! asserts no more than a busy machine keeps to. Must not know what a start does. Bounds: `STARTS` of each kind.

mod ask;
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ask::{has_ended_well, left_on_disk};
use serde_json::json;
use support::{PATIENCE, Peer};
use tempfile::TempDir;
use whispernet_lab::clock::moment;
use whispernet_lab::raw::RawSender;
use whispernet_node::event::About;
use whispernet_node::store::{self, Rank, Row};

const STARTS: usize = 20;
const ROWS: u64 = 100_000;
const ROWS_AT_ONCE: u64 = 5_000;
/// For a debug build beside other tests; a release build alone takes a twentieth.
const START_MAX: Duration = Duration::from_secs(1);
/// The 2 s that an end may take, and as much again for that machine.
const END_MAX: Duration = Duration::from_secs(4);

fn write_history(dir: &Path) {
    let mut writer = store::open(dir, 0, [7; 16]).expect("it opens").writer;
    for first in (1..=ROWS).step_by(usize::try_from(ROWS_AT_ONCE).expect("a few")) {
        let rows: Vec<Row> = (first..first + ROWS_AT_ONCE).map(row).collect();
        writer.append(&rows).expect("there is room");
    }
    while writer.index_some(5_000).expect("there is room") {}
    writer.close().expect("there is room");
}

fn row(seq: u64) -> Row {
    let (id, body) = (format!("id-{seq}"), format!("what was said when it was {seq}"));
    let raw = format!(r#"{{"ID":"{id}","Addr":"10.0.0.7:55555","Body":"{body}","Nick":"phil","omitempty":"phil"}}"#);
    Row {
        seq,
        // The golden ratio spreads them as a hash would.
        fingerprint: seq.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        id,
        addr: "10.0.0.7:55555".to_owned(),
        nick: "phil".to_owned(),
        body,
        time: None,
        received: i64::try_from(seq).expect("small"),
        own: false,
        replay: false,
        hello: false,
        public: true,
        file: None,
        client: None,
        rank: Rank::WithFile,
        about: About::default(),
        raw: raw.into_bytes(),
    }
}

/// Starts in this folder again and again; how long each took until it was listening, shortest first.
fn measure(name: &str, dir: &Arc<TempDir>, killed: bool) {
    let mut took: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let began = moment();
            let peer = Peer::start_in(Arc::clone(dir), "ann", &[]);
            let took = began.elapsed();
            if !killed {
                peer.stop();
            }
            took
        })
        .collect();
    took.sort_unstable();
    let (median, longest) = (took[STARTS / 2], took[STARTS - 1]);
    eprintln!("start to `listening on`, {name}: p50 {median:.1?}, longest {longest:.1?} of {STARTS}");
    assert!(median < START_MAX, "{name}: {took:?}");
}

#[test]
fn a_start_takes_no_longer_with_a_long_history() {
    let empty = Arc::new(TempDir::new().expect("a temporary folder"));
    measure("no history", &empty, false);
    let full = Arc::new(TempDir::new().expect("a temporary folder"));
    write_history(full.path());
    measure("100,000 messages", &full, false);
    measure("100,000 messages, after kill -9", &full, true);
}

#[test]
fn an_end_does_not_wait_for_all_that_came_last() {
    let mut peer = Peer::start("ann", &["--flood-limit", "off"]);
    let link = RawSender::connect(&peer.addr).expect("it listens");
    let mut bytes = Vec::new();
    for number in 0..ROWS {
        bytes.extend(json!({"ID": format!("id {number}"), "Addr": "here", "Body": "x"}).to_string().into_bytes());
    }
    link.send_bytes(&bytes).expect("it reads");
    let began = moment();
    peer.signal("TERM");
    let status = peer.ended_within(PATIENCE).expect("it ends");
    let took = began.elapsed();
    let kept = left_on_disk(&peer.dir).len();
    eprintln!("an end right after {ROWS} messages: {took:?}, {kept} kept; clean: {}", has_ended_well(&peer.dir));
    assert!(status.success() && took < END_MAX, "{status} after {took:?}");
}
