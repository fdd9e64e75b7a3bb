//! Refusals as the API words them: `{"error":{"code","text"}}` with the fitting status.
//! Must not know routes or guards, only what they refuse with. Bounds: none; every text is short.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use whispernet_node::handle::{CommandError, HistoryError, PersonError, SayError};

use crate::whom::Nobody;

/// A refusal: its status, a word for programs, and a text for people.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) text: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into() }
    }

    /// 400: a parameter or the JSON is not as it should be.
    pub(super) fn bad_request(code: &'static str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, text)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = json!({"error": {"code": self.code, "text": self.text}});
        (self.status, Json(error)).into_response()
    }
}

impl From<SayError> for ApiError {
    fn from(error: SayError) -> Self {
        let (status, code) = match error {
            SayError::Empty => (StatusCode::BAD_REQUEST, "empty"),
            SayError::TooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_long"),
            SayError::TagTooLong { .. } => (StatusCode::BAD_REQUEST, "client_too_long"),
            SayError::BadReply { .. } => (StatusCode::BAD_REQUEST, "bad_reply"),
            SayError::ReplyUnsigned => (StatusCode::CONFLICT, "reply_unsigned"),
            SayError::FileEmpty => (StatusCode::BAD_REQUEST, "file_empty"),
            SayError::FileTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "file_too_large"),
            SayError::FileName => (StatusCode::BAD_REQUEST, "file_name"),
            SayError::Busy { .. } => (StatusCode::TOO_MANY_REQUESTS, "busy"),
            SayError::NotDurable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "not_durable"),
            SayError::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "stopped"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        let (status, code) = match error {
            CommandError::NotAnAddress(_) => (StatusCode::BAD_REQUEST, "no_address"),
            CommandError::Own(_) => (StatusCode::BAD_REQUEST, "own_address"),
            CommandError::BadNick => (StatusCode::BAD_REQUEST, "bad_nick"),
            CommandError::NoSuchPeer(_) => (StatusCode::NOT_FOUND, "no_such_peer"),
            CommandError::NotBlocked(_) => (StatusCode::NOT_FOUND, "not_blocked"),
            CommandError::Full { .. } => (StatusCode::CONFLICT, "full"),
            CommandError::Blocked(_) => (StatusCode::CONFLICT, "blocked"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<PersonError> for ApiError {
    fn from(error: PersonError) -> Self {
        let (status, code) = match error {
            PersonError::Unknown(_) => (StatusCode::NOT_FOUND, "unknown"),
            PersonError::NotHeard(_) => (StatusCode::NOT_FOUND, "not_heard"),
            PersonError::NotBlocked(_) => (StatusCode::NOT_FOUND, "not_blocked"),
            PersonError::Own => (StatusCode::BAD_REQUEST, "own_key"),
            PersonError::Name(_) => (StatusCode::BAD_REQUEST, "bad_name"),
            PersonError::Ambiguous { .. } => (StatusCode::CONFLICT, "ambiguous"),
            PersonError::Differ(_) => (StatusCode::CONFLICT, "differ"),
            PersonError::Full(_) => (StatusCode::CONFLICT, "full"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<Nobody> for ApiError {
    fn from(error: Nobody) -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown", error.to_string())
    }
}

impl From<HistoryError> for ApiError {
    fn from(error: HistoryError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "history", error.to_string())
    }
}
