//! The calls about messages: to read what was said, and to say something.
//! Must not know who may ask. Bounds: `MESSAGES_MAX` messages an answer.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use whispernet_node::event::Message;
use whispernet_node::handle::{self, Handle, HistoryError, Said, Say};

use super::code::Code;
use super::error::ApiError;
use super::members::Members;
use super::parameters::{Parameters, SEQS, whole_number};
use super::routes::{Answer, segment};

/// Most messages one answer holds.
const MESSAGES_MAX: u64 = 500;

/// Messages an answer holds unless the caller says otherwise.
const MESSAGES_DEFAULT: u64 = 100;
const _: () = assert!(MESSAGES_DEFAULT <= MESSAGES_MAX);

/// Told to who means it for one person alone.
pub(super) const NO_PRIVATE: &str = "this version has no private messages: leave `to` out; nothing was said";

/// The parameters of a look into the history.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only messages after this `seq`; the oldest of them where there are more than `limit`.
    #[param(value_type = u64, required = false, maximum = 18_446_744_073_709_551_615u64)]
    since: Option<u64>,
    /// Only messages before this `seq`; the newest of them where there are more than `limit`, unless `since` stands there too.
    #[param(value_type = u64, required = false, maximum = 18_446_744_073_709_551_615u64)]
    before: Option<u64>,
    /// How many at most.
    #[param(value_type = u64, required = false, minimum = 1, maximum = 500, default = 100)]
    limit: Option<u64>,
    /// Only messages with this in their text or nick, whatever the case of its letters.
    #[param(value_type = String, required = false)]
    search: Option<String>,
}

impl Which {
    pub(super) fn read(given: &Parameters) -> Result<handle::Query, ApiError> {
        let Self { since, before, limit, search } = Self {
            since: given.number("since", SEQS)?,
            before: given.number("before", SEQS)?,
            limit: given.number("limit", 1..=MESSAGES_MAX)?,
            search: given.text("search")?.filter(|text| !text.is_empty()).map(str::to_owned),
        };
        let limit = limit.unwrap_or(MESSAGES_DEFAULT) as usize;
        Ok(handle::Query { since, before, limit, search })
    }
}

/// Part of the history.
#[derive(Serialize, ToSchema)]
pub(super) struct Messages {
    /// Ascending by `seq`.
    #[schema(max_items = 500)]
    messages: Vec<Listed>,
}

/// A message as the history has it, in the shape of its event.
#[derive(Serialize, ToSchema)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Listed {
    /// As it came.
    Message(Box<Message>),
    /// In a richer copy, which took the place of the one at `replaces`.
    Upgrade(Box<Message>),
}

impl From<Message> for Listed {
    fn from(message: Message) -> Self {
        let upgrade = message.about.replaces.is_some();
        let message = Box::new(message);
        if upgrade { Self::Upgrade(message) } else { Self::Message(message) }
    }
}

/// Reads the history: the newest messages, those after `since`, those before `before`, or those that `search` finds.
///
/// To page back to the first message ever, ask with `before` = the lowest `seq` of the page that you have, until a page is empty.
/// To follow, ask with `since` = the highest. Greetings are not part of the history; messages that a richer copy took the place of are not either.
#[utoipa::path(
    get,
    path = "/api/v1/messages",
    tag = "messages",
    params(Which),
    responses(
        (status = OK, body = Messages),
        (status = BAD_REQUEST, description = "`bad_parameter`"),
        (status = INTERNAL_SERVER_ERROR, description = "`history`"),
    )
)]
pub(super) async fn messages(State(handle): State<Handle>, given: Parameters) -> Answer {
    let messages = read(&handle, Which::read(&given)?).await?;
    Ok(axum::Json(Messages { messages: messages.into_iter().map(Listed::from).collect() }).into_response())
}

/// Reads one message.
#[utoipa::path(
    get,
    path = "/api/v1/messages/{seq}",
    tag = "messages",
    params(("seq" = u64, Path, description = "Its place in the history", maximum = 18_446_744_073_709_551_615u64)),
    responses(
        (status = OK, body = Listed),
        (status = BAD_REQUEST, description = "`bad_path`"),
        (status = NOT_FOUND, description = "`no_such_message`"),
        (status = INTERNAL_SERVER_ERROR, description = "`history`"),
    )
)]
pub(super) async fn message(State(handle): State<Handle>, seq: Result<Path<String>, PathRejection>) -> Answer {
    let seq = segment(seq)?;
    let no_seq = || format!("a message is named by its seq, {}", whole_number(&SEQS));
    let seq: u64 = seq.parse().map_err(|_| ApiError::new(Code::BadPath, no_seq()))?;
    let absent = || {
        ApiError::new(
            Code::NoSuchMessage,
            "no message is at this place: it never was, it is gone, or a richer copy took its place",
        )
    };
    let found = find(&handle, seq).await?.ok_or_else(absent)?;
    Ok(axum::Json(Listed::from(found)).into_response())
}

/// The message at that place.
pub(super) async fn find(handle: &Handle, seq: u64) -> Result<Option<Message>, ApiError> {
    let Some(since) = seq.checked_sub(1) else { return Ok(None) };
    let query = handle::Query { since: Some(since), limit: 1, ..handle::Query::default() };
    Ok(read(handle, query).await?.into_iter().find(|message| message.seq == seq))
}

/// What a socket was just told of is to be found: the answer waits until it is on disk, for a moment.
async fn read(handle: &Handle, query: handle::Query) -> Result<Vec<Message>, HistoryError> {
    handle.caught_up().await;
    handle.messages(query).await
}

/// What a caller says.
#[derive(ToSchema)]
pub(super) struct Words {
    /// The text: 1 byte to 16 KiB.
    #[schema(min_length = 1, max_length = 16384)]
    body: String,
    /// A tag of the caller's choice, up to 256 bytes: the same tag within 24 h is the same message, also after a restart of either side.
    #[schema(max_length = 256)]
    client: Option<String>,
    /// The `id` of the message that this one answers, up to 512 bytes.
    #[schema(min_length = 1, max_length = 512)]
    reply: Option<String>,
}

impl Words {
    pub(super) fn read(body: &[u8]) -> Result<Say, ApiError> {
        let members = Members::read(body)?;
        let Self { body, client, reply } =
            Self { body: members.needed("body")?, client: members.text("client")?, reply: members.text("reply")? };
        // Reserved: a text that was meant for one person must not go to all.
        if members.has("to") {
            return Err(ApiError::new(Code::NotSupported, NO_PRIVATE));
        }
        Ok(Say { body, client, reply, file: None })
    }
}

/// Says something, and answers once it is on disk (in memory with `--history off`).
///
/// One's own words wait for the pace that other peers accept, and so may the answer: 200 at once, then 5 a second. What was sent is said
/// also where the caller does not wait; asking again with the same `client` tells what became of it and says nothing twice.
/// A member `to` is reserved for private messages, which this version does not have (`not_supported`).
#[utoipa::path(
    post,
    path = "/api/v1/messages",
    tag = "messages",
    request_body = Words,
    responses(
        (status = CREATED, body = Said),
        (status = OK, description = "Said before with the same `client`", body = Said),
        (status = BAD_REQUEST, description = "`bad_json`, `empty`, `client_too_long`, `bad_reply`"),
        (status = CONFLICT, description = "`reply_unsigned`"),
        (status = PAYLOAD_TOO_LARGE, description = "`too_long`"),
        (status = TOO_MANY_REQUESTS, description = "`busy`"),
        (status = NOT_IMPLEMENTED, description = "`not_supported`"),
        (status = SERVICE_UNAVAILABLE, description = "`not_durable`, `stopped`"),
    )
)]
pub(super) async fn say(State(handle): State<Handle>, body: Bytes) -> Answer {
    // Said even if the caller does not wait for the answer.
    let submission = handle.submit(Words::read(&body)?)?;
    let said = submission.durable().await?;
    let status = if said.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(said)).into_response())
}
