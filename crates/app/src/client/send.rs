//! `whisper send`: says something through the running peer, once, with a file or without.
//! Must not know HTTP. Bounds: `STDIN_BYTES_MAX` read of standard input; of a file what can be sent.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use whispernet_node::handle::{Attachment, PeerStatus};

use super::api::{Api, Sent};
use super::{Failure, say};
use crate::args::SendArgs;
use crate::files::{self, ReadError};
use crate::line::progress::Ticker;

/// Longest message, in bytes: the wire's bound.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Most messages that become of standard input: more takes minutes at the pace that other peers accept (a guess).
const MESSAGES_MAX: usize = 64;
/// Most that is taken of standard input, in bytes.
const STDIN_BYTES_MAX: usize = MESSAGES_MAX * BODY_BYTES_MAX;

/// Says the text, or what stands in standard input where it is `-`; with a file it may be left out.
pub(super) fn send(args: &SendArgs, data_dir: &Path) -> Result<(), Failure> {
    if args.to.is_some() {
        // What was meant for one must never go to all.
        let text = "there are no private messages yet: they come with secured links; nothing was sent. Leave out --to to say it to all";
        return Err(Failure::Error(text.into()));
    }
    let file = args.file.as_deref().map(attach).transpose()?;
    let body = match args.text.as_deref().unwrap_or_default() {
        "-" => read(io::stdin().lock())?,
        text => text.to_owned(),
    };
    if body.trim().is_empty() && file.is_none() {
        return Err(Failure::Usage("nothing to send: write a text, or `-` and give it on standard input".into()));
    }
    let is_long = args.text.as_deref() == Some("-") && file.is_none();
    let bodies = if is_long { messages(&body)? } else { vec![body.as_str()] };
    for (kept, body) in bodies.iter().enumerate() {
        deliver(body, file.as_ref(), data_dir).map_err(|failure| failure.after(kept, bodies.len()))?;
    }
    // A person is told, and no script: it is kept in any case. A peer that is gone by now has nothing more to tell.
    if io::stderr().is_terminal()
        && let Ok(peers) = Api::find(data_dir).and_then(|api| api.peers())
        && is_alone(&peers)
    {
        say("kept, and heard by nobody yet: no peer is connected; who connects is sent what was said last");
    }
    Ok(())
}

fn is_alone(peers: &[PeerStatus]) -> bool {
    !peers.iter().any(|peer| peer.state == "connected")
}

impl Failure {
    /// The same where so many messages of one text were kept before: whatever the cause, not all of it was acknowledged.
    fn after(self, kept: usize, all: usize) -> Self {
        match self {
            Self::Error(text) | Self::NoPeer(text) | Self::NotAcknowledged(text) if kept > 0 => {
                Self::NotAcknowledged(format!("{kept} of {all} messages were sent, and then: {text}"))
            }
            other => other,
        }
    }
}

/// What is said of a long text: messages that end with lines where they can.
fn messages(text: &str) -> Result<Vec<&str>, Failure> {
    let (mut messages, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let end = rest.floor_char_boundary(BODY_BYTES_MAX);
        let line_end = rest[..end].rfind('\n').filter(|_| end < rest.len());
        let (message, after) = line_end.map_or((end, end), |at| (at, at + 1));
        // A line that is empty says nothing of its own.
        messages.extend(Some(&rest[..message]).filter(|message| !message.is_empty()));
        rest = &rest[after..];
    }
    if messages.len() > MESSAGES_MAX {
        return Err(too_long());
    }
    Ok(messages)
}

fn too_long() -> Failure {
    let text = format!("standard input has more than {STDIN_BYTES_MAX} bytes; nothing was sent: send it with --file");
    Failure::Error(text)
}

/// Says this once; returns when it is acknowledged.
fn deliver(body: &str, file: Option<&Attachment>, data_dir: &Path) -> Result<(), Failure> {
    let client = tag()?;
    let mut lost = false;
    loop {
        let api = match Api::find(data_dir) {
            Err(Failure::NoPeer(_)) if lost => break,
            found => found?,
        };
        let sent = match file {
            Some(file) => api.send_file(file, body, &client),
            None => api.say(body, &client),
        };
        match sent? {
            Sent::Acknowledged => return Ok(()),
            Sent::NotKept(text) => return Err(Failure::NotAcknowledged(text)),
            Sent::Timeout => {
                return Err(Failure::NotAcknowledged("not acknowledged within 10 s: it may still be sent".into()));
            }
            Sent::Lost if lost => break,
            // With the same tag it is the same message, whether the first try came through or not.
            Sent::Lost => lost = true,
        }
    }
    Err(Failure::NotAcknowledged(
        "the connection was lost before the peer acknowledged it: it may have been sent".into(),
    ))
}

/// The file; a terminal is told how reading it gets on.
fn attach(path: &Path) -> Result<Attachment, Failure> {
    let mut ticker = io::stderr().is_terminal().then(Ticker::default);
    let read = files::read(path, |progress| {
        let now = tokio::time::Instant::now().into_std();
        if let Some(line) = ticker.as_mut().and_then(|ticker| ticker.take(&progress, now)) {
            say(&line);
        }
    });
    read.map_err(|error| match error {
        ReadError::Empty(_) => Failure::Usage(error.to_string()),
        _ => Failure::Error(error.to_string()),
    })
}

/// All of it but one line end at the very end.
fn read(input: impl io::Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = input.take(STDIN_BYTES_MAX as u64 + 3).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Error(format!("cannot read standard input: {error}")))?;
    if bytes.len() > STDIN_BYTES_MAX + 2 {
        return Err(too_long());
    }
    let line_end = if bytes.ends_with(b"\r\n") { 2 } else { usize::from(bytes.ends_with(b"\n")) };
    bytes.truncate(bytes.len() - line_end);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A tag that nobody else uses: 128 random bits.
fn tag() -> Result<String, Failure> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::Error(format!("the system gave no random bytes: {error}")))?;
    let mut tag = String::from("send-");
    for byte in random {
        let _ = write!(tag, "{byte:02x}");
    }
    Ok(tag)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};

    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;

    /// A request's JSON; `None` where the other side only looked whether somebody listens.
    fn request(stream: &mut TcpStream) -> Option<Value> {
        let mut request = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match stream.read(&mut chunk).expect("it can be read") {
                0 => return None,
                length => request.extend_from_slice(&chunk[..length]),
            }
            let text = std::str::from_utf8(&request).expect("text");
            if let Some(json) = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()) {
                return Some(json);
            }
        }
    }

    #[test]
    fn a_long_text_becomes_messages_that_end_with_lines() {
        let line = "x".repeat(9_999);
        let text = format!("{line}\n{line}\n\n{line}");
        assert_eq!(messages(&text).expect("few"), [line.as_str(), &format!("{line}\n"), &line]);
        let (whole, long) = ("é".repeat(BODY_BYTES_MAX / 2), "é".repeat(BODY_BYTES_MAX / 2 + 1));
        assert_eq!(messages(&whole).expect("one"), [whole.as_str()]);
        assert_eq!(messages(&long).expect("two"), [whole.as_str(), "é"]);
        assert_eq!(messages(&"x".repeat(STDIN_BYTES_MAX)).expect("many").len(), MESSAGES_MAX);
        assert!(messages(&"x".repeat(STDIN_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_part_that_was_sent_is_told() {
        let failure = |kept| Failure::Error("why".to_owned()).after(kept, 3);
        assert!(matches!(failure(0), Failure::Error(text) if text == "why"));
        let told = "2 of 3 messages were sent, and then: why";
        assert!(matches!(failure(2), Failure::NotAcknowledged(text) if text == told));
    }

    fn args(text: &str) -> SendArgs {
        SendArgs { to: None, file: None, text: Some(text.to_owned()) }
    }

    /// How `send` ends with a peer that answers each try with the next of these, or where it is empty with a hang-up; and
    /// what it was sent.
    fn send_to(answers: &[&str]) -> (Result<(), Failure>, Vec<Value>) {
        let dir = TempDir::new().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let sign = json!({"http": listener.local_addr().expect("it is bound"), "pid": 1}).to_string();
        std::fs::write(dir.path().join("api.json"), sign).expect("it can be written");
        std::fs::write(dir.path().join("api-token"), "0".repeat(64)).expect("it can be written");
        std::thread::scope(|scope| {
            let peer = scope.spawn(move || {
                let mut requests = Vec::new();
                while requests.len() < answers.len() {
                    let (mut stream, _) = listener.accept().expect("somebody comes");
                    let Some(json) = request(&mut stream) else { continue };
                    let answer = answers[requests.len()];
                    requests.push(json);
                    stream.write_all(answer.as_bytes()).expect("it reads");
                }
                requests
            });
            let ended = send(&args("hi"), dir.path());
            (ended, peer.join().expect("the peer did not fail"))
        })
    }

    #[test]
    fn a_lost_connection_is_tried_once_more_under_the_same_tag() {
        let accepted = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        let (ended, tries) = send_to(&["", accepted]);
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(tries[0], tries[1]);
        assert_eq!(tries[0]["body"], "hi");
        assert!(tries[0]["client"].as_str().is_some_and(|tag| tag.len() > 32), "{}", tries[0]);
        let (ended, _) = send_to(&["", ""]);
        assert!(matches!(ended, Err(Failure::NotAcknowledged(_))), "{ended:?}");
    }

    #[test]
    fn refusals() {
        let refusal = |status: &str| {
            let body = r#"{"error":{"code":"x","text":"why"}}"#;
            format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        };
        let ended = |status| send_to(&[&refusal(status)]).0;
        assert!(matches!(ended("503 x"), Err(Failure::NotAcknowledged(text)) if text == "why"));
        assert!(matches!(ended("429 x"), Err(Failure::Error(text)) if text == "why"));
        assert!(matches!(ended("401 x"), Err(Failure::NoPeer(_))));
        let stranger = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        assert!(matches!(send_to(&[stranger]).0, Err(Failure::NoPeer(_))));
    }

    #[test]
    fn one_line_end_is_cut() {
        for (input, body) in [
            (&b"hi"[..], "hi"),
            (b"hi\n", "hi"),
            (b"hi\r\n", "hi"),
            (b"hi\n\n", "hi\n"),
            (b"a\nb\n", "a\nb"),
            (b"\n", ""),
            (b"", ""),
            (b"\xff\n", "\u{fffd}"),
        ] {
            assert_eq!(read(input).expect("it can be read"), body, "{input:?}");
        }
        assert!(read(io::repeat(b'x')).is_err());
    }

    #[test]
    fn nothing_to_send_is_usage() {
        let ended = |args: &SendArgs| send(args, Path::new("/nonexistent"));
        assert!(matches!(ended(&args("")), Err(Failure::Usage(_))));
        let empty = tempfile::NamedTempFile::new().expect("a temporary file");
        let file = Some(empty.path().to_owned());
        assert!(matches!(ended(&SendArgs { file, ..args("hi") }), Err(Failure::Usage(_))));
        let file = Some("/nonexistent".into());
        assert!(matches!(ended(&SendArgs { file, ..args("hi") }), Err(Failure::Error(_))));
        let private = ended(&SendArgs { to: Some("bob".to_owned()), ..args("") });
        assert!(matches!(private, Err(Failure::Error(text)) if text.contains("nothing was sent")));
    }
}
