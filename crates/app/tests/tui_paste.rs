//! What is pasted: a draft, however many lines it has and whatever is in it.

mod support;
mod tui_support;

use serde_json::json;
use support::Peer;
use tui_support::Tui;

#[test]
fn many_lines_are_one_draft() {
    let ben = Peer::start("ben", &["--json"]);
    let ann = Tui::start("ann", &["--peer", &ben.addr]);
    ann.wait("ben");
    ann.paste("one\r\ntwo\rthree\nfour");
    ann.wait_draft("four");
    for line in ["one", "two", "three"] {
        ann.wait(line);
    }
    ann.keys(" and five<Enter>");
    let body = "one\ntwo\nthree\nfour and five";
    ben.out.wait_event(&json!({"event": "message", "nick": "ann", "body": body}));
    let said = ben.out.texts_of("message", "body");
    assert_eq!(said.iter().filter(|other| other.contains("two")).count(), 1, "in one message: {said:?}");
}

#[test]
fn a_pasted_command_is_not_carried_out_by_itself() {
    let ann = Tui::start("ann", &[]);
    ann.paste("/quit\n");
    ann.keys("x");
    ann.wait_draft("x");
    ann.keys("<C-u>");
    ann.keys("still here<Enter>");
    ann.wait_row(&["ann", "still here"]);
}

#[test]
fn escapes_in_a_paste_do_nothing() {
    let ben = Peer::start("ben", &["--json"]);
    let ann = Tui::start("ann", &["--peer", &ben.addr]);
    ann.wait("ben");
    ann.paste("a\x1b[2Jb\x1b]0;title\x07c\x08\u{202e}d\u{9b}2Je\0f");
    ann.keys(" end");
    ann.wait_draft("end");
    ann.assert_tame();
    ann.keys("<Enter>");
    ann.wait_row(&["ann", "end"]);
    ben.out.find("message", |line| line.contains(" end").then_some(()));
    ann.assert_tame();
    assert!(!ann.screen().contains('\u{202e}'), "{}", ann.terminal().framed());
    // All is where it was: the next line has its row.
    ann.keys("after<Enter>");
    ann.wait_row(&["ann", "after"]);
}

#[test]
fn what_is_too_long_to_send_is_not_lost() {
    let ann = Tui::start("ann", &[]);
    let long = "word ".repeat(4_000);
    ann.paste(&long);
    ann.keys("end");
    ann.wait_draft("end");
    ann.keys("<Enter>");
    // The limit is told, and the draft can be cut.
    ann.wait_for("limit", |screen| screen.contains("16") || screen.contains("long"));
    ann.wait_for("words", |screen| screen.contains("word word"));
}
