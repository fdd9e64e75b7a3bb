//! What the body of a request may be: how long, of which type, within which time.
//! Must not know who asks. Bounds: the `..._BYTES_MAX` below, which must arrive within `BODY_TIMEOUT`.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use whispernet_node::FILE_SEND_BYTES_MAX;

use super::code::Code;
use super::entry::only;
use super::error::ApiError;
use super::routes::FILES;

/// Longest body of JSON or of a form; four times what the longest message has as JSON.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Most of a body that is too long which is read and thrown away: who is still writing does not see the answer.
const BODY_BYTES_DRAINED_MAX: usize = 4 * 1024 * 1024;
const _: () = assert!(BODY_BYTES_DRAINED_MAX > BODY_BYTES_MAX && BODY_BYTES_DRAINED_MAX > FILE_SEND_BYTES_MAX);

/// Time for a whole body; as long as a head gets.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The calls that the forms of the page make.
pub(super) const FORMS: [&str; 7] = ["/login", "/logout", "/say", "/connect", "/disconnect", "/block", "/unblock"];

/// What a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Json,
    Form,
    /// The bytes of a file, of whatever type.
    File,
}

impl Takes {
    fn at(path: &str) -> Self {
        match path {
            FILES => Self::File,
            form if FORMS.contains(&form) => Self::Form,
            _ => Self::Json,
        }
    }

    const fn bytes_max(self) -> usize {
        match self {
            Self::Json | Self::Form => BODY_BYTES_MAX,
            Self::File => FILE_SEND_BYTES_MAX,
        }
    }

    fn too_long(self) -> ApiError {
        let max = self.bytes_max();
        let (code, text) = match self {
            Self::Json | Self::Form => (Code::TooLong, format!("a request has at most {max} bytes")),
            Self::File => {
                (Code::FileTooLarge, format!("a file has at most {max} bytes: larger files come with secured links"))
            }
        };
        ApiError::new(code, text)
    }

    fn check_type(self, headers: &HeaderMap) -> Result<(), ApiError> {
        let (essence, code, text) = match self {
            Self::Json => ("application/json", Code::NoJson, "send JSON, with `Content-Type: application/json`"),
            Self::Form => (
                "application/x-www-form-urlencoded",
                Code::NoForm,
                "send a form, with `Content-Type: application/x-www-form-urlencoded`",
            ),
            Self::File => return Ok(()),
        };
        let is_it = only(headers, CONTENT_TYPE)
            .is_some_and(|value| value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(essence));
        if is_it { Ok(()) } else { Err(ApiError::new(code, text)) }
    }
}

/// The whole body of a request to `path`, if it may be one.
///
/// # Errors
/// It is too long, too slow, cut or of another type.
pub(super) async fn whole(method: &Method, path: &str, headers: &HeaderMap, body: Body) -> Result<Bytes, ApiError> {
    let takes = Takes::at(path);
    let body = tokio::time::timeout(BODY_TIMEOUT, collect(body, takes))
        .await
        .map_err(|_| ApiError::new(Code::SlowBody, "the body did not arrive in 10 s"))??;
    // A call without a body needs no type: nothing is read from it.
    if !method.is_safe() && !body.is_empty() {
        takes.check_type(headers)?;
    }
    Ok(body)
}

async fn collect(mut body: Body, takes: Takes) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > BODY_BYTES_DRAINED_MAX as u64 {
        return Err(takes.too_long());
    }
    let mut whole = Vec::new();
    let mut length = 0;
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| ApiError::new(Code::CutBody, "the body ended too early"))?;
        let Ok(bytes) = frame.into_data() else { continue };
        length += bytes.len();
        if length > BODY_BYTES_DRAINED_MAX {
            break;
        }
        if length <= takes.bytes_max() {
            whole.extend_from_slice(&bytes);
        }
    }
    if length > takes.bytes_max() { Err(takes.too_long()) } else { Ok(whole.into()) }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    /// The code of the refusal, or nothing.
    async fn check(path: &str, content_type: &str, length: usize) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).expect("a header"));
        }
        let body = Body::from(vec![b' '; length]);
        match whole(&Method::POST, path, &headers, body).await {
            Ok(body) => {
                assert_eq!(body.len(), length);
                None
            }
            Err(error) => Some(error.code.word()),
        }
    }

    #[tokio::test]
    async fn content_types() {
        for (path, content_type, refused) in [
            ("/api/v1/messages", "application/json", None),
            ("/api/v1/messages", "Application/JSON; charset=utf-8", None),
            ("/api/v1/messages", "application/jsonp", Some("no_json")),
            ("/api/v1/messages", "text/plain", Some("no_json")),
            ("/api/v1/messages", "", Some("no_json")),
            ("/api/v1/messages", FORM, Some("no_json")),
            ("/api/v1/files/x", FORM, Some("no_json")),
            ("/api/v1/files", FORM, None),
            ("/api/v1/files", "image/png", None),
            ("/api/v1/files", "", None),
            ("/say", FORM, None),
            ("/say", "application/x-www-form-urlencoded;charset=UTF-8", None),
            ("/say", "text/plain", Some("no_form")),
            ("/say", "multipart/form-data; boundary=x", Some("no_form")),
            ("/say", "application/json", Some("no_form")),
            ("/say", "", Some("no_form")),
        ] {
            assert_eq!(check(path, content_type, 1).await, refused, "{path} {content_type}");
            assert_eq!(check(path, content_type, 0).await, None, "{path} {content_type}, and nothing in it");
        }
    }

    #[tokio::test]
    async fn bodies_up_to_the_bound() {
        for (path, content_type, max, too_long) in [
            ("/api/v1/messages", "application/json", BODY_BYTES_MAX, "too_long"),
            ("/say", FORM, BODY_BYTES_MAX, "too_long"),
            ("/api/v1/files", "", FILE_SEND_BYTES_MAX, "file_too_large"),
        ] {
            for (length, refused) in
                [(0, None), (max, None), (max + 1, Some(too_long)), (BODY_BYTES_DRAINED_MAX + 1, Some(too_long))]
            {
                assert_eq!(check(path, content_type, length).await, refused, "{path} {length}");
            }
        }
    }
}
