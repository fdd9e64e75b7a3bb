//! The commands as a script uses them: pipes, JSON lines, live traffic, a peer that goes and comes back.
//! Must not know HTTP. Bounds: `PATIENCE` for every wait.

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use serde_json::{Value, json};
use support::{PATIENCE, Peer, whisper};
use tempfile::TempDir;
use whispernet_lab::raw::{RawListener, RawSender};

const TRUSTED: [&str; 2] = ["--flood-limit", "off"];

/// Standard output of a command that must have succeeded without a word on standard error.
#[track_caller]
fn stdout(output: &Output) -> &str {
    let text = |bytes| std::str::from_utf8(bytes).expect("text");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    text(&output.stdout)
}

/// Runs a line of shell, in which `whisper` is the binary on that folder.
fn shell(dir: &TempDir, line: &str) -> Output {
    let whisper = format!(r#"whisper() {{ "{}" "$@"; }}; {line}"#, env!("CARGO_BIN_EXE_whisper"));
    let mut shell = Command::new("bash");
    shell.env("WHISPER_DATA_DIR", dir.path()).args(["-o", "pipefail", "-c", &whisper]);
    shell.stdin(Stdio::null()).output().expect("bash runs")
}

#[test]
fn pipes_feed_send_and_leave_tail_early() {
    let peer = Peer::start("ann", &TRUSTED);
    assert_eq!(stdout(&shell(&peer.dir, "printf 'two\\nlines\\n' | whisper send -")), "");
    let last = "x".repeat(10_000);
    for _ in 0..50 {
        assert!(peer.ask(&["send", &last]).status.success());
    }
    // More than a pipe holds is left unread.
    let head = shell(&peer.dir, "whisper tail --limit 100 | head -1");
    assert_eq!(stdout(&head), "ann: two\n");
    let mut command = whisper(&peer.dir);
    command.args(["tail", "--limit", "1", "--follow"]);
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut follower = piped.expect("the binary runs");
    let mut line = String::new();
    BufReader::new(follower.stdout.take().expect("it is piped")).read_line(&mut line).expect("it can be read");
    assert_eq!(line, format!("ann: {last}\n"));
    // It notices when there is something to show.
    assert!(peer.ask(&["send", "on"]).status.success());
    assert_eq!(stdout(&follower.wait_with_output().expect("it ends")), "");
    let nothing = shell(&peer.dir, "whisper send - < /dev/null");
    assert_eq!(nothing.status.code(), Some(2));
    let complaint = String::from_utf8(nothing.stderr).expect("text");
    assert!(complaint.starts_with("whisper: nothing to send") && complaint.lines().count() == 1, "{complaint}");
}

#[test]
fn the_folder_is_named_before_the_command_or_after_it() {
    let (dir, elsewhere) = (Arc::new(TempDir::new().expect("a folder")), TempDir::new().expect("a folder"));
    let folder = dir.path().to_str().expect("text");
    let mut command = whisper(&elsewhere);
    command.args(["--data-dir", folder, "serve", "--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0"]);
    command.args(["--discovery", "off", "--nick", "ann"]);
    let peer = Peer::run(command, Arc::clone(&dir));
    peer.err.wait_part("web on");
    let run = |args: &[&str]| whisper(&elsewhere).args(args).stdin(Stdio::null()).output().expect("the binary runs");
    assert_eq!(stdout(&run(&["--data-dir", folder, "send", "before"])), "");
    assert_eq!(stdout(&run(&["send", "after", "--data-dir", folder])), "");
    assert_eq!(stdout(&run(&["tail", "--data-dir", folder])), "ann: before\nann: after\n");
    assert_eq!(run(&["tail"]).status.code(), Some(3), "nobody is elsewhere");
}

#[test]
fn lists_are_json_where_that_is_asked_for() {
    let listener = RawListener::bind().expect("a port");
    let addr = listener.addr().to_string();
    let peer = Peer::start("ann", &[&TRUSTED[..], &["--peer", &addr]].concat());
    assert!(listener.wait_accepted(|links| links == 1, PATIENCE));
    peer.err.wait_part("connected");
    let listed = peer.ask(&["peers", "--json"]);
    let listed: Vec<Value> =
        stdout(&listed).lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(
        listed,
        [json!({"addr": addr, "nick": "", "out": true, "in": false, "state": "connected", "lag": 0, "key": null})]
    );

    for body in ["needle one", "hay", "needle \u{1b}[2J two"] {
        assert!(peer.ask(&["send", body]).status.success());
    }
    let found = peer.ask(&["search", "--json", "NEEDLE"]);
    let events: Vec<Value> =
        stdout(&found).lines().map(|line| serde_json::from_str(line).expect("an event a line")).collect();
    let bodies: Vec<&Value> = events.iter().map(|event| &event["body"]).collect();
    assert_eq!(bodies, ["needle one", "needle \u{1b}[2J two"]);
    assert!(events.iter().all(|event| event["event"] == "message"));
    assert!(!found.stdout.contains(&0x1b));
}

#[test]
fn hostile_text_is_made_safe_on_its_way_out() {
    let peer = Peer::start("ann", &TRUSTED);
    let link = RawSender::connect(&peer.addr).expect("it listens");
    let hostile = "\u{1b}]0;title\u{7}\u{9b}31m\u{202e}abc\r\nann: forged\u{2028}ann: too\0";
    let object = json!({"ID": "\u{1b}id", "Addr": "\u{1b}[2J", "Body": hostile, "Nick": "eve\nann: hi\u{1b}[2J"});
    link.send_bytes(object.to_string().as_bytes()).expect("it reads");
    link.send_object("last", "here", "last").expect("it reads");
    peer.out.wait_part("last");
    // Others are shown as they come; this one must be on disk.
    assert!(peer.ask(&["send", "all of it"]).status.success());
    let commands: [&[&str]; 4] =
        [&["tail"], &["tail", "--json"], &["search", "forged"], &["search", "--json", "forged"]];
    for args in commands {
        let output = peer.ask(args);
        let shown = stdout(&output);
        let obeyed = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2028}".contains(c));
        assert!(!shown.contains(obeyed), "{args:?}: {shown:?}");
        let own = shown.lines().filter(|line| line.starts_with("ann: ")).count();
        assert_eq!(own, usize::from(args == ["tail"]), "no line is forged: {shown}");
        let forged = shown.lines().filter(|line| line.contains("forged")).count();
        assert_eq!(forged, 1, "{args:?}: {shown:?}");
    }
}

#[test]
fn a_follower_misses_nothing_of_live_traffic_across_a_restart() {
    const EACH: usize = 2_000;
    let peer = Peer::start("ann", &TRUSTED);
    let port = peer.socket_addr().port().to_string();
    for number in 0..5 {
        assert!(peer.ask(&["send", &format!("early {number}")]).status.success());
    }
    let follower = Follower::start(&peer.dir, &["tail", "--limit", "2", "--follow", "--json"]);
    let mut told = follower.until("early 4");
    let send = |peer: &Peer, run: usize| {
        let link = RawSender::connect(&peer.addr).expect("it listens");
        let ids: Vec<String> = (0..EACH).map(|number| format!("live {run} {number}")).collect();
        for id in &ids {
            link.send_object(id, "here", id).expect("it reads");
        }
        peer.out.wait(&format!("here: {}", ids[EACH - 1]));
        ids
    };
    let first = send(&peer, 0);
    let peer = Peer::start_in(peer.stop(), "ann", &[&TRUSTED[..], &["--port", &port]].concat());
    let second = send(&peer, 1);
    told.extend(follower.until(&second[EACH - 1]));
    let expected = [vec!["early 3".to_owned(), "early 4".to_owned()], first, second].concat();
    assert!(told == expected, "{} lines are not {}", told.len(), expected.len());
}

/// A `tail --follow` that is read all the time.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(dir: &TempDir, args: &[&str]) -> Self {
        let mut command = whisper(dir);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary runs");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (tell, lines) = sync_channel(1);
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines }
    }

    /// The bodies it shows up to and with this one.
    #[track_caller]
    fn until(&self, last: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        while bodies.last().is_none_or(|body| body != last) {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {last} after {bodies:?}"));
            let event: Value = serde_json::from_str(&line).expect("an event a line");
            if event["event"] == "message" && event["hello"] != true {
                bodies.push(event["body"].as_str().expect("a body").to_owned());
            }
        }
        bodies
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
