//! The key as a user keeps it: made at the first start, shown, exported, imported, put under a passphrase that is never seen.
//! Must not know how a key is stored. Bounds: `PATIENCE` for every wait.

mod support;
mod terminal;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::Value;
use support::{Peer, whisper};
use tempfile::TempDir;
use terminal::Terminal;

const PASSPHRASE: &str = "correct horse battery";

fn folder() -> Arc<TempDir> {
    Arc::new(TempDir::new().expect("a temporary folder"))
}

fn key_file(dir: &TempDir) -> PathBuf {
    dir.path().join("key")
}

/// A file with this line, of whose name nothing else is known.
fn file_with(dir: &TempDir, name: &str, line: &str) -> String {
    let path = dir.path().join(name);
    fs::write(&path, format!("{line}\n")).expect("it can be written");
    path.to_str().expect("text").to_owned()
}

/// Runs `whisper` without a terminal, with this on its standard input, to its end.
fn run(dir: &TempDir, args: &[&str], input: &str) -> Output {
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_whisper")).env("WHISPER_DATA_DIR", dir.path()).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("setsid and the binary run");
    // One that is not read is no fault.
    let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    for shown in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(shown).contains(PASSPHRASE), "the passphrase is shown: {output:?}");
        assert!(!shown.contains(&0x1b), "an escape byte where no terminal is: {output:?}");
    }
    output
}

/// Standard output of a command that must succeed.
#[track_caller]
fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The one line in which a command says why it fails with 1.
#[track_caller]
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).expect("text");
    assert!(text.starts_with("whisper: ") && text.lines().count() == 1, "{text}");
    text
}

/// Starts a peer on loopback that is to fail.
fn fail_to_start(dir: &TempDir, options: &[&str]) -> Output {
    let loopback = ["serve", "--bind", "127.0.0.1", "--port", "0", "--http", "off", "--discovery", "off"];
    run(dir, &[&loopback, options].concat(), "")
}

/// The key in hex, as `key show` has it.
#[track_caller]
fn shown(dir: &TempDir) -> String {
    let json: Value = serde_json::from_str(&stdout(&run(dir, &["key", "show", "--json"], ""))).expect("JSON");
    json["key"].as_str().expect("a key").to_owned()
}

fn seed(dir: &TempDir) -> String {
    let text = fs::read_to_string(key_file(dir)).expect("it is ours");
    text.lines().last().and_then(|line| line.split(':').nth(1)).expect("it is plain").to_owned()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn the_first_start_makes_a_key_and_the_second_keeps_it() {
    let mut peer = Peer::start("ann", &[]);
    let key = peer.get("/api/v1/status")["key"].as_str().expect("a key").to_owned();
    peer.say("/status");
    peer.err.wait(&format!("key          {}", &key[..8]));
    assert_eq!(mode(&key_file(&peer.dir)), 0o600);
    assert_eq!(shown(&peer.dir), key, "while it runs, too");
    let dir = peer.stop();
    let text = fs::read(key_file(&dir)).expect("it is ours");
    let again = Peer::start_in(dir, "ann", &[]);
    assert_eq!(again.get("/api/v1/status")["key"], key);
    assert_eq!(fs::read(key_file(&again.dir)).expect("it is ours"), text);
}

#[test]
fn a_key_is_shown_for_people_and_programs() {
    let dir = Peer::start("ann", &[]).stop();
    let key = shown(&dir);
    let text = stdout(&run(&dir, &["key", "show"], ""));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], [format!("key     {key}"), format!("short   {}", &key[..8])]);
    let groups = |line: &str| line[8..].split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((lines.len(), &lines[2][..8], &lines[3][..8]), (4, "digits  ", "        "));
    let digits = [groups(lines[2]), groups(lines[3])].concat();
    assert!(digits.len() == 12 && digits.iter().all(|group| group.len() == 5), "{digits:?}");
    let json: Value = serde_json::from_str(&stdout(&run(&dir, &["key", "show", "--json"], ""))).expect("JSON");
    assert_eq!(json["digits"], digits.join(" "));
    assert_eq!(json["qr"], format!("whispernet-key:{key}"));

    let nowhere = folder();
    let missing = dir.path().join("mistyped");
    let complaint = complaint(&run(&nowhere, &["key", "show", "--data-dir", missing.to_str().expect("text")], ""));
    assert!(complaint.contains("there is no key") && !missing.exists(), "{complaint}");
}

#[test]
fn a_key_that_others_can_read_stops_the_start() {
    let dir = Peer::start("ann", &[]).stop();
    fs::set_permissions(key_file(&dir), fs::Permissions::from_mode(0o644)).expect("it is ours");
    let mend = format!("chmod 600 {}", key_file(&dir).display());
    for output in [fail_to_start(&dir, &[]), run(&dir, &["key", "show"], ""), run(&dir, &["key", "export"], "")] {
        assert!(complaint(&output).contains(&mend) && output.stdout.is_empty(), "{output:?}");
    }
    assert!(Command::new("sh").args(["-c", &mend]).status().expect("sh runs").success());
    Peer::start_in(dir, "ann", &[]).stop();
}

#[test]
fn an_export_brings_the_key_to_another_folder() {
    let (dir, other) = (Peer::start("ann", &[]).stop(), folder());
    let (key, seed) = (shown(&dir), seed(&dir));
    let passphrase = file_with(&dir, "passphrase", PASSPHRASE);
    let path = dir.path().join("backup");
    let export = ["key", "export", path.to_str().expect("text"), "--passphrase-file", &passphrase];
    assert_eq!(stdout(&run(&dir, &export, "")), "");
    assert_eq!(mode(&path), 0o600);
    assert!(complaint(&run(&dir, &export, "")).contains("is there already"));
    let to_stdout = stdout(&run(&dir, &["key", "export", "--passphrase-file", "-"], PASSPHRASE));
    for text in [&to_stdout, &fs::read_to_string(&path).expect("it is ours")] {
        assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n") && !text.contains(&seed), "{text}");
    }

    let wrong = file_with(&dir, "wrong", "wrong horse");
    let import =
        |file: &str, input: &str, more: &[&str]| run(&other, &[&["key", "import", file], more].concat(), input);
    let refused = import(path.to_str().expect("text"), "", &["--passphrase-file", &wrong]);
    assert!(complaint(&refused).contains("does not open with this passphrase"), "{refused:?}");
    let both = import("-", &to_stdout, &["--passphrase-file", "-"]);
    assert_eq!(both.status.code(), Some(2), "{both:?}");
    let nobody_to_ask = import("-", &to_stdout, &[]);
    assert!(complaint(&nobody_to_ask).contains("give --passphrase-file PATH"), "{nobody_to_ask:?}");
    assert!(!key_file(&other).exists());

    stdout(&import("-", &to_stdout, &["--passphrase-file", &passphrase]));
    assert_eq!(shown(&other), key);
    let again = import("-", &to_stdout, &["--passphrase-file", &passphrase]);
    assert!(complaint(&again).contains("--replace"), "{again:?}");
    let replaced = import("-", &to_stdout, &["--passphrase-file", &passphrase, "--replace"]);
    stdout(&replaced);
    let old = other.path().join("key.old-1");
    assert!(String::from_utf8_lossy(&replaced.stderr).contains(old.to_str().expect("text")) && old.exists());
    let peer = Peer::start_in(other, "ann", &[]);
    assert_eq!(peer.get("/api/v1/status")["key"], key);
}

#[test]
fn a_key_does_not_change_under_a_running_peer() {
    let peer = Peer::start("ann", &[]);
    let passphrase = file_with(&peer.dir, "passphrase", PASSPHRASE);
    let before = fs::read(key_file(&peer.dir)).expect("it is ours");
    let export = stdout(&run(&peer.dir, &["key", "export", "--passphrase-file", &passphrase], ""));
    for args in [&["key", "protect"][..], &["key", "unprotect"], &["key", "import", "-", "--replace"]] {
        let refused = run(&peer.dir, &[args, &["--passphrase-file", &passphrase]].concat(), &export);
        assert!(complaint(&refused).contains("in use by another peer"), "{args:?}: {refused:?}");
    }
    assert_eq!(fs::read(key_file(&peer.dir)).expect("it is ours"), before);
}

#[test]
fn a_protected_key_starts_with_its_passphrase_alone() {
    let dir = Peer::start("ann", &[]).stop();
    let (key, seed) = (shown(&dir), seed(&dir));
    let passphrase = file_with(&dir, "passphrase", PASSPHRASE);
    let (wrong, empty) = (file_with(&dir, "wrong", "wrong horse"), file_with(&dir, "empty", ""));
    let protect = |file: &str| run(&dir, &["key", "protect", "--passphrase-file", file], "");
    assert!(complaint(&protect(&empty)).contains("empty passphrase"));
    assert!(complaint(&protect("nowhere")).contains("--passphrase-file nowhere cannot be read"));
    stdout(&protect(&passphrase));
    assert!(!fs::read_to_string(key_file(&dir)).expect("it is ours").contains(&seed));

    let nobody_to_ask = complaint(&fail_to_start(&dir, &[]));
    assert!(nobody_to_ask.contains("give --passphrase-file PATH"), "{nobody_to_ask}");
    let refused = complaint(&fail_to_start(&dir, &["--passphrase-file", &wrong]));
    assert!(refused.contains("does not open with this passphrase"), "{refused}");
    let unchanged = run(&dir, &["key", "protect", "--passphrase-file", &wrong, "--old-passphrase-file", &wrong], "");
    assert!(complaint(&unchanged).contains("does not open with this passphrase"));

    let peer = Peer::start_in(Arc::clone(&dir), "ann", &["--passphrase-file", &passphrase]);
    assert_eq!(peer.get("/api/v1/status")["key"], key);
    for name in ["cmdline", "environ"] {
        assert!(!peer.proc_file(name).contains(PASSPHRASE), "{name}");
    }
    assert!(!peer.err.all().concat().contains(PASSPHRASE));
    peer.stop();

    // From standard input a chat reads on behind it.
    let mut command = whisper(&dir);
    command.args(["--passphrase-file", "-", "--nick", "ann", "--json", "--bind", "127.0.0.1", "--port", "0"]);
    command.args(["--http", "off", "--discovery", "off"]);
    let peer = Peer::run_with_input(command, Arc::clone(&dir), &format!("{PASSPHRASE}\nhello\n"));
    peer.out.wait_part(r#""body":"hello""#);
    assert!(!peer.out.all().concat().contains(PASSPHRASE));
    peer.stop();

    stdout(&run(&dir, &["key", "unprotect", "--passphrase-file", &passphrase], ""));
    assert_eq!(shown(&dir), key);
}

#[test]
fn a_passphrase_is_typed_unseen() {
    let dir = Peer::start("ann", &[]).stop();
    let key = shown(&dir);
    let whisper_on_terminal = |args: &[&str]| Terminal::start(&dir, args);

    let mut terminal = whisper_on_terminal(&["key", "protect"]);
    terminal.wait("New passphrase: ");
    terminal.type_in(&format!("{PASSPHRASE}\n"));
    terminal.wait("The same again: ");
    terminal.type_in("something else\n");
    let (status, text) = terminal.end();
    assert!(status.code() == Some(1) && text.contains("not the same"), "{status}: {text}");

    let mut terminal = whisper_on_terminal(&["key", "protect"]);
    terminal.wait("New passphrase: ");
    terminal.type_in("\x03");
    let (status, text) = terminal.end();
    assert!(status.code() == Some(1) && text.contains("no passphrase was given"), "{status}: {text}");

    let mut terminal = whisper_on_terminal(&["key", "protect"]);
    for prompt in ["New passphrase: ", "The same again: "] {
        terminal.wait(prompt);
        terminal.type_in(&format!("wrong\x15{PASSPHRASE}\n"));
    }
    let (status, text) = terminal.end();
    assert!(status.success(), "{status}: {text}");

    let mut terminal = whisper_on_terminal(&["key", "show"]);
    terminal.wait("Passphrase of the key: ");
    terminal.type_in(&format!("{PASSPHRASE}\n"));
    let (status, text) = terminal.end();
    assert!(status.success() && text.contains(&key) && text.contains("\x1b[38;5;16;48;5;231m"), "{status}: {text}");
    assert!(text.contains('█'), "{text}");

    let mut terminal =
        whisper_on_terminal(&["serve", "--bind", "127.0.0.1", "--port", "0", "--discovery", "off", "--http", "off"]);
    terminal.wait("Passphrase of the key: ");
    terminal.type_in(&format!("{PASSPHRASE}\n"));
    terminal.wait("listening on");
    terminal.type_in("\x03");
    let (status, text) = terminal.end();
    assert!(status.success(), "{status}: {text}");
}
