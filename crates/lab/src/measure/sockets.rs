//! As many WebSockets as a peer has seats for, some of them slow: whether each is told of everything once, in order, and how far the
//! slow ones hold up the others. Must not know how a peer tells them. Bounds: a thread for each socket.

use std::fmt;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use rustix::net::sockopt::set_socket_recv_buffer_size;
use serde_json::Value;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use super::figure::Figure;
use super::load::numbers;
use super::rig::{Plan, Rig};
use super::script::Script;
use super::target::Kind;
use crate::browser::chat::Host;
use crate::clock;
use crate::peer::PATIENCE;
use crate::print;

/// Bytes of a Body.
const BODY_BYTES: usize = 500;
/// What is said last of all.
const LAST: &str = "the last of all";
/// Messages that somebody reads before he stops.
const BEFORE_STOP: u64 = 100;
/// Bytes that the system keeps for somebody who stops: few, so that the peer notices.
const STOPPED_BUFFER_BYTES: usize = 64 * 1024;
/// Between two messages of somebody who reads slowly.
const SIP: Duration = Duration::from_millis(2);

/// How many, and how much they are told.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct SocketsArgs {
    /// How many sockets; one more connection is for questions.
    #[arg(long, default_value_t = 63, value_parser = numbers(1..=63))]
    sockets: usize,
    /// How many of them are slow: every other one reads 500 messages a second, the others stop reading for a while.
    #[arg(long, default_value_t = 8, value_parser = numbers(0..=63))]
    slow: usize,
    /// How many messages.
    #[arg(long, default_value_t = 30_000, value_parser = numbers(1..=10_000_000))]
    messages: usize,
    /// Messages a second.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: u32,
    /// Seconds for which they stop: from some 15 on longer than the buffers hold and the peer waits, so that it cuts them.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=600))]
    stop: u32,
}

/// How somebody reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Fast,
    Sips,
    Stops,
}

/// What one socket was told in all.
struct Told {
    pace: Pace,
    messages: u64,
    skipped: u64,
    cuts: u64,
    /// Told again, or out of order.
    wrong: u64,
    /// When the last of all was told.
    ended: Instant,
}

/// Where a peer tells.
#[derive(Clone, Copy)]
struct Place<'a> {
    web: SocketAddr,
    token: &'a str,
}

pub(super) fn measure(whisper: &Path, history: bool, args: &SocketsArgs) -> anyhow::Result<bool> {
    let history = if history { "on" } else { "off" };
    let host = Host::start(whisper, "ann", &["--flood-limit", "off", "--history", history])?;
    let mut rig = Rig::new(&Kind::Running(host.process.addr, Some(host.process.pid())), 1)?;
    let token = std::fs::read_to_string(host.dir.path().join("api-token"))?;
    let place = Place { web: host.process.web, token: token.trim() };
    let since = host.api.get("/api/v1/status")?["seq"].as_u64().context("a status has a seq")?;
    let script = Script::new(rig.author, BODY_BYTES, args.messages);
    let plan = Plan { per_second: Some(args.rate), rests: true, ..Plan::default() };
    let stop = Duration::from_secs(args.stop.into());
    let (told, outcome, said) = thread::scope(|scope| -> anyhow::Result<_> {
        let pace = |number: usize| match (number < args.slow, number % 2) {
            (false, _) => Pace::Fast,
            (true, 0) => Pace::Stops,
            (true, _) => Pace::Sips,
        };
        let sockets: Vec<_> =
            (0..args.sockets).map(|number| scope.spawn(move || place.listen(since, pace(number), stop))).collect();
        let outcome = rig.run(&script, plan, |_, _| {})?;
        let said = clock::moment();
        host.say(LAST)?;
        let told = sockets.into_iter().map(|socket| socket.join().map_err(|_| anyhow!("a socket has failed"))?);
        Ok((told.collect::<anyhow::Result<Vec<_>>>()?, outcome, said))
    })?;
    let count = args.messages as u64 + 1;
    let rate = args.messages as f64 / outcome.elapsed.as_secs_f64();
    print::line(format_args!(
        "{} sockets, {} of them slow, history {history}, {rate:.0} messages a second; {}",
        args.sockets, args.slow, outcome.deliveries
    ))?;
    for (pace, name) in [(Pace::Fast, "fast"), (Pace::Sips, "500 a second"), (Pace::Stops, "stopped for a while")] {
        let those: Vec<_> = told.iter().filter(|told| told.pace == pace).collect();
        if !those.is_empty() {
            print::line(Summary { name, those: &those, said, count })?;
        }
    }
    let whole = told.iter().all(|told| told.wrong == 0 && told.messages + told.skipped == count);
    let fast_whole = told.iter().all(|told| told.pace != Pace::Fast || told.skipped + told.cuts == 0);
    Ok(whole && fast_whole && outcome.deliveries.are_whole())
}

impl Place<'_> {
    /// Listens until the last of all, by as many connections as that takes.
    fn listen(&self, mut since: u64, pace: Pace, stop: Duration) -> anyhow::Result<Told> {
        let mut told = Told { pace, messages: 0, skipped: 0, cuts: 0, wrong: 0, ended: clock::moment() };
        let mut stops = pace == Pace::Stops;
        loop {
            let mut socket = self.connect(since, stops)?;
            while let Ok(message) = socket.read() {
                let Message::Text(text) = message else { continue };
                let event: Value = serde_json::from_str(&text)?;
                match event["event"].as_str() {
                    Some("message") => {
                        let seq = event["seq"].as_u64().context("a message has a seq")?;
                        told.wrong += u64::from(seq <= since);
                        since = seq;
                        told.messages += 1;
                        if event["body"] == LAST {
                            return Ok(Told { ended: clock::moment(), ..told });
                        }
                        if stops && told.messages == BEFORE_STOP {
                            stops = false;
                            thread::sleep(stop);
                        }
                        if pace == Pace::Sips {
                            thread::sleep(SIP);
                        }
                    }
                    Some("skip") => told.skipped += event["count"].as_u64().context("a skip has a count")?,
                    _ => {}
                }
            }
            told.cuts += 1;
        }
    }

    fn connect(&self, since: u64, small: bool) -> anyhow::Result<WebSocket<TcpStream>> {
        let stream = TcpStream::connect(self.web)?;
        if small {
            set_socket_recv_buffer_size(&stream, STOPPED_BUFFER_BYTES)?;
        }
        // Nothing that is said here takes so long.
        stream.set_read_timeout(Some(2 * PATIENCE))?;
        let mut request = format!("ws://{}/api/v1/ws?since={since}", self.web).into_client_request()?;
        request.headers_mut().insert("Authorization", format!("Bearer {}", self.token).parse()?);
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(socket),
            Err(error) => bail!("no socket is to be had: {error}"),
        }
    }
}

/// Some sockets of a kind, in a line.
struct Summary<'a> {
    name: &'a str,
    those: &'a [&'a Told],
    said: Instant,
    count: u64,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, those, said, count } = self;
        let sum = |part: fn(&Told) -> u64| those.iter().map(|told| part(told)).sum::<u64>();
        let whole = those.iter().filter(|told| told.messages + told.skipped == *count && told.wrong == 0).count();
        let ends = those.iter().map(|told| told.ended.saturating_duration_since(*said)).collect();
        write!(
            f,
            "  {} {name}: {whole} were told of all {count} once, in order; {} messages, {} of them by skips, {} cuts; the last {}",
            those.len(),
            sum(|told| told.messages) + sum(|told| told.skipped),
            sum(|told| told.skipped),
            sum(|told| told.cuts),
            Figure::of(ends)
        )
    }
}
