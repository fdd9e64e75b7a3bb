//! Files that go out and files that came, these as attachments only: what a stranger sent is never shown as a page of ours.
//! Must not know how files travel. Bounds: `CHUNK_BYTES` of memory a download; an upload is whole in memory.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use serde::Serialize;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncSeekExt as _, ReadBuf};
use utoipa::{IntoParams, ToSchema};
use whispernet_node::event::File;
use whispernet_node::handle::{Attachment, FileError, Handle, Said, Say};
use whispernet_node::store::Files;

use super::code::Code;
use super::error::ApiError;
use super::messages;
use super::parameters::Parameters;
use super::routes::{Answer, FILES, segment};
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
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct With {
    /// The file's name, up to 255 bytes; what a disk would not take in it is replaced, and an extension that fits the bytes is added.
    #[param(min_length = 1, max_length = 255, example = "cat.gif")]
    name: String,
    /// The words that go along, up to 16 KiB; without any, a line that tells of the file.
    #[param(required = false, max_length = 16384)]
    body: String,
    /// As for a message.
    #[param(value_type = String, required = false, max_length = 256)]
    client: Option<String>,
    /// As for a message.
    #[param(value_type = String, required = false, min_length = 1, max_length = 512)]
    reply: Option<String>,
}

impl With {
    fn read(given: &Parameters) -> Result<Self, ApiError> {
        let text = |name| Ok::<_, ApiError>(given.text(name)?.map(str::to_owned));
        Ok(Self {
            name: given.needed("name")?.to_owned(),
            body: text("body")?.unwrap_or_default(),
            client: text("client")?,
            reply: text("reply")?,
        })
    }
}

/// How a file is named in a path.
const HASH: &str = "The SHA-256 of its bytes, in hex";

/// Bytes of any kind.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, min_length = 1, max_length = 1_048_576)]
struct Binary(#[expect(dead_code, reason = "it stands for bytes in the API's description alone")] Vec<u8>);

/// What became of a file that was sent.
#[derive(Serialize, ToSchema)]
struct Sent {
    #[serde(flatten)]
    said: Said,
    #[serde(flatten)]
    file: File,
}

/// Sends a file to everyone, with words beside it; answers as a message does. The body is the file, 1 byte to 1 MiB of any type.
///
/// What the file is, its bytes decide, not its name: the answer tells, and by which name others see it.
#[utoipa::path(
    post,
    path = FILES,
    tag = "files",
    params(With),
    request_body(content = inline(Binary), content_type = "application/octet-stream"),
    responses(
        (status = CREATED, body = Sent),
        (status = OK, description = "Said before with the same `client`", body = Sent),
        (status = BAD_REQUEST, description = "`bad_parameter`, `file_empty`, `file_name`, `client_too_long`, `bad_reply`"),
        (status = CONFLICT, description = "`reply_unsigned`, `client_taken`"),
        (status = INTERNAL_SERVER_ERROR, description = "`history`"),
        (status = PAYLOAD_TOO_LARGE, description = "`file_too_large`, `too_long`"),
        (status = TOO_MANY_REQUESTS, description = "`busy`"),
        (status = SERVICE_UNAVAILABLE, description = "`not_durable`, `stopped`"),
    )
)]
pub(super) async fn send(State(handle): State<Handle>, given: Parameters, bytes: Bytes) -> Answer {
    let With { name, body, client, reply } = With::read(&given)?;
    let file = files::described(&name, &bytes);
    let file_to_send = Attachment { name, bytes: bytes.into() };
    // Said even if the caller does not wait for the answer.
    let said = handle.submit(Say { body, client, reply, file: Some(file_to_send) })?.durable().await?;
    let found = messages::find(&handle, said.seq).await;
    if !said.repeated {
        // Under the name that everybody sees; it was sent, whether or not the history can tell.
        let file = found.ok().flatten().and_then(|message| message.file).unwrap_or(file);
        return Ok((StatusCode::CREATED, axum::Json(Sent { said, file })).into_response());
    }
    // What was sent then, which may be another file.
    let file = match found? {
        Some(before) => before.file.ok_or_else(|| {
            ApiError::new(Code::ClientTaken, "under this client something was said without a file: nothing was sent")
        })?,
        None => file,
    };
    Ok((StatusCode::OK, axum::Json(Sent { said, file })).into_response())
}

/// Fetches a file that came with a message or went out with one, always as an attachment.
///
/// Its type is `image/png`, `image/jpeg`, `image/gif` or `image/webp` where its bytes show that, else `application/octet-stream`.
#[utoipa::path(
    get,
    path = "/api/v1/files/{hash}",
    tag = "files",
    params(("hash" = String, Path, description = HASH, pattern = "^[0-9A-Fa-f]{64}$")),
    responses(
        (status = OK, description = "Its bytes", content(
            (Binary = "application/octet-stream"), (Binary = "image/png"), (Binary = "image/jpeg"), (Binary = "image/gif"), (Binary = "image/webp")
        )),
        (status = BAD_REQUEST, description = "`bad_path`, `bad_hash`"),
        (status = NOT_FOUND, description = "`no_such_file`"),
        (status = INTERNAL_SERVER_ERROR, description = "`unreadable`, `history`"),
    )
)]
pub(super) async fn file(
    State(handle): State<Handle>,
    hash: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let hash = read_hash(hash)?;
    let mut file = match open(&handle, &hash).await {
        // It was taken between the two, and lies elsewhere now.
        Err(error) if error.code == Code::NoSuchFile => open(&handle, &hash).await?,
        opened => opened?,
    };
    let left = file.metadata().await.map_err(|error| unreadable(&error))?.len();
    let mut head = Vec::new();
    (&mut file).take(HEAD_BYTES).read_to_end(&mut head).await.map_err(|error| unreadable(&error))?;
    file.rewind().await.map_err(|error| unreadable(&error))?;
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

async fn open(handle: &Handle, hash: &str) -> Result<tokio::fs::File, ApiError> {
    let path = handle.file(hash).await.ok_or_else(no_such_file)?;
    tokio::fs::File::open(&path).await.map_err(|error| unreadable(&error))
}

fn unreadable(error: &io::Error) -> ApiError {
    match error.kind() {
        io::ErrorKind::NotFound => no_such_file(),
        _ => ApiError::new(Code::Unreadable, format!("the file cannot be read: {error}")),
    }
}

/// Takes a file that waits as an offer: it does not make room for other offers any more. One that was taken stays so.
#[utoipa::path(
    post,
    path = "/api/v1/files/{hash}",
    tag = "files",
    params(("hash" = String, Path, description = HASH, pattern = "^[0-9A-Fa-f]{64}$")),
    responses(
        (status = NO_CONTENT),
        (status = BAD_REQUEST, description = "`bad_path`, `bad_hash`"),
        (status = NOT_FOUND, description = "`no_such_file`"),
        (status = CONFLICT, description = "`not_kept`"),
        (status = INTERNAL_SERVER_ERROR, description = "`unreadable`"),
    )
)]
pub(super) async fn take(State(handle): State<Handle>, hash: Result<Path<String>, PathRejection>) -> Answer {
    let hash = read_hash(hash)?;
    // An event may come before its file is on disk.
    handle.file(&hash).await.ok_or_else(no_such_file)?;
    // The folder is locked while a file is written.
    let taken = tokio::task::spawn_blocking(move || handle.accept_file(&hash)).await;
    taken.map_err(|error| FileError::Io(error.to_string()))??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// 404: a file is not here.
pub(super) fn no_such_file() -> ApiError {
    ApiError::new(Code::NoSuchFile, "no such file is kept here")
}

/// The hash in a path.
pub(super) fn read_hash(hash: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    files::whole_hash(&segment(hash)?)
        .ok_or_else(|| ApiError::new(Code::BadHash, "a file is named by its SHA-256: 64 hex digits"))
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
