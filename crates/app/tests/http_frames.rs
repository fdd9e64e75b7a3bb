//! WebSockets of whoever means ill, byte by byte: malformed, too long, in pieces, slow, too many. Each ends or is borne, and the
//! peer goes on for all others.

mod http_support;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use http_support::{PATIENCE, Peer, connect};
use serde_json::{Value, json};
use whispernet_lab::clock;
use whispernet_lab::stranger::{Stranger, UNDIALLED};

/// Longest frame, and longest message of several.
const BYTES_MAX: usize = 256 * 1024;
/// Connections at a time.
const SEATS_MAX: usize = 64;
/// What a head has; and what a test waits at most for its end.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long somebody is waited for who takes nothing.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Messages that fill the buffers of the system, which grow to some 10 MB on both sides (tcp(7), `tcp_rmem`, `tcp_wmem`).
const BULK: usize = 2_000;
const BULK_BODY_BYTES: usize = 12_000;

/// Opcodes and bits of the first byte (RFC 6455, 5.2).
const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// The bit of the second byte that says that a mask follows.
const MASKED: u8 = 0x80;

/// A frame of a client, whatever its first byte says.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len());
    let mask = [1, 2, 3, 4];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// Its beginning up to the length.
fn head(first: u8, length: usize) -> Vec<u8> {
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => vec![first, MASKED | short],
        (_, Ok(long)) => [vec![first, MASKED | 126], long.to_be_bytes().to_vec()].concat(),
        _ => [vec![first, MASKED | 127], (length as u64).to_be_bytes().to_vec()].concat(),
    }
}

/// Codes that a socket is closed with (RFC 6455, 7.4.1).
const WRONG: u16 = 1002;
const NOT_UTF8: u16 = 1007;
const TOO_LONG: u16 = 1009;

/// An open WebSocket, as bytes.
struct Raw(TcpStream);

impl Raw {
    fn open(peer: &Peer) -> Self {
        let mut stream = connect(peer.http);
        stream.set_nodelay(true).expect("a socket has the option");
        let upgrade = format!(
            "GET /api/v1/ws HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            peer.http, peer.token
        );
        stream.write_all(upgrade.as_bytes()).expect("it reads");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("it answers");
            head.extend(byte);
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        let mut raw = Self(stream);
        let (opcode, hello) = raw.frame().expect("a hello");
        assert_eq!((opcode, event(&hello)["event"].as_str()), (TEXT, Some("hello")));
        raw
    }

    /// Sends bytes; whether somebody still takes them.
    fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Opcode and payload of the next frame; `None` once the connection has ended.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.fill(&mut head)?;
        assert!(head[1] & MASKED == 0, "a server masks nothing");
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.fill(&mut length)?;
                u16::from_be_bytes(length).into()
            }
            127 => {
                let mut length = [0; 8];
                self.fill(&mut length)?;
                usize::try_from(u64::from_be_bytes(length)).expect("it fits")
            }
            short => short.into(),
        };
        let mut payload = vec![0; length];
        self.fill(&mut payload)?;
        Some((head[0] & 0xf, payload))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Option<()> {
        match self.0.read_exact(bytes) {
            Ok(()) => Some(()),
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {
                panic!("it goes on, and says nothing")
            }
            Err(_) => None,
        }
    }

    /// The next event of that kind.
    #[track_caller]
    fn event_of(&mut self, kind: &str) -> Value {
        loop {
            let (opcode, payload) = self.frame().expect("another frame");
            if opcode == TEXT && event(&payload)["event"] == kind {
                return event(&payload);
            }
        }
    }

    /// The code that it is closed with, where there is one.
    fn end(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some((opcode, payload)) = self.frame() {
            if opcode == CLOSE {
                code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
        code
    }
}

fn event(payload: &[u8]) -> Value {
    serde_json::from_slice(payload).expect("events are JSON")
}

/// How many connections were ended for that reason.
fn closed(peer: &Peer, reason: &str) -> u64 {
    let name = format!("whispernet_http_closed_total{{reason=\"{reason}\"}} ");
    let metrics = peer.ask("GET", "/metrics", "").body;
    metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).expect("it is counted")
}

/// Fails where the peer does not go on as if nothing had happened.
#[track_caller]
fn goes_on(peer: &Peer) {
    let mut socket = Raw::open(peer);
    assert!(socket.send(&frame(FIN | TEXT, br#"{"say":"still here","client":"x"}"#)));
    socket.event_of("ack");
}

#[test]
fn malformed_frames_end_their_socket() {
    let peer = Peer::start();
    let unmasked = |first: u8, payload: &[u8]| [vec![first, payload.len() as u8], payload.to_vec()].concat();
    for (what, expected, bytes) in [
        ("a reserved bit", WRONG, frame(FIN | 0x40 | TEXT, b"{}")),
        ("another one", WRONG, frame(FIN | 0x20 | TEXT, b"{}")),
        ("the third", WRONG, frame(FIN | 0x10 | TEXT, b"{}")),
        ("an opcode of data that is none", WRONG, frame(FIN | 3, b"{}")),
        ("another", WRONG, frame(FIN | 7, b"{}")),
        ("an opcode of control that is none", WRONG, frame(FIN | 11, b"")),
        ("the last", WRONG, frame(FIN | 15, b"")),
        ("no mask", WRONG, unmasked(FIN | TEXT, b"{}")),
        ("a close without mask", WRONG, unmasked(FIN | CLOSE, b"")),
        ("no UTF-8", NOT_UTF8, frame(FIN | TEXT, b"{\"say\":\"\xff\"}")),
        ("half a character", NOT_UTF8, frame(FIN | TEXT, b"\xc3")),
        ("a surrogate", NOT_UTF8, frame(FIN | TEXT, b"\xed\xa0\x80")),
        ("more than there is", NOT_UTF8, frame(FIN | TEXT, b"\xf5\x80\x80\x80")),
        ("no UTF-8 over two frames", NOT_UTF8, [frame(TEXT, b"\xc3"), frame(FIN | CONTINUATION, b"x")].concat()),
        ("a ping in pieces", WRONG, frame(PING, b"")),
        ("a ping of 126 bytes", WRONG, frame(FIN | PING, &[0; 126])),
        ("a close of one byte", WRONG, frame(FIN | CLOSE, b"x")),
        ("a close with a code that is none", WRONG, frame(FIN | CLOSE, &999_u16.to_be_bytes())),
        ("a close with a code that nobody sends", WRONG, frame(FIN | CLOSE, &1006_u16.to_be_bytes())),
        ("a close with no UTF-8", NOT_UTF8, frame(FIN | CLOSE, b"\x03\xe8\xff")),
        ("the rest of nothing", WRONG, frame(FIN | CONTINUATION, b"{}")),
        ("a text within a text", WRONG, [frame(TEXT, b"{"), frame(FIN | TEXT, b"}")].concat()),
        ("HTTP", WRONG, b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("zeros", WRONG, vec![0; 64]),
        ("a length whose first bit is set", TOO_LONG, [vec![FIN | TEXT, MASKED | 127], vec![0xff; 12]].concat()),
    ] {
        let mut socket = Raw::open(&peer);
        assert!(socket.send(&bytes), "{what}");
        assert_eq!(socket.end(), Some(expected), "{what}");
    }
    goes_on(&peer);
    // A close that asks for what it may not have is answered by the library below.
    for (reason, count) in [("bad_frame", 16), ("not_utf8", 6), ("long_frame", 1)] {
        assert_eq!(closed(&peer, reason), count, "{reason}");
    }
}

#[test]
fn long_frames_and_long_messages_end_their_socket() {
    let peer = Peer::start();
    let text = vec![b' '; BYTES_MAX + 1];
    let mut socket = Raw::open(&peer);
    assert!(socket.send(&frame(FIN | TEXT, &text[1..])), "as long as may be");
    assert_eq!(socket.event_of("notice")["level"], "error");
    let half = &text[..BYTES_MAX / 2];
    assert!(socket.send(&[frame(TEXT, half), frame(FIN | CONTINUATION, half)].concat()), "the same in two pieces");
    assert_eq!(socket.event_of("notice")["level"], "error");

    for (what, bytes) in [
        ("one frame", frame(FIN | TEXT, &text)),
        ("a sum of two", [frame(TEXT, half), frame(FIN | CONTINUATION, &text[BYTES_MAX / 2..])].concat()),
        ("a length that never comes", head(FIN | TEXT, BYTES_MAX + 1)),
        ("a mebibyte", head(FIN | TEXT, 1 << 20)),
        ("a tebibyte", head(FIN | TEXT, 1 << 40)),
        ("the longest", head(FIN | TEXT, (1 << 63) - 1)),
    ] {
        let mut socket = Raw::open(&peer);
        assert!(socket.send(&[bytes, vec![0; 4]].concat()));
        assert_eq!(socket.end(), Some(TOO_LONG), "{what}");
    }
    // Who is still writing learns why, too.
    for _ in 0..10 {
        let mut socket = Raw::open(&peer);
        assert!(socket.send(&frame(FIN | TEXT, &vec![b' '; 1 << 20])));
        assert_eq!(socket.end(), Some(TOO_LONG));
    }
    assert_eq!(closed(&peer, "long_frame"), 16);
    goes_on(&peer);
}

#[test]
fn pieces_are_put_together_and_never_too_many() {
    let peer = Peer::start();
    let mut socket = Raw::open(&peer);
    let words = br#"{"say":"in pieces: \u00e9 \ud83d\ude00 and more","client":"pieces"}"#;
    for (number, byte) in words.iter().enumerate() {
        let first = if number == 0 { TEXT } else { CONTINUATION };
        let last = if number + 1 == words.len() { FIN } else { 0 };
        // Control frames may stand between the pieces of a message.
        let control = [frame(FIN | PING, b"p"), frame(FIN | PONG, b"")].concat();
        assert!(socket.send(&[control, frame(last | first, &[*byte])].concat()));
    }
    let (mut pongs, mut acked) = (0, false);
    while !acked || pongs < words.len() {
        let (opcode, payload) = socket.frame().expect("another frame");
        pongs += usize::from(opcode == PONG && payload == b"p");
        acked |= opcode == TEXT && event(&payload)["event"] == "ack";
    }
    assert_eq!(peer.bodies("?limit=1"), ["in pieces: é 😀 and more"]);

    // Many small ones that come to more than a message may have.
    let mut socket = Raw::open(&peer);
    let kibibyte = vec![b' '; 1024];
    let mut open = socket.send(&frame(TEXT, &kibibyte));
    for _ in 0..BYTES_MAX / kibibyte.len() {
        open = open && socket.send(&frame(CONTINUATION, &kibibyte));
    }
    assert!(open && socket.end() == Some(TOO_LONG));
    goes_on(&peer);
}

#[test]
fn empty_pieces_and_pings_without_end_hold_up_nobody() {
    let peer = Peer::start();
    let empties = frame(CONTINUATION, b"").repeat(1_000);
    let pings = frame(FIN | PING, b"p").repeat(1_000);
    let (mut fragments, mut pinger) = (Raw::open(&peer), Raw::open(&peer));
    fragments.0.set_write_timeout(Some(HEAD_TIMEOUT)).expect("a socket has a timeout");
    pinger.0.set_nonblocking(true).expect("a socket has the mode");
    assert!(fragments.send(&frame(TEXT, b"")));
    // One that never reads its pongs is held back, or cut.
    for _ in 0..200 {
        fragments.send(&empties);
        match pinger.0.write(&pings) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    let began = clock::moment();
    goes_on(&peer);
    assert!(began.elapsed() < HEAD_TIMEOUT, "{:?}", began.elapsed());
    // What is begun can be ended: two hundred thousand empty pieces are nothing.
    assert!(fragments.send(&frame(FIN | CONTINUATION, b"{}")));
    assert_eq!(fragments.event_of("notice")["level"], "error");
    let status = std::fs::read_to_string(format!("/proc/{}/status", peer.pid())).expect("it runs");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory is told");
    let kilobytes: u64 = resident.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kilobytes < 300_000, "{kilobytes} kB");
}

/// Sends a byte each time the other side might have given up, until it has: how long that took.
fn drip(stream: &TcpStream, bytes: impl Iterator<Item = u8>) -> Duration {
    let began = clock::moment();
    let pause = Duration::from_secs(1);
    let mut stream = stream;
    stream.set_read_timeout(Some(pause)).expect("a socket has a timeout");
    for byte in bytes {
        assert!(began.elapsed() < 3 * HEAD_TIMEOUT, "it goes on");
        if stream.write_all(&[byte]).is_err() {
            break;
        }
        match stream.read(&mut [0; 1024]) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {}
            Err(_) => break,
        }
    }
    began.elapsed()
}

#[test]
fn a_head_that_drips_is_cut_and_a_frame_that_drips_costs_one_seat() {
    let peer = Peer::start();
    let head = format!("GET /api/v1/ws HTTP/1.1\r\nHost: {}\r\nX: ", peer.http);
    let slow_head = connect(peer.http);
    let mut slow_frame = Raw::open(&peer);
    let took = drip(&slow_head, head.bytes().chain(std::iter::repeat(b'x')));
    assert!(took >= HEAD_TIMEOUT - Duration::from_secs(2) && took < 2 * HEAD_TIMEOUT, "{took:?}");
    // A frame may take its time: a person's line may be bad, and what it holds is bounded.
    let words = frame(FIN | TEXT, br#"{"say":"slowly","client":"slow"}"#);
    for byte in &words {
        assert!(slow_frame.send(&[*byte]));
        answers(&peer);
    }
    slow_frame.event_of("ack");
}

/// Fails where the peer does not answer a question.
#[track_caller]
fn answers(peer: &Peer) {
    assert_eq!(peer.ask("GET", "/api/v1/status", "").status, 200);
}

#[test]
fn who_does_not_read_is_cut_and_resumes_with_nothing_lost() {
    let peer = Peer::start();
    let start = peer.say("the beginning");
    let mut silent = Raw::open(&peer);
    let mut reader = peer.socket("");
    let stranger = Stranger::connect(peer.addr.parse().expect("an address"), 1).expect("it listens");
    // More than the buffers of the system take on both sides.
    for number in 0..BULK {
        let body = "x".repeat(BULK_BODY_BYTES);
        stranger.says(&json!({"ID": format!("bulk-{number}"), "Addr": UNDIALLED, "Body": body})).expect("it reads");
        // Somebody who reads beside it gets each.
        assert_eq!(reader.event_of("message")["id"], format!("bulk-{number}"));
    }
    // And then for longer than anybody is waited for.
    let (began, mut last, mut count) = (clock::moment(), start, BULK + 1);
    while began.elapsed() < WRITE_TIMEOUT + Duration::from_secs(2) {
        last = peer.say("more");
        assert_eq!(reader.event_of("message")["seq"], last);
        count += 1;
    }
    silent.0.set_read_timeout(Some(PATIENCE)).expect("a socket has a timeout");
    let mut got = vec![start];
    while let Some((opcode, payload)) = silent.frame() {
        if opcode == TEXT && event(&payload)["event"] == "message" {
            got.extend(event(&payload)["seq"].as_u64());
        }
    }
    let before = got.len();
    let mut resumed = peer.socket(&format!("?since={}", got.last().expect("there is one")));
    while got.last() < Some(&last) {
        got.extend(resumed.event_of("message")["seq"].as_u64());
    }
    assert!(before < count, "it was cut on the way");
    assert!(got.windows(2).all(|pair| pair[0] < pair[1]), "nothing twice, and in order");
    assert_eq!(got.len(), count, "nothing is missing");
}

#[test]
fn seats_are_for_sixty_four_and_who_only_listens_goes_last() {
    let peer = Peer::start();
    let mut sockets: Vec<_> = (0..SEATS_MAX - 1).map(|_| peer.socket("")).collect();
    // A silent connection takes the last seat, and leaves it to whoever comes.
    let mut silent = connect(peer.http);
    answers(&peer);
    assert_eq!(silent.read(&mut [0]).unwrap_or(0), 0, "it is closed");
    sockets.push(peer.socket(""));
    // All seats are sockets': the one that said nothing for longest leaves, and goes on elsewhere.
    sockets[0].send(&json!({"say": "one", "client": "x"}));
    for socket in &mut sockets {
        assert_eq!(socket.event_of("message")["body"], "one");
    }
    let seq = peer.say("two");
    let end = loop {
        match sockets[1].next() {
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert!(end.contains("1013"), "{end}");
    // That one asked, and is silent now: it goes before any other socket.
    let mut back = peer.socket(&format!("?since={}", seq - 1));
    assert_eq!(back.event_of("message")["body"], "two");
    for (number, socket) in sockets.iter_mut().enumerate().filter(|(number, _)| *number != 1) {
        assert_eq!(socket.event_of("message")["body"], "two", "{number}");
    }
}
