//! How long a message takes through peers in a row. Each peer has blocked all but its neighbours, so that no mesh forms and
//! every message goes all the way. Must not know how a peer works. Bounds: the number of messages.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::figure::Figure;
use super::peer::Peer;
use crate::clock;
use crate::print;

/// How long the last message may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A number of fixed width marks each message in the stream.
const MARK: &str = "hop-";
const DIGITS: usize = 9;

pub(super) fn measure(whisper: &Path, peers: usize, messages: usize, rate: u32) -> anyhow::Result<()> {
    ensure!(peers > 0 && messages > 0 && rate > 0, "nothing to measure");
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let receiver = listener.local_addr()?;
    let row = (0..peers).map(|_| Peer::start(whisper)).collect::<anyhow::Result<Vec<_>>>()?;
    connect_in_a_row(&row, receiver)?;
    let (stream, _) = listener.accept()?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let first = row.first().context("there is a peer")?;
    let mut sender = TcpStream::connect(first.addr)?;
    sender.set_nodelay(true)?;
    wait_for_links(&row)?;

    let arrivals = thread::spawn(move || receive(stream, messages));
    let pause = Duration::from_secs(1) / rate;
    let began = clock::moment();
    let mut sent = Vec::with_capacity(messages);
    for number in 0..messages {
        let due = pause.saturating_mul(u32::try_from(number)?);
        thread::sleep(due.saturating_sub(began.elapsed()));
        let object = format!(
            "{{\"ID\":\"{MARK}{number:0DIGITS$}\",\"Addr\":\"127.0.0.1:9\",\"Body\":\"{:64}\"}}\n",
            "a message of ordinary length"
        );
        sent.push(clock::moment());
        sender.write_all(object.as_bytes())?;
    }
    let arrived = arrivals.join().map_err(|_| anyhow::anyhow!("the receiver has failed"))??;
    let times = sent.iter().zip(&arrived).filter_map(|(sent, arrived)| Some(arrived.as_ref()?.duration_since(*sent)));
    let times: Vec<Duration> = times.collect();
    ensure!(times.len() == messages, "{} of {messages} messages were lost", messages - times.len());
    print::line(format_args!("{peers} peers in a row, {rate} messages a second: {}", Figure::of(times)))?;
    Ok(())
}

/// Each peer is connected to the next, the last to the receiver, and none to any other.
fn connect_in_a_row(row: &[Peer], receiver: SocketAddr) -> anyhow::Result<()> {
    for (place, peer) in row.iter().enumerate() {
        for (_, other) in row.iter().enumerate().filter(|(other, _)| other.abs_diff(place) > 1) {
            peer.command("block", Some(other.addr))?;
        }
    }
    for (place, peer) in row.iter().enumerate() {
        let next = row.get(place + 1).map_or(receiver, |next| next.addr);
        peer.command("connect", Some(next))?;
    }
    Ok(())
}

/// Until every peer writes to the next one.
fn wait_for_links(row: &[Peer]) -> anyhow::Result<()> {
    let began = clock::moment();
    for pair in row.windows(2) {
        let [peer, next] = pair else { continue };
        let linked =
            |peers: &str| peers.lines().any(|line| line.contains(&next.addr.to_string()) && line.contains("out"));
        while !linked(&peer.command("peers", None)?) {
            if began.elapsed() > PATIENCE {
                bail!("{} has no link to {}", peer.addr, next.addr);
            }
        }
    }
    Ok(())
}

/// When each message arrived, by its number.
fn receive(mut stream: TcpStream, messages: usize) -> anyhow::Result<Vec<Option<Instant>>> {
    let mut arrived: Vec<Option<Instant>> = vec![None; messages];
    let mut missing = messages;
    let mut buffer = vec![0; 256 * 1024];
    let mut rest: Vec<u8> = Vec::new();
    while missing > 0 {
        let read = stream.read(&mut buffer).context("not all messages arrived")?;
        ensure!(read > 0, "the last peer closed the link");
        let now = clock::moment();
        rest.extend_from_slice(buffer.get(..read).unwrap_or_default());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
            rest.drain(..=end);
            let number = line.split(MARK).nth(1).and_then(|rest| rest.get(..DIGITS)?.parse::<usize>().ok());
            if let Some(place) = number.and_then(|number| arrived.get_mut(number)) {
                ensure!(place.is_none(), "a message arrived twice");
                *place = Some(now);
                missing -= 1;
            }
        }
    }
    Ok(arrived)
}
