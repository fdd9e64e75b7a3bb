//! Accepts connections and speaks HTTP/1.1 on them, around whatever routes it is given.
//! Must not know the routes, nor the peer. Bounds: `SEATS_MAX` connections; a head of `HEAD_BYTES_MAX` and `HEADERS_MAX` within `HEAD_TIMEOUT`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use super::guard::{Caller, Guard, guard};
use super::patience::Patience;
use super::seats::{Seat, Seats};
use super::tally::{End, Tally};

/// Time for a whole head, from the connection or the answer before it on.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest head, with the empty line that ends it (the longest search and the longest token are far below it).
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Most headers in it (far more than browsers send).
const HEADERS_MAX: usize = 100;

/// What one connection buffers of what it reads, and of what it writes; the library may take twice as much.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
const _: () = assert!(HEAD_BYTES_MAX <= BUFFER_BYTES_MAX);

/// Pause where the system has no file descriptor left for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves for ever.
pub(super) async fn run(listener: TcpListener, routes: Router, gate: Guard, seats: Arc<Seats>) {
    let tally = Arc::clone(gate.tally());
    let routes = routes.layer(axum::middleware::from_fn_with_state(Arc::new(gate), guard));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Some(seat) = seats.take() else {
            tally.ended(End::Crowded);
            continue;
        };
        let Ok(came_to) = stream.local_addr() else { continue };
        tokio::spawn(converse(stream, routes.clone(), seat, came_to, Arc::clone(&tally)));
    }
}

/// One connection, until either side ends it or its seat is taken.
async fn converse(stream: TcpStream, routes: Router, seat: Arc<Seat>, came_to: SocketAddr, tally: Arc<Tally>) {
    // Answers are written whole: waiting for more to send would only delay them. Without it they are slow, not wrong.
    let _ = stream.set_nodelay(true);
    let caller =
        Caller { seat: Arc::clone(&seat), came_to: SocketAddr::new(came_to.ip().to_canonical(), came_to.port()) };
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(caller.clone());
        routes.call(request)
    });
    let (stream, comes_back) = Patience::new(stream, Arc::clone(&tally));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let conversation = async {
        let ended = connection.await;
        // A WebSocket goes on with it, and then it comes back.
        (ended, comes_back.await)
    };
    let (ended, left) = tokio::select! {
        ended = conversation => ended,
        () = seat.evicted() => return tally.ended(End::Evicted),
    };
    let Ok(left) = left else { return };
    // An error is the other side's.
    if let Some(end) = ended.err().and_then(|error| End::of(&error, left.heard)) {
        tally.ended(end);
    }
    tokio::select! {
        () = left.part() => {}
        // It has ended already: only its seat was still taken.
        () = seat.evicted() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::Door;
    use super::super::seats::SEATS_MAX;
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    async fn serve() -> SocketAddr {
        serve_and_count().await.0
    }

    async fn serve_and_count() -> (SocketAddr, Arc<Tally>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let addr = listener.local_addr().expect("it is bound");
        let routes = Router::new().route("/echo", get(async || "here").post(async |body: String| body));
        let gate = Guard::new(addr, Arc::new(Door::for_test(TOKEN)));
        let tally = Arc::clone(gate.tally());
        tokio::spawn(run(listener, routes, gate, Arc::default()));
        (addr, tally)
    }

    async fn connect(addr: SocketAddr) -> TcpStream {
        TcpStream::connect(addr).await.expect("it listens")
    }

    /// Sends the head and the body, and returns all that comes back up to the end of the connection.
    async fn ask(addr: SocketAddr, head: &str, body: &[u8]) -> String {
        let mut stream = connect(addr).await;
        let head = format!("{head}\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        answer
    }

    #[tokio::test]
    async fn refusals_are_json_and_answers_come_through() {
        let addr = serve().await;
        let bearer = format!("Authorization: Bearer {TOKEN}");
        let long = vec![b' '; 300 * 1024];
        for (head, body, status, text) in [
            (format!("GET /echo HTTP/1.1\r\n{bearer}"), &b""[..], "200", "here"),
            ("GET /echo HTTP/1.1".to_owned(), b"", "401", r#"{"error":{"code":"no_token""#),
            (format!("GET /echo HTTP/1.1\r\n{bearer}\r\nOrigin: http://evil"), b"", "403", "wrong_origin"),
            (format!("GET /echo HTTP/1.1\r\n{bearer}\r\nHost: evil:1"), b"", "421", "wrong_host"),
            (format!("POST /echo HTTP/1.1\r\n{bearer}\r\nContent-Length: 2"), b"{}", "415", "no_json"),
            (
                format!("POST /echo HTTP/1.1\r\n{bearer}\r\nContent-Type: application/json\r\nContent-Length: 2"),
                b"{}",
                "200",
                "{}",
            ),
            (format!("POST /echo HTTP/1.1\r\n{bearer}\r\nContent-Length: {}", long.len()), &long, "413", "too_long"),
            (format!("POST /echo HTTP/1.1\r\n{bearer}\r\nContent-Length: 9999999999"), b"", "413", "too_long"),
        ] {
            let answer = ask(addr, &head, body).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(text), "{head}\n{answer}");
        }
    }

    #[tokio::test]
    async fn a_newcomer_takes_the_seat_of_the_one_silent_longest() {
        let addr = serve().await;
        let mut oldest = connect(addr).await;
        // A body that stays away is silence too.
        let head = format!(
            "POST /echo HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\n"
        );
        oldest.write_all(head.as_bytes()).await.expect("it reads");
        let mut others = Vec::new();
        for _ in 1..SEATS_MAX {
            others.push(connect(addr).await);
        }
        let answer = ask(addr, &format!("GET /echo HTTP/1.1\r\nAuthorization: Bearer {TOKEN}"), b"").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let mut rest = Vec::new();
        // Closed with or without a reset.
        let _ = oldest.read_to_end(&mut rest).await;
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_or_a_body_that_stays_away_is_cut() {
        let (addr, tally) = serve_and_count().await;
        for (sent, answer) in [
            ("GET /echo HTTP/1.1\r\n".to_owned(), ""),
            (
                format!(
                    "POST /echo HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\n1"
                ),
                "HTTP/1.1 408 ",
            ),
        ] {
            let mut stream = connect(addr).await;
            stream.write_all(sent.as_bytes()).await.expect("it reads");
            let mut received = String::new();
            stream.read_to_string(&mut received).await.expect("it ends");
            assert!(received.starts_with(answer) && received.is_empty() == answer.is_empty(), "{received}");
        }
        assert_eq!(tally.ends().filter(|(_, count)| *count > 0).collect::<Vec<_>>(), [("slow_head", 1)]);
        assert_eq!(tally.refusals().filter(|(_, count)| *count > 0).collect::<Vec<_>>(), [("slow_body", 1)]);
    }
}
