//! Refusals as the API words them: `{"error":{"code","text"}}` with the fitting status.
//! Must not know routes or guards, only what they refuse with. Bounds: none; every text is short.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use whispernet_node::handle::{CommandError, FileError, HistoryError, PersonError, SayError};

use super::code::Code;
use crate::whom::Nobody;

/// A refusal: a word for programs, which has its status, and a text for people.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) code: Code,
    pub(super) text: String,
}

impl ApiError {
    pub(super) fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.code.status()
    }
}

/// What is answered where something was refused.
#[derive(Serialize, ToSchema)]
pub(super) struct Refusal {
    error: Reason,
}

/// Why something was refused.
#[derive(Serialize, ToSchema)]
struct Reason {
    code: Code,
    /// What is wrong and what to do, in words that may change.
    text: String,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { code, text } = self;
        let mut answer = (code.status(), Json(Refusal { error: Reason { code, text } })).into_response();
        if code.status() == StatusCode::UNAUTHORIZED {
            // It must say how to come in (RFC 9110, 11.6.1).
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For who counts.
        answer.extensions_mut().insert(code);
        answer
    }
}

impl From<SayError> for ApiError {
    fn from(error: SayError) -> Self {
        let code = match error {
            SayError::Empty => Code::Empty,
            SayError::TooLong { .. } => Code::TooLong,
            SayError::TagTooLong { .. } => Code::ClientTooLong,
            SayError::BadReply { .. } => Code::BadReply,
            SayError::ReplyUnsigned => Code::ReplyUnsigned,
            SayError::FileEmpty => Code::FileEmpty,
            SayError::FileTooLarge { .. } => Code::FileTooLarge,
            SayError::FileName => Code::FileName,
            SayError::Busy { .. } => Code::Busy,
            SayError::NotDurable { .. } => Code::NotDurable,
            SayError::Stopped => Code::Stopped,
        };
        Self::new(code, error.to_string())
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        let code = match error {
            CommandError::NotAnAddress(_) => Code::NoAddress,
            CommandError::Own(_) => Code::OwnAddress,
            CommandError::BadNick => Code::BadNick,
            CommandError::NoSuchPeer(_) => Code::NoSuchPeer,
            CommandError::NotBlocked(_) => Code::NotBlocked,
            CommandError::Full { .. } => Code::Full,
            CommandError::Blocked(_) => Code::Blocked,
        };
        Self::new(code, error.to_string())
    }
}

impl From<PersonError> for ApiError {
    fn from(error: PersonError) -> Self {
        let code = match error {
            PersonError::Unknown(_) => Code::Unknown,
            PersonError::NotHeard(_) => Code::NotHeard,
            PersonError::NotBlocked(_) => Code::NotBlocked,
            PersonError::Own => Code::OwnKey,
            PersonError::Name(_) => Code::BadName,
            PersonError::Ambiguous { .. } => Code::Ambiguous,
            PersonError::Differ(_) => Code::Differ,
            PersonError::Full(_) => Code::Full,
        };
        Self::new(code, error.to_string())
    }
}

impl From<Nobody> for ApiError {
    fn from(error: Nobody) -> Self {
        Self::new(Code::Unknown, error.to_string())
    }
}

impl From<HistoryError> for ApiError {
    fn from(error: HistoryError) -> Self {
        Self::new(Code::History, error.to_string())
    }
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        let code = match error {
            FileError::NoSuchFile { .. } => Code::NoSuchFile,
            FileError::NotKept => Code::NotKept,
            FileError::Io(_) => Code::Unreadable,
        };
        Self::new(code, error.to_string())
    }
}
