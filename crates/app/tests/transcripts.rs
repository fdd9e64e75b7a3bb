//! What the command line says where no peer runs: help, mistakes, the config file. Each transcript is a session as a user would see it;
//! `TRYCMD=overwrite cargo test -p whisper --test transcripts` writes them anew, to be read before they are kept.

use std::process::Command;

#[test]
fn the_command_line_says_what_it_said() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    let cases = trycmd::TestCases::new();
    cases
        .case("tests/cmd/*.trycmd")
        .env("HOME", path(""))
        .env("XDG_CONFIG_HOME", path("config"))
        .env("XDG_DATA_HOME", path("data"))
        .env("WHISPER_DATA_DIR", "")
        .env("WHISPER_CONFIG", "")
        .env("COLUMNS", "100");
    cases.insert_var("[HOME]", home.path().display().to_string()).unwrap();
}

#[test]
fn a_mistake_in_the_config_file_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.toml");
    for (text, status, told) in [
        (Some("# mine\nnik = \"ann\"\n"), 2, "c.toml, line 2: there is no `nik`: did you mean `nick`?"),
        (Some("[ui]\nside = \"left\"\n"), 2, "c.toml, line 2: `side`: unknown variant `left`"),
        (Some("nick ="), 2, "c.toml, line 1: this is no TOML"),
        (None, 2, "c.toml cannot be read: "),
        (Some("nick = \"ann\"\n"), 3, "no peer runs"),
    ] {
        match text {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_whisper"));
        command.args(["peers", "--data-dir"]).arg(dir.path()).env("WHISPER_CONFIG", &path);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(told) && stderr.lines().count() == 1, "{text:?}: {stderr}");
        assert_eq!(output.status.code(), Some(status), "{text:?}");
    }
}
