//! Commands of the lab, run on the real program as a user of this machine would. Must not know what they test.
//! Bounds: the runner's, which ends what hangs.

#![allow(dead_code, reason = "each file of tests uses a part")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The exit status of a command that this machine does not allow.
const CANNOT: i32 = 77;

/// The program, which a build of the workspace puts beside the lab's.
pub(crate) fn whisper() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_whisper-lab")).with_file_name("whisper");
    assert!(path.exists(), "{} is not built: cargo build --workspace", path.display());
    path
}

/// Runs a command of the lab to its end, which must be a good one. Where it cannot be run here, says so.
#[track_caller]
pub(crate) fn run(command: &str, options: &[&str]) {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_whisper-lab"));
    let ended = lab.arg(command).args(options).arg("--whisper").arg(whisper()).output().expect("it runs");
    let [told, complaint] = [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    eprintln!("whisper-lab {command} {}: {told}", options.join(" "));
    if ended.status.code() == Some(CANNOT) {
        return eprintln!("skipped");
    }
    assert!(ended.status.success(), "{}: {told}{complaint}", ended.status);
}
