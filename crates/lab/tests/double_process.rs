//! The doubles as programs: their terminal, and the exit code of the crash.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::Duration;

use whispernet_lab::raw::{RawListener, RawSender};

const SOON: Duration = Duration::from_secs(10);

struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    _stderr: BufReader<ChildStderr>,
    addr: String,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_whisper-lab"))
            .arg("double")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        stderr.read_line(&mut first).unwrap();
        let addr = first.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, stdout, _stderr: stderr, addr }
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn shown(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only where it has exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_daemon_talks_and_dies_like_a_go_panic() {
    let listener = RawListener::bind().unwrap();
    let mut daemon = Running::start(&["daemon", "--nick", "dan", "--peer", &listener.addr().to_string()]);
    daemon.type_line("hello");
    assert!(listener.wait_body("hello", SOON));
    assert_eq!(listener.objects()[0].text_of("omitempty"), "dan");
    let sender = RawSender::connect(&*daemon.addr).unwrap();
    sender.send_bytes(br#"{"ID":"1","Body":"\u001b[1mhi","omitempty":"ann"}"#).unwrap();
    assert_eq!(daemon.shown(), "ann: \u{1b}[1mhi\n");
    sender.send_bytes(br#"{"ID":"2"}"#).unwrap();
    assert_eq!(daemon.child.wait().unwrap().code(), Some(2));
}

#[test]
fn the_codelab_peer_talks_and_outlives_its_input() {
    let mut daemon = Running::start(&["daemon", "--nick", "dan", "--http", "0"]);
    let mut codelab = Running::start(&["codelab", "--bind", "127.0.0.1", "--port", "0", "--peer", &daemon.addr]);
    codelab.type_line("/connect nowhere");
    codelab.type_line("hi");
    assert_eq!(daemon.shown(), ": hi\n");
    drop(codelab.child.stdin.take());
    daemon.type_line("hello");
    assert_eq!(codelab.shown(), "\"hello\"\n");
}
