//! How long a start takes, with no history and with a long one. Prints what it measured; asserts no more than that it does not crawl.
//! Must not know what a start does. Bounds: `STARTS` of each kind.

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use support::Peer;
use tempfile::TempDir;
use whispernet_lab::clock::moment;
use whispernet_node::store::{self, Row};

const STARTS: usize = 20;
const ROWS: u64 = 100_000;
const ROWS_AT_ONCE: u64 = 5_000;
/// For a debug build beside other tests; a release build alone takes a twentieth.
const START_MAX: Duration = Duration::from_secs(1);

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
