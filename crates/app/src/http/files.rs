//! Files that go out and files that came, these as attachments only: what a stranger sent is never shown as a page of ours.
//! Must not know how files travel. Bounds: `CHUNK_BYTES` of memory a download; an upload is whole in memory.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncSeekExt as _, ReadBuf};
use whispernet_node::event::File;
use whispernet_node::handle::{Attachment, FileError, Handle, Said, Say};
use whispernet_node::store::Files;

use super::error::ApiError;
use super::routes::{Answer, segment};
use crate::files;

/// Read at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// So much of a file shows whether it is a picture.
const HEAD_BYTES: u64 = 512;
/// Types that a browser may show inside a page: decoded by it, never run.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// Of everything else.
const BYTES: &str = "application/octet-stream";
/// Where a browser shows one of these files by itself all the same, nothing in it may act.
const POLICY: &str = "default-src 'none'; sandbox";

/// What a file is sent with.
#[derive(Deserialize)]
pub(super) struct With {
    name: String,
    /// The words that go along.
    #[serde(default)]
    body: String,
    client: Option<String>,
    reply: Option<String>,
}

/// What became of a file that was sent.
#[derive(Serialize)]
struct Sent {
    #[serde(flatten)]
    said: Said,
    #[serde(flatten)]
    file: File,
}

pub(super) async fn send(
    State(handle): State<Handle>,
    with: Result<Query<With>, QueryRejection>,
    bytes: Bytes,
) -> Answer {
    let Query(With { name, body, client, reply }) =
        with.map_err(|error| ApiError::bad_request("bad_parameter", error.body_text()))?;
    let file = files::described(&name, &bytes);
    let file_to_send = Attachment { name, bytes: bytes.into() };
    // Said even if the caller does not wait for the answer.
    let said = handle.submit(Say { body, client, reply, file: Some(file_to_send) })?.durable().await?;
    let status = if said.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(Sent { said, file })).into_response())
}

pub(super) async fn file(
    State(handle): State<Handle>,
    hash: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let hash = files::whole_hash(&segment(hash)?)
        .ok_or_else(|| ApiError::bad_request("bad_hash", "a file is named by its SHA-256: 64 hex digits"))?;
    let path = handle.file(&hash).await.ok_or_else(no_such_file)?;
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => no_such_file(),
        _ => {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", format!("the file cannot be read: {error}"))
        }
    };
    let mut file = tokio::fs::File::open(&path).await.map_err(unreadable)?;
    let left = file.metadata().await.map_err(unreadable)?.len();
    let mut head = Vec::new();
    (&mut file).take(HEAD_BYTES).read_to_end(&mut head).await.map_err(unreadable)?;
    file.rewind().await.map_err(unreadable)?;
    let (shown, _) = Files::describe(&head, None);
    // The history may have forgotten the message, and with it the name.
    let named = files::meant(&handle, &hash).await.unwrap_or_default().pop().and_then(|message| message.file);
    let name = named.map_or_else(|| unnamed(&hash, &shown.name), |file| file.name);
    let headers = [
        (CONTENT_TYPE, PICTURES.into_iter().find(|picture| *picture == shown.mime).unwrap_or(BYTES).to_owned()),
        (CONTENT_DISPOSITION, disposition(&name)),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
    ];
    Ok((headers, Body::new(Download { file, left })).into_response())
}

/// Takes a file that waits as an offer: it makes room for others no sooner than those that were taken.
pub(super) async fn take(State(handle): State<Handle>, hash: Result<Path<String>, PathRejection>) -> Answer {
    let hash = files::whole_hash(&segment(hash)?).ok_or_else(no_such_file)?;
    // A message is told of a moment before its file is on disk.
    handle.file(&hash).await.ok_or_else(no_such_file)?;
    let taken = tokio::task::spawn_blocking(move || handle.accept_file(&hash)).await;
    match taken {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(Err(FileError::NoSuchFile { .. })) => Err(no_such_file()),
        Ok(Err(error @ FileError::NotKept)) => Err(ApiError::new(StatusCode::CONFLICT, "not_kept", error.to_string())),
        Ok(Err(error @ FileError::Io(_))) => {
            Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", error.to_string()))
        }
        Err(_) => Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", "the disk was interrupted")),
    }
}

/// 404: a file is not here.
pub(super) fn no_such_file() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no_such_file", "no such file is kept here")
}

/// A name of the hash and the extension that the beginning of the file shows.
fn unnamed(hash: &str, shown: &str) -> String {
    let extension = shown.rsplit_once('.').map_or("bin", |(_, extension)| extension);
    format!("{}.{extension}", hash.get(..12).unwrap_or(hash))
}

/// The header that makes a file of an answer, under that name (RFC 6266; its longer form is of RFC 8187).
fn disposition(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " !#$&+-.^_`|~()[]{}@,=;'".contains(c);
    let short: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{short}\"");
    if short != name {
        header.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                header.push(char::from(byte));
            } else {
                // Writing to a String does not fail.
                let _ = write!(header, "%{byte:02X}");
            }
        }
    }
    header
}

/// The bytes of a file as a body; its length is promised, so a file cut short ends in an error.
struct Download {
    file: tokio::fs::File,
    left: u64,
}

impl HttpBody for Download {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut chunk = vec![0; CHUNK_BYTES.min(usize::try_from(self.left).unwrap_or(CHUNK_BYTES))];
        let mut buf = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.file).poll_read(cx, &mut buf))?;
        let length = buf.filled().len();
        if length == 0 {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        self.left -= length as u64;
        chunk.truncate(length);
        Poll::Ready(Some(Ok(Frame::data(chunk.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_headers() {
        for (name, header) in [
            ("cat.gif", r#"attachment; filename="cat.gif""#),
            ("my cat (2).gif", r#"attachment; filename="my cat (2).gif""#),
            ("ü.gif", r#"attachment; filename="_.gif"; filename*=UTF-8''%C3%BC.gif"#),
            ("a\"b\\c%d\r\n.gif", r#"attachment; filename="a_b_c_d__.gif"; filename*=UTF-8''a%22b%5Cc%25d%0D%0A.gif"#),
        ] {
            assert_eq!(disposition(name), header);
            assert!(axum::http::HeaderValue::from_str(&disposition(name)).is_ok());
        }
        assert_eq!(unnamed(&"ab".repeat(32), "0123.png"), "abababababab.png");
    }

    #[tokio::test]
    async fn a_file_comes_whole_and_a_shorter_one_is_an_error() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("file");
        for length in [0, 1, CHUNK_BYTES, CHUNK_BYTES * 2 + 1] {
            let bytes: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            std::fs::write(&path, &bytes).expect("it can be written");
            let open = async || tokio::fs::File::open(&path).await.expect("it is there");
            let whole = Download { file: open().await, left: length as u64 };
            assert_eq!(axum::body::to_bytes(Body::new(whole), length).await.expect("it is whole"), bytes);
            let cut = Download { file: open().await, left: length as u64 + 1 };
            assert!(axum::body::to_bytes(Body::new(cut), length + 1).await.is_err(), "{length}");
        }
    }
}
