//! Standard output and error, each written by a thread of its own: a reader that stops reading stops nothing else.
//! Must not know what is written. Bounds: the number of texts that wait for each, which the caller names.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio::sync::{mpsc, oneshot};

/// Where texts go in. Clones write to the same place.
#[derive(Clone)]
pub(crate) struct Sink {
    queue: mpsc::Sender<String>,
    left_out: Arc<AtomicU64>,
}

/// Nothing can be written there any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Resolves when all sinks are dropped and everything is written, or when writing fails.
pub(crate) type Ended = oneshot::Receiver<io::Result<()>>;

/// Starts a thread that writes to `target`, with at most `waiting_max` texts waiting for it.
///
/// # Errors
/// There is no room for a thread.
pub(crate) fn spawn(name: &str, target: impl Write + Send + 'static, waiting_max: usize) -> io::Result<(Sink, Ended)> {
    let (queue, texts) = mpsc::channel(waiting_max);
    let (end, ended) = oneshot::channel();
    let left_out = Arc::new(AtomicU64::new(0));
    let sink = Sink { queue, left_out: Arc::clone(&left_out) };
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Whoever waited for the end may have given up.
        let _ = end.send(write_all(texts, target, &left_out));
    })?;
    Ok((sink, ended))
}

fn write_all(mut texts: mpsc::Receiver<String>, mut target: impl Write, left_out: &AtomicU64) -> io::Result<()> {
    while let Some(text) = texts.blocking_recv() {
        target.write_all(text.as_bytes())?;
        let count = left_out.swap(0, Ordering::Relaxed);
        if count > 0 {
            writeln!(target, "({count} lines left out here: they were not read in time)")?;
        }
        target.flush()?;
    }
    Ok(())
}

impl Sink {
    /// Writes whole lines, waiting for room.
    ///
    /// # Errors
    /// Writing failed; [`Ended`] tells why.
    pub(crate) async fn write(&self, lines: String) -> Result<(), Gone> {
        self.queue.send(lines).await.map_err(|_| Gone)
    }

    /// Resolves when writing has failed.
    pub(crate) async fn gone(&self) {
        self.queue.closed().await;
    }

    /// Writes one line, given without its end, where there is room; else counts it, and the count is written later.
    pub(crate) fn offer(&self, line: &str) {
        if self.queue.try_send(format!("{line}\n")).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// Takes a write only when the test asks for it, as a pipe does that is read now and then.
    struct Pipe(SyncSender<String>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            self.0.send(text).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pipe() -> (Pipe, Receiver<String>) {
        let (writes, reads) = sync_channel(0);
        (Pipe(writes), reads)
    }

    #[tokio::test]
    async fn texts_arrive_in_order_and_the_end_is_told() {
        let (pipe, reads) = pipe();
        let (sink, ended) = spawn("test", pipe, 4).unwrap();
        sink.write("a\nb\n".to_owned()).await.unwrap();
        sink.clone().offer("c");
        drop(sink);
        assert_eq!(reads.recv().unwrap(), "a\nb\n");
        assert_eq!(reads.recv().unwrap(), "c\n");
        assert!(ended.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn what_is_offered_in_vain_is_counted() {
        let (pipe, reads) = pipe();
        let (sink, ended) = spawn("test", pipe, 1).unwrap();
        // At most one waits in the queue and one in the pipe: of five, three or more find no room.
        for _ in 0..5 {
            sink.offer("line");
        }
        drop(sink);
        let written = tokio::task::spawn_blocking(move || reads.iter().collect::<String>()).await.unwrap();
        let lines = written.lines().filter(|line| *line == "line").count();
        let left_out = 5 - lines;
        assert!(left_out >= 3);
        assert!(written.contains(&format!("({left_out} lines left out here")), "{written}");
        assert!(ended.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_closed_pipe_is_told() {
        let (pipe, reads) = pipe();
        drop(reads);
        let (sink, ended) = spawn("test", pipe, 1).unwrap();
        sink.write("a\n".to_owned()).await.unwrap();
        sink.gone().await;
        assert_eq!(ended.await.unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(sink.write("b\n".to_owned()).await, Err(Gone));
    }
}
