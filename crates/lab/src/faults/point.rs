//! Which call fails, with what, and when: one point of the walk, and the tracer that makes it fail. strace(1) counts each thread's
//! calls for themselves, so that a point is the same call of every thread that makes so many. Must not know what a peer writes.
//! Bounds: calls to the files of one data directory; sockets and pipes are spared.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::peer::process::Process;

/// Calls that change what is on disk.
pub(super) const CALLS: [&str; 10] =
    ["pwrite64", "write", "fsync", "fdatasync", "ftruncate", "openat", "linkat", "rename", "unlink", "mkdir"];
/// What becomes of such a call: the disk has no room, or a fault of its own, once or from then on; or there is no peer any more.
pub(super) const FAULTS: [Fault; 5] = [
    Fault { what: "error=ENOSPC", on: false },
    Fault { what: "error=ENOSPC", on: true },
    Fault { what: "error=EIO", on: false },
    Fault { what: "error=EIO", on: true },
    Fault { what: KILL, on: false },
];
/// The call is the last thing that the peer does.
const KILL: &str = "signal=KILL";
/// All names that a peer has in its data directory, `.` for that itself.
const NAMES: [&str; 13] = [
    ".",
    "lock",
    "key",
    "whisper.db",
    "whisper.db-wal",
    "whisper.db-shm",
    "whisper.db-journal",
    "api-token",
    "api-token.new",
    "api.json",
    "api.json.new",
    "files",
    "files/.tmp",
];
/// What strace writes beside a call that it let fail.
const INJECTED: &str = "(INJECTED)";

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// As strace takes it.
    what: &'static str,
    /// Whether all later ones fail as well.
    pub(super) on: bool,
}

impl Fault {
    pub(super) fn kills(&self) -> bool {
        self.what == KILL
    }
}

/// A call that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) call: &'static str,
    /// Which of a thread's calls, from 1 on.
    pub(super) number: usize,
    pub(super) fault: Fault,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, number, fault: Fault { what, on } } = self;
        write!(f, "{call} {number}{} {what}", if *on { " and all later:" } else { ":" })
    }
}

impl Point {
    /// The command that runs `program` on `dir`, which exists, and lets this call fail; `trace` tells whether it came to that.
    pub(super) fn command(&self, program: &Path, dir: &Path, trace: &Path) -> Command {
        let Self { call, number, fault: Fault { what, on } } = self;
        let later = if *on { "+" } else { "" };
        // As a grandchild, so that our child is the peer itself.
        let mut command = Process::command("strace");
        command.args(["-D", "-f", "-qq", "-e", "signal=none", "-o"]).arg(trace);
        command.args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:{what}:when={number}{later}")]);
        for name in NAMES {
            command.arg("-P").arg(if name == "." { OsString::from(dir) } else { dir.join(name).into() });
        }
        command.arg("--").arg(program);
        command
    }
}

/// Whether the call that was to fail was made.
pub(super) fn was_reached(trace: &Path) -> std::io::Result<bool> {
    Ok(std::fs::read_to_string(trace)?.contains(INJECTED))
}

/// Whether strace is there and may trace.
pub(super) fn can_trace() -> bool {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO", "true"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
