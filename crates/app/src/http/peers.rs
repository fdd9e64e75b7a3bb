//! The calls about peers: which there are, and to which to connect.
//! Must not know who may ask. Bounds: those of what is known of peers.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Serialize;
use utoipa::ToSchema;
use whispernet_node::handle::{Handle, PeerStatus};

use super::error::ApiError;
use super::members::Members;
use super::routes::{Answer, segment};

/// The shape of the old daemon.
#[derive(Serialize, ToSchema)]
pub(super) struct OldPeers {
    #[schema(example = json!(["192.168.1.7:55555"]))]
    peers: Vec<String>,
}

/// Lists the addresses of connected peers, in the shape of the old daemon.
#[utoipa::path(get, path = "/peers", tag = "peers", responses((status = OK, body = OldPeers)))]
pub(super) async fn old_peers(State(handle): State<Handle>) -> axum::Json<OldPeers> {
    let connected = handle.peers().into_iter().filter(|peer| peer.state == "connected");
    axum::Json(OldPeers { peers: connected.map(|peer| peer.addr).collect() })
}

/// Those that are linked, or that something is to be done about.
#[derive(Serialize, ToSchema)]
pub(super) struct Peers {
    peers: Vec<PeerStatus>,
}

/// Lists the peers that are linked, or that something is to be done about.
#[utoipa::path(get, path = "/api/v1/peers", tag = "peers", responses((status = OK, body = Peers)))]
pub(super) async fn peers(State(handle): State<Handle>) -> axum::Json<Peers> {
    axum::Json(Peers { peers: handle.peers() })
}

/// Whom a caller means.
#[derive(Serialize, ToSchema)]
pub(super) struct Whom {
    /// `IP:PORT`, or a name that leads there: `HOST:PORT`.
    #[schema(example = "192.168.1.7:55555")]
    addr: String,
}

impl Whom {
    pub(super) fn read(body: &[u8]) -> Result<String, ApiError> {
        Members::read(body)?.needed_as("addr", "who")
    }
}

/// Connects to a peer, and keeps at it until a disconnect: events of the kind `peer` tell how that goes.
#[utoipa::path(
    post,
    path = "/api/v1/peers",
    tag = "peers",
    request_body = Whom,
    responses(
        (status = ACCEPTED, body = Whom),
        (status = BAD_REQUEST, description = "`bad_json`, `no_address`, `own_address`"),
        (status = CONFLICT, description = "`blocked`, `full`"),
    )
)]
pub(super) async fn connect(State(handle): State<Handle>, body: Bytes) -> Answer {
    let addr = Whom::read(&body)?;
    handle.connect(&addr).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Whom { addr })).into_response())
}

/// Ends all links with a peer, and holds that until a connect.
#[utoipa::path(
    delete,
    path = "/api/v1/peers/{addr}",
    tag = "peers",
    params(("addr" = String, Path, description = "`HOST:PORT`", example = "192.168.1.7:55555")),
    responses(
        (status = NO_CONTENT),
        (status = BAD_REQUEST, description = "`bad_path`, `no_address`"),
        (status = NOT_FOUND, description = "`no_such_peer`"),
        (status = CONFLICT, description = "`full`"),
    )
)]
pub(super) async fn disconnect(State(handle): State<Handle>, addr: Result<Path<String>, PathRejection>) -> Answer {
    handle.disconnect(&segment(addr)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
