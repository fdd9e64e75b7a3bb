//! Real peers in line mode: started, typed to, read from, signalled.
//! Must not know what is tested. Bounds: `PATIENCE` for every wait; every line of a peer is kept.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use whispernet_lab::peer::lines;

/// Far longer than anything takes here; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The lines of a pipe, as they come.
pub(crate) struct Lines(Arc<lines::Lines>);

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Arc<Self> {
        Arc::new(Self(lines::Lines::of(pipe, None).expect("a thread can be had")))
    }

    /// All lines so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.all()
    }

    /// Waits until `find` finds something in the lines so far. It is asked with the new ones only: it keeps what it needs.
    #[track_caller]
    pub(crate) fn find<T>(&self, what: &str, find: impl FnMut(&str) -> Option<T>) -> T {
        self.0.find(PATIENCE, find).unwrap_or_else(|| panic!("no {what} in {:#?}", self.all()))
    }

    /// Waits for this very line.
    #[track_caller]
    pub(crate) fn wait(&self, line: &str) {
        self.find(line, |other| (other == line).then_some(()));
    }

    /// Waits for a line that contains this, and returns it.
    #[track_caller]
    pub(crate) fn wait_part(&self, part: &str) -> String {
        self.find(part, |line| line.contains(part).then(|| line.to_owned()))
    }

    /// Waits for an event that is all of this, and returns it whole.
    #[track_caller]
    pub(crate) fn wait_event(&self, parts: &Value) -> Value {
        self.find(&parts.to_string(), |line| {
            let event: Value = serde_json::from_str(line).expect("a line is an event");
            let parts = parts.as_object().expect("an event is an object");
            parts.iter().all(|(key, value)| event[key] == *value).then_some(event)
        })
    }

    /// The texts under `key` of all events of that kind so far.
    pub(crate) fn texts_of(&self, kind: &str, key: &str) -> Vec<String> {
        let events = self.all().into_iter().map(|line| serde_json::from_str::<Value>(&line).expect("an event"));
        let of_kind = events.filter(|event| event["event"] == kind);
        of_kind.filter_map(|event| event[key].as_str().map(str::to_owned)).collect()
    }

    /// Whether the pipe was closed within `limit`.
    fn ends_within(&self, limit: Duration) -> bool {
        self.0.ends_within(limit)
    }
}

/// A running peer. Dropping it kills it.
pub(crate) struct Peer {
    child: Child,
    stdin: Option<ChildStdin>,
    pub(crate) out: Arc<Lines>,
    pub(crate) err: Arc<Lines>,
    /// Where it accepts links, as it says itself.
    pub(crate) addr: String,
    pub(crate) dir: Arc<TempDir>,
}

impl Peer {
    /// Starts a peer on loopback that finds nobody by itself.
    #[track_caller]
    pub(crate) fn start(nick: &str, options: &[&str]) -> Self {
        Self::start_in(Arc::new(TempDir::new().expect("a temporary folder")), nick, options)
    }

    /// The same with what an earlier one kept.
    #[track_caller]
    pub(crate) fn start_in(dir: Arc<TempDir>, nick: &str, options: &[&str]) -> Self {
        let mut command = whisper(&dir);
        command.args(["--nick", nick]);
        for (name, value) in
            [("--bind", "127.0.0.1"), ("--port", "0"), ("--http", "127.0.0.1:0"), ("--discovery", "off")]
        {
            if !options.contains(&name) {
                command.args([name, value]);
            }
        }
        command.args(options);
        Self::run(command, dir)
    }

    /// Runs a peer that a command starts.
    #[track_caller]
    pub(crate) fn run(command: Command, dir: Arc<TempDir>) -> Self {
        Self::run_with_input(command, dir, "")
    }

    /// The same with this on its standard input from the beginning.
    #[track_caller]
    pub(crate) fn run_with_input(mut command: Command, dir: Arc<TempDir>, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let out = Lines::of(child.stdout.take().expect("it is piped"));
        let err = Lines::of(child.stderr.take().expect("it is piped"));
        let mut stdin = child.stdin.take();
        stdin.as_mut().expect("it is piped").write_all(input.as_bytes()).expect("a pipe holds so much");
        let mut peer = Self { child, stdin, out, err, addr: String::new(), dir };
        peer.addr = peer.err.find("listening on", |line| line.strip_prefix("listening on ").map(str::to_owned));
        peer
    }

    /// Types these lines, in one write.
    pub(crate) fn say(&mut self, lines: &str) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        stdin.write_all(format!("{lines}\n").as_bytes()).expect("it reads");
    }

    /// Ends its standard input.
    pub(crate) fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
    }

    /// How it ended, which takes at most `limit`; `None` where it goes on.
    pub(crate) fn ended_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let ended = self.out.ends_within(limit) && self.err.ends_within(limit);
        ended.then(|| self.child.wait().expect("it is ours"))
    }

    /// Ends it with SIGTERM, and gives its folder back.
    #[track_caller]
    pub(crate) fn stop(mut self) -> Arc<TempDir> {
        self.signal("TERM");
        let status = self.ended_within(PATIENCE).expect("it ends");
        assert!(status.success(), "{status}: {:#?}", self.err.all());
        Arc::clone(&self.dir)
    }

    /// Where it accepts links.
    pub(crate) fn socket_addr(&self) -> SocketAddr {
        self.addr.parse().expect("an address")
    }

    /// The most memory that it has held so far, in bytes.
    pub(crate) fn resident_bytes_max(&self) -> u64 {
        let status = self.proc_file("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a process has memory");
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kibibytes * 1024
    }

    /// What Linux tells about its process.
    pub(crate) fn proc_file(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).expect("Linux tells")
    }

    /// Runs a command that asks this peer something, to its end.
    pub(crate) fn ask(&self, args: &[&str]) -> Output {
        whisper(&self.dir).args(args).stdin(Stdio::null()).output().expect("the binary runs")
    }

    /// The answer of its API to `GET`.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let web = self.err.find("web on", |line| line.strip_prefix("web on http://").map(str::to_owned));
        let token = std::fs::read_to_string(self.dir.path().join("api-token")).expect("the token is kept");
        let mut stream = TcpStream::connect(&web).expect("it listens");
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {web}\r\nAuthorization: Bearer {token}\r\n\r\n")
            .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        assert!(head.contains(" 200 "), "{answer}");
        serde_json::from_str(body).expect("JSON")
    }

    /// How often that has happened.
    #[track_caller]
    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.get("/api/v1/status")["counters"][name].as_u64().unwrap_or_else(|| panic!("no counter {name}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Already gone where the test ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the peer at {} told: {:#?}", self.addr, self.err.all());
        }
    }
}

/// The binary, on that data directory and nothing of the user's.
pub(crate) fn whisper(dir: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whisper"));
    command.env("WHISPER_DATA_DIR", dir.path());
    command
}

/// An address on loopback that nobody listens on, and that nobody else gets.
pub(crate) struct DeadAddr {
    pub(crate) addr: String,
    /// The near end of a connection holds its port without listening.
    _held: (TcpListener, TcpStream),
}

impl DeadAddr {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let stream = TcpStream::connect(listener.local_addr().expect("it is bound")).expect("it listens");
        Self { addr: stream.local_addr().expect("it is bound").to_string(), _held: (listener, stream) }
    }
}

/// The lines that are chat, not greetings.
pub(crate) fn chat(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).filter(|line| !line.ends_with(" joined")).collect()
}
