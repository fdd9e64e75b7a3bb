//! The door: who may come in by token, launch link or cookie.
//! Must not know routes, nor what is shown to who is in. Bounds: those of its parts; `COOKIES_READ_MAX` of a request.

pub(super) mod launch;
pub(super) mod secret;
mod session;
mod shelf;
mod tries;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderName};
use tokio::time::Instant;
use whispernet_node::handle::Bound;

use self::launch::Launches;
use self::session::Sessions;
pub(super) use self::session::{SESSION_LIFE, Session};
use self::shelf::Shelf;
use self::tries::Tries;
use super::place::Token;
use super::tally::{Denied, Tally};

/// Most cookies of our name that are looked at: another server on this machine can set more of them.
const COOKIES_READ_MAX: usize = 8;

/// Digits of the key in the cookie's name, so that peers that follow one another on a port keep apart.
const KEY_DIGITS: usize = 8;

/// Who asks.
#[derive(Clone)]
pub(super) enum Visitor {
    /// Nobody that is known.
    Nobody,
    /// A program that knows the token.
    Program,
    /// A browser that was let in.
    Browser(Session),
}

/// Why the login form let nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// That is not the token.
    Wrong,
    /// That is not the token, and there were too many like it: one is tried again after so long.
    TooMany(Duration),
    /// The system has no random bytes.
    NoRandom,
}

/// All that opens this peer.
pub(super) struct Door {
    token: Token,
    launches: Arc<Launches>,
    sessions: Sessions,
    tries: Tries,
    cookie: String,
    tally: Arc<Tally>,
}

impl Door {
    /// The door of the peer with that public key (hex) at `addr`, and the sessions that are kept in `data_dir`.
    pub(super) fn new(token: Token, launches: Arc<Launches>, addr: SocketAddr, key: &str, data_dir: &Path) -> Self {
        Self::with(token, launches, addr, key, Shelf::in_folder(data_dir))
    }

    fn with(token: Token, launches: Arc<Launches>, addr: SocketAddr, key: &str, shelf: Shelf) -> Self {
        let digits = key.get(..KEY_DIGITS).unwrap_or_default();
        let cookie = format!("whisper-{}-{digits}", addr.port());
        let sessions = Sessions::kept(shelf, token.as_str(), Instant::now());
        Self { token, launches, sessions, tries: Tries::default(), cookie, tally: Arc::default() }
    }

    #[cfg(test)]
    pub(super) fn for_test(token: &str) -> Self {
        let addr = SocketAddr::from(([127, 0, 0, 1], 8888));
        Self::with(Token::for_test(token), Arc::default(), addr, "0123456789abcdef", Shelf::default())
    }

    /// Who was turned away, here and by whoever keeps this door.
    pub(super) const fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// What it holds.
    pub(super) fn bounds(&self, now: Instant) -> [Bound; 3] {
        [
            Bound::new("sessions of browsers", self.sessions.held(now), session::SESSIONS_MAX),
            Bound::new("launch codes that wait", self.launches.held(now), launch::CODES_MAX),
            Bound::new("wrong tokens of the last minute", self.tries.held(now), tries::TRIES_MAX),
        ]
    }

    /// Who sent these headers.
    pub(super) fn visitor(&self, headers: &HeaderMap, now: Instant) -> Visitor {
        if self.knows_token(headers) {
            return Visitor::Program;
        }
        let cookies = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let ours = pairs.filter(|(name, _)| *name == self.cookie).take(COOKIES_READ_MAX);
        let session = ours.filter_map(|(_, secret)| self.sessions.find(secret, now)).next();
        session.map_or(Visitor::Nobody, Visitor::Browser)
    }

    fn knows_token(&self, headers: &HeaderMap) -> bool {
        let credentials = only(headers, AUTHORIZATION).and_then(|header| header.split_once(' '));
        credentials
            .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("Bearer") && self.token.is(token.as_bytes()))
    }

    /// Lets a browser in by a launch code: the cookie to set, or nothing where the code was used or is too old.
    pub(super) fn launch(&self, code: &str, now: Instant) -> Option<String> {
        if !self.launches.redeem(code, now) {
            self.tally.denied(Denied::StaleLaunch);
            return None;
        }
        let secret = self.sessions.begin(now).ok()?;
        Some(self.set_cookie(&secret))
    }

    /// Lets a browser in by the token: the cookie to set.
    pub(super) fn login(&self, token: &str, now: Instant) -> Result<String, Refused> {
        if !self.token.is(token.trim().as_bytes()) {
            let (denied, refused) = match self.tries.note(now) {
                Ok(()) => (Denied::WrongToken, Refused::Wrong),
                Err(wait) => (Denied::TooManyTries, Refused::TooMany(wait)),
            };
            self.tally.denied(denied);
            return Err(refused);
        }
        let secret = self.sessions.begin(now).map_err(|_| Refused::NoRandom)?;
        Ok(self.set_cookie(&secret))
    }

    /// Ends a session: the cookie to set.
    pub(super) fn logout(&self, session: &Session, now: Instant) -> String {
        self.sessions.end(session, now);
        format!("{}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0", self.cookie)
    }

    fn set_cookie(&self, secret: &str) -> String {
        let seconds = SESSION_LIFE.as_secs();
        format!("{}={secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}", self.cookie)
    }
}

/// The value of a header that stands there once.
pub(super) fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn visitor(door: &Door, headers: &[(HeaderName, &str)]) -> &'static str {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).expect("a header"));
        }
        match door.visitor(&map, Instant::now()) {
            Visitor::Nobody => "nobody",
            Visitor::Program => "program",
            Visitor::Browser(_) => "browser",
        }
    }

    /// `NAME=VALUE` of a cookie that is set.
    fn pair(set_cookie: &str) -> String {
        set_cookie.split(';').next().expect("a cookie has a value").to_owned()
    }

    #[test]
    fn a_program_knows_the_token() {
        let door = Door::for_test(TOKEN);
        for (authorization, who) in [
            ("Bearer 0123456789abcdef0123456789abcdef", "program"),
            ("bearer 0123456789abcdef0123456789abcdef", "program"),
            ("Bearer 0123456789abcdef0123456789abcdee", "nobody"),
            ("Bearer 0123456789abcdef0123456789abcdef ", "nobody"),
            ("Bearer", "nobody"),
            ("Bearer ", "nobody"),
            ("Basic 0123456789abcdef0123456789abcdef", "nobody"),
            ("0123456789abcdef0123456789abcdef", "nobody"),
        ] {
            assert_eq!(visitor(&door, &[(AUTHORIZATION, authorization)]), who, "{authorization}");
        }
        assert_eq!(visitor(&door, &[]), "nobody");
    }

    #[test]
    fn a_cookie_is_a_session_and_never_the_token() {
        let door = Door::for_test(TOKEN);
        let set = door.login(TOKEN, Instant::now()).expect("the token");
        for part in ["whisper-8888-01234567=", "; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=2592000"] {
            assert!(set.contains(part), "{part} in {set}");
        }
        assert!(!set.contains(TOKEN), "{set}");
        let ours = pair(&set);
        let others = ours.replace("8888", "8889");
        for (cookie, who) in [
            (ours.clone(), "browser"),
            (format!("a=b; {ours}; c=d"), "browser"),
            (format!("whisper-8888-01234567=x; {ours}"), "browser"),
            (format!("{}{ours}", "whisper-8888-01234567=x; ".repeat(COOKIES_READ_MAX)), "nobody"),
            (others, "nobody"),
            (format!("whisper-8888-01234567={TOKEN}"), "nobody"),
            ("whisper-8888-01234567=".to_owned(), "nobody"),
            ("whisper-8888-01234567".to_owned(), "nobody"),
        ] {
            assert_eq!(visitor(&door, &[(COOKIE, &cookie)]), who, "{cookie}");
        }
    }

    #[test]
    fn a_logout_ends_the_session() {
        let door = Door::for_test(TOKEN);
        let (ours, other) = (door.login(TOKEN, Instant::now()), door.login(TOKEN, Instant::now()));
        let (ours, other) = (pair(&ours.expect("the token")), pair(&other.expect("the token")));
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&ours).expect("a header"))]);
        let Visitor::Browser(session) = door.visitor(&headers, Instant::now()) else { panic!("it is in") };
        assert!(door.logout(&session, Instant::now()).contains("Max-Age=0"));
        assert_eq!((visitor(&door, &[(COOKIE, &ours)]), visitor(&door, &[(COOKIE, &other)])), ("nobody", "browser"));
    }

    #[test]
    fn a_launch_code_is_a_session_once() {
        let launches = Arc::new(Launches::default());
        let addr = SocketAddr::from(([127, 0, 0, 1], 8888));
        let door = Door::with(Token::for_test(TOKEN), Arc::clone(&launches), addr, "01234567", Shelf::default());
        let code = launches.make(Instant::now()).expect("random bytes");
        let set = door.launch(&code, Instant::now()).expect("it is fresh");
        assert_eq!(visitor(&door, &[(COOKIE, &pair(&set))]), "browser");
        assert_eq!(door.launch(&code, Instant::now()), None);
        assert_eq!(door.launch(TOKEN, Instant::now()), None);
    }

    #[test]
    fn wrong_tokens_are_counted() {
        let door = Door::for_test(TOKEN);
        let now = Instant::now();
        for _ in 0..tries::TRIES_MAX {
            assert_eq!(door.login("nonsense", now), Err(Refused::Wrong));
        }
        for _ in 0..100 {
            assert_eq!(door.login("nonsense", now), Err(Refused::TooMany(tries::TRIES_SPAN)));
        }
        assert!(door.login(TOKEN, now).is_ok(), "who has the token is never kept out");
        assert_eq!(door.login("nonsense", now), Err(Refused::TooMany(tries::TRIES_SPAN)));
        assert_eq!(door.login("nonsense", now + tries::TRIES_SPAN), Err(Refused::Wrong));
    }
}
