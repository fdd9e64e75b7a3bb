//! Every way to leave, and the terminal is as it was; where nobody could tidy up, nothing that was said is lost.

mod tui_support;

use rustix::process::Signal;
use tui_support::Tui;

#[test]
fn the_terminal_is_whole_after_every_orderly_end() {
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP] {
        let mut ann = Tui::start("ann", &[]);
        ann.keys("half a thought");
        ann.wait_draft("half a thought");
        ann.terminal().signal(signal).expect("it runs");
        let status = ann.0.terminal.exit().expect("it ends");
        assert!(status.success(), "{signal:?}: {status}");
        assert!(ann.terminal().is_whole().expect("it is a terminal"), "{signal:?}: {}", ann.terminal().framed());
    }
}

#[test]
fn control_c_empties_the_draft_and_then_ends() {
    let mut ann = Tui::start("ann", &[]);
    ann.keys("half a thought");
    ann.wait_draft("half a thought");
    ann.keys("<C-c>");
    ann.wait_no("half a thought");
    ann.keys("<C-d>");
    ann.wait("Ctrl-C or /quit stops this peer");
    ann.keys("<C-c>");
    assert!(ann.0.terminal.exit().expect("it ends").success());
    assert!(ann.terminal().is_whole().expect("it is a terminal"));
    ann.assert_tame();
}

#[test]
fn a_kill_loses_nothing_that_was_said() {
    let mut ann = Tui::start("ann", &[]);
    ann.keys("this is kept<Enter>");
    ann.wait_row(&["ann", "this is kept"]);
    // It is shown before it is on disk.
    let kept = |messages: &[whispernet_lab::peer::api::Message]| messages.iter().any(|m| m.body == "this is kept");
    let api = ann.0.api().expect("it has one");
    while !kept(&api.history(0).expect("it answers")) {}
    ann.terminal().signal(Signal::KILL).expect("it runs");
    assert!(!ann.0.terminal.exit().expect("it ends").success());
    let again = Tui::start_in(&ann.0.dir, "ann", &[]);
    again.wait_row(&["ann", "this is kept"]);
    again.quit();
}
