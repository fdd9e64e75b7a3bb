//! What is measured: our program, the limit, or any running peer of the classic protocol. Must not know how.
//! Bounds: what it started dies with it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use super::peer::{Options, Peer};
use crate::peer::process::Process;

/// The CPU that a measured process has to itself where it is kept on one; the driver has the next one.
const CPU: usize = 0;

/// What to measure.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Our program.
    Whisper {
        /// Where it lies.
        program: PathBuf,
        /// What it is started with.
        options: Options,
    },
    /// The relay that does not look.
    Copy,
    /// A peer that runs already, and its process where that is known.
    Running(SocketAddr, Option<u32>),
}

/// A peer that is measured.
pub(super) struct Target {
    pub(super) addr: SocketAddr,
    pub(super) pid: Option<u32>,
    /// It dials what a message names.
    pub(super) dials: bool,
    _process: Option<Running>,
}

/// What ends with the target.
enum Running {
    Whisper(#[expect(dead_code, reason = "kept alive")] Peer),
    Copy(Child),
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Copy(child) = self {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Target {
    /// Starts it. The limit relay is told its `receivers`; a peer learns of them by itself.
    pub(super) fn start(kind: &Kind, receivers: &[SocketAddr]) -> anyhow::Result<Self> {
        Ok(match kind {
            Kind::Whisper { program, options } => {
                let peer = Peer::start_with(program, options)?;
                Self { addr: peer.addr, pid: Some(peer.pid()), dials: true, _process: Some(Running::Whisper(peer)) }
            }
            Kind::Copy => {
                let mut command = pinned(std::env::current_exe()?);
                command.arg("copy").args(receivers.iter().flat_map(|addr| ["--to".to_owned(), addr.to_string()]));
                let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
                let mut line = String::new();
                let stderr = child.stderr.take().context("standard error was asked for")?;
                BufReader::new(stderr).read_line(&mut line)?;
                let addr = line.trim().strip_prefix("listening on ").context("the relay has not started")?.parse()?;
                Self { addr, pid: Some(child.id()), dials: false, _process: Some(Running::Copy(child)) }
            }
            Kind::Running(addr, pid) => Self { addr: *addr, pid: *pid, dials: true, _process: None },
        })
    }
}

/// A command that stays on the CPU of what is measured.
pub(super) fn pinned(program: PathBuf) -> Command {
    on_cpus(&CPU.to_string(), program)
}

/// A command that may use every CPU, whatever this process keeps to.
pub(super) fn unpinned(program: PathBuf) -> Command {
    on_cpus("0-1023", program)
}

fn on_cpus(cpus: &str, program: PathBuf) -> Command {
    let mut command = Process::command("taskset");
    command.args(["-c", cpus]).arg(program);
    command
}

/// Keeps this process off the CPU of what is measured, where there is another one.
pub(super) fn stand_aside() -> anyhow::Result<()> {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cpus > 1 { super::usage::stay_on(CPU + 1) } else { Ok(()) }
}
