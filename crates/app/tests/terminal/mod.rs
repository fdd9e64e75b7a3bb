//! The binary on a terminal of its own: typed to, and what it shows read.
//! Must not know what is tested. Bounds: `PATIENCE` for every wait.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, sync_channel};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;

use crate::support::PATIENCE;

/// Reads that may wait to be looked at.
const READS_MAX: usize = 1_024;

/// A running program and the other end of its terminal.
pub(crate) struct Terminal {
    child: Child,
    /// Our end.
    ours: File,
    /// Its end: while we hold it as well, its settings can be looked at.
    its: File,
    reads: Receiver<Vec<u8>>,
    shown: Vec<u8>,
    /// How much of `shown` was waited for.
    seen: usize,
}

impl Terminal {
    /// Starts the binary on that data directory, on a terminal that shows what is typed.
    pub(crate) fn start(dir: &TempDir, args: &[&str]) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("it is ours");
        let name = ptsname(&ours, Vec::new()).expect("it has a name");
        let name = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let not_ours = i32::try_from(OFlags::NOCTTY.bits()).expect("a flag");
        let its = File::options().read(true).write(true).custom_flags(not_ours).open(name).expect("its other end");
        let end = || its.try_clone().expect("a further one");
        let mut command = Command::new("setsid");
        // As the terminal of its session, so that it is the one of /dev/tty.
        command.arg("--ctty").arg(env!("CARGO_BIN_EXE_whisper")).args(args);
        command.env("WHISPER_DATA_DIR", dir.path()).env("TERM", "xterm").env_remove("NO_COLOR");
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("setsid and the binary run");
        let ours = File::from(ours);
        let mut reader = ours.try_clone().expect("a further one");
        let (tell, reads) = sync_channel(READS_MAX);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A terminal whose other end is closed reads as an error.
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                if tell.send(bytes[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, ours, its, reads, shown: Vec::new(), seen: 0 }
    }

    /// Waits until this is shown, after what was waited for before.
    #[track_caller]
    pub(crate) fn wait(&mut self, text: &str) {
        loop {
            let new = String::from_utf8_lossy(&self.shown[self.seen..]);
            if new.contains(text) {
                self.seen = self.shown.len();
                return;
            }
            match self.reads.recv_timeout(PATIENCE) {
                Ok(read) => self.shown.extend(read),
                Err(_) => panic!("no {text:?} in {:?}", String::from_utf8_lossy(&self.shown)),
            }
        }
    }

    /// Types this.
    pub(crate) fn type_in(&mut self, text: &str) {
        self.ours.write_all(text.as_bytes()).expect("it reads");
    }

    /// How it ended, and all that it showed, which must be nothing of what was typed at prompts.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it is ours");
        let modes = tcgetattr(&self.its).expect("it is a terminal").local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ISIG | LocalModes::ICANON), "it is as it was: {modes:?}");
        drop(self.its);
        while let Ok(read) = self.reads.recv_timeout(PATIENCE) {
            self.shown.extend(read);
        }
        let text = String::from_utf8_lossy(&self.shown).into_owned();
        assert!(!text.contains(crate::PASSPHRASE), "the passphrase is shown: {text}");
        (status, text)
    }
}
