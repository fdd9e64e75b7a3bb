//! People who talk: two in their terminal UI, an old peer as a third.

mod tui_support;

use tui_support::Tui;
use whispernet_lab::double::{DaemonOptions, DeadAddr, Double, PeerOptions};
use whispernet_lab::peer::PATIENCE;

#[test]
fn two_talk_both_ways() {
    let ann = Tui::start("ann", &[]);
    let ben = Tui::linked_to(&ann, "ann", "ben");
    for tui in [&ann, &ben] {
        look_at(tui);
    }
    ann.keys("hello ben, wie geht's?<Enter>");
    ann.wait_row(&["ann", "hello ben, wie geht's?"]);
    ben.wait_row(&["ann", "hello ben, wie geht's?"]);
    ben.keys("gut 🎉 日本語<Enter>");
    ann.wait_row(&["ben", "gut 🎉 日本語"]);
    ann.keys("/me waves<Enter>");
    for tui in [&ann, &ben] {
        tui.wait_row(&["ann waves"]);
    }
    // What was sent is in no draft any more, and stands there once.
    for tui in [&ann, &ben] {
        assert_eq!(tui.screen().matches("hello ben").count(), 1, "{}", tui.terminal().framed());
        assert!(!tui.terminal().cursor_row().contains("hello"), "{}", tui.terminal().framed());
        tui.assert_tame();
    }
    ben.quit();
    ann.quit();
}

#[test]
fn an_old_peer_is_one_of_them() {
    let ann = Tui::start("ann", &[]);
    let ben = Tui::linked_to(&ann, "ann", "ben");
    let peer = PeerOptions { peers: vec![ann.addr()], dead_addr: DeadAddr::Forgotten, ..PeerOptions::default() };
    let old = Double::daemon(DaemonOptions { nick: "olga".into(), peer, ..DaemonOptions::default() }).expect("a port");
    old.say("I am from 2012");
    for tui in [&ann, &ben] {
        // Nothing proves who wrote it.
        tui.wait_row(&["?", "olga", "I am from 2012"]);
    }
    ann.keys("welcome<Enter>");
    ben.wait_row(&["ann", "welcome"]);
    assert!(old.wait_line("ann: welcome", PATIENCE), "{:?}", old.shown());
    ben.keys("yes<Enter>");
    assert!(old.wait_line("ben: yes", PATIENCE), "{:?}", old.shown());
    assert!(!old.crashed());
}

#[test]
fn several_lines_are_one_message() {
    let ann = Tui::start("ann", &[]);
    let ben = Tui::linked_to(&ann, "ann", "ben");
    ann.keys("first<A-Enter>second<C-j>third");
    ann.wait_draft("third");
    assert!(!ben.screen().contains("first"), "it is sent as a whole");
    ann.keys("<Enter>");
    for line in ["first", "second", "third"] {
        ben.wait(line);
    }
    let rows = ben.screen();
    let row_of = |text: &str| rows.lines().position(|row| row.contains(text)).expect("it was shown");
    assert_eq!((row_of("second"), row_of("third")), (row_of("first") + 1, row_of("first") + 2));
}

#[test]
fn a_mention_rings_where_one_looks_elsewhere() {
    let ann = Tui::start("ann", &[]);
    let ben = Tui::linked_to(&ann, "ann", "ben");
    look_at(&ann);
    ben.keys("ann: are you there?<Enter>");
    ann.wait_row(&["ben", "are you there?"]);
    ann.assert_tame();
    ann.terminal().focus(false).expect("it reads");
    // What is typed comes after it, so that it is known once that is seen.
    ann.keys("yyy");
    ann.wait_draft("yyy");
    ben.keys("just talking<Enter>ann: hey!<Enter>");
    ann.wait_row(&["ben", "hey!"]);
    ann.terminal().wait_for_heard("call", |heard| heard.bells + heard.notified.len() > 0).expect("it calls");
    let heard = ann.terminal().heard();
    assert!(heard.bells <= 1, "once, for the mention: {heard:?}");
}

/// Gives it the focus; returns when it knows.
fn look_at(tui: &Tui) {
    tui.terminal().focus(true).expect("it reads");
    tui.keys("zzz");
    tui.wait_draft("zzz");
    tui.keys("<C-u>");
    tui.wait_no("zzz");
}
