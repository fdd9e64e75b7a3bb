//! Terminals on which nothing can be drawn, and readers who want lines: line mode.

mod support;
mod tui_support;

use support::Peer;
use tempfile::TempDir;
use tui_support::program;
use whispernet_lab::terminal::Screen;
use whispernet_lab::terminal::chat::{Chat, Start};

#[test]
fn lines_alone_where_the_terminal_is_dumb_or_lines_were_asked_for() {
    for (what, options, variables) in [
        ("--plain", ["--plain"].as_slice(), [].as_slice()),
        ("TERM=dumb", &[], &[("TERM", "dumb")]),
        ("TERM=", &[], &[("TERM", "")]),
    ] {
        let dir = TempDir::new().expect("a temporary folder");
        let start = Start { options, variables, size: (120, 30), ..Start::new("ann") };
        let mut terminal = Chat::open(program(), &start, &dir).expect("it runs");
        terminal.wait_for_text("web on http://").expect("it starts");
        let screen = terminal.screen();
        let addr = screen.lines().find_map(|line| line.strip_prefix("listening on ")).expect("it tells");
        let ben = Peer::start("ben", &["--peer", addr]);
        terminal.wait_for_text("ben").expect("he is told");
        terminal.keys("hello<Enter>").expect("it reads");
        ben.out.wait("ann: hello");
        assert!(!terminal.look(Screen::alternate_screen), "{what}");
        assert_eq!(terminal.raw().iter().find(|byte| **byte == 0x1b), None, "{what}: no escapes");
        terminal.keys("/quit<Enter>").expect("it reads");
        assert!(terminal.exit().expect("it ends").success(), "{what}");
    }
}
