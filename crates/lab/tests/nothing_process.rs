//! A run that would try nothing, or has tried nothing, is no good one: whoever reads its exit status would take it for one.

use std::path::Path;
use std::process::Command;

use whispernet_lab::chaos::CANNOT;

/// Runs it. It must end with this status, and complain with this.
#[track_caller]
fn check(command: &str, options: &[&str], status: i32, complaint: &str) {
    let lab = Path::new(env!("CARGO_BIN_EXE_whisper-lab"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut run = Command::new(lab);
    run.arg(command).args(options).arg("--whisper").arg(lab.with_file_name("whisper")).env("TMPDIR", folder.path());
    let ended = run.output().expect("it runs");
    let told = [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text)).concat();
    if ended.status.code() == Some(i32::from(CANNOT)) {
        eprintln!("skipped: {told}");
        return;
    }
    assert_eq!(ended.status.code(), Some(status), "{command} {options:?}: {told}");
    assert!(told.contains(complaint), "{command} {options:?}: {told}");
}

#[test]
fn what_would_try_nothing_is_refused() {
    for (command, options, complaint) in [
        ("write-faults", ["--call", "nonsense"], "possible values: pwrite64, write, fsync"),
        ("write-faults", ["--number", "0"], "0 is not in 1..2000"),
        ("write-faults", ["--number", "2000"], "2000 is not in 1..2000"),
        ("write-faults", ["--stride", "0"], "0 is not in 1.."),
        ("kill", ["--rounds", "0"], "0 is not in 1.."),
        ("chaos", ["--minutes", "0"], "more than 0, to 1440"),
        ("chaos", ["--minutes", "NaN"], "more than 0, to 1440"),
        ("chaos", ["--minutes", "1441"], "more than 0, to 1440"),
        ("chaos", ["--peers", "1"], "1 is not in 2..=100"),
        ("chaos", ["--peers", "101"], "101 is not in 2..=100"),
        ("chaos", ["--pace", "0"], "0 is not in 1.."),
    ] {
        check(command, &options, 2, complaint);
    }
}

#[test]
fn write_faults_without_a_fault_fail() {
    check("write-faults", &["--call", "mkdir", "--number", "1999"], 1, "nothing was tried");
}

#[test]
fn chaos_without_a_word_fails() {
    check("chaos", &["--peers", "2", "--pace", "1", "--minutes", "0.00001"], 1, "nothing was acknowledged");
}
