//! What the script of the page asks for beside the API: things in the words and shapes that the page shows.
//! Must not know how they look. Bounds: those of what the page shows.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use serde::Serialize;
use whispernet_node::handle::{Handle, Kept};

use super::code::Code;
use super::error::ApiError;
use super::files::{no_such_file, read_hash};
use super::routes::{Answer, segment};
use crate::files::picture;
use crate::page::{Card, Side};

/// What stands beside the conversation.
pub(super) async fn side(State(handle): State<Handle>) -> Json<Side> {
    Json(Side::of(&handle))
}

/// A person, to be verified.
pub(super) async fn person(State(handle): State<Handle>, who: Result<Path<String>, PathRejection>) -> Answer {
    let person = handle.whois(&segment(who)?)?;
    Ok(Json(Card::from(person)).into_response())
}

/// How a file stands that came with a message.
#[derive(Serialize)]
struct Standing {
    /// Whether it was taken, or sent from here; else it waits as an offer.
    taken: bool,
    /// Whether, and how large, it can be shown.
    picture: Option<Picture>,
}

/// In pixels.
#[derive(Serialize)]
struct Picture {
    width: u32,
    height: u32,
}

/// How a file stands; 404 where it is not kept.
pub(super) async fn file(State(handle): State<Handle>, hash: Result<Path<String>, PathRejection>) -> Answer {
    let hash = read_hash(hash)?;
    // A message is told of a moment before its file is on disk.
    handle.file(&hash).await.ok_or_else(no_such_file)?;
    let Kept { path, accepted } = handle.kept(&hash).ok_or_else(no_such_file)?;
    let size = tokio::task::spawn_blocking(move || picture::size(&path)).await;
    let size = size.map_err(|_| ApiError::new(Code::Unreadable, "the file cannot be read"))?;
    Ok(Json(Standing { taken: accepted, picture: size.map(|(width, height)| Picture { width, height }) })
        .into_response())
}
