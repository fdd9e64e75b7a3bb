//! The WebSocket: events of the peer down; words and commands of a bot up.
//! Must not know who may connect. Bounds: frames of `FRAME_BYTES_MAX`, `ACKS_WAITING_MAX` messages that wait for the disk.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::task::JoinSet;
use tungstenite::error::{Error as WireError, ProtocolError};
use utoipa::{IntoParams, ToSchema};
use whispernet_node::event::{Event, Level};
use whispernet_node::handle::Say;

use super::code::Code;
use super::entry::{Door, Session, Visitor};
use super::error::ApiError;
use super::guard::Caller;
use super::messages::NO_PRIVATE;
use super::parameters::{Parameters, SEQS};
use super::seats::Seat;
use super::tally::End;
use crate::desk::Desk;
use crate::shown::found;
use crate::slash::{self, Line};

/// Longest frame, and longest message of several frames, that comes up.
const FRAME_BYTES_MAX: usize = 256 * 1024;

/// Most words of one socket that wait for the disk; then nothing more is read from it (a guess).
const ACKS_WAITING_MAX: usize = 256;

/// How often a quiet socket is pinged, so that the system notices one whose other side is gone (a guess).
const PING_PAUSE: Duration = Duration::from_secs(30);

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// Begin with what came after this `seq`; without it, with what comes from now on.
    #[param(value_type = u64, required = false, maximum = 18_446_744_073_709_551_615u64)]
    since: Option<u64>,
}

/// Told to who asks for no WebSocket.
const NO_WEBSOCKET: &str = "this opens a WebSocket: send `Connection: Upgrade`, `Upgrade: websocket`, \
                            `Sec-WebSocket-Version: 13` and a `Sec-WebSocket-Key`, as a library for them does";

/// Told to who sends anything else.
const USAGE: &str = r#"send {"say":"...","client":"...","reply":"ID"} or {"command":"/..."}"#;

/// Told to who sends both of them.
const BOTH: &str = "a frame has `say` or `command`, not both: nothing was done";

/// What a client sends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Upward {
    /// Words: as the body of a message.
    Say {
        /// The text: 1 byte to 16 KiB.
        say: String,
        /// A tag that `ack` and `refused` bring back: the same tag within 24 h is the same message.
        client: Option<String>,
        /// The `id` of the message that this one answers.
        reply: Option<String>,
    },
    /// A /command.
    Command {
        /// As it would be typed; `notice` tells what came of it.
        #[schema(example = "/connect 192.168.1.7:55555")]
        command: String,
    },
}

/// Opens a WebSocket: each frame down is an `Event`, each frame up an `Upward`, both as JSON text of up to 256 KiB.
///
/// `hello` comes first, then messages after `since` and whatever else happens, in its order. After a lost connection, ask again with the
/// highest `seq` that was read: nothing is missing and nothing comes twice, but that an `ack` is told on the connection that said it alone.
/// `skip` tells of messages that are no longer to be had. What is said is answered by `ack` once it is on disk where it has a `client`,
/// or by `refused`; without a `client`, a refusal is a `notice`. A quiet connection is pinged every 30 s; one that takes nothing for 10 s is closed.
/// Close codes: 1001 the peer stops, 1002 what came is no frame, 1007 a text is no UTF-8, 1008 the session has ended, 1009 a frame, or all
/// pieces of a message, were too long, 1013 the seat went to somebody else.
#[utoipa::path(
    get,
    path = "/api/v1/ws",
    tag = "events",
    params(Since),
    responses(
        (status = SWITCHING_PROTOCOLS, description = "It is open"),
        (status = BAD_REQUEST, description = "`bad_parameter`, `no_websocket`"),
    )
)]
pub(super) async fn socket(
    State(desk): State<Desk>,
    State(door): State<Arc<Door>>,
    Extension(caller): Extension<Caller>,
    Extension(visitor): Extension<Visitor>,
    given: Parameters,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let Since { since } = Since { since: given.number("since", SEQS)? };
    let upgrade = upgrade.map_err(|_| ApiError::new(Code::NoWebSocket, NO_WEBSOCKET))?;
    let (seat, tally) = (caller.seat, Arc::clone(door.tally()));
    let session = if let Visitor::Browser(session) = visitor { Some(session) } else { None };
    let upgrade = upgrade.max_frame_size(FRAME_BYTES_MAX).max_message_size(FRAME_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| async move {
        if let Some(end) = converse(socket, &desk, &seat, since, session).await {
            tally.ended(end);
        }
    }))
}

/// Until either side leaves, or the other side does not read; why, where it was ended from here for what the other side did.
async fn converse(
    mut socket: WebSocket,
    desk: &Desk,
    seat: &Seat,
    since: Option<u64>,
    session: Option<Session>,
) -> Option<End> {
    seat.listens();
    let handle = &desk.handle;
    // The cursor begins where the hello ends: nothing is between them, nothing is told twice.
    let status = handle.status();
    let mut events = handle.subscribe(Some(since.unwrap_or(status.seq))).named("websocket");
    let mut next = Some(Event::Hello { run: status.run, seq: status.seq });
    let mut ended = pin!(end_of(session));
    let mut evicted = pin!(seat.evicted());
    let mut acks: JoinSet<Option<Event>> = JoinSet::new();
    let mut ping = tokio::time::interval(PING_PAUSE);
    ping.reset();
    loop {
        if let Some(event) = next.take()
            && send(&mut socket, &event).await.is_err()
        {
            return None;
        }
        tokio::select! {
            event = events.next() => match event {
                Some(event) => next = Some(event),
                None => {
                    close(socket, close_code::AWAY, "the peer stops").await;
                    return None;
                }
            },
            () = &mut ended => {
                close(socket, close_code::POLICY, "the session has ended").await;
                return Some(End::SessionEnded);
            }
            () = &mut evicted => {
                close(socket, close_code::AGAIN, "all seats are taken, and this one said nothing for longest").await;
                // Its connection counts that.
                return None;
            }
            Some(ack) = acks.join_next() => next = ack.ok().flatten(),
            message = socket.recv(), if acks.len() < ACKS_WAITING_MAX => match message {
                Some(Ok(Message::Text(text))) => {
                    seat.listens();
                    next = obey(desk, &text, &mut acks).await;
                }
                Some(Ok(Message::Binary(_))) => next = Some(complaint("send text, not binary")),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
                Some(Err(error)) => {
                    let (end, code, reason) = broken(error)?;
                    close(socket, code, reason).await;
                    return Some(end);
                }
                None => return None,
            },
            _ = ping.tick() => {
                if socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                    return None;
                }
            }
        }
    }
}

/// When the session ends that opened a socket; never for a program's.
async fn end_of(session: Option<Session>) {
    match session {
        Some(mut session) => session.ended().await,
        None => std::future::pending().await,
    }
}

/// What a frame asks for: words with the client's tag, or a command that begins with its slash.
///
/// # Errors
/// What to tell who sent it.
pub(super) fn read(text: &str) -> Result<Upward, (Code, &'static str)> {
    // Members that nobody knows are left out, and so would the one of the two be that is read second.
    #[derive(Deserialize)]
    struct Wrong {
        say: Option<IgnoredAny>,
        command: Option<IgnoredAny>,
        to: Option<IgnoredAny>,
    }
    match serde_json::from_str(text) {
        Ok(Wrong { say: Some(_), command: Some(_), .. }) => return Err((Code::BadFrame, BOTH)),
        // What was meant for one must not go to all.
        Ok(Wrong { to: Some(_), .. }) => return Err((Code::NotSupported, NO_PRIVATE)),
        _ => {}
    }
    match serde_json::from_str(text) {
        Ok(Upward::Command { command }) if !command.starts_with('/') => Err((Code::BadFrame, USAGE)),
        Ok(upward) => Ok(upward),
        Err(_) => Err((Code::BadFrame, USAGE)),
    }
}

/// Does what the client sent; what is to be answered at once.
async fn obey(desk: &Desk, text: &str, acks: &mut JoinSet<Option<Event>>) -> Option<Event> {
    let (body, client, reply) = match read(text) {
        Ok(Upward::Say { say, client, reply }) => (say, client, reply),
        Ok(Upward::Command { command }) => match slash::parse(&command) {
            Ok(Line::Say(text)) => (text.into_owned(), None, None),
            Ok(Line::Call(call)) => return Some(told(slash::call(desk, &call).await)),
            Err(error) => return Some(complaint(error.to_string())),
        },
        Err((code, usage)) => return Some(refused(tag(text), ApiError::new(code, usage))),
    };
    // Handed over before the next frame is read, so that words keep their order; only the disk is waited for aside.
    let submission = match desk.handle.submit(Say { body, client: client.clone(), reply, file: None }) {
        Ok(submission) => submission,
        Err(error) => return Some(refused(client, error.into())),
    };
    acks.spawn(async move {
        match submission.durable().await {
            Ok(said) => client.map(|client| Event::Ack { client, seq: said.seq, id: said.id }),
            Err(error) => Some(refused(client, error.into())),
        }
    });
    None
}

/// The tag of a frame that is wrong in something else.
fn tag(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Tagged {
        client: String,
    }
    serde_json::from_str(text).ok().map(|Tagged { client }| client)
}

/// Who gave a tag is told by it, and by a word for programs.
fn refused(client: Option<String>, error: ApiError) -> Event {
    match client {
        Some(client) => Event::Refused { client, code: error.code.word().to_owned(), text: error.text },
        None => complaint(error.text),
    }
}

fn told(reply: Result<slash::Reply, slash::Error>) -> Event {
    match reply {
        Ok(reply) => {
            let found = reply.messages.iter().map(|message| found::row(message, &TimeZone::UTC));
            let text = reply.lines.into_iter().chain(found).collect::<Vec<_>>().join("\n");
            Event::Notice { level: Level::Info, text }
        }
        Err(error) => complaint(error.to_string()),
    }
}

fn complaint(text: impl Into<String>) -> Event {
    Event::Notice { level: Level::Error, text: text.into() }
}

async fn send(socket: &mut WebSocket, event: &Event) -> Result<(), axum::Error> {
    let text = serde_json::to_string(event).map_err(axum::Error::new)?;
    socket.send(Message::Text(text.into())).await
}

/// Says why, as far as somebody still listens.
async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let _ = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
}

/// What the other side did wrong, and how it is told (RFC 6455, 7.4.1); `None` where it just went.
fn broken(error: axum::Error) -> Option<(End, u16, &'static str)> {
    match error.into_inner().downcast_ref::<WireError>()? {
        WireError::Capacity(_) => Some((End::LongFrame, close_code::SIZE, "a frame has at most 256 KiB")),
        WireError::Utf8(_) => Some((End::NotUtf8, close_code::INVALID, "a text must be UTF-8")),
        WireError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        WireError::Protocol(_) => Some((End::BadFrame, close_code::PROTOCOL, "that is no frame of a WebSocket")),
        _ => None,
    }
}
