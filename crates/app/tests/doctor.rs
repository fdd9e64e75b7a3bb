//! `whisper doctor` and `whisper web` as a user runs them: beside a peer, without one, and where something is wrong.
//! Must not know how checks are made. Bounds: `PATIENCE` for every wait.

mod http_support;
mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;

use http_support::browser::{Browser, cookie, host};
use http_support::{Peer, whisper};
use serde_json::Value;
use tempfile::TempDir;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// Runs a command with no config file but that one.
fn run(dir: &Path, config: &Path, args: &[&str]) -> Output {
    let mut command = whisper(dir);
    command.env("WHISPER_CONFIG", config).env("XDG_CONFIG_HOME", dir).args(args);
    command.stdin(Stdio::null()).output().expect("the binary runs")
}

fn doctor(dir: &Path, args: &[&str]) -> Output {
    run(dir, Path::new(""), &[&["doctor"], args].concat())
}

/// The check of that name in the answer of `--json`.
#[track_caller]
fn check(output: &Output, name: &str) -> Value {
    let all: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let checks = all["checks"].as_array().expect("a list");
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {all}")).clone()
}

fn has(check: &Value, state: &str, found: &str) {
    assert!(check["state"] == state && check["found"].as_str().is_some_and(|text| text.contains(found)), "{check}");
}

#[test]
fn a_peer_on_loopback() {
    let peer = Peer::start();
    let output = doctor(peer.dir.path(), &["--json"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    has(&check(&output, "peer"), "ok", &format!("nick tester, listens on {}", peer.addr));
    let interfaces = check(&output, "interfaces");
    has(&interfaces, "warning", "127.0.0.1 (announced)");
    has(&check(&output, "port"), "ok", &format!("{} answers", peer.addr));
    has(&check(&output, "discovery"), "ok", "off; 0 peers are linked");
    has(&check(&output, "clock"), "ok", "UTC");
    for (name, mode) in [("folder", "0700"), ("key", "0600"), ("api-token", "0600")] {
        has(&check(&output, name), "ok", mode);
    }
    has(&check(&output, "disk"), "ok", "free");
    has(&check(&output, "history"), "ok", "whisper.db");
    has(&check(&output, "terminal"), "ok", "line mode");
    has(&check(&output, "config file"), "ok", "there is no ");

    let output = doctor(peer.dir.path(), &[]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let lines = text(&output.stdout).lines().collect::<Vec<_>>();
    assert!(lines[0].starts_with("ok       peer:        version "), "{lines:?}");
    assert!(lines.iter().all(|line| line.len() <= 100 || !line.trim().contains("; ")), "{lines:?}");
    assert!(!text(&output.stdout).contains(&peer.token), "the token is nobody's business");
}

#[test]
fn without_a_peer_the_machine_is_checked() {
    let dir = TempDir::new().expect("a temporary folder");
    let none = dir.path().join("none");
    let output = doctor(&none, &["--json"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let peer = check(&output, "peer");
    has(&peer, "warning", "none runs");
    assert!(peer["advice"].as_str().is_some_and(|advice| advice.contains("whisper serve")), "{peer}");
    has(&check(&output, "folder"), "ok", "the first start makes it");
    check(&output, "interfaces");
    check(&output, "clock");
    assert!(!none.exists(), "it only looks");

    fs::create_dir(&none).expect("a folder");
    fs::set_permissions(&none, Permissions::from_mode(0o755)).expect("it is ours");
    let output = doctor(&none, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let folder = check(&output, "folder");
    has(&folder, "fault", "mode 0755");
    assert_eq!(folder["advice"], format!("chmod 700 '{}'", none.display()));
}

#[test]
fn a_broken_config_file_is_a_finding() {
    let dir = TempDir::new().expect("a temporary folder");
    let config = dir.path().join("c.toml");
    fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).expect("it is ours");
    for (wrong, found) in [("port = ", "line 1"), ("\nport = 70000", "line 2"), ("nik = 1", "did you mean `nick`")] {
        fs::write(&config, wrong).expect("it can be written");
        let output = run(dir.path(), &config, &["doctor", "--json"]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), ""), "{wrong}");
        has(&check(&output, "config file"), "fault", found);
    }
    fs::write(&config, "nick = \"bob\"").expect("it can be written");
    let output = run(dir.path(), &config, &["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    has(&check(&output, "config file"), "ok", "can be used");
}

#[test]
fn a_link_opens_the_page_once() {
    let peer = Peer::start();
    peer.say("a secret");
    let output = run(peer.dir.path(), Path::new(""), &["web"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let link = text(&output.stdout).strip_suffix('\n').expect("a line");
    let path = link.strip_prefix(&format!("http://{}", peer.http)).expect("a link to the peer");
    let first = peer.ask_raw("GET", path, &host(&peer), "");
    assert_eq!(first.status, 303, "{}", first.head);
    assert!(Browser::with(&peer, cookie(&first)).get("/").body.contains("a secret"));
    assert_eq!(peer.ask_raw("GET", path, &host(&peer), "").status, 403, "once");
}

#[test]
fn no_link_without_a_web_interface() {
    let dir = Arc::new(TempDir::new().expect("a temporary folder"));
    let refused = |code: i32, words: &str| {
        let output = run(dir.path(), Path::new(""), &["web"]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), ""));
        let told = text(&output.stderr);
        assert!(told.lines().count() == 1 && told.contains(words), "{told}");
    };
    refused(3, "no peer runs");
    let mut command = support::whisper(&dir);
    command.args(["serve", "--bind", "127.0.0.1", "--port", "0", "--discovery", "off", "--http", "off"]);
    let _peer = support::Peer::run(command, Arc::clone(&dir));
    refused(1, "--http off");
    has(&check(&doctor(dir.path(), &["--json"]), "peer"), "warning", "cannot be asked");
}
