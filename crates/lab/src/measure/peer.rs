//! A peer as a process on loopback, with a data directory of its own. Must not know what is measured.
//! Bounds: dies with its value.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, process};

use anyhow::{Context, ensure};

use super::target::{pinned, unpinned};
use crate::clock;

/// A running peer.
pub(super) struct Peer {
    whisper: PathBuf,
    child: Child,
    data_dir: PathBuf,
    pub(super) addr: SocketAddr,
    /// From the start of the process to its line `listening on`.
    pub(super) started_in: Duration,
}

/// What a peer is started with, beside what keeps it on loopback.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// Arguments of `whisper serve`.
    pub(super) arguments: Vec<String>,
    /// It stays on the CPU of what is measured.
    pub(super) pinned: bool,
}

impl Peer {
    pub(super) fn start(whisper: &Path) -> anyhow::Result<Self> {
        Self::start_with(whisper, &Options::default())
    }

    pub(super) fn start_with(whisper: &Path, options: &Options) -> anyhow::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let data_dir = env::temp_dir().join(format!("whisper-lab-{}-{number}", process::id()));
        let began = clock::moment();
        let mut command = if options.pinned { pinned } else { unpinned }(whisper.to_path_buf());
        let mut child = command
            .args(["serve", "--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0", "--discovery", "off"])
            .args(["--flood-limit", "off", "--data-dir"])
            .arg(&data_dir)
            .args(&options.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be run: build it, or give --whisper another one", whisper.display()))?;
        let stderr = child.stderr.take().context("standard error was asked for")?;
        let mut peer = Self {
            whisper: whisper.to_path_buf(),
            child,
            data_dir,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            started_in: Duration::ZERO,
        };
        let mut lines = BufReader::new(stderr).lines();
        let mut line = || lines.next().context("the peer has ended").and_then(|line| Ok(line?));
        loop {
            let line = line()?;
            if let Some(addr) = line.strip_prefix("listening on ") {
                peer.started_in = began.elapsed();
                peer.addr = addr.parse()?;
            } else if line.starts_with("web on ") {
                break;
            }
        }
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(peer)
    }

    /// Its process: `taskset` has become it.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Runs a command of the program against this peer, and returns what it printed.
    pub(super) fn command(&self, command: &str, argument: Option<SocketAddr>) -> anyhow::Result<String> {
        let argument = argument.map(|addr| addr.to_string());
        let output = Command::new(&self.whisper)
            .arg(command)
            .args(argument.as_deref())
            .arg("--data-dir")
            .arg(&self.data_dir)
            .output()?;
        ensure!(output.status.success(), "whisper {command}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Measured, it is of no use any more; nothing that fails here matters to a figure.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.data_dir);
    }
}
