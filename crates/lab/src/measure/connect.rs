//! Links that come, say one thing and go. Must not know what a peer does with them. Bounds: so many at once.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::ensure;

use super::deliveries::Deliveries;
use super::rig::accept;
use super::script::mark;
use super::target::{Kind, Target};
use crate::clock;

/// How long the last message may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest object that a peer may send.
const OBJECT_BYTES_MAX: usize = 1 << 20;

pub(super) struct Connect {
    pub(super) per_second: f64,
    pub(super) links: usize,
    pub(super) deliveries: Deliveries,
}

pub(super) fn measure(kind: &Kind, links: usize, at_once: usize) -> anyhow::Result<Connect> {
    ensure!(links > 0 && at_once > 0, "nothing to measure");
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let receiver = listener.local_addr()?;
    let target = Target::start(kind, &[receiver])?;
    let mark = mark();
    let hello = format!("{{\"ID\":\"{mark}here\",\"Addr\":\"{receiver}\",\"Body\":\"here\"}}\n");
    TcpStream::connect(target.addr)?.write_all(hello.as_bytes())?;
    let stream = accept(&listener)?;
    let counting = thread::spawn({
        let mark = format!("\"{mark}");
        move || count(stream, &mark, links)
    });
    let began = clock::moment();
    let mut open = VecDeque::new();
    for number in 0..links {
        let mut link = TcpStream::connect(target.addr)?;
        let message = format!("{{\"ID\":\"{mark}{number}\",\"Addr\":\"127.0.0.1:9\",\"Body\":\"a visit\"}}\n");
        link.write_all(message.as_bytes())?;
        link.shutdown(Shutdown::Write)?;
        open.push_back(link);
        if open.len() >= at_once {
            open.pop_front();
        }
    }
    let (deliveries, last) = counting.join().map_err(|_| anyhow::anyhow!("the receiver has failed"))??;
    ensure!(deliveries.came() > 0, "nothing that was said has come");
    let elapsed = last.saturating_duration_since(began);
    Ok(Connect { per_second: deliveries.came() as f64 / elapsed.as_secs_f64(), links, deliveries })
}

/// Which visits were told of, and when the last one was. `mark` begins their IDs.
fn count(mut stream: TcpStream, mark: &str, links: usize) -> anyhow::Result<(Deliveries, std::time::Instant)> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut came, mut twice, mut last) = (BTreeSet::new(), 0, clock::moment());
    let (mut text, mut buffer) = (String::new(), vec![0; 64 * 1024]);
    while came.len() < links && last.elapsed() < PATIENCE {
        let Ok(read) = stream.read(&mut buffer) else { break };
        ensure!(read > 0, "the peer has closed the receiver's link");
        text.push_str(&String::from_utf8_lossy(buffer.get(..read).unwrap_or_default()));
        let whole = text.rfind('}').map_or(0, |at| at + 1);
        let rest = text.split_off(whole);
        for after in text.split(mark).skip(1) {
            let number = after.split_once('"').and_then(|(number, _)| number.parse::<usize>().ok());
            if let Some(number) = number.filter(|number| *number < links) {
                last = clock::moment();
                twice += usize::from(!came.insert(number));
            }
        }
        ensure!(rest.len() <= OBJECT_BYTES_MAX, "the peer sent what is no object");
        text = rest;
    }
    Ok((Deliveries { owed: links, lost: links - came.len(), twice, ..Deliveries::default() }, last))
}

impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, links, deliveries } = self;
        write!(f, "{links} links that say one thing: {per_second:.0} a second; {deliveries}")
    }
}
