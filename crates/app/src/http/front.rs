//! The front of the house: the page, the way in and the way out, and the files that the page needs.
//! Must not know how a page looks, nor what forms do. Bounds: those of the page.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use tokio::time::Instant;
use whispernet_node::handle::Handle;

use super::code::Code;
use super::coding;
use super::entry::{Door, Refused, Session, Visitor};
use super::error::ApiError;
use super::form::{Fields, Form};
use super::parameters::{Parameters, SEQS};
use crate::page::{self, Chat, Login, View, Which, asset, gzip};

/// Files never change under their name: a year, as long as caches care.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What nobody need be let in for: the login form, and what it looks like.
pub(super) fn is_open(path: &str) -> bool {
    path == "/" || path == "/login" || asset::find(path).is_some()
}

/// The page for who is in, the login form for all others.
pub(super) async fn front(
    State(handle): State<Handle>,
    State(door): State<Arc<Door>>,
    Extension(visitor): Extension<Visitor>,
    asked: Parameters,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // A person wants a page whatever a link has become on its way: what cannot be read is as if it were not there.
    let text = |name| asked.text(name).ok().flatten();
    let number = |name| asked.number(name, SEQS).ok().flatten();
    if let Some(code) = text("launch") {
        // Who only asks for the head (programs that look ahead for a user do) must not use up the link.
        if method == Method::HEAD {
            return Ok(StatusCode::OK.into_response());
        }
        return Ok(launch(&door, &visitor, code));
    }
    let session = match visitor {
        Visitor::Nobody => return Ok(login(StatusCode::OK, None, None)),
        Visitor::Program => None,
        Visitor::Browser(session) => Some(session),
    };
    let search = text("search").filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let which = Which { before: number("before"), since: number("since"), search, reply: number("reply") };
    let told = session.as_ref().map(Session::take_told).unwrap_or_default();
    let html = render(&handle, session.as_ref(), View { which, told, ..View::default() }).await;
    // Words of strangers and the form token are packed together, which would tell who can measure the length how much of the token
    // they guessed (BREACH): therefore the token is masked anew in each page (`Session::form_token`).
    let packed = coding::takes_gzip(&headers).then(|| gzip::pack(html.as_bytes()));
    Ok(coding::of(Html(html).into_response(), packed))
}

fn launch(door: &Door, visitor: &Visitor, code: &str) -> Response {
    match (door.launch(code, Instant::now()), visitor) {
        (Some(cookie), _) => let_in(cookie),
        // Somebody who is in used his link again.
        (None, Visitor::Browser(_)) => home(),
        (None, _) => {
            let problem = "This link was used before, or is older than a minute: `whisper web` prints a new one.";
            login(StatusCode::FORBIDDEN, Some(problem), None)
        }
    }
}

pub(super) async fn login_form(Extension(visitor): Extension<Visitor>) -> Response {
    match visitor {
        Visitor::Browser(_) => home(),
        Visitor::Nobody | Visitor::Program => login(StatusCode::OK, None, None),
    }
}

pub(super) async fn log_in(State(door): State<Arc<Door>>, fields: Fields) -> Response {
    let (status, problem) = match door.login(fields.get("token"), Instant::now()) {
        Ok(cookie) => return let_in(cookie),
        Err(Refused::Wrong) => (
            StatusCode::FORBIDDEN,
            "That is not the token. It stands in the file `api-token` in the data directory of this peer.",
        ),
        Err(Refused::TooMany(wait)) => return too_many(wait),
        Err(Refused::NoRandom) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The system gives no random numbers now: try again in a while.")
        }
    };
    login(status, Some(problem), None)
}

/// For wrong tokens in numbers; a right one would have been let in.
fn too_many(wait: Duration) -> Response {
    // Rounded up: at the moment that is told, one more is looked at.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let problem =
        "That is not the token, and there were too many wrong ones: wait a minute, or open a link of `whisper web`.";
    let mut answer = login(StatusCode::TOO_MANY_REQUESTS, Some(problem), None);
    answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    answer
}

pub(super) async fn log_out(State(door): State<Arc<Door>>, form: Form) -> Response {
    let Some(session) = &form.session else { return home() };
    let mut answer = login(StatusCode::OK, None, Some("You are signed out."));
    if let Ok(cookie) = door.logout(session, Instant::now()).parse() {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

/// For who sends a form and is not in, or not any more.
pub(super) fn signed_out() -> Response {
    let problem = "You are not signed in, or not any more: nothing was done. Sign in, then go back and send again.";
    login(StatusCode::UNAUTHORIZED, Some(problem), None)
}

pub(super) async fn file(uri: Uri, _: Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let absent = || ApiError::new(Code::NoSuchCall, "no such file of the page: load it again");
    let asset = asset::find(uri.path()).ok_or_else(absent)?;
    let answer = ([(CONTENT_TYPE, asset.mime), (CACHE_CONTROL, FOR_EVER)], asset.text.as_str()).into_response();
    Ok(coding::of(answer, coding::takes_gzip(&headers).then(|| asset.packed.clone())))
}

/// The page as it is now, with what `view` adds to it.
pub(super) async fn chat(handle: &Handle, session: Option<&Session>, status: StatusCode, view: View) -> Response {
    (status, Html(render(handle, session, view).await)).into_response()
}

async fn render(handle: &Handle, session: Option<&Session>, view: View) -> String {
    let form_token = session.map(Session::form_token).unwrap_or_default();
    page::render(&Chat::of(handle, View { form_token, ..view }).await)
}

/// Back to the page.
pub(super) fn home() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response()
}

fn let_in(cookie: String) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "/".to_owned()), (SET_COOKIE, cookie)]).into_response()
}

fn login(status: StatusCode, problem: Option<&'static str>, told: Option<&'static str>) -> Response {
    (status, Html(page::render(&Login { problem, told }))).into_response()
}
