//! The load driver: it counts every delivery, of any peer of the classic protocol.

mod program;

use std::process::{Command, Stdio};

use whispernet_lab::peer::process::Process;

/// The driver's lines, without what they begin with: of the peer, and of the limit relay.
fn throughput(options: &[&str]) -> [String; 2] {
    let options = [&["throughput", "--receivers", "3", "--runs", "1"], options].concat();
    let told = program::run("measure", &options);
    let line = |whose: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(&format!("64 B, 3 receivers, {whose}: ")));
        line.unwrap_or_else(|| panic!("no line of {whose}: {told}")).to_owned()
    };
    [line("peer"), line("copy")]
}

#[test]
fn counts_what_arrives() {
    let lines = throughput(&["--messages", "20000"]);
    for line in lines {
        assert!(line.ends_with("; 20000 said, 0 lost, 0 twice, 0 out of order"), "{line}");
        assert!(line.contains(" messages a second, ") && line.contains(" us of CPU each"), "{line}");
    }
}

/// A peer that keeps its flood limit takes no more than a paste: all else is lost, and counted.
#[test]
fn counts_what_is_lost_of_a_peer_that_runs_already() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Command::new(program::whisper());
    serve.args(["serve", "--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0", "--discovery", "off"]);
    serve.arg("--data-dir").arg(folder.path());
    let peer = Process::start(serve, None).unwrap();
    let [line, copy] = throughput(&["--messages", "1000", "--peer", &peer.addr.to_string()]);
    let lost = line.split(", ").find_map(|part| part.strip_suffix(" lost")?.parse::<u64>().ok());
    assert!(lost.is_some_and(|lost| lost.is_multiple_of(3) && lost > 3 * 500), "{line}");
    assert!(copy.contains(" 0 lost"), "{copy}");
}

#[test]
fn ends_quietly_where_nobody_reads_on() {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_whisper-lab"));
    lab.args(["sim", "--seeds", "3", "--nodes", "2", "--minutes", "1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut lab = lab.spawn().unwrap();
    drop(lab.stdout.take());
    let ended = lab.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(1), ""));
}
