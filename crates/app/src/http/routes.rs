//! All that can be asked for, and the calls of the API with their JSON.
//! Must not know who may ask, nor how connections are kept. Bounds: `MESSAGES_MAX` messages an answer.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;
use whispernet_node::event::Event;
use whispernet_node::handle::{self, Handle, Say};

use super::error::ApiError;
use super::{House, files, forms, front, live, metrics, people, socket};
use crate::desk::Desk;
use crate::whom::{self, Blocked};

/// Most messages one answer holds.
const MESSAGES_MAX: usize = 500;

/// Messages an answer holds unless the caller says otherwise.
const MESSAGES_DEFAULT: usize = 100;
const _: () = assert!(MESSAGES_DEFAULT <= MESSAGES_MAX);

/// How long an answer waits for the disk.
const COMMIT_PATIENCE: Duration = Duration::from_secs(1);

/// Where files are sent to; the guard lets a body of a file's size through to it.
pub(super) const FILES: &str = "/api/v1/files";

pub(super) type Answer = Result<Response, ApiError>;

/// All calls.
pub(super) fn routes(house: House) -> Router {
    Router::new()
        .route("/", get(front::front))
        .route("/login", get(front::login_form).post(front::log_in))
        .route("/logout", post(front::log_out))
        .route("/say", post(forms::say))
        .route("/connect", post(forms::connect))
        .route("/disconnect", post(forms::disconnect))
        .route("/block", post(forms::block))
        .route("/unblock", post(forms::unblock))
        .route("/assets/{name}", get(front::file))
        .route("/page/side", get(live::side))
        .route("/page/person/{who}", get(live::person))
        .route("/page/file/{hash}", get(live::file))
        .route("/peers", get(old_peers))
        .route("/metrics", get(metrics::metrics))
        .route("/api/v1/status", get(status))
        .route("/api/v1/messages", get(messages).post(say))
        .route("/api/v1/peers", get(peers).post(connect))
        .route("/api/v1/peers/{addr}", delete(disconnect))
        .route("/api/v1/blocks", get(blocks).post(block))
        .route("/api/v1/blocks/{who}", delete(unblock))
        .route("/api/v1/people", post(people::decide_by_proof))
        .route("/api/v1/people/{who}", get(people::person).post(people::decide))
        .route(FILES, post(files::send))
        .route("/api/v1/files/{hash}", get(files::file).post(files::take))
        .route("/api/v1/launch", post(launch))
        .route("/api/v1/ws", get(socket::socket))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_like_this)
        .with_state(house)
}

async fn nowhere() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_call",
        "nothing is here: the page is at /, the calls are below /api/v1/",
    )
}

async fn not_like_this() -> ApiError {
    let text = "this call takes another method: the header Allow lists them";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", text)
}

/// The shape of the old daemon.
async fn old_peers(State(handle): State<Handle>) -> Response {
    let connected = handle.status().peers.into_iter().filter(|peer| peer.state == "connected");
    let addrs: Vec<_> = connected.map(|peer| peer.addr).collect();
    answer(StatusCode::OK, json!({"peers": addrs}))
}

async fn status(State(handle): State<Handle>) -> Response {
    axum::Json(handle.status()).into_response()
}

/// The parameters of a look into the history.
#[derive(Deserialize)]
pub(super) struct Which {
    since: Option<u64>,
    before: Option<u64>,
    limit: Option<usize>,
    search: Option<String>,
}

impl Which {
    pub(super) fn read(query: Result<Query<Self>, QueryRejection>) -> Result<handle::Query, ApiError> {
        let Query(which) = query.map_err(|error| ApiError::bad_request("bad_parameter", error.body_text()))?;
        let limit = which.limit.unwrap_or(MESSAGES_DEFAULT);
        if !(1..=MESSAGES_MAX).contains(&limit) {
            let text = format!("limit is {limit}, and must be 1 to {MESSAGES_MAX}");
            return Err(ApiError::bad_request("bad_parameter", text));
        }
        let search = which.search.filter(|text| !text.is_empty());
        Ok(handle::Query { since: which.since, before: which.before, limit, search })
    }
}

#[derive(Serialize)]
struct Messages {
    messages: Vec<Event>,
}

async fn messages(State(handle): State<Handle>, which: Result<Query<Which>, QueryRejection>) -> Answer {
    let query = Which::read(which)?;
    // What a socket was just told of is to be found: the answer waits until it is on disk, for a moment.
    let _ = timeout(COMMIT_PATIENCE, handle.file("")).await;
    let messages = handle.messages(query).await?.into_iter();
    let messages = messages.map(Event::from).collect();
    Ok(axum::Json(Messages { messages }).into_response())
}

/// What a caller says.
#[derive(Deserialize)]
pub(super) struct Words {
    body: String,
    client: Option<String>,
    reply: Option<String>,
    to: Option<Value>,
}

impl Words {
    pub(super) fn read(body: &[u8]) -> Result<Say, ApiError> {
        let words: Self = parse(body)?;
        if words.to.is_some() {
            let text = "this version has no private messages: leave `to` out; nothing was said";
            return Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, "not_supported", text));
        }
        Ok(Say { body: words.body, client: words.client, reply: words.reply, file: None })
    }
}

async fn say(State(handle): State<Handle>, body: Bytes) -> Answer {
    // Said even if the caller does not wait for the answer.
    let submission = handle.submit(Words::read(&body)?)?;
    let said = submission.durable().await?;
    let status = if said.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(said)).into_response())
}

async fn peers(State(handle): State<Handle>) -> Response {
    answer(StatusCode::OK, json!({"peers": handle.status().peers}))
}

/// Whom a caller means.
#[derive(Deserialize)]
pub(super) struct Whom {
    #[serde(alias = "who")]
    addr: String,
}

impl Whom {
    pub(super) fn read(body: &[u8]) -> Result<String, ApiError> {
        parse(body).map(|Self { addr }| addr)
    }
}

async fn connect(State(handle): State<Handle>, body: Bytes) -> Answer {
    let addr = Whom::read(&body)?;
    handle.connect(&addr).await?;
    Ok(answer(StatusCode::ACCEPTED, json!({"addr": addr})))
}

async fn disconnect(State(handle): State<Handle>, addr: Result<Path<String>, PathRejection>) -> Answer {
    handle.disconnect(&segment(addr)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn blocks(State(handle): State<Handle>) -> Response {
    answer(StatusCode::OK, json!({"blocks": handle.blocks()}))
}

async fn block(State(handle): State<Handle>, body: Bytes) -> Answer {
    let who = Whom::read(&body)?;
    let who = match whom::block::<ApiError>(&handle, &who)? {
        Blocked::Address => who,
        Blocked::Person(person) => person.key,
    };
    Ok(answer(StatusCode::ACCEPTED, json!({"who": who})))
}

async fn unblock(State(handle): State<Handle>, who: Result<Path<String>, PathRejection>) -> Answer {
    whom::unblock::<ApiError>(&handle, &segment(who)?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A link that lets one browser in.
async fn launch(State(desk): State<Desk>) -> Answer {
    let off = || ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "no_web", "the web interface is off");
    let url = desk.web.as_ref().ok_or_else(off)?.launch_link();
    Ok(answer(StatusCode::CREATED, json!({"url": url})))
}

/// The part of the path that names something, its escapes undone.
pub(super) fn segment(path: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let Path(name) = path.map_err(|error| ApiError::bad_request("bad_path", error.body_text()))?;
    Ok(name)
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request("bad_json", format!("the body does not fit: {error}")))
}

fn answer(status: StatusCode, value: Value) -> Response {
    (status, axum::Json(value)).into_response()
}
