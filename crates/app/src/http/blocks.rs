//! The calls about blocks: who gets no link or is not shown, by the user's word or by flood control's.
//! Must not know who may ask. Bounds: those of the node's table of blocks.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Serialize;
use utoipa::ToSchema;
use whispernet_node::handle::{Block, Handle};

use super::error::ApiError;
use super::members::Members;
use super::routes::{Answer, segment};
use crate::whom::{self, Blocked};

/// Who is blocked.
#[derive(Serialize, ToSchema)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
}

/// Lists who is blocked.
#[utoipa::path(get, path = "/api/v1/blocks", tag = "peers", responses((status = OK, body = Blocks)))]
pub(super) async fn blocks(State(handle): State<Handle>) -> axum::Json<Blocks> {
    axum::Json(Blocks { blocks: handle.blocks() })
}

/// Whom to block, or who was blocked.
#[derive(Serialize, ToSchema)]
pub(super) struct Blockee {
    /// `IP`, `IP:PORT`, or a person: a nick that was seen here, a name that the user gave, a key or the digits beside a name. Who was
    /// blocked as a person is named by the key.
    #[schema(example = "192.168.1.66")]
    who: String,
}

/// Gives an address no link any more and hides what names it as its author, or hides what a person says by whomever it comes.
#[utoipa::path(
    post,
    path = "/api/v1/blocks",
    tag = "peers",
    request_body = Blockee,
    responses(
        (status = ACCEPTED, body = Blockee),
        (status = BAD_REQUEST, description = "`bad_json`, `own_address`, `own_key`"),
        (status = NOT_FOUND, description = "`unknown`"),
        (status = CONFLICT, description = "`full`, `ambiguous`"),
    )
)]
pub(super) async fn block(State(handle): State<Handle>, body: Bytes) -> Answer {
    let who = Members::read(&body)?.needed_as("who", "addr")?;
    let who = match whom::block::<ApiError>(&handle, &who)? {
        Blocked::Address => who,
        Blocked::Person(person) => person.key,
    };
    Ok((StatusCode::ACCEPTED, axum::Json(Blockee { who })).into_response())
}

/// Takes a block back, and what flood control has against that address.
#[utoipa::path(
    delete,
    path = "/api/v1/blocks/{who}",
    tag = "peers",
    params(("who" = String, Path, description = "As in the list, or as for a block", example = "192.168.1.66")),
    responses(
        (status = NO_CONTENT),
        (status = BAD_REQUEST, description = "`bad_path`"),
        (status = NOT_FOUND, description = "`not_blocked`, `unknown`"),
        (status = CONFLICT, description = "`ambiguous`"),
    )
)]
pub(super) async fn unblock(State(handle): State<Handle>, who: Result<Path<String>, PathRejection>) -> Answer {
    whom::unblock::<ApiError>(&handle, &segment(who)?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
