//! All that can be asked for. The calls of the API come with what the API's description says of them, so that neither can be without the
//! other; the page's own come without.
//! Must not know who may ask, what calls do, nor how connections are kept. Bounds: those of the calls.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use whispernet_node::handle::{Handle, Status};

use super::code::Code;
use super::error::ApiError;
use super::openapi::Document;
use super::{House, blocks, files, forms, front, live, messages, metrics, openapi, peers, people, socket};
use crate::desk::Desk;
use crate::slash::COMMANDS;

/// Where files are sent to; the guard lets a body of a file's size through to it.
pub(super) const FILES: &str = "/api/v1/files";

pub(super) type Answer = Result<Response, ApiError>;

/// All calls.
pub(super) fn routes(house: House) -> Router {
    let (api, description) = api().split_for_parts();
    let api = api.layer(Extension(Document::of(description)));
    page().merge(api).fallback(nowhere).method_not_allowed_fallback(not_like_this).with_state(house)
}

/// What the page and its forms need.
fn page() -> Router<House> {
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
}

/// What programs call.
pub(super) fn api() -> OpenApiRouter<House> {
    OpenApiRouter::with_openapi(openapi::preface())
        .routes(routes!(status))
        .routes(routes!(messages::messages, messages::say))
        .routes(routes!(messages::message))
        .routes(routes!(files::send))
        .routes(routes!(files::file, files::take))
        .routes(routes!(peers::peers, peers::connect))
        .routes(routes!(peers::disconnect))
        .routes(routes!(peers::old_peers))
        .routes(routes!(blocks::blocks, blocks::block))
        .routes(routes!(blocks::unblock))
        .routes(routes!(people::decide_by_proof))
        .routes(routes!(people::person, people::decide))
        .routes(routes!(commands))
        .routes(routes!(launch))
        .routes(routes!(socket::socket))
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::document))
}

async fn nowhere() -> ApiError {
    ApiError::new(Code::NoSuchCall, "nothing is here: the page is at /, the calls are below /api/v1/")
}

async fn not_like_this() -> ApiError {
    ApiError::new(Code::WrongMethod, "this call takes another method: the header Allow lists them")
}

/// How the peer is.
#[utoipa::path(get, path = "/api/v1/status", tag = "peer", responses((status = OK, body = Status)))]
async fn status(State(handle): State<Handle>) -> axum::Json<Status> {
    axum::Json(handle.status())
}

/// Every /command.
#[derive(Serialize, ToSchema)]
struct Commands {
    commands: Vec<Command>,
}

/// A /command.
#[derive(Serialize, ToSchema)]
struct Command {
    /// With its slash.
    #[schema(example = "/connect")]
    name: &'static str,
    /// What stands after the name; empty where nothing may.
    #[schema(example = "HOST:PORT")]
    arguments: &'static str,
    /// What it does, in one line.
    help: &'static str,
}

/// The /commands that a WebSocket takes, in the order of the help.
#[utoipa::path(get, path = "/api/v1/commands", tag = "peer", responses((status = OK, body = Commands)))]
async fn commands() -> axum::Json<Commands> {
    let commands = COMMANDS.iter().filter(|command| !command.is_for_terminals());
    let commands =
        commands.map(|command| Command { name: command.name, arguments: command.arguments, help: command.help });
    axum::Json(Commands { commands: commands.collect() })
}

/// A link that lets one browser in.
#[derive(Serialize, ToSchema)]
struct Launch {
    /// Works once, within 60 s.
    #[schema(example = "http://127.0.0.1:8888/?launch=...")]
    url: String,
}

/// Makes a link that opens the page in a browser, once and within 60 s.
#[utoipa::path(
    post,
    path = "/api/v1/launch",
    tag = "peer",
    responses((status = CREATED, body = Launch), (status = SERVICE_UNAVAILABLE, description = "`no_web`"))
)]
async fn launch(State(desk): State<Desk>) -> Answer {
    let off = || ApiError::new(Code::NoWeb, "the web interface is off");
    let url = desk.web.as_ref().ok_or_else(off)?.launch_link();
    Ok((StatusCode::CREATED, axum::Json(Launch { url })).into_response())
}

/// The part of the path that names something, its escapes undone.
pub(super) fn segment(path: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let no_text = |_| ApiError::new(Code::BadPath, "what stands in the path is no UTF-8: write its bytes as %XX");
    path.map(|Path(name)| name).map_err(no_text)
}
