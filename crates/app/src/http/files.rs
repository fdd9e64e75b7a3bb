//! Received files, handed out as attachments only: what a stranger sent is never shown as a page of ours.
//! Must not know how files come in. Bounds: `CHUNK_BYTES` of memory a download.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead as _, ReadBuf};
use whispernet_node::handle::Handle;

use super::error::ApiError;
use super::routes::segment;

/// Read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

pub(super) async fn file(
    State(handle): State<Handle>,
    hash: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let hash = segment(hash)?;
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::bad_request("bad_hash", "a file is named by its SHA-256: 64 hex digits"));
    }
    let hash = hash.to_ascii_lowercase();
    let absent = || ApiError::new(StatusCode::NOT_FOUND, "no_such_file", "no such file is kept here");
    let path = handle.file(&hash).await.ok_or_else(absent)?;
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => absent(),
        _ => {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", format!("the file cannot be read: {error}"))
        }
    };
    let file = tokio::fs::File::open(&path).await.map_err(unreadable)?;
    let left = file.metadata().await.map_err(unreadable)?.len();
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{hash}\"")),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, Body::new(Download { file, left })).into_response())
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
