//! The process of a peer, whatever command starts it. Must not know what it is asked.
//! Bounds: [`PATIENCE`] for a start and an end; dies with its value.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::PATIENCE;
use super::lines::Lines;

/// A peer that runs, or has ended.
pub struct Process {
    child: Child,
    out: Arc<Lines>,
    err: Arc<Lines>,
    /// Where it accepts links.
    pub addr: SocketAddr,
    /// Where its API is.
    pub web: SocketAddr,
}

/// A start that came to nothing.
#[derive(Debug)]
pub struct Refused {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said on standard error.
    pub said: Vec<String>,
}

/// What sets the signal that a process gets at its parent's end, and becomes it (setpriv(1), of util-linux).
const SETPRIV: &str = "setpriv";
const AT_OUR_END: [&str; 3] = ["--pdeathsig", "KILL", "--"];

/// Whether a [`Process::command`] ends with us, which it does wherever setpriv(1) is there.
#[must_use]
pub fn ends_with_us() -> bool {
    static DOES: OnceLock<bool> = OnceLock::new();
    *DOES.get_or_init(|| {
        let mut command = Command::new(SETPRIV);
        command.args(AT_OUR_END).arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

impl Process {
    /// A command whose process is killed when the thread that started it ends, however that comes about. Signals to our process
    /// group do not reach it: where we ignore one, as in the background of a script, its end by that would be taken for a fault.
    #[must_use]
    pub fn command(program: impl AsRef<OsStr>) -> Command {
        if !ends_with_us() {
            return Command::new(program);
        }
        let mut command = Command::new(SETPRIV);
        command.args(AT_OUR_END).arg(program).process_group(0);
        command
    }

    /// Runs `command`, and waits until it tells where its API is. `log`: a file that gets its standard error.
    ///
    /// # Errors
    /// It cannot be run, ends at once, or does not get so far in time.
    pub fn start(command: Command, log: Option<&Path>) -> anyhow::Result<Self> {
        match Self::try_start(command, log)? {
            Ok(process) => Ok(process),
            Err(Refused { status, said }) => bail!("the peer ended with {status} at its start: {said:?}"),
        }
    }

    /// The same, where it may as well end by itself.
    ///
    /// # Errors
    /// It cannot be run, or neither ends nor gets so far in time.
    pub fn try_start(mut command: Command, log: Option<&Path>) -> anyhow::Result<Result<Self, Refused>> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_owned();
        let mut child = command.spawn().with_context(|| format!("{} cannot be run", program.display()))?;
        let out = Lines::of(child.stdout.take().context("standard output is piped")?, None)?;
        let err = Lines::of(child.stderr.take().context("standard error is piped")?, log)?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut process = Self { child, out, err, addr: nowhere, web: nowhere };
        let mut addr = None;
        let web = process.err.find(PATIENCE, |line| {
            addr = addr.take().or_else(|| line.strip_prefix("listening on ").map(str::to_owned));
            line.strip_prefix("web on http://").map(str::to_owned)
        });
        match web.zip(addr) {
            Some((web, addr)) => (process.web, process.addr) = (web.parse()?, addr.parse()?),
            None => {
                let status = process.wait(PATIENCE).with_context(|| format!("it hangs: {:?}", process.said()))?;
                return Ok(Err(Refused { status, said: process.said() }));
            }
        }
        Ok(Ok(process))
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it said on standard error.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.err.all()
    }

    /// Waits for a line on standard error that contains this.
    #[must_use]
    pub fn says(&self, part: &str, limit: Duration) -> bool {
        self.err.find(limit, |line| line.contains(part).then_some(())).is_some()
    }

    /// The events that it wrote on standard output, where it was asked for them. A last line that was cut is left out.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.out.all().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits for an event that `is` true of. It is shown each event once, from the first one on.
    #[must_use]
    pub fn tells(&self, limit: Duration, mut is: impl FnMut(&Value) -> bool) -> bool {
        let told = |line: &str| serde_json::from_str(line).ok().filter(|event| is(event)).map(drop);
        self.out.find(limit, told).is_some()
    }

    /// Ends it with SIGKILL.
    ///
    /// # Errors
    /// It is no process of ours.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        // One that has ended already cannot be killed, and need not be.
        let _ = self.child.kill();
        self.wait(PATIENCE).map(drop)
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a process has a number")?;
        if self.child.try_wait()?.is_none() {
            kill_process(pid, Signal::TERM)?;
        }
        self.wait(PATIENCE)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn wait(&mut self, limit: Duration) -> anyhow::Result<ExitStatus> {
        let ended = self.err.ends_within(limit) && self.out.ends_within(limit);
        ensure!(ended, "the peer goes on: {:?}", self.said());
        Ok(self.child.wait()?)
    }

    /// Whether it has ended by itself.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing that fails here is news: it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
