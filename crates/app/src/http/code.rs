//! The words by which programs tell refusals apart, each with its status and its meaning: this table is the only one.
//! Must not know who refuses. Bounds: one word a refusal.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $status:ident $word:literal,)*) => {
        /// Why something was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Code { $($(#[doc = $doc])* $variant,)* }

        impl Code {
            /// Every one of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As programs read it.
            pub(super) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// With which status it is answered.
            pub(super) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What it means, for people.
            const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)*),)* }
            }
        }
    };
}

codes! {
    /// A parameter is not as it should be, or stands there twice.
    BadParameter = BAD_REQUEST "bad_parameter",
    /// The body is no JSON, or not of the members that this call takes.
    BadJson = BAD_REQUEST "bad_json",
    /// The part of the path that names something is no text.
    BadPath = BAD_REQUEST "bad_path",
    /// A file is named by the SHA-256 of its bytes, in hex.
    BadHash = BAD_REQUEST "bad_hash",
    /// The body ended before its length was reached.
    CutBody = BAD_REQUEST "cut_body",
    /// What came with a form is none.
    BadForm = BAD_REQUEST "bad_form",
    /// There is nothing to say.
    Empty = BAD_REQUEST "empty",
    /// The tag of the client is over 256 bytes.
    ClientTooLong = BAD_REQUEST "client_too_long",
    /// What is answered can be no ID of a message, or is not here.
    BadReply = BAD_REQUEST "bad_reply",
    /// There is nothing in the file.
    FileEmpty = BAD_REQUEST "file_empty",
    /// Others would not take a file of this name.
    FileName = BAD_REQUEST "file_name",
    /// It leads to no address of a peer.
    NoAddress = BAD_REQUEST "no_address",
    /// That is this peer itself.
    OwnAddress = BAD_REQUEST "own_address",
    /// That is the key of this peer.
    OwnKey = BAD_REQUEST "own_key",
    /// Others would not take this nick.
    BadNick = BAD_REQUEST "bad_nick",
    /// Nobody can be called so.
    BadName = BAD_REQUEST "bad_name",
    /// There is no such command, or it takes something else.
    BadCommand = BAD_REQUEST "bad_command",
    /// What came on a WebSocket, with a `client`, is none of the frames that go up.
    BadFrame = BAD_REQUEST "bad_frame",
    /// The request is none for a WebSocket.
    NoWebSocket = BAD_REQUEST "no_websocket",
    /// The token is missing or wrong, and there is no session.
    NoToken = UNAUTHORIZED "no_token",
    /// It came from a page of somebody else.
    WrongOrigin = FORBIDDEN "wrong_origin",
    /// The form is of no page that was made for this session.
    WrongForm = FORBIDDEN "wrong_form",
    /// There is no such call.
    NoSuchCall = NOT_FOUND "no_such_call",
    /// There is no message at this place of the history.
    NoSuchMessage = NOT_FOUND "no_such_message",
    /// No such file is kept here.
    NoSuchFile = NOT_FOUND "no_such_file",
    /// Nothing is known of a peer at that address.
    NoSuchPeer = NOT_FOUND "no_such_peer",
    /// It is not blocked.
    NotBlocked = NOT_FOUND "not_blocked",
    /// Nobody is known by that name or key.
    Unknown = NOT_FOUND "unknown",
    /// Nothing was heard under this key yet.
    NotHeard = NOT_FOUND "not_heard",
    /// The call takes another method: the header `Allow` lists them.
    WrongMethod = METHOD_NOT_ALLOWED "wrong_method",
    /// The body did not arrive in 10 s.
    SlowBody = REQUEST_TIMEOUT "slow_body",
    /// Only signed messages can answer others.
    ReplyUnsigned = CONFLICT "reply_unsigned",
    /// Under this tag of the client something else was said.
    ClientTaken = CONFLICT "client_taken",
    /// The address is blocked: unblock it first.
    Blocked = CONFLICT "blocked",
    /// There are as many of these as there may be: remove one first.
    Full = CONFLICT "full",
    /// The name may be any of several: give digits of the key.
    Ambiguous = CONFLICT "ambiguous",
    /// What was compared is of another key.
    Differ = CONFLICT "differ",
    /// Files of others are not kept here.
    NotKept = CONFLICT "not_kept",
    /// The text has more than 16 KiB, or the whole request more than 256 KiB.
    TooLong = PAYLOAD_TOO_LARGE "too_long",
    /// The file has more than 1 MiB.
    FileTooLarge = PAYLOAD_TOO_LARGE "file_too_large",
    /// The body must be JSON, and say so in `Content-Type`.
    NoJson = UNSUPPORTED_MEDIA_TYPE "no_json",
    /// The body must be a form, and say so in `Content-Type`.
    NoForm = UNSUPPORTED_MEDIA_TYPE "no_form",
    /// The Host is none that this peer answers to.
    WrongHost = MISDIRECTED_REQUEST "wrong_host",
    /// As much waits for the pace that other peers accept as may wait: try again later.
    Busy = TOO_MANY_REQUESTS "busy",
    /// The history cannot be read.
    History = INTERNAL_SERVER_ERROR "history",
    /// The file cannot be read or taken.
    Unreadable = INTERNAL_SERVER_ERROR "unreadable",
    /// This version cannot do that.
    NotSupported = NOT_IMPLEMENTED "not_supported",
    /// It was said, but is not on disk, and might be forgotten.
    NotDurable = SERVICE_UNAVAILABLE "not_durable",
    /// The peer is shutting down.
    Stopped = SERVICE_UNAVAILABLE "stopped",
    /// The page is off.
    NoWeb = SERVICE_UNAVAILABLE "no_web",
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let mut description = "Why something was refused, with its status:\n".to_owned();
        for code in Self::ALL {
            description.push_str(&format!("\n* `{}` ({}):{}", code.word(), code.status().as_u16(), code.meaning()));
        }
        let words = Self::ALL.iter().map(|code| code.word());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).description(Some(description)).into()
    }
}

impl ToSchema for Code {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_stands_for_one_refusal() {
        for (place, code) in Code::ALL.iter().enumerate() {
            assert!(code.word().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code:?}");
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert!(code.meaning().starts_with(' ') && code.meaning().ends_with('.'), "{code:?}");
            assert_eq!(Code::ALL.iter().position(|other| other.word() == code.word()), Some(place), "{code:?}");
        }
    }
}
