//! One source and some receivers around a peer, all on one thread that spins: the source writes as much as it may, each
//! receiver reads what there is. Must not know what is measured. Bounds: a script; a buffer for all receivers.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::deliveries::Deliveries;
use super::script::{Script, mark};
use super::tally::Tally;
use super::target::{Kind, Target};
use super::usage;
use crate::clock;

/// How long the peer may take to dial a receiver.
const DIAL_PATIENCE: Duration = Duration::from_secs(20);
/// How long it may take to greet a receiver; old peers do not.
const GREETING_PATIENCE: Duration = Duration::from_secs(1);
/// A run ends when nothing was written, and nothing of the script has come, for this long: what is missing then is lost.
const MOVE_PATIENCE: Duration = Duration::from_secs(10);
/// A rest of the driver.
const REST: Duration = Duration::from_micros(500);
/// Bytes of one read and of one write.
const TURN_BYTES: usize = 256 * 1024;

/// A peer with a source and receivers.
pub(super) struct Rig {
    pub(super) target: Target,
    pub(super) source: TcpStream,
    pub(super) author: SocketAddr,
    receivers: Vec<Receiver>,
    /// The link that the peer has to the source, like to everybody: it gets nothing of its own back.
    back: Option<TcpStream>,
    buffer: Vec<u8>,
}

struct Receiver {
    stream: TcpStream,
    tally: Tally,
    stopped: bool,
    moved: Instant,
    longest_pause: Duration,
}

/// How a run goes.
#[derive(Clone, Copy, Default)]
pub(super) struct Plan {
    /// Messages a second; as many as go where absent.
    pub(super) per_second: Option<u32>,
    /// The first receiver reads no more once it has had so many.
    pub(super) stop_first_after: Option<usize>,
    /// Where nothing moves, the driver leaves its CPU to the peer.
    pub(super) rests: bool,
}

/// What came of a run.
pub(super) struct Outcome {
    pub(super) began: Instant,
    pub(super) elapsed: Duration,
    /// CPU time of the peer.
    pub(super) cpu: Option<Duration>,
    /// To all receivers that were not stopped.
    pub(super) deliveries: Deliveries,
    /// The longest time that one of these got nothing while there was something to get.
    pub(super) longest_pause: Duration,
}

impl Rig {
    /// Starts a peer of `kind` and links `receivers` to it.
    pub(super) fn new(kind: &Kind, receivers: usize) -> anyhow::Result<Self> {
        let listen = || TcpListener::bind(("127.0.0.1", 0));
        let listeners = (0..receivers).map(|_| listen()).collect::<Result<Vec<_>, _>>()?;
        let addrs = listeners.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
        let own = listen()?;
        let author = own.local_addr()?;
        let target = Target::start(kind, &addrs)?;
        let mut source = TcpStream::connect(target.addr)?;
        source.set_nodelay(true)?;
        if target.dials {
            let mark = mark();
            for (place, addr) in addrs.iter().chain([&author]).enumerate() {
                let hello = format!("{{\"ID\":\"{mark}{place}\",\"Addr\":\"{addr}\",\"Body\":\"here\"}}\n");
                source.write_all(hello.as_bytes())?;
            }
        }
        let receivers = listeners.iter().map(Receiver::accept).collect::<Result<Vec<_>, _>>()?;
        if target.dials {
            receivers.iter().for_each(|receiver| wait_for_greeting(&receiver.stream));
        }
        let back = if target.dials { Some(accept(&own)?) } else { None };
        source.set_nonblocking(true)?;
        Ok(Self { target, source, author, receivers, back, buffer: vec![0; TURN_BYTES] })
    }

    /// Waits until all receivers got a script that others said.
    pub(super) fn wait(&mut self, script: &Script) -> anyhow::Result<()> {
        let outcome = self.drive(script, Plan::default(), script.bytes().len(), |_, _| {})?;
        ensure!(outcome.deliveries.lost == 0, "the peer has not passed on what a new link said");
        Ok(())
    }

    /// Says the script, and counts what arrives until all did or nothing moves. `each` is told every arrival.
    pub(super) fn run(
        &mut self,
        script: &Script,
        plan: Plan,
        each: impl FnMut(usize, Instant),
    ) -> anyhow::Result<Outcome> {
        self.drive(script, plan, 0, each)
    }

    /// The same, where `written` bytes of the script are on their way.
    fn drive(
        &mut self,
        script: &Script,
        plan: Plan,
        mut written: usize,
        mut each: impl FnMut(usize, Instant),
    ) -> anyhow::Result<Outcome> {
        for receiver in &mut self.receivers {
            receiver.tally = Tally::default();
        }
        let cpu_before = self.target.pid.map(usage::cpu).transpose()?;
        let began = clock::moment();
        let mut moved = began;
        self.receivers.iter_mut().for_each(|receiver| receiver.moved = began);
        loop {
            let now = clock::moment();
            let may = plan.per_second.map_or(usize::MAX, |rate| {
                let due = now.duration_since(began).as_nanos() * u128::from(rate) / 1_000_000_000;
                (usize::try_from(due).unwrap_or(usize::MAX) + 1).saturating_mul(script.message_bytes())
            });
            let rest = script.bytes().get(written..may.min(script.bytes().len())).unwrap_or_default();
            let mut progress = write(&mut self.source, rest)?;
            written += progress;
            for (place, receiver) in self.receivers.iter_mut().enumerate() {
                if !receiver.stopped {
                    let behind = receiver.tally.delivered() * script.message_bytes() < written;
                    let before = receiver.tally.delivered();
                    receiver.read(script, &mut self.buffer, now, behind, &mut each)?;
                    progress += receiver.tally.delivered() - before;
                }
                if place == 0 && plan.stop_first_after.is_some_and(|after| receiver.tally.delivered() >= after) {
                    receiver.stopped = true;
                }
            }
            if let Some(back) = &mut self.back {
                read(back, &mut self.buffer)?;
            }
            if progress > 0 {
                moved = now;
            } else if plan.rests && now.duration_since(moved) < MOVE_PATIENCE {
                thread::sleep(REST);
            } else if now.duration_since(moved) > MOVE_PATIENCE {
                break;
            }
            if self.active().all(|receiver| receiver.tally.delivered() == script.count()) {
                moved = now;
                break;
            }
        }
        let cpu_after = self.target.pid.map(usage::cpu).transpose()?;
        let cpu = cpu_after.zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
        let mut deliveries = Deliveries::default();
        self.active().for_each(|receiver| deliveries += receiver.tally.deliveries(script));
        Ok(Outcome {
            began,
            elapsed: moved.duration_since(began),
            cpu,
            deliveries,
            longest_pause: self.active().map(|receiver| receiver.longest_pause).max().unwrap_or_default(),
        })
    }

    fn active(&self) -> impl Iterator<Item = &Receiver> {
        self.receivers.iter().filter(|receiver| !receiver.stopped)
    }
}

impl Receiver {
    fn accept(listener: &TcpListener) -> anyhow::Result<Self> {
        let stream = accept(listener)?;
        let (moved, longest_pause) = (clock::moment(), Duration::ZERO);
        Ok(Self { stream, tally: Tally::default(), stopped: false, moved, longest_pause })
    }

    /// Reads once. `behind`: there is something on its way.
    fn read(
        &mut self,
        script: &Script,
        buffer: &mut [u8],
        now: Instant,
        behind: bool,
        each: &mut impl FnMut(usize, Instant),
    ) -> anyhow::Result<()> {
        let length = read(&mut self.stream, buffer)?;
        if length > 0 || !behind {
            if behind {
                self.longest_pause = self.longest_pause.max(now.duration_since(self.moved));
            }
            self.moved = now;
        }
        if length > 0 {
            let at = clock::moment();
            self.tally.take(script, buffer.get(..length).unwrap_or_default(), |number| each(number, at))?;
        }
        Ok(())
    }
}

/// A link is there for the kernel before it is for the peer: one that greets has taken it up when its greeting comes.
fn wait_for_greeting(stream: &TcpStream) {
    let began = clock::moment();
    while began.elapsed() < GREETING_PATIENCE && stream.peek(&mut [0]).is_err() {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits for a link.
pub(super) fn accept(listener: &TcpListener) -> anyhow::Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let began = clock::moment();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(true)?;
                return Ok(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                ensure!(began.elapsed() < DIAL_PATIENCE, "the peer has not dialled {}", listener.local_addr()?);
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes what goes without waiting.
fn write(stream: &mut TcpStream, bytes: &[u8]) -> anyhow::Result<usize> {
    if bytes.is_empty() {
        return Ok(0);
    }
    match stream.write(bytes.get(..TURN_BYTES).unwrap_or(bytes)) {
        Ok(written) => Ok(written),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
        Err(error) => Err(error).context("the peer has closed the source's link"),
    }
}

/// Reads what is there.
fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> anyhow::Result<usize> {
    match stream.read(buffer) {
        Ok(0) => bail!("the peer has closed a receiver's link"),
        Ok(read) => Ok(read),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
        Err(error) => Err(error).context("the peer has closed a receiver's link"),
    }
}
