//! File systems that are full or cannot be written, for one test alone: it runs again in a process whose mounts are its own.
//! Must not know what is tested. Bounds: those of the file system that is asked for.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set where the mounts are the process's own.
const INSIDE: &str = "WHISPER_TEST_OWN_MOUNTS";

/// Runs the test of that name again with mounts of its own, and waits for it. `true` in there: only then there is something to test.
/// Where the system does not allow it, says so, and nothing is tested.
#[track_caller]
pub(crate) fn are_own(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
    let unshare = |way: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(way);
        command
    };
    let works = |way: &&&[&str]| {
        let tried = unshare(way).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    let Some(way) = ways.iter().find(works) else {
        eprintln!("{test}: not tested, since this system lets nobody mount");
        return false;
    };
    let this = std::env::current_exe().expect("it is running");
    let inside = unshare(way).arg(this).args(["--exact", test, "--nocapture"]).env(INSIDE, "1").output();
    let inside = inside.expect("unshare runs");
    let (told, complaint) = (String::from_utf8_lossy(&inside.stdout), String::from_utf8_lossy(&inside.stderr));
    // One passed: a name that no test has would be none that failed.
    assert!(inside.status.success() && told.contains(" 1 passed"), "{test} with mounts of its own:\n{told}{complaint}");
    false
}

/// A file system in memory, over a folder.
pub(crate) struct Mount<'a> {
    over: &'a Path,
}

impl<'a> Mount<'a> {
    /// `options` as mount(8) takes them.
    #[track_caller]
    pub(crate) fn new(over: &'a Path, options: &str) -> Self {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(over).status();
        assert!(mount.expect("mount runs").success());
        Self { over }
    }

    /// Takes all the room that is left; what it returns is to be removed to give it back.
    #[track_caller]
    pub(crate) fn fill(&self) -> PathBuf {
        let path = self.over.join("ballast");
        let mut ballast = File::create(&path).expect("there is room for a name");
        // Down to the last page.
        for bytes in [1 << 20, 4_096] {
            let block = vec![0; bytes];
            let full = std::iter::repeat_with(|| ballast.write_all(&block)).find_map(Result::err);
            assert_eq!(full.map(|error| error.kind()), Some(ErrorKind::StorageFull));
        }
        path
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        // It goes with the process anyhow; without it the folder can be removed.
        let _ = Command::new("umount").arg(self.over).status();
    }
}
