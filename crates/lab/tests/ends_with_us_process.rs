//! A peer does not outlive the lab, whatever that ended by. Where this machine has no setpriv, says so and passes.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::thread;

use whispernet_lab::peer::PATIENCE;
use whispernet_lab::peer::process::{Process, ends_with_us};

/// SIGKILL (signal(7)).
const KILL: i32 = 9;

#[test]
fn a_peer_ends_with_the_thread_that_started_it() {
    if !ends_with_us() {
        eprintln!("skipped: this machine has no setpriv");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Process::command(Path::new(env!("CARGO_BIN_EXE_whisper-lab")).with_file_name("whisper"));
    serve.args(["serve", "--bind", "127.0.0.1", "--port", "0", "--http", "127.0.0.1:0", "--discovery", "off"]);
    serve.arg("--data-dir").arg(folder.path());
    // Its pipes stay open, and so does all else that it could end by.
    let mut peer = thread::spawn(|| Process::start(serve, None)).join().unwrap().unwrap();
    assert_eq!(peer.wait(PATIENCE).unwrap().signal(), Some(KILL));
}
