//! The committed corpora of the fuzz targets, each input through the same checks as there.
#![allow(clippy::unwrap_used, reason = "tests and what they share")]

use std::fs;
use std::path::Path;

use whispernet_lab::fuzz;

/// Runs `check` over all inputs of a corpus.
#[track_caller]
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let inputs: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(inputs.len() > 10, "the corpus of {target} is not where this test looks");
    for path in inputs {
        let input = fs::read(&path).unwrap();
        if std::panic::catch_unwind(|| check(&input)).is_err() {
            panic!("the input {} fails", path.display());
        }
    }
}

#[test]
fn codec() {
    replay("codec", fuzz::codec);
}

#[test]
fn datagram() {
    replay("datagram", fuzz::datagram);
}

#[test]
fn node() {
    replay("node", fuzz::node);
}

#[test]
fn token() {
    replay("token", fuzz::token);
}
