//! The HTTP API of a peer that may be killed at any moment: one connection a call.
//! Must not know what is asked for. Bounds: `ANSWER_MAX` for every answer, `PAGE` messages a page.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// Messages of one answer: as many as a peer gives.
const PAGE: usize = 500;

/// The API of one run of a peer.
#[derive(Clone, Debug)]
pub struct Api {
    web: SocketAddr,
    token: String,
}

/// A message, as the API tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place in this peer's history.
    pub seq: u64,
    /// Its ID.
    pub id: String,
    /// Its text.
    pub body: String,
}

impl Api {
    /// That of the peer that serves it at `web` and keeps its token in `dir`.
    ///
    /// # Errors
    /// There is no token.
    pub fn new(web: SocketAddr, dir: &Path) -> io::Result<Self> {
        let token = std::fs::read_to_string(dir.join("api-token"))?;
        Ok(Self { web, token: token.trim().to_owned() })
    }

    /// Status and JSON of an answer; `Null` where it has none.
    ///
    /// # Errors
    /// The peer is gone before it has answered.
    pub fn call(&self, method: &str, path: &str, body: &str) -> io::Result<(u16, Value)> {
        let Self { web, token } = self;
        let mut stream = TcpStream::connect_timeout(web, ANSWER_MAX)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.set_nodelay(true)?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {web}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let cut_short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_short)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut_short)?;
        let json = if body.is_empty() { Value::Null } else { serde_json::from_str(body)? };
        Ok((status, json))
    }

    /// Says something under a client's tag.
    ///
    /// # Errors
    /// The peer is gone before it has answered.
    pub fn say(&self, body: &str, client: &str) -> io::Result<(u16, Value)> {
        self.call("POST", "/api/v1/messages", &json!({"body": body, "client": client}).to_string())
    }

    /// The answer to `GET`, which must be a good one.
    ///
    /// # Errors
    /// It is not.
    pub fn get(&self, path: &str) -> io::Result<Value> {
        match self.call("GET", path, "")? {
            (200, answer) => Ok(answer),
            (status, answer) => Err(io::Error::other(format!("GET {path}: {status}: {answer}"))),
        }
    }

    /// What the history has after `since`, page by page, oldest first: message events.
    ///
    /// # Errors
    /// The peer does not answer, or not so.
    pub fn events(&self, mut since: u64) -> io::Result<Vec<Value>> {
        let mut all = Vec::new();
        loop {
            let mut page = self.get(&format!("/api/v1/messages?since={since}&limit={PAGE}"))?;
            let Value::Array(page) = page["messages"].take() else {
                return Err(io::Error::other("no list of messages"));
            };
            let Some(last) = page.last() else { return Ok(all) };
            since = last["seq"].as_u64().ok_or_else(|| io::Error::other("a message without seq"))?;
            all.extend(page);
        }
    }

    /// The same, without what nobody here looks at.
    ///
    /// # Errors
    /// The peer does not answer, or not so.
    pub fn history(&self, since: u64) -> io::Result<Vec<Message>> {
        let messages = self.events(since)?.iter().map(message).collect::<Option<Vec<_>>>();
        messages.ok_or_else(|| io::Error::other("a message without seq, id or body"))
    }
}

fn message(event: &Value) -> Option<Message> {
    let text = |key: &str| event[key].as_str().map(str::to_owned);
    Some(Message { seq: event["seq"].as_u64()?, id: text("id")?, body: text("body")? })
}
