//! Under a shell: Ctrl-Z gives the terminal back to it, and `fg` brings the chat back as it was.

mod tui_support;

use std::process::Command;

use tempfile::TempDir;
use tui_support::program;
use whispernet_lab::terminal::{Screen, Terminal};

#[test]
fn the_screen_comes_back() {
    let dir = TempDir::new().expect("a temporary folder");
    let mut shell = Command::new("sh");
    shell.args(["-i"]).env("WHISPER_DATA_DIR", dir.path()).env("WHISPER", program()).env("PS1", "prompt> ");
    let mut terminal = Terminal::spawn(&shell, 80, 24).expect("a shell runs");
    terminal.wait_for_text("prompt>").expect("it is ready");
    let line = "\"$WHISPER\" --nick ann --bind 127.0.0.1 --port 0 --http 127.0.0.1:0 --discovery off<Enter>";
    terminal.keys(line).expect("it reads");
    terminal.wait_for_text("You are ann").expect("it starts");
    terminal.keys("half a thought").expect("it reads");
    terminal.wait_for_text("half a thought").expect("it is in the draft");

    terminal.keys("<C-z>").expect("it reads");
    terminal.wait_for_look("shell", |screen| !screen.alternate_screen() && !screen.hide_cursor()).expect("it is left");
    terminal.wait_for("prompt", |screen| screen.matches("prompt>").count() == 2).expect("the shell goes on");
    terminal.keys("echo from the $((40 + 2)). shell<Enter>").expect("it reads");
    terminal.wait_for_text("from the 42. shell").expect("the shell works as ever");

    terminal.keys("fg<Enter>").expect("it reads");
    terminal.wait_for_look("chat", Screen::alternate_screen).expect("it comes back");
    terminal.wait_for_text("You are ann").expect("it is drawn anew");
    terminal.wait_for_text("half a thought").expect("with the draft");
    terminal.keys(" is whole<Enter>").expect("it reads");
    terminal.wait_for_row(&["ann", "half a thought is whole"]).expect("it works as ever");

    terminal.keys("/quit<Enter>").expect("it reads");
    terminal.wait_for_look("shell", |screen| !screen.alternate_screen()).expect("it is left");
    terminal.wait_for("prompt", |screen| screen.trim_end().ends_with("prompt>")).expect("the shell goes on");
    assert!(terminal.is_whole().expect("it is a terminal"));
    assert!(terminal.heard().unknown.is_empty(), "{:?}", terminal.heard());
    terminal.keys("exit<Enter>").expect("it reads");
    assert!(terminal.exit().expect("it ends").success());
}
