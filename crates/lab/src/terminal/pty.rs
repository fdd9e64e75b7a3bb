//! A line to a terminal, and a program at its other end. Must not know what the program writes. Bounds: one line.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command};

use anyhow::Context as _;
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// What makes a process the first of its session, its standard input the terminal of that session, and then becomes it
/// (setsid(1), of util-linux).
const SETSID: [&str; 2] = ["setsid", "--ctty"];

/// Opens a terminal: our end and the program's.
pub(super) fn open(columns: u16, rows: u16) -> io::Result<(File, File)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    tcsetwinsize(&ours, size(columns, rows))?;
    let name = ptsname(&ours, Vec::new())?;
    let name = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
    let not_our_terminal = i32::try_from(OFlags::NOCTTY.bits()).map_err(io::Error::other)?;
    let its = File::options().read(true).write(true).custom_flags(not_our_terminal).open(name)?;
    Ok((File::from(ours), its))
}

pub(super) fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// Runs `command` at its end, in a clean environment.
pub(super) fn spawn(command: &Command, home: &Path, its: &File) -> anyhow::Result<Child> {
    let [setsid, with_terminal] = SETSID;
    let mut outer = Command::new(setsid);
    let program = Path::new(command.get_program());
    // From here it may be elsewhere than from there; what has no folder is looked for in the path.
    let has_folder = program.parent().is_some_and(|folder| !folder.as_os_str().is_empty());
    let program = if has_folder { std::path::absolute(program)? } else { program.to_owned() };
    outer.arg(with_terminal).arg(program).args(command.get_args());
    outer.env_clear();
    outer.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    outer.envs([("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TZ", "UTC")]);
    outer.env("HOME", home);
    for (variable, folder) in [
        ("XDG_DATA_HOME", "data"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "runtime"),
    ] {
        outer.env(variable, home.join(folder));
    }
    for (variable, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(variable, value),
            None => outer.env_remove(variable),
        };
    }
    outer.current_dir(command.get_current_dir().unwrap_or(home));
    let end = || its.try_clone();
    outer.stdin(end()?).stdout(end()?).stderr(end()?);
    outer.spawn().with_context(|| format!("{setsid} and {} cannot be run", command.get_program().display()))
}
