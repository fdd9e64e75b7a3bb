//! Links that come, say one thing and go. Must not know what a peer does with them. Bounds: so many at once.

use std::collections::VecDeque;
use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::ensure;

use super::target::{Kind, Target};
use crate::clock;

/// How long the last message may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// What marks the messages.
const MARK: &[u8] = b"\"visit-";

pub(super) struct Connect {
    pub(super) per_second: f64,
    pub(super) links: usize,
    pub(super) lost: usize,
}

pub(super) fn measure(kind: &Kind, links: usize, at_once: usize) -> anyhow::Result<Connect> {
    ensure!(links > 0 && at_once > 0, "nothing to measure");
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let receiver = listener.local_addr()?;
    let target = Target::start(kind, &[receiver])?;
    let hello = format!("{{\"ID\":\"here-{receiver}\",\"Addr\":\"{receiver}\",\"Body\":\"here\"}}\n");
    TcpStream::connect(target.addr)?.write_all(hello.as_bytes())?;
    let (stream, _) = listener.accept()?;
    let counting = thread::spawn(move || count(stream, links));
    let began = clock::moment();
    let mut open = VecDeque::with_capacity(at_once);
    for number in 0..links {
        let mut link = TcpStream::connect(target.addr)?;
        let message = format!("{{\"ID\":\"visit-{number}\",\"Addr\":\"127.0.0.1:9\",\"Body\":\"a visit\"}}\n");
        link.write_all(message.as_bytes())?;
        link.shutdown(Shutdown::Write)?;
        open.push_back(link);
        if open.len() >= at_once {
            open.pop_front();
        }
    }
    let (delivered, last) = counting.join().map_err(|_| anyhow::anyhow!("the receiver has failed"))??;
    let elapsed = last.saturating_duration_since(began);
    Ok(Connect { per_second: delivered as f64 / elapsed.as_secs_f64(), links, lost: links - delivered })
}

/// How many visits were told of, and when the last one was.
fn count(mut stream: TcpStream, links: usize) -> anyhow::Result<(usize, std::time::Instant)> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut delivered, mut last) = (0, clock::moment());
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    while delivered < links {
        let Ok(read) = stream.read(&mut buffer) else { break };
        ensure!(read > 0, "the peer has closed the receiver's link");
        last = clock::moment();
        bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let whole = bytes.iter().rposition(|byte| *byte == b'}').map_or(0, |at| at + 1);
        let lines = bytes.get(..whole).unwrap_or_default();
        delivered += lines.windows(MARK.len()).filter(|window| *window == MARK).count();
        bytes.drain(..whole);
    }
    Ok((delivered, last))
}

impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, links, lost } = self;
        write!(f, "{links} links that say one thing: {per_second:.0} a second, {lost} messages lost")
    }
}
