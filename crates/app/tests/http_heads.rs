//! Heads of requests at their bounds, and connections that end before there is one.

mod http_support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use http_support::{Peer, connect, wait_for};

/// Longest head, with the empty line that ends it.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most headers in it.
const HEADERS_MAX: usize = 100;
/// What a browser or a proxy may send at a time.
const PIECE_BYTES: usize = 1_000;

/// A question with the token, in so many bytes.
fn head(peer: &Peer, bytes: usize) -> String {
    let start = format!(
        "GET /api/v1/commands HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\nX: ",
        peer.http, peer.token
    );
    let end = "\r\n\r\n";
    format!("{start}{}{end}", "x".repeat(bytes - start.len() - end.len()))
}

/// The first line of the answer, and all that comes after it: up to the end of the connection.
fn answer(mut stream: &TcpStream) -> (String, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers, and ends");
    let (line, rest) = answer.split_once("\r\n").expect("an answer has a line");
    (line.to_owned(), rest.to_owned())
}

#[test]
fn a_head_has_64_kib_however_it_comes() {
    let peer = Peer::start();
    let (most, more) = (head(&peer, HEAD_BYTES_MAX), head(&peer, HEAD_BYTES_MAX + 1));
    for (text, status) in [
        (&most, "HTTP/1.1 200 OK"),
        (&more, "HTTP/1.1 431 Request Header Fields Too Large"),
        (&head(&peer, 2 * HEAD_BYTES_MAX), "HTTP/1.1 431 Request Header Fields Too Large"),
    ] {
        let mut stream = connect(peer.http);
        stream.write_all(text.as_bytes()).expect("it reads");
        assert_eq!(answer(&stream).0, status, "{} bytes at once", text.len());

        let mut stream = connect(peer.http);
        stream.set_nodelay(true).expect("a socket has the option");
        for piece in text.as_bytes().chunks(PIECE_BYTES) {
            stream.write_all(piece).expect("it reads");
        }
        assert_eq!(answer(&stream).0, status, "{} bytes in pieces", text.len());
    }
    // The last bytes of a head and of a file may come together.
    let file = "x".repeat(1024 * 1024);
    let start = head(&peer, HEAD_BYTES_MAX - 100).replace("GET /api/v1/commands", "POST /api/v1/files?name=a");
    let start = start.replace("\r\nX: ", &format!("\r\nContent-Length: {}\r\nX: ", file.len()));
    let mut stream = connect(peer.http);
    stream.write_all(format!("{start}{file}").as_bytes()).expect("it reads");
    assert_eq!(answer(&stream).0, "HTTP/1.1 201 Created");
}

#[test]
fn a_head_that_is_too_long_is_answered_however_much_comes_after_it() {
    let peer = Peer::start();
    let text = head(&peer, 1024 * 1024);
    for _ in 0..10 {
        let mut stream = connect(peer.http);
        // Who is still writing when the connection is closed may never see why.
        stream.write_all(text.as_bytes()).expect("it reads");
        let (line, rest) = answer(&stream);
        assert_eq!(line, "HTTP/1.1 431 Request Header Fields Too Large");
        assert!(rest.ends_with("\r\n\r\n") && rest.to_ascii_lowercase().contains("connection: close"), "{rest}");
    }
}

#[test]
fn a_head_has_a_hundred_headers() {
    let peer = Peer::start();
    for (headers, status) in [(HEADERS_MAX, 200), (HEADERS_MAX + 1, 431)] {
        // Host, Authorization and Connection are three.
        let more = "X: x\r\n".repeat(headers - 3);
        let own = format!("Host: {}\r\nAuthorization: Bearer {}\r\n{more}", peer.http, peer.token);
        assert_eq!(peer.ask_raw("GET", "/api/v1/commands", &own, "").status, status, "{headers}");
    }
}

#[test]
fn the_description_says_what_holds() {
    let peer = Peer::start();
    let description = peer.ask("GET", "/openapi.json", "").json();
    let about = description["info"]["description"].as_str().expect("a text");
    assert!(about.contains("heads have up to 64 KiB, in up to 100 headers"), "{about}");
    let responses = &description["paths"]["/api/v1/status"]["get"]["responses"];
    assert!(responses["431"]["description"].as_str().is_some_and(|text| text.contains("64 KiB")), "{responses}");
    assert!(responses["414"].is_null(), "a head is too long before an address is");
}

#[test]
fn who_is_idle_is_counted_apart_from_whose_head_is_slow() {
    let peer = Peer::start();
    let ask =
        format!("GET /api/v1/commands HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n", peer.http, peer.token);
    let (begun, rest) = ask.split_at(20);
    // Three that are idle: one that never asked, one that asked once, and one that sent the same in two parts. Two that are slow.
    for texts in [&[][..], &[&*ask], &[begun, rest], &[begun], &[&*ask, begun]] {
        let mut stream = connect(peer.http);
        stream.set_nodelay(true).expect("a socket has the option");
        std::thread::spawn({
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            move || {
                for (number, text) in texts.iter().enumerate() {
                    stream.write_all(text.as_bytes()).expect("it reads");
                    // An answer is read before the next question is begun.
                    if number + 1 == texts.len() || text.ends_with("\r\n\r\n") {
                        let _ = stream.read(&mut [0; 64 * 1024]);
                    }
                }
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
    }
    let count = |metrics: &str, reason: &str| {
        let name = format!("whispernet_http_closed_total{{reason=\"{reason}\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok())
    };
    let counts = wait_for("all five are closed", || {
        let metrics = peer.ask("GET", "/metrics", "").body;
        let counts: (Option<u64>, Option<u64>) = (count(&metrics, "idle"), count(&metrics, "slow_head"));
        (counts.0.unwrap_or(0) + counts.1.unwrap_or(0) == 5).then_some(counts)
    });
    assert_eq!(counts, (Some(3), Some(2)));
}
