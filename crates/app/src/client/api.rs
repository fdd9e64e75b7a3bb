//! The calls of a running peer's API, as this program makes them.
//! Must not know what is shown of the answers. Bounds: `CONNECT_TIMEOUT`, `ANSWER_TIMEOUT`, `ANSWER_BYTES_MAX`.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tungstenite::WebSocket;
use tungstenite::client::IntoClientRequest as _;
use ureq::http::request::Builder;
use ureq::http::{HeaderValue, Request, Response, header};
use ureq::{Agent, Body};
use whispernet_node::event::Event;
use whispernet_node::handle::{Attachment, PeerStatus, Person, Status};

use super::Failure;
use crate::http::place::{Place, Token};

/// A peer on this machine accepts at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest wait for an answer. For `send` it is the time after which a message counts as not acknowledged.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest answer: 500 messages of 16 KiB, each byte of which may become 6 in JSON, and some room.
const ANSWER_BYTES_MAX: u64 = 500 * (16 * 6 + 8) * 1024;

/// The API of one running peer.
pub(super) struct Api {
    addr: SocketAddr,
    token: Token,
    agent: Agent,
}

/// Why there is no answer.
enum Lost {
    /// Nobody listens.
    Refused,
    /// The answer did not come in time.
    Timeout,
    /// The connection ended before the answer did, or what came is no answer of a peer.
    Broken(String),
}

#[derive(Deserialize)]
struct Refusal {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    text: String,
}

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Event>,
}

#[derive(Deserialize)]
struct Peers {
    peers: Vec<PeerStatus>,
}

#[derive(Deserialize)]
struct Launch {
    url: String,
}

/// Which messages to get: as `GET /api/v1/messages` takes them.
#[derive(Clone, Copy, Default)]
pub(super) struct Which<'a> {
    pub(super) since: Option<u64>,
    pub(super) before: Option<u64>,
    pub(super) limit: usize,
    pub(super) search: Option<&'a str>,
}

/// What became of words that were sent.
pub(super) enum Sent {
    /// They are kept.
    Acknowledged,
    /// The peer cannot keep them now, and says why.
    NotKept(String),
    /// The connection was lost: they may or may not have been said.
    Lost,
    /// There was no answer in time.
    Timeout,
}

impl Api {
    /// The API of the peer that uses that data directory.
    pub(super) fn find(data_dir: &Path) -> Result<Self, Failure> {
        let nobody = || {
            Failure::NoPeer(format!(
                "no peer runs with the data directory {}: start one with `whisper`",
                data_dir.display()
            ))
        };
        let place = Place::read(data_dir).ok_or_else(nobody)?;
        // One left by a crash names a port where nobody listens, or somebody else.
        TcpStream::connect_timeout(&place.http, CONNECT_TIMEOUT).map_err(|_| nobody())?;
        let token = Token::read(data_dir).map_err(|error| Failure::Error(format!("{error:#}")))?;
        let config = Agent::config_builder()
            // A proxy of the environment has no business between us and this machine's peer.
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(ANSWER_TIMEOUT))
            .build();
        Ok(Self { addr: place.http, token, agent: config.into() })
    }

    pub(super) fn status(&self) -> Result<Status, Failure> {
        self.get("/api/v1/status")
    }

    pub(super) fn peers(&self) -> Result<Vec<PeerStatus>, Failure> {
        Ok(self.get::<Peers>("/api/v1/peers")?.peers)
    }

    /// A link that lets one browser in.
    pub(super) fn launch(&self) -> Result<String, Failure> {
        Ok(self.ask::<Launch>("POST", "/api/v1/launch", None)?.url)
    }

    /// Message events, ascending.
    pub(super) fn messages(&self, which: Which<'_>) -> Result<Vec<Event>, Failure> {
        let mut path = format!("/api/v1/messages?limit={}", which.limit);
        for (name, value) in [("since", which.since), ("before", which.before)] {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={value}"));
            }
        }
        if let Some(search) = which.search {
            path.push_str(&format!("&search={}", escaped(search)));
        }
        Ok(self.get::<Messages>(&path)?.messages)
    }

    pub(super) fn connect(&self, addr: &str) -> Result<(), Failure> {
        self.order("POST", "/api/v1/peers", Some(&json!({"addr": addr})))
    }

    pub(super) fn disconnect(&self, addr: &str) -> Result<(), Failure> {
        self.order("DELETE", &format!("/api/v1/peers/{}", escaped(addr)), None)
    }

    pub(super) fn block(&self, who: &str) -> Result<(), Failure> {
        self.order("POST", "/api/v1/blocks", Some(&json!({"who": who})))
    }

    pub(super) fn unblock(&self, who: &str) -> Result<(), Failure> {
        self.order("DELETE", &format!("/api/v1/blocks/{}", escaped(who)), None)
    }

    /// Verifies the key of somebody, or of whomever `proof` is of.
    pub(super) fn verify(&self, who: Option<&str>, proof: &str) -> Result<Person, Failure> {
        let person = who.map(|who| format!("/{}", escaped(who))).unwrap_or_default();
        self.ask("POST", &format!("/api/v1/people{person}"), Some(&json!({"verify": proof})))
    }

    /// Says something, once for one `client`, however often it is tried.
    pub(super) fn say(&self, body: &str, client: &str) -> Result<Sent, Failure> {
        self.sent(self.call("POST", "/api/v1/messages", Some(&json!({"body": body, "client": client}))))
    }

    /// Sends a file, with words or none; as often as words are said.
    pub(super) fn send_file(&self, file: &Attachment, body: &str, client: &str) -> Result<Sent, Failure> {
        let [name, body, client] = [&file.name, body, client].map(escaped);
        let path = format!("/api/v1/files?name={name}&body={body}&client={client}");
        let builder = self.request("POST", &path).header(header::CONTENT_TYPE, "application/octet-stream");
        let request = builder.body(file.bytes.as_slice()).map_err(Lost::from);
        self.sent(request.and_then(|request| answer(self.agent.run(request))))
    }

    fn sent(&self, answer: Result<(u16, Vec<u8>), Lost>) -> Result<Sent, Failure> {
        match answer {
            Ok((503, answer)) => {
                Ok(Sent::NotKept(refusal(&answer).unwrap_or_else(|| "the peer cannot keep it now".into())))
            }
            Ok((status, answer)) => self.accept(status, &answer).map(|()| Sent::Acknowledged),
            Err(Lost::Timeout) => Ok(Sent::Timeout),
            Err(Lost::Refused | Lost::Broken(_)) => Ok(Sent::Lost),
        }
    }

    /// A WebSocket with the events after that seq.
    pub(super) fn events(&self, since: u64) -> Result<WebSocket<TcpStream>, Failure> {
        let broken = |error: tungstenite::Error| self.failure(Lost::Broken(error.to_string()));
        let url = format!("ws://{}/api/v1/ws?since={since}", self.addr);
        let mut request = url.into_client_request().map_err(broken)?;
        request.headers_mut().insert(header::AUTHORIZATION, self.bearer()?);
        let stream =
            TcpStream::connect_timeout(&self.addr, CONNECT_TIMEOUT).map_err(|_| self.failure(Lost::Refused))?;
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(socket),
            Err(error) => Err(self.failure(Lost::Broken(error.to_string()))),
        }
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask("GET", path, None)
    }

    fn ask<T: DeserializeOwned>(&self, method: &str, path: &str, body: Option<&Value>) -> Result<T, Failure> {
        let (status, answer) = self.call(method, path, body).map_err(|lost| self.failure(lost))?;
        self.accept(status, &answer)?;
        serde_json::from_slice(&answer).map_err(|error| self.failure(Lost::Broken(error.to_string())))
    }

    fn order(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(), Failure> {
        let (status, answer) = self.call(method, path, body).map_err(|lost| self.failure(lost))?;
        self.accept(status, &answer)
    }

    /// Status and body of the answer to one request.
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Vec<u8>), Lost> {
        let builder = self.request(method, path);
        answer(match body {
            Some(json) => {
                self.agent.run(builder.header(header::CONTENT_TYPE, "application/json").body(json.to_string())?)
            }
            None => self.agent.run(builder.body(())?),
        })
    }

    /// A request with the token, yet without a body.
    fn request(&self, method: &str, path: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.addr))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token.as_str()))
    }

    fn accept(&self, status: u16, answer: &[u8]) -> Result<(), Failure> {
        match (status, refusal(answer)) {
            (200..300, _) => Ok(()),
            // The port of a peer that is gone went to the peer of another data directory.
            (401 | 421, _) | (_, None) => {
                Err(Failure::NoPeer(format!("what answers at {} is not the peer of this data directory", self.addr)))
            }
            (_, Some(text)) => Err(Failure::Error(text)),
        }
    }

    fn bearer(&self) -> Result<HeaderValue, Failure> {
        let header = HeaderValue::from_str(&format!("Bearer {}", self.token.as_str()));
        header.map_err(|_| Failure::Error("the API token fits no header".into()))
    }

    fn failure(&self, lost: Lost) -> Failure {
        let addr = self.addr;
        match lost {
            Lost::Refused => Failure::NoPeer(format!("nobody listens at {addr} any more: the peer has stopped")),
            Lost::Timeout => Failure::Error(format!("the peer at {addr} did not answer in 10 s")),
            Lost::Broken(what) => Failure::Error(format!("the connection with the peer at {addr} broke: {what}")),
        }
    }
}

impl From<ureq::Error> for Lost {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::Timeout,
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => Self::Refused,
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<ureq::http::Error> for Lost {
    fn from(error: ureq::http::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Status and body of an answer.
fn answer(answer: Result<Response<Body>, ureq::Error>) -> Result<(u16, Vec<u8>), Lost> {
    let mut answer = answer?;
    let bytes = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
    Ok((answer.status().as_u16(), bytes))
}

/// What an answer says is wrong.
fn refusal(answer: &[u8]) -> Option<String> {
    serde_json::from_slice(answer).ok().map(|refusal: Refusal| refusal.error.text)
}

/// Text as part of a URL: all but the unreserved characters as escapes (RFC 3986, 2.3).
fn escaped(text: &str) -> String {
    let mut url = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (text, url) in [
            ("127.0.0.1:55555", "127.0.0.1%3A55555"),
            ("[fe80::1]:1", "%5Bfe80%3A%3A1%5D%3A1"),
            ("a b&c=d/ü?", "a%20b%26c%3Dd%2F%C3%BC%3F"),
            ("", ""),
        ] {
            assert_eq!(escaped(text), url);
        }
    }

    #[test]
    fn a_sign_left_by_a_crash_is_no_peer() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        assert!(matches!(Api::find(dir.path()), Err(Failure::NoPeer(_))), "no sign");
        let gone =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("loopback");
        let sign = format!(r#"{{"http":"{gone}","pid":1}}"#);
        std::fs::write(dir.path().join("api.json"), sign).expect("it can be written");
        assert!(matches!(Api::find(dir.path()), Err(Failure::NoPeer(_))), "a stale sign");
    }
}
