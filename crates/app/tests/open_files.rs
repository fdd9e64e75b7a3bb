//! Room for many links among the files that the process may have open: raised where it may be, told where it may not.
//! Must not know how many files a link takes. Bounds: two peers.

mod support;

use std::process::Command;
use std::sync::Arc;

use support::Peer;
use tempfile::TempDir;

/// A peer that is started with these limits of open files.
fn limited(soft: u32, hard: u32) -> Peer {
    let dir = Arc::new(TempDir::new().expect("a folder"));
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={soft}:{hard}")).arg(env!("CARGO_BIN_EXE_whisper")).arg("--data-dir").arg(dir.path());
    command.args(["--bind", "127.0.0.1", "--port", "0", "--http", "off", "--discovery", "off"]);
    command.args(["--inbound-max", "2000"]);
    Peer::run(command, dir)
}

#[test]
fn raised_as_far_as_needed() {
    let peer = limited(300, 9_000);
    let limits = peer.proc_file("limits");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("it is listed");
    let soft: u32 = line.split_whitespace().nth(3).and_then(|number| number.parse().ok()).expect("a number");
    assert!((2_300..9_000).contains(&soft), "{line}");
    assert!(!peer.err.all().iter().any(|line| line.contains("open files")), "nothing to tell");
}

#[test]
fn told_where_it_cannot_be() {
    let peer = limited(300, 700);
    peer.err.wait_part("this process may have 700 files open");
}
