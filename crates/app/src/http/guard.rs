//! What stands before every route: who may ask (Host, Origin, token or cookie).
//! Must not know routes but those open to all, nor the peer. Bounds: those of bodies.
//!
//! The Host rule is what keeps a page that renames itself to our address (DNS rebinding) out, the Origin rule all other pages.
//! Browsers count all ports of a host as one site, so that `SameSite` alone would let the page of another program on this machine in:
//! what a cookie opens must come from our own origin by what the browser says.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::code::Code;
use super::entry::{Door, Visitor, only};
use super::error::ApiError;
use super::seats::{Seat, Work};
use super::tally::Tally;
use super::{front, headers, weight};

/// Where a browser says how the page that asks relates to us.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who is let in.
pub(super) struct Guard {
    bound: SocketAddr,
    door: Arc<Door>,
}

/// One connection, as the guard needs to know it.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) seat: Arc<Seat>,
    /// The address of ours that it came to.
    pub(super) came_to: SocketAddr,
}

impl Guard {
    pub(super) fn new(bound: SocketAddr, door: Arc<Door>) -> Self {
        Self { bound, door }
    }

    /// Where is counted who is turned away.
    pub(super) fn tally(&self) -> &Arc<Tally> {
        self.door.tally()
    }

    fn check(&self, head: &Head<'_>, came_to: SocketAddr, now: Instant) -> Result<Visitor, ApiError> {
        let host = only(head.headers, HOST).filter(|host| self.is_ours(host, came_to));
        // A target in absolute form goes before the Host (RFC 9112, 3.2.2).
        let target = head.uri.authority().is_none_or(|target| self.is_ours(target.as_str(), came_to));
        if host.is_none() || !target {
            let text = format!("ask for http://{}/: no other Host is answered", self.bound);
            return Err(ApiError::new(Code::WrongHost, text));
        }
        let wrong_origin = |text: &str| Err(ApiError::new(Code::WrongOrigin, text));
        let origin = only(head.headers, ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        let has_origin = head.headers.contains_key(ORIGIN);
        // Exactly the Host that was asked for: `localhost` and its address are two origins.
        if has_origin && origin != host {
            return wrong_origin("pages of other origins may not use this API: a program sends no `Origin`");
        }
        let visitor = self.door.visitor(head.headers, now);
        if matches!(visitor, Visitor::Nobody) && !front::is_open(head.uri.path()) {
            let text =
                "send `Authorization: Bearer TOKEN` with the token from the file `api-token` in the data directory";
            return Err(ApiError::new(Code::NoToken, text));
        }
        let acts = !head.method.is_safe() || head.headers.contains_key(UPGRADE);
        let is_same = has_origin || only(head.headers, SEC_FETCH_SITE) == Some("same-origin");
        if matches!(visitor, Visitor::Browser(_)) && acts && !is_same {
            return wrong_origin("with the cookie, only our own page may do this: a program sends the token instead");
        }
        Ok(visitor)
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
}

/// What is judged of a request before its body is read.
struct Head<'a> {
    method: &'a Method,
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
    let mut answer = match admit(&guard, &caller, request).await {
        Ok((request, work)) => next.run(request).await.map(|inner| Body::new(AtWork { inner, _work: work })),
        Err(answer) => answer,
    };
    if let Some(code) = answer.extensions().get::<Code>() {
        guard.tally().refused(*code);
    }
    headers::add(answer.headers_mut());
    answer
}

/// The whole request, if it may pass, and the work it is from then on; else the answer.
async fn admit(guard: &Guard, caller: &Caller, request: Request) -> Result<(Request, Work), Response> {
    let (mut parts, body) = request.into_parts();
    let head = Head { method: &parts.method, uri: &parts.uri, headers: &parts.headers };
    let visitor = guard.check(&head, caller.came_to, Instant::now()).map_err(|refusal| match refusal.code {
        Code::NoToken if weight::FORMS.contains(&parts.uri.path()) => {
            guard.tally().refused(refusal.code);
            front::signed_out()
        }
        _ => refusal.into_response(),
    })?;
    let body = weight::whole(&parts.method, parts.uri.path(), &parts.headers, body).await;
    let body = body.map_err(ApiError::into_response)?;
    parts.extensions.insert(visitor);
    Ok((Request::from_parts(parts, Body::from(body)), caller.seat.work()))
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
    use axum::http::header::{AUTHORIZATION, COOKIE};

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    /// The code of the refusal, or nothing, for a request with these headers to `bound`.
    fn check(bound: &str, uri: &str, headers: &[(HeaderName, &str)]) -> Option<&'static str> {
        let guard = Guard::new(bound.parse().expect("an address"), Arc::new(Door::for_test(TOKEN)));
        ask(&guard, &Method::GET, uri, headers)
    }

    fn ask(guard: &Guard, method: &Method, uri: &str, headers: &[(HeaderName, &str)]) -> Option<&'static str> {
        let came_to = "192.168.1.7:8888".parse().expect("an address");
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).expect("a header"));
        }
        let uri = uri.parse().expect("a target");
        let head = Head { method, uri: &uri, headers: &map };
        guard.check(&head, came_to, Instant::now()).err().map(|error| error.code.word())
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
            ("http://localhost:8888", false),
            ("http://127.0.0.1", false),
            ("http://http://127.0.0.1:8888", false),
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
        let local = |origin| [(HOST, "localhost:8888"), (ORIGIN, origin), bearer()];
        assert_eq!(check("127.0.0.1:8888", "/peers", &local("http://localhost:8888")), None);
        assert_eq!(check("127.0.0.1:8888", "/peers", &local("http://127.0.0.1:8888")), Some("wrong_origin"));
        let ours = (ORIGIN, "http://127.0.0.1:8888");
        let twice = [(HOST, "127.0.0.1:8888"), ours.clone(), ours, bearer()];
        assert_eq!(check("127.0.0.1:8888", "/peers", &twice), Some("wrong_origin"));
    }

    #[test]
    fn what_is_open_to_all() {
        let host = [(HOST, "127.0.0.1:8888")];
        for (path, open) in [
            ("/", true),
            ("/?launch=x", true),
            ("/login", true),
            ("/login/", false),
            ("/metrics", false),
            ("/say", false),
            ("/logout", false),
            ("/api/v1/ws", false),
            ("/nothing", false),
        ] {
            assert_eq!(check("127.0.0.1:8888", path, &host), (!open).then_some("no_token"), "{path}");
        }
    }

    #[test]
    fn a_cookie_acts_for_our_own_page_alone() {
        let guard = Guard::new("127.0.0.1:8888".parse().expect("an address"), Arc::new(Door::for_test(TOKEN)));
        let set = guard.door.login(TOKEN, Instant::now()).expect("the token");
        let cookie = || (COOKIE, set.split(';').next().expect("a value"));
        let (host, local) = (|| (HOST, "127.0.0.1:8888"), || (HOST, "localhost:8888"));
        let origin = |origin| (ORIGIN, origin);
        let site = |site| (SEC_FETCH_SITE, site);
        for (method, headers, refused) in [
            (Method::GET, vec![host(), cookie()], false),
            (Method::GET, vec![host(), cookie(), site("cross-site")], false),
            (Method::POST, vec![host(), cookie()], true),
            (Method::POST, vec![host(), cookie(), origin("http://127.0.0.1:8888")], false),
            (Method::POST, vec![host(), cookie(), origin("http://localhost:8888")], true),
            (Method::POST, vec![local(), cookie(), origin("http://localhost:8888")], false),
            (Method::POST, vec![host(), cookie(), origin("http://127.0.0.1:8889")], true),
            (Method::POST, vec![host(), cookie(), origin("null")], true),
            (Method::POST, vec![host(), cookie(), site("same-origin")], false),
            (Method::POST, vec![host(), cookie(), site("same-site")], true),
            (Method::POST, vec![host(), cookie(), site("none")], true),
            (Method::DELETE, vec![host(), cookie()], true),
            (Method::GET, vec![host(), cookie(), (UPGRADE, "websocket")], true),
            (Method::GET, vec![host(), cookie(), (UPGRADE, "websocket"), origin("http://127.0.0.1:8888")], false),
            (Method::POST, vec![host(), bearer()], false),
            (Method::POST, vec![host(), bearer(), cookie()], false),
        ] {
            let found = ask(&guard, &method, "/peers", &headers);
            assert_eq!(found, refused.then_some("wrong_origin"), "{method} {headers:?}");
        }
    }
}
