//! What the program tells of itself works where it is for: completions in shells, manual pages in a formatter, the default settings in a
//! file. Must not know how they are made. Bounds: what is not installed is not tested, and told.

use std::path::Path;
use std::process::{Command, Output};

/// A folder that is not there: no peer runs in it, and no settings are.
const NOWHERE: &str = "/nowhere";

fn whisper(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whisper"));
    command.env("WHISPER_DATA_DIR", NOWHERE).env("XDG_CONFIG_HOME", NOWHERE).args(args);
    command.output().expect("the binary runs")
}

/// Runs a line of shell with `whisper` in its path, where there is that program to run it with; what it printed.
fn with(program: &str, args: &[&str]) -> Option<String> {
    let folder = Path::new(env!("CARGO_BIN_EXE_whisper")).parent().expect("it is in a folder");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new(program).env("PATH", path).env("WHISPER_DATA_DIR", NOWHERE).args(args).output();
    let Ok(output) = output else {
        eprintln!("{program} is not here: not tested");
        return None;
    };
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn shells_complete_commands_and_options() {
    let bash = r#"
        source <(whisper completions bash)
        complete() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=(); _whisper whisper "${@: -1}" "${@: -2:1}"; echo "${COMPREPLY[@]}"; }
        complete whisper disc
        complete whisper tail --fol
        complete whisper completions z
    "#;
    if let Some(completed) = with("bash", &["-c", bash]) {
        assert_eq!(completed, "disconnect\n--follow\nzsh\n");
    }
    if let Some(completed) = with("fish", &["-c", "whisper completions fish | source; complete -C 'whisper disc'"]) {
        assert!(completed.starts_with("disconnect"), "{completed}");
    }
    with("zsh", &["-c", "autoload -U compinit; compinit -D; source <(whisper completions zsh); whence _whisper"]);
}

#[test]
fn what_cannot_be_printed_is_an_error() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(_) = full() else { return };
    for args in [
        &["--help"][..],
        &["--version"],
        &["send", "--help"],
        &["man"],
        &["completions", "bash"],
        &["config", "default"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whisper"));
        command.env("WHISPER_DATA_DIR", NOWHERE).env("XDG_CONFIG_HOME", NOWHERE).args(args);
        let output = command.stdout(full().expect("it opens")).output().expect("the binary runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {told}");
        assert!(told.contains("cannot be written") && told.lines().count() == 1, "{args:?}: {told}");
    }
}

#[test]
fn manual_pages_can_be_read() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let pages = dir.path().join("man1");
    let folder = pages.to_str().expect("text");
    assert!(whisper(&["man", "--out", folder]).status.success());
    let mut names: Vec<_> =
        std::fs::read_dir(&pages).expect("it is there").map(|page| page.expect("it can be read").path()).collect();
    names.sort();
    assert!(
        names.iter().any(|name| name.ends_with("whisper.1"))
            && names.iter().any(|name| name.ends_with("whisper-key-show.1"))
    );
    for page in names {
        let page = page.to_str().expect("text");
        // Warnings are told on standard error, which must be empty for a page without mistakes.
        let Ok(shown) = Command::new("groff").args(["-man", "-Tutf8", "-ww", page]).output() else {
            eprintln!("groff is not here: not tested");
            return;
        };
        assert!(shown.status.success() && shown.stderr.is_empty(), "{page}: {shown:?}");
        assert!(String::from_utf8_lossy(&shown.stdout).contains("whisper"), "{page}");
    }
    let main = whisper(&["man"]);
    assert_eq!(main.stdout, std::fs::read(pages.join("whisper.1")).expect("it is there"));
}

#[test]
fn the_default_config_file_is_taken() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("config.toml");
    std::fs::write(&path, whisper(&["config", "default"]).stdout).expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_whisper"));
    let peers = command.env("WHISPER_CONFIG", &path).env("WHISPER_DATA_DIR", NOWHERE).arg("peers").output();
    assert_eq!(peers.expect("the binary runs").status.code(), Some(3), "it gets as far as to look for a peer");
}
