//! The API against its own description: schemathesis asks a real peer what the description allows, and what it does not, and judges
//! the answers. The peer is in a network namespace of its own, since some of what is asked for is to connect to made-up hosts. Where this
//! machine gives no namespaces, the test says so and passes. `scripts/test` installs schemathesis.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Where `scripts/test` installs it; the version stands there too.
const PROGRAM: &str = "target/schemathesis-4.32.5/bin/st";

/// In a network namespace whose loopback is up.
fn isolated(program: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net"]).arg(program).stdin(Stdio::null());
    command
}

#[test]
fn every_answer_is_as_described() {
    let app = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = app.join("../..").join(PROGRAM);
    assert!(program.exists(), "{} is missing: ./scripts/test installs it", program.display());
    if !isolated(Path::new("ip")).args(["link", "set", "lo", "up"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: this machine gives no network namespaces (unshare --user --net, and ip)");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let output = isolated(&app.join("tests/schemathesis/run.sh"))
        .arg(env!("CARGO_BIN_EXE_whisper"))
        .args([&program, dir.path()])
        .output()
        .expect("unshare runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let description = std::fs::read(dir.path().join("openapi.json")).expect("the peer gave it");
    let description: Value = serde_json::from_slice(&description).expect("it is JSON");
    let paths = description["paths"].as_object().expect("there are some").values();
    let calls: usize = paths.map(|path| path.as_object().expect("methods").len()).sum();
    assert!(told.contains(&format!("Tested: {calls}\n")), "{told}");
}
