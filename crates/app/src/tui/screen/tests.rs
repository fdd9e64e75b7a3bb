//! A screen that panics, in a process and on a terminal of its own: this test program, started again for that one test.

use std::env;
use std::process::Command;
use std::thread;

use crossterm::event::KeyCode;
use ratatui::widgets::Paragraph;
use whispernet_lab::terminal::Terminal;

use super::{Input, Notify, Options, Pictures, Screen};

/// Tells the process that is to panic where: in the thread that draws, or in another one.
const WHERE: &str = "WHISPER_TEST_PANICS_IN";
const MESSAGE: &str = "the sky is falling";
const DRAWING: &str = "the screen of a chat";

#[test]
fn a_panic_leaves_the_terminal_whole_and_its_message_in_sight() {
    match env::var(WHERE) {
        Ok(place) => draw_until_told_to_panic(&place),
        Err(_) => ["drawing", "other"].into_iter().for_each(check),
    }
}

#[track_caller]
fn check(place: &str) {
    let name = thread::current().name().expect("tests have names").to_owned();
    let mut command = Command::new(env::current_exe().expect("this is a program"));
    command.args([name.as_str(), "--exact", "--nocapture"]).env(WHERE, place);
    let mut terminal = Terminal::spawn(&command, 80, 24).expect("there are terminals");
    terminal.wait_for_text(DRAWING).expect("it draws");
    assert!(!terminal.is_whole().expect("it is a terminal"), "a screen needs other modes");
    terminal.keys("x").expect("it reads");
    let status = terminal.exit().expect("it ends");
    let screen = terminal.screen();
    assert!(!status.success(), "{place}: {status}");
    assert!(terminal.is_whole().expect("it is a terminal"), "{place}: {}", terminal.framed());
    assert!(screen.contains(MESSAGE) && !screen.contains(DRAWING), "{place}: {}", terminal.framed());
}

/// In the other process.
fn draw_until_told_to_panic(place: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it waits");
    runtime.block_on(async {
        let options = Options { pictures: Pictures::Off, links: Some(true), notify: Notify::default() };
        let (mut screen, mut inputs) = Screen::enter(options).expect("it is on a terminal");
        loop {
            let drawn = screen.draw(|frame, _, _| frame.render_widget(Paragraph::new(DRAWING), frame.area()));
            drawn.expect("the terminal is there");
            if let Input::Key(key) = inputs.next().await
                && key.code == KeyCode::Char('x')
            {
                break;
            }
        }
        if place == "other" {
            // What the thread that draws does next must not touch the terminal any more.
            assert!(thread::spawn(|| panic!("{MESSAGE}")).join().is_err());
            assert!(screen.draw(|_, _, _| ()).is_err(), "the terminal is given back");
            panic!("as it was told");
        }
        panic!("{MESSAGE}");
    });
}
