//! A stream that is cut when the other side stops reading, and that is not let go while the other side still writes: one rule for
//! answers, files and WebSockets.
//! Must not know what is written. Bounds: `WRITE_TIMEOUT` for one write; `PARTING_TIME` and `PARTING_BYTES_MAX` for a parting.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::Sleep;

use super::tally::{End, Tally};

/// Longest wait for room to write into (a guess: a reader that takes nothing for so long is gone or stuck).
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time that somebody is read from to whom nothing more will be said (a guess: what is on its way is here by then).
const PARTING_TIME: Duration = Duration::from_secs(2);

/// Most that is read then; as much as of a body that is too long.
const PARTING_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Passes everything on; fails a write that finds no room for `WRITE_TIMEOUT`. Dropped, it hands back what is left.
pub(super) struct Patience<S> {
    /// There until it is dropped.
    inner: Option<S>,
    /// Runs from the first refusal of a write to the next success.
    blocked: Option<Pin<Box<Sleep>>>,
    heard: bool,
    tally: Arc<Tally>,
    left: Option<oneshot::Sender<Left<S>>>,
}

/// What is left of a conversation.
pub(super) struct Left<S> {
    stream: S,
    /// Something was read since the last thing that was written: what is begun there has no answer.
    pub(super) heard: bool,
}

impl<S> Patience<S> {
    /// The stream, and where it comes back once nobody uses it any more.
    pub(super) fn new(inner: S, tally: Arc<Tally>) -> (Self, oneshot::Receiver<Left<S>>) {
        let (left, comes_back) = oneshot::channel();
        (Self { inner: Some(inner), blocked: None, heard: false, tally, left: Some(left) }, comes_back)
    }

    /// There is none only while it is dropped.
    fn inner(&mut self) -> io::Result<Pin<&mut S>>
    where
        S: Unpin,
    {
        self.inner.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn judge<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.blocked = None;
            self.heard = false;
            return written;
        }
        let blocked = self.blocked.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_TIMEOUT)));
        ready!(blocked.as_mut().poll(cx));
        self.blocked = None;
        self.tally.ended(End::SlowReader);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S> Drop for Patience<S> {
    fn drop(&mut self) {
        if let (Some(stream), Some(left)) = (self.inner.take(), self.left.take()) {
            // Nobody may be there to part from the other side.
            let _ = left.send(Left { stream, heard: self.heard });
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Left<S> {
    /// Ends it, and reads what is still on its way: where something is left unread, the system resets the connection, and what was
    /// written last is lost with it (RFC 9112, 9.6).
    pub(super) async fn part(mut self) {
        let parting = async {
            // Whatever fails, it is at its end.
            let _ = self.stream.shutdown().await;
            let _ = tokio::io::copy(&mut self.stream.take(PARTING_BYTES_MAX), &mut tokio::io::sink()).await;
        };
        let _ = tokio::time::timeout(PARTING_TIME, parting).await;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = self.inner()?.poll_read(cx, buf);
        self.heard |= buf.filled().len() > before;
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.inner()?.poll_write(cx, buf);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.inner()?.poll_write_vectored(cx, bufs);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner()?.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stops_is_cut_and_a_slow_one_is_not() {
        let tally = Arc::<Tally>::default();
        let (ours, mut theirs) = tokio::io::duplex(1);
        let (mut ours, _left) = Patience::new(ours, Arc::clone(&tally));
        let slow = async {
            for _ in 0..3 {
                tokio::time::sleep(WRITE_TIMEOUT / 2).await;
                theirs.read_u8().await.expect("a byte");
            }
        };
        let (written, ()) = tokio::join!(ours.write_all(b"abcd"), slow);
        written.expect("read within the time");

        let error = ours.write_all(b"e").await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let slow = tally.ends().find(|(reason, _)| *reason == "slow_reader");
        assert_eq!(slow, Some(("slow_reader", 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_says_whether_something_was_begun() {
        for (bytes, heard) in [(&b""[..], false), (b"r", true), (b"rw", false), (b"rwr", true)] {
            let (ours, mut theirs) = tokio::io::duplex(64);
            let (mut ours, left) = Patience::new(ours, Arc::default());
            for byte in bytes {
                if *byte == b'r' {
                    theirs.write_u8(0).await.expect("there is room");
                    ours.read_u8().await.expect("a byte");
                } else {
                    ours.write_u8(0).await.expect("there is room");
                }
            }
            drop(ours);
            assert_eq!(left.await.expect("it is handed back").heard, heard, "{bytes:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_parting_reads_for_a_while_and_no_more_than_its_bound() {
        // One that goes at once, one that stays and says nothing, and one that says too much.
        for (bytes, stays) in [(0, false), (0, true), (PARTING_BYTES_MAX + 64, true)] {
            let (ours, mut theirs) = tokio::io::duplex(64);
            let (ours, left) = Patience::new(ours, Arc::default());
            drop(ours);
            let other = async {
                let mut said = tokio::io::repeat(0).take(bytes);
                let said = tokio::io::copy(&mut said, &mut theirs).await;
                stays.then_some((theirs, said))
            };
            let began = tokio::time::Instant::now();
            let part = async { left.await.expect("it is handed back").part().await };
            tokio::join!(part, other);
            let took = began.elapsed();
            assert_eq!(took >= PARTING_TIME, bytes == 0 && stays, "{bytes} {stays}: {took:?}");
        }
    }
}
