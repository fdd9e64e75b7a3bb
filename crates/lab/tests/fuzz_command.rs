//! `scripts/fuzz` refuses what it cannot do in words of its own, and before it builds anything.

use std::path::Path;
use std::process::Command;

/// Runs it where it finds no cargo, so that it can build nothing. It must end with this status, and say this there.
#[track_caller]
fn check(args: &[&str], status: i32, out: &str, err: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/fuzz");
    let ended = Command::new(script).args(args).env("PATH", "/usr/bin:/bin").output().expect("it runs");
    let told = [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    let fits =
        told.iter().zip([out, err]).all(|(told, part)| told.contains(part) && told.is_empty() == part.is_empty());
    assert!(ended.status.code() == Some(status) && fits, "{args:?}: {}: {told:?}", ended.status);
}

#[test]
fn tells_how_it_is_used() {
    check(&["--help"], 0, "Targets: codec datagram ", "");
}

#[test]
fn what_it_cannot_do_is_refused() {
    for (args, complaint) in [
        (&["--again"][..], "--again takes a target and a file"),
        (&["--again", "codec"], "--again takes a target and a file"),
        (&["--again", "codec", "nowhere"], "there is no file `nowhere`"),
        (&["--again", "nonsense", "Cargo.toml"], "there is no target `nonsense`"),
        (&["--minimise", "nonsense"], "there is no target `nonsense`"),
        (&["codec", "nonsense"], "there is no target `nonsense`"),
        (&["1", "codec", "nonsense"], "there is no target `nonsense`"),
        (&[""], "there is no target ``"),
        (&["0"], "0 seconds: 1 to 99999999"),
        (&["100000000"], "100000000 seconds: 1 to 99999999"),
        (&["--nonsense"], "there is no option `--nonsense`"),
    ] {
        check(args, 2, "", complaint);
    }
}
