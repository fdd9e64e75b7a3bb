//! A real peer on loopback, and what the tests of its API ask it with.
//! Must not know what is tested. Bounds: `PATIENCE` for every wait.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod browser;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};
use whispernet_lab::clock;

/// Far longer than anything takes here; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Peer {
    child: Child,
    /// Where it accepts links.
    pub(crate) addr: String,
    /// Where its API is.
    pub(crate) http: SocketAddr,
    pub(crate) token: String,
    pub(crate) dir: Arc<TempDir>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}\n{}", self.head, self.body))
    }

    /// The body where it is JSON, else null.
    pub(crate) fn json_or_null(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        let error = &self.json()["error"];
        assert!(error["text"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        error["code"].as_str().expect("a refusal has a code").to_owned()
    }
}

impl Peer {
    pub(crate) fn start() -> Self {
        Self::start_in(Arc::new(TempDir::new().expect("a temporary folder")))
    }

    pub(crate) fn start_in(dir: Arc<TempDir>) -> Self {
        let mut child = whisper(dir.path())
            .args(["serve", "--bind", "127.0.0.1", "--port", "0", "--discovery", "off", "--http", "127.0.0.1:0"])
            // Without the pace that would spread a thousand messages over minutes.
            .args(["--nick", "tester", "--flood-limit", "off"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut addr = None;
        let mut said = String::new();
        let http = loop {
            let mut line = String::new();
            if stderr.read_line(&mut line).expect("it can be read") == 0 {
                panic!("the peer ended: {said}");
            }
            said.push_str(&line);
            if let Some(found) = line.trim().strip_prefix("listening on ") {
                addr = Some(found.to_owned());
            }
            if let Some((_, found)) = line.trim().split_once("web on http://") {
                break found.trim_end_matches('/').parse().expect("an address");
            }
        };
        // So that it never waits for somebody to read its chatter.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        let token = std::fs::read_to_string(dir.path().join("api-token")).expect("the token is kept");
        Self { child, addr: addr.expect("it said where it listens"), http, token, dir }
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end with SIGTERM, and waits until it has.
    pub(crate) fn stop(mut self) -> Arc<TempDir> {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(kill.success());
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}");
        Arc::clone(&self.dir)
    }

    /// One request with the token.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Authorization: Bearer {}\r\n", self.token);
        let content_type = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        self.ask_raw(method, path, &format!("Host: {}\r\n{bearer}{content_type}", self.http), body)
    }

    /// One request with just these headers, and the length of the body.
    pub(crate) fn ask_raw(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = connect(self.http);
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let request = format!("{method} {path} HTTP/1.1\r\n{headers}{length}Connection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// One request without a body: the head, and the bytes of what comes after it.
    pub(crate) fn ask_bytes(&self, method: &str, path: &str, headers: &str) -> (String, Vec<u8>) {
        let mut stream = connect(self.http);
        let request = format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        (head, answer.split_off(end + 4))
    }

    /// Says something and returns its seq.
    pub(crate) fn say(&self, body: &str) -> u64 {
        let answer = self.ask("POST", "/api/v1/messages", &json!({"body": body}).to_string());
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["seq"].as_u64().expect("a seq")
    }

    /// The bodies of the messages that this query finds.
    pub(crate) fn bodies(&self, query: &str) -> Vec<String> {
        let answer = self.ask("GET", &format!("/api/v1/messages{query}"), "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let json = answer.json();
        let messages = json["messages"].as_array().expect("a list");
        messages.iter().map(|message| message["body"].as_str().expect("a body").to_owned()).collect()
    }

    /// A WebSocket, after its hello.
    pub(crate) fn socket(&self, query: &str) -> Socket {
        let mut socket = self.upgrade(query, Some(&self.token)).expect("it upgrades");
        let hello = socket.event();
        assert_eq!(hello["event"], "hello", "{hello}");
        assert!(hello["run"].is_string() && hello["seq"].is_u64(), "{hello}");
        socket
    }

    pub(crate) fn upgrade(&self, query: &str, token: Option<&str>) -> Result<Socket, String> {
        let url = format!("ws://{}/api/v1/ws{query}", self.http);
        let mut request = url.into_client_request().expect("a request");
        if let Some(token) = token {
            let bearer = format!("Bearer {token}").parse().expect("a header");
            request.headers_mut().insert("Authorization", bearer);
        }
        match tungstenite::client(request, connect(self.http)) {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Runs a client command of this peer to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        run(self.dir.path(), args, "")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Already gone where the test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Socket(WebSocket<TcpStream>);

impl Socket {
    pub(crate) fn send(&mut self, value: &Value) {
        self.send_text(&value.to_string());
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).expect("it reads");
    }

    /// The next event.
    pub(crate) fn event(&mut self) -> Value {
        self.next().expect("an event")
    }

    /// The next event, or how the socket ended.
    pub(crate) fn next(&mut self) -> Result<Value, String> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Ok(serde_json::from_str(&text).expect("events are JSON")),
                Ok(Message::Close(frame)) => return Err(frame.map_or_else(String::new, |frame| frame.code.to_string())),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    /// The next event of that kind; others are passed over.
    pub(crate) fn event_of(&mut self, kind: &str) -> Value {
        loop {
            let event = self.event();
            if event["event"] == kind {
                return event;
            }
        }
    }
}

/// Looks again and again until there is something, for `PATIENCE` at most.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = clock::moment();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

pub(crate) fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a timeout");
    stream
}

/// The binary, on that data directory and nothing of the user's.
pub(crate) fn whisper(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whisper"));
    command.env("WHISPER_DATA_DIR", dir);
    command
}

/// Runs a command to its end, with that on its standard input.
pub(crate) fn run(dir: &Path, args: &[&str], stdin: &str) -> Output {
    let mut child = whisper(dir)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut input = child.stdin.take().expect("it is piped");
    // One that ends without reading is judged by its output.
    let _ = input.write_all(stdin.as_bytes());
    drop(input);
    child.wait_with_output().expect("it ends")
}

/// Lines of a child's standard output, as they come.
pub(crate) struct Lines {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    pub(crate) chatter: Arc<Mutex<String>>,
}

impl Lines {
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut stderr = child.stderr.take().expect("it is piped");
        let chatter = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&chatter);
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(1..) = stderr.read(&mut bytes).inspect(|length| {
                heard.lock().expect("no poison").push_str(&String::from_utf8_lossy(&bytes[..*length]));
            }) {}
        });
        Self { child, lines, chatter }
    }

    pub(crate) fn next(&mut self) -> String {
        let line = self.lines.next().expect("another line").expect("it can be read");
        assert!(!line.contains('\u{1b}'), "no terminal, no escapes: {line:?}");
        line
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
