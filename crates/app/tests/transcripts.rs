//! What the command line says where no peer runs: help, mistakes, the config file. Each transcript is a session as a user would see it;
//! `TRYCMD=overwrite cargo test -p whisper --test transcripts` writes them anew, to be read before they are kept.

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
    cases.insert_var("[HOME]", home.path().to_path_buf()).unwrap();
}
