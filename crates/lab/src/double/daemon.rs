//! What sets the daemon apart: its nick, its commands, its crash, its page of peers and its beacon.
//! Must not touch links: it judges texts and answers HTTP from the list that it is given.
//! Bounds: `REQUEST_BYTES_MAX` a request.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};

use serde_json::json;

use super::message::{Message, Shape};
use super::quirks::{Quirks, Received, SlowLink, Typed};

/// Longest head of an HTTP request, in bytes.
const REQUEST_BYTES_MAX: usize = 8 * 1024;

pub(super) const QUIRKS: Quirks = Quirks { shape: Shape::Daemon, slow: SlowLink::HoldsAllUp, receive: received, typed };

/// The layout of an ordinary line is this double's own: that of the old daemon was not observed.
fn received(message: &Message) -> Received {
    let Message { nick, body, .. } = message;
    if body.is_empty() {
        Received::Crash
    } else if let Some(action) = body.strip_prefix("/me ") {
        Received::Show(format!("{nick} {action}"))
    } else if body.starts_with('/') {
        Received::Hide
    } else {
        Received::Show(format!("{nick}: {body}"))
    }
}

/// An empty line is swallowed too, for it would crash every other daemon.
fn typed(line: &str) -> Typed {
    match line.strip_prefix("/connect ") {
        Some(addr) => Typed::Connect(addr.trim().to_owned()),
        None if line.is_empty() || line.starts_with('/') => Typed::Swallow,
        None => Typed::Say,
    }
}

/// Sends the one datagram of a daemon's start: the Addr as text.
pub(super) fn send_beacon(bind: IpAddr, addr: SocketAddr, target: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind((bind, 0))?;
    socket.set_broadcast(true)?;
    socket.send_to(addr.to_string().as_bytes(), target)?;
    Ok(())
}

/// Answers one request, then the connection ends.
pub(super) fn answer(links: &[String], mut stream: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut chunk = [0; 1024];
        let read = stream.read(&mut chunk)?;
        if read == 0 || head.len() + read > REQUEST_BYTES_MAX {
            return Ok(());
        }
        head.extend_from_slice(&chunk[..read]);
    }
    let (status, body) = if head.starts_with(b"GET /peers ") {
        // As many empty strings as peers come first: made with a length where a capacity was meant.
        let blanks = links.iter().map(|_| "");
        let peers: Vec<&str> = blanks.chain(links.iter().map(String::as_str)).collect();
        ("200 OK", format!("{}\n", json!({ "peers": peers })))
    } else {
        ("404 Not Found", String::new())
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_judged_by_their_first_byte() {
        for (body, verdict) in [
            ("hi", Received::Show("ann: hi".into())),
            (" /me hi", Received::Show("ann:  /me hi".into())),
            ("/me waves", Received::Show("ann waves".into())),
            ("/me", Received::Hide),
            ("/mean", Received::Hide),
            ("/", Received::Hide),
            ("\x1b[2J", Received::Show("ann: \x1b[2J".into())),
            ("", Received::Crash),
        ] {
            let message = Message { nick: "ann".into(), body: body.into(), ..Message::default() };
            assert_eq!(received(&message), verdict, "{body:?}");
        }
    }

    #[test]
    fn lines_are_said_unless_they_begin_with_a_slash() {
        for (line, verdict) in [
            ("hi", Typed::Say),
            (" /x", Typed::Say),
            ("/connect 127.0.0.1:1 ", Typed::Connect("127.0.0.1:1".into())),
            ("/connect", Typed::Swallow),
            ("/me hi", Typed::Swallow),
            ("", Typed::Swallow),
        ] {
            assert_eq!(typed(line), verdict, "{line:?}");
        }
    }
}
