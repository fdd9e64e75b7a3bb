//! The load driver: it counts every delivery, of any peer of the classic protocol.

mod program;

use std::process::{Command, Stdio};

use tempfile::TempDir;
use whispernet_lab::peer::process::Process;

/// The driver's exit status, and its lines without what they begin with: of the peer, and of the limit relay.
fn throughput(options: &[&str]) -> (Option<i32>, [String; 2]) {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_whisper-lab"));
    lab.args(["measure", "--whisper"]).arg(program::whisper());
    let ended = lab.args(["throughput", "--receivers", "3"]).args(options).output().expect("it runs");
    let [told, complaint] = [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    let line = |whose: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(&format!("64 B, 3 receivers, {whose}: ")));
        line.unwrap_or_else(|| panic!("no line of {whose}: {told}{complaint}")).to_owned()
    };
    (ended.status.code(), [line("peer"), line("copy")])
}

/// A peer that runs, with its folder.
fn serve(options: &[&str]) -> (Process, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut serve = Command::new(program::whisper());
    serve.args(["serve", "--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0", "--discovery", "off"]);
    serve.args(options).arg("--data-dir").arg(folder.path());
    (Process::start(serve, None).expect("it starts"), folder)
}

#[test]
fn counts_what_arrives() {
    let (status, lines) = throughput(&["--messages", "20000", "--runs", "2"]);
    for line in lines {
        let whole = "; 132000 deliveries, 0 lost, 0 twice, 0 out of order, 0 altered";
        assert!(line.ends_with(whole) && line.contains(" us of CPU each"), "{line}");
    }
    assert_eq!(status, Some(0));
}

/// It says nothing again, whatever it said to the same peer before.
#[test]
fn measures_a_peer_that_runs_already_as_often_as_one_likes() {
    let (peer, _folder) = serve(&["--flood-limit", "off", "--history", "off"]);
    for _ in 0..2 {
        let (status, [line, _]) = throughput(&["--messages", "1000", "--runs", "2", "--peer", &peer.addr.to_string()]);
        assert!(line.ends_with("; 6600 deliveries, 0 lost, 0 twice, 0 out of order, 0 altered"), "{line}");
        assert_eq!(status, Some(0));
    }
}

/// A peer that keeps its flood limit takes no more than a paste: all else is lost, and counted.
#[test]
fn counts_what_is_lost() {
    let (peer, _folder) = serve(&[]);
    let options = ["--messages", "1000", "--runs", "1", "--peer", &peer.addr.to_string()];
    let (status, [line, copy]) = throughput(&options);
    let lost = line.split(", ").find_map(|part| part.strip_suffix(" lost")?.parse::<u64>().ok());
    assert!(lost.is_some_and(|lost| lost.is_multiple_of(3) && lost > 3 * 500), "{line}");
    assert!(copy.contains(" 0 lost"), "{copy}");
    assert_eq!(status, Some(1));
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

/// All seats are taken, and some of those who sit there read slowly or stop: everybody is told of everything once.
#[test]
fn sixty_three_sockets_lose_nothing() {
    for history in [&["--history"][..], &[]] {
        let mut lab = Command::new(env!("CARGO_BIN_EXE_whisper-lab"));
        lab.args(["measure", "--whisper"]).arg(program::whisper()).args(history);
        let ended =
            lab.args(["sockets", "--messages", "3000", "--rate", "1000", "--stop", "2"]).output().expect("it runs");
        let [told, complaint] = [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        assert!(ended.status.success(), "{told}{complaint}");
        for line in ["55 fast: 55 were", "4 500 a second: 4 were", "4 stopped for a while: 4 were"] {
            assert!(told.contains(line), "{line}: {told}");
        }
    }
}
