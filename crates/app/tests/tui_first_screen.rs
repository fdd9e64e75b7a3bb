//! The first minute: what somebody sees who has never started it before, and how it changes as peers come and go.

mod support;
mod tui_support;

use std::time::{Duration, Instant};

use support::Peer;
use tui_support::Tui;
use whispernet_lab::terminal::chat::Start;
use whispernet_lab::terminal::{Cell, Color, Screen};

/// What the first picture may take here. The lab measures the release build; this is a debug build on a machine that has other work.
const FIRST_PICTURE_MAX: Duration = Duration::from_secs(10);

#[test]
#[allow(clippy::disallowed_methods, reason = "the time of a process from outside")]
fn it_tells_who_where_and_what_to_do() {
    let began = Instant::now();
    let tui = Tui::start("ann", &[]);
    let took = began.elapsed();
    assert!(took < FIRST_PICTURE_MAX, "{took:?}");
    tui.wait("Nobody is here yet");
    let screen = tui.screen();
    let web = format!("http://{}", tui.0.web().expect("it is up"));
    for told in ["You are ann", &tui.addr(), &web, "/connect", "/help", "/quit"] {
        assert!(screen.contains(told), "no {told:?}:\n{}", tui.terminal().framed());
    }
    let (_, row) = tui.terminal().cursor().expect("one sees where one types");
    assert_eq!(row, 23, "the last row is for writing");
    assert!(tui.terminal().look(Screen::alternate_screen), "what was there before comes back");
    tui.assert_tame();
    tui.quit();
}

#[test]
fn it_changes_as_peers_come_and_go() {
    let tui = Tui::start("ann", &[]);
    tui.wait("Nobody is here yet");
    let ben = Peer::start("ben", &["--peer", &tui.addr()]);
    tui.wait_no("Nobody is here yet");
    tui.wait_row(&["Here now:", "ben"]);
    drop(ben);
    tui.wait("Nobody is here yet");
    tui.assert_tame();
}

#[test]
fn without_colours_there_are_none() {
    let colors = |variables: &[(&str, &str)]| {
        let tui = Tui::start_with(&Start { variables, ..Start::new("ann") });
        let _ben = Peer::start("ben", &["--peer", &tui.addr()]);
        tui.wait_row(&["Here now:", "ben"]);
        tui.keys("hello<Enter>");
        tui.wait_row(&["ann", "hello"]);
        tui.terminal().look(|screen| {
            let (rows, columns) = screen.size();
            let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
            let colored = |cell: &Cell| [cell.fgcolor(), cell.bgcolor()].iter().any(|color| *color != Color::Default);
            cells.filter(|(row, column)| screen.cell(*row, *column).is_some_and(colored)).count()
        })
    };
    assert_eq!(colors(&[("NO_COLOR", "1")]), 0);
    assert!(colors(&[]) > 0, "names have colours");
}

#[test]
fn in_a_small_window_the_most_important_stays() {
    let tui = Tui::start("ann", &[]);
    tui.wait("Nobody is here yet");
    tui.terminal().resize(30, 6).expect("it can be made smaller");
    tui.wait("You are ann");
    tui.terminal().resize(20, 5).expect("it can be made smaller");
    tui.keys("hi");
    tui.wait_draft("hi");
}
