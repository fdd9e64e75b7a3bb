//! What stands before every route: who may ask (Host, Origin, token), and what a request may weigh.
//! Must not know routes but the one for files, nor the peer. Bounds: `BODY_BYTES_MAX` of body, of a file `FILE_SEND_BYTES_MAX`, which must
//! arrive within `BODY_TIMEOUT`.
//!
//! The Host rule is what keeps a page that renames itself to our address (DNS rebinding) out, the Origin rule all other pages.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use whispernet_node::FILE_SEND_BYTES_MAX;

use super::error::ApiError;
use super::place::Token;
use super::routes::FILES;
use super::seats::{Seat, Work};

/// Longest body of a request; four times what the longest message has as JSON.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Most of a body that is too long which is read and thrown away: who is still writing does not see the answer.
const BODY_BYTES_DRAINED_MAX: usize = 4 * 1024 * 1024;
const _: () = assert!(BODY_BYTES_DRAINED_MAX > BODY_BYTES_MAX && BODY_BYTES_DRAINED_MAX > FILE_SEND_BYTES_MAX);

/// Time for a whole body; as long as a head gets.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Who is let in.
pub(super) struct Guard {
    bound: SocketAddr,
    token: Token,
}

/// One connection, as the guard needs to know it.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) seat: Arc<Seat>,
    /// The address of ours that it came to.
    pub(super) came_to: SocketAddr,
}

impl Guard {
    pub(super) fn new(bound: SocketAddr, token: Token) -> Self {
        Self { bound, token }
    }

    fn check(&self, head: &Head<'_>, came_to: SocketAddr) -> Result<(), ApiError> {
        let host = only(head.headers, HOST).filter(|host| self.is_ours(host, came_to));
        // A target in absolute form goes before the Host (RFC 9112, 3.2.2).
        let target = head.uri.authority().is_none_or(|target| self.is_ours(target.as_str(), came_to));
        if host.is_none() || !target {
            let text = format!("ask for http://{}/: no other Host is answered", self.bound);
            return Err(ApiError::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", text));
        }
        if head.headers.contains_key(ORIGIN) {
            let origin = only(head.headers, ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
            if !origin.is_some_and(|origin| self.is_ours(origin, came_to)) {
                let text = "pages of other origins may not use this API";
                return Err(ApiError::new(StatusCode::FORBIDDEN, "wrong_origin", text));
            }
        }
        // The front door shows nothing but the way.
        if head.uri.path() != "/" && !self.knows_token(head.headers) {
            let text =
                "send `Authorization: Bearer TOKEN` with the token from the file `api-token` in the data directory";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "no_token", text));
        }
        Ok(())
    }

    /// Whether `HOST:PORT` is where we are.
    fn is_ours(&self, host: &str, came_to: SocketAddr) -> bool {
        let port = self.bound.port();
        let is_at = |addr: SocketAddr| {
            // A port of 80 goes without saying (RFC 9110, 4.2.3).
            host == addr.to_string() || (port == 80 && addr.to_string().strip_suffix(":80") == Some(host))
        };
        // One listening on all addresses is reached by each of them.
        let by_address = is_at(self.bound) || (self.bound.ip().is_unspecified() && is_at(came_to));
        let by_name = || {
            let name = host.get(..9).filter(|name| name.eq_ignore_ascii_case("localhost"));
            let rest = name.and_then(|_| host.get(9..));
            rest.is_some_and(|rest| rest == format!(":{port}") || (port == 80 && rest.is_empty()))
        };
        by_address || (self.bound.ip().is_loopback() && by_name())
    }

    fn knows_token(&self, headers: &HeaderMap) -> bool {
        let credentials = only(headers, AUTHORIZATION).and_then(|header| header.split_once(' '));
        credentials
            .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("Bearer") && self.token.is(token.as_bytes()))
    }
}

/// What is judged of a request before its body is read.
struct Head<'a> {
    uri: &'a Uri,
    headers: &'a HeaderMap,
}

/// The layer around all routes.
pub(super) async fn guard(
    State(guard): State<Arc<Guard>>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&guard, &caller, request).await {
        Ok((request, work)) => next.run(request).await.map(|inner| Body::new(AtWork { inner, _work: work })),
        Err(error) => error.into_response(),
    }
}

/// The whole request, if it may pass, and the work it is from then on.
async fn admit(guard: &Guard, caller: &Caller, request: Request) -> Result<(Request, Work), ApiError> {
    let (parts, body) = request.into_parts();
    guard.check(&Head { uri: &parts.uri, headers: &parts.headers }, caller.came_to)?;
    let kind = Kind::of(&parts);
    let body = tokio::time::timeout(BODY_TIMEOUT, collect(body, kind))
        .await
        .map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "slow_body", "the body did not arrive in 10 s"))??;
    if parts.method == Method::POST && !body.is_empty() {
        kind.check(&parts.headers)?;
    }
    Ok((Request::from_parts(parts, Body::from(body)), caller.seat.work()))
}

/// The value of a header that stands there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// What the body of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    /// The bytes of a file.
    File,
}

impl Kind {
    fn of(parts: &Parts) -> Self {
        if parts.method == Method::POST && parts.uri.path() == FILES { Self::File } else { Self::Json }
    }

    /// No page of another origin can make a browser send one of these types without asking us first (Fetch, "CORS-safelisted
    /// request-header"); nor can it set the header with the token, beside which the type of a file says nothing.
    fn check(self, headers: &HeaderMap) -> Result<(), ApiError> {
        match self {
            Self::Json if !is_type(headers, "application/json") => {
                let text = "send JSON, with `Content-Type: application/json`";
                Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no_json", text))
            }
            Self::File if !headers.contains_key(AUTHORIZATION) && !is_type(headers, "application/octet-stream") => {
                let text = "send the bytes of a file, with `Content-Type: application/octet-stream`";
                Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no_file", text))
            }
            _ => Ok(()),
        }
    }

    fn bytes_max(self) -> usize {
        match self {
            Self::Json => BODY_BYTES_MAX,
            Self::File => FILE_SEND_BYTES_MAX,
        }
    }

    fn too_long(self) -> ApiError {
        let max = self.bytes_max();
        let (code, text) = match self {
            Self::Json => ("too_long", format!("a request has at most {max} bytes")),
            Self::File => {
                ("file_too_large", format!("a file has at most {max} bytes: larger files come with secured links"))
            }
        };
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, code, text)
    }
}

fn is_type(headers: &HeaderMap, name: &str) -> bool {
    only(headers, CONTENT_TYPE).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(name)
    })
}

async fn collect(mut body: Body, kind: Kind) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > BODY_BYTES_DRAINED_MAX as u64 {
        return Err(kind.too_long());
    }
    let mut whole = Vec::new();
    let mut length = 0;
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| ApiError::bad_request("cut_body", "the body ended too early"))?;
        let Ok(bytes) = frame.into_data() else { continue };
        length += bytes.len();
        if length > BODY_BYTES_DRAINED_MAX {
            break;
        }
        if length <= kind.bytes_max() {
            whole.extend_from_slice(&bytes);
        }
    }
    if length > kind.bytes_max() { Err(kind.too_long()) } else { Ok(whole.into()) }
}

/// The body of an answer, which is work until it is sent.
struct AtWork {
    inner: Body,
    _work: Work,
}

impl HttpBody for AtWork {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    /// The code of the refusal, or nothing, for a request with these headers to `bound`.
    fn check(bound: &str, uri: &str, headers: &[(HeaderName, &str)]) -> Option<&'static str> {
        let bound = bound.parse().expect("an address");
        let came_to = "192.168.1.7:8888".parse().expect("an address");
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).expect("a header"));
        }
        let uri = uri.parse().expect("a target");
        let guard = Guard::new(bound, Token::for_test(TOKEN));
        guard.check(&Head { uri: &uri, headers: &map }, came_to).err().map(|error| error.code)
    }

    fn bearer() -> (HeaderName, &'static str) {
        (AUTHORIZATION, "Bearer 0123456789abcdef0123456789abcdef")
    }

    #[test]
    fn hosts() {
        for (bound, host, passes) in [
            ("127.0.0.1:8888", "127.0.0.1:8888", true),
            ("127.0.0.1:8888", "localhost:8888", true),
            ("127.0.0.1:8888", "LocalHost:8888", true),
            ("127.0.0.1:8888", "127.0.0.1", false),
            ("127.0.0.1:8888", "127.0.0.1:8889", false),
            ("127.0.0.1:8888", "localhost", false),
            ("127.0.0.1:8888", "localhost:88888", false),
            ("127.0.0.1:8888", "localhost.evil:8888", false),
            ("127.0.0.1:8888", "evil.example:8888", false),
            ("127.0.0.1:8888", "127.0.0.1:8888.evil", false),
            ("127.0.0.1:8888", "192.168.1.7:8888", false),
            ("127.0.0.1:8888", "", false),
            ("[::1]:8888", "[::1]:8888", true),
            ("[::1]:8888", "localhost:8888", true),
            ("127.0.0.1:80", "127.0.0.1", true),
            ("127.0.0.1:80", "localhost", true),
            ("127.0.0.1:80", "localhost:80", true),
            ("192.168.1.7:8888", "192.168.1.7:8888", true),
            ("192.168.1.7:8888", "localhost:8888", false),
            ("0.0.0.0:8888", "192.168.1.7:8888", true),
            ("0.0.0.0:8888", "0.0.0.0:8888", true),
            ("0.0.0.0:8888", "192.168.1.8:8888", false),
            ("0.0.0.0:8888", "localhost:8888", false),
        ] {
            let refused = check(bound, "/peers", &[(HOST, host), bearer()]);
            assert_eq!(refused, (!passes).then_some("wrong_host"), "{host} at {bound}");
        }
        let twice = [(HOST, "127.0.0.1:8888"), (HOST, "127.0.0.1:8888"), bearer()];
        assert_eq!(check("127.0.0.1:8888", "/peers", &twice), Some("wrong_host"));
        assert_eq!(check("127.0.0.1:8888", "/peers", &[bearer()]), Some("wrong_host"));
        let absolute = [(HOST, "127.0.0.1:8888"), bearer()];
        assert_eq!(check("127.0.0.1:8888", "http://evil.example:8888/peers", &absolute), Some("wrong_host"));
        assert_eq!(check("127.0.0.1:8888", "http://127.0.0.1:8888/peers", &absolute), None);
    }

    #[test]
    fn origins() {
        for (origin, passes) in [
            ("http://127.0.0.1:8888", true),
            ("http://localhost:8888", true),
            ("https://127.0.0.1:8888", false),
            ("http://127.0.0.1:8889", false),
            ("http://127.0.0.1:8888/", false),
            ("http://evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let refused = check("127.0.0.1:8888", "/peers", &[(HOST, "127.0.0.1:8888"), (ORIGIN, origin), bearer()]);
            assert_eq!(refused, (!passes).then_some("wrong_origin"), "{origin}");
        }
    }

    #[test]
    fn tokens() {
        for (authorization, passes) in [
            ("Bearer 0123456789abcdef0123456789abcdef", true),
            ("bearer 0123456789abcdef0123456789abcdef", true),
            ("Bearer 0123456789abcdef0123456789abcdee", false),
            ("Bearer 0123456789abcdef0123456789abcdef ", false),
            ("Bearer", false),
            ("Bearer ", false),
            ("Basic 0123456789abcdef0123456789abcdef", false),
            ("0123456789abcdef0123456789abcdef", false),
        ] {
            let headers = [(HOST, "127.0.0.1:8888"), (AUTHORIZATION, authorization)];
            let refused = check("127.0.0.1:8888", "/peers", &headers);
            assert_eq!(refused, (!passes).then_some("no_token"), "{authorization}");
        }
        let host = [(HOST, "127.0.0.1:8888")];
        assert_eq!(check("127.0.0.1:8888", "/metrics", &host), Some("no_token"));
        assert_eq!(check("127.0.0.1:8888", "/", &host), None);
    }

    #[test]
    fn content_types() {
        for (value, is) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/jsonp", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(is_type(&headers, "application/json"), is, "{value}");
            assert_eq!(Kind::Json.check(&headers).is_ok(), is, "{value}");
        }
    }

    #[test]
    fn a_file_comes_with_the_token_or_as_what_no_other_page_can_send() {
        let headers = |list: &[(HeaderName, &'static str)]| {
            HeaderMap::from_iter(list.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))))
        };
        for (list, passes) in [
            (&[][..], false),
            (&[(CONTENT_TYPE, "application/octet-stream")], true),
            (&[(CONTENT_TYPE, "text/plain")], false),
            (&[(CONTENT_TYPE, "multipart/form-data; boundary=x")], false),
            (&[bearer()], true),
            (&[bearer(), (CONTENT_TYPE, "text/plain")], true),
        ] {
            assert_eq!(Kind::File.check(&headers(list)).is_ok(), passes, "{list:?}");
        }
    }

    #[test]
    fn only_what_is_sent_there_is_a_file() {
        for (method, target, kind) in [
            ("POST", "/api/v1/files?name=a", Kind::File),
            ("POST", "/api/v1/files", Kind::File),
            ("POST", "/api/v1/files/", Kind::Json),
            ("POST", "/api/v1/messages", Kind::Json),
            ("PUT", "/api/v1/files", Kind::Json),
        ] {
            let (parts, ()) = axum::http::Request::builder().method(method).uri(target).body(()).unwrap().into_parts();
            assert_eq!(Kind::of(&parts), kind, "{method} {target}");
        }
    }

    #[tokio::test]
    async fn bodies_up_to_the_bound() {
        for (kind, length, code) in [
            (Kind::Json, 0, None),
            (Kind::Json, BODY_BYTES_MAX, None),
            (Kind::Json, BODY_BYTES_MAX + 1, Some("too_long")),
            (Kind::Json, BODY_BYTES_DRAINED_MAX + 1, Some("too_long")),
            (Kind::File, FILE_SEND_BYTES_MAX, None),
            (Kind::File, FILE_SEND_BYTES_MAX + 1, Some("file_too_large")),
            (Kind::File, BODY_BYTES_DRAINED_MAX + 1, Some("file_too_large")),
        ] {
            let collected = collect(Body::from(vec![b' '; length]), kind).await;
            assert_eq!(collected.as_ref().err().map(|error| error.code), code, "{length}");
            assert!(collected.as_ref().err().is_none_or(|error| error.status == StatusCode::PAYLOAD_TOO_LARGE));
            if let Ok(body) = collected {
                assert_eq!(body.len(), length);
            }
        }
    }
}
