//! What Tab completes, and what becomes of lines that begin with a slash.

mod support;
mod tui_support;

use support::Peer;
use tui_support::Tui;
use whispernet_lab::terminal::has_row;

#[test]
fn tab_completes_nicks_and_commands() {
    let ann = Tui::start("ann", &[]);
    let ben = Tui::linked_to(&ann, "ann", "benedict");
    ben.keys("hi<Enter>");
    ann.wait_row(&["benedict", "hi"]);
    ann.keys("bene<Tab>");
    ann.wait_draft("benedict: ");
    ann.keys("and bene<Tab>");
    ann.wait_draft("and benedict ");
    ann.keys("<C-u>/conn<Tab>");
    ann.wait_draft("/connect ");
    ann.keys("<C-u>:tada<Tab>");
    ann.wait_for("emoji", |screen| screen.contains('🎉'));
    ann.keys("<Enter>");
    ben.wait_row(&["ann", "🎉"]);
    let said = ben.screen();
    for unsaid in ["benedict", "/connect"] {
        assert!(!has_row(&said, &["ann", unsaid]), "what was completed and taken back is not sent: {said}");
    }
}

#[test]
fn what_is_no_command_is_never_sent() {
    let ben = Peer::start("ben", &[]);
    let ann = Tui::start("ann", &["--peer", &ben.addr]);
    ann.wait("ben");
    ann.keys("/conect 10.0.0.7:1<Enter>");
    // It is told, and stays in the draft to be mended.
    ann.wait("/connect");
    ann.wait_draft("/conect 10.0.0.7:1");
    ann.keys("<C-u>//slash<Enter>");
    ben.out.wait("ann: /slash");
    ann.keys("/me ends<Enter>");
    ben.out.wait("* ann ends");
    assert_eq!(support::chat(&ben.out.all()), ["ann: /slash", "* ann ends"]);
}

#[test]
fn help_lists_every_command_and_closes_with_escape() {
    let ann = Tui::start("ann", &[]);
    ann.keys("draft");
    ann.wait_draft("draft");
    ann.keys("<F1>");
    ann.wait("Alt-Enter");
    ann.keys("<End>");
    ann.wait_no("Alt-Enter");
    ann.keys("<Esc>");
    ann.wait("You are ann");
    ann.wait_draft("draft");
    ann.keys("<C-u>/help<Enter>");
    ann.wait("Alt-Enter");
    ann.keys("<Esc>");
    ann.wait("You are ann");
}
