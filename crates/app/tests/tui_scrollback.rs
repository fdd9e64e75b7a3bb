//! Back to the first message ever, over many pages of history, and to the newest again.

mod tui_support;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use tui_support::Tui;
use whispernet_lab::raw::RawSender;

/// Far more than the window of messages that is held in memory.
const MESSAGES: usize = 1_500;

/// A data directory with that many messages, the oldest first.
fn history() -> Arc<TempDir> {
    let tui = Tui::start("ann", &["--flood-limit", "off"]);
    let raw = RawSender::connect(tui.addr()).expect("it listens");
    let object = |number: usize| json!({"ID": format!("id{number}"), "Addr": "a", "Body": format!("number {number:04}."), "Nick": "eve"});
    let text: String = (1..=MESSAGES).map(|number| object(number).to_string()).collect();
    raw.send_bytes(text.as_bytes()).expect("it reads");
    tui.wait(&format!("number {MESSAGES:04}."));
    tui.quit()
}

/// Numbers of the messages on the screen.
fn numbers(screen: &str) -> Vec<usize> {
    screen.split("number ").skip(1).filter_map(|rest| rest.get(..4)?.parse().ok()).collect()
}

#[test]
fn every_message_can_be_seen_again() {
    let dir = history();
    let ann = Tui::start_in(&dir, "ann", &[]);
    ann.wait(&format!("number {MESSAGES:04}."));
    ann.keys("<Home>");
    ann.wait("number 0001.");
    assert!(!ann.screen().contains(&format!("number {MESSAGES:04}.")));
    ann.keys("<End>");
    ann.wait(&format!("number {MESSAGES:04}."));
    // Page by page, with no message left out between two of them.
    let mut seen: BTreeSet<usize> = numbers(&ann.screen()).into_iter().collect();
    while !seen.contains(&1) {
        let first = *seen.first().expect("messages are shown");
        ann.keys("<PageUp>");
        let mut page = Vec::new();
        ann.wait_for("page above", |screen| {
            page = numbers(screen);
            page.first().is_some_and(|number| *number < first)
        });
        assert!(page.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a gap in {page:?}");
        seen.extend(page);
    }
    assert_eq!(seen.len(), MESSAGES, "some were never shown");
    ann.keys("<End>");
    ann.wait(&format!("number {MESSAGES:04}."));
    ann.assert_tame();
    ann.quit();
}

#[test]
fn who_reads_back_is_not_moved_by_what_comes() {
    let dir = history();
    let ann = Tui::start_in(&dir, "ann", &[]);
    ann.wait(&format!("number {MESSAGES:04}."));
    ann.keys("<PageUp>");
    ann.wait_no(&format!("number {MESSAGES:04}."));
    let before = numbers(&ann.screen());
    let raw = RawSender::connect(ann.addr()).expect("it listens");
    raw.send_object("new", "b", "something new").expect("it reads");
    // It is counted, not shown.
    ann.wait("1 new");
    assert_eq!(numbers(&ann.screen()), before);
    ann.keys("<End>");
    ann.wait("something new");
    ann.wait_no("1 new");
}
