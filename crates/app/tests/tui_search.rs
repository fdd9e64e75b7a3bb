//! Looking for what was said: the search, the jump to a message, and back to the newest.

mod tui_support;

use serde_json::json;
use tui_support::Tui;
use whispernet_lab::raw::RawSender;

/// Lines between what is looked for and the newest: more than fit.
const LINES: usize = 60;
/// Answers that are asked for before one gives up: some seconds of them.
const ANSWERS_MAX: usize = 10_000;

fn chatter(tui: &Tui) {
    let raw = RawSender::connect(tui.addr()).expect("it listens");
    let mut text = String::new();
    let mut say = |id: String, body: &str| {
        text += &json!({"ID": id, "Addr": "a", "Body": body, "Nick": "eve"}).to_string();
    };
    say("n1".into(), "a needle in the hay");
    for number in 0..LINES {
        say(format!("x{number}"), &format!("straw {number} of many"));
    }
    say("n2".into(), "another Needle");
    say("last".into(), "the newest of all");
    raw.send_bytes(text.as_bytes()).expect("it reads");
    tui.wait_row(&["eve", "the newest of all"]);
    // A search looks at what is on disk, where messages get a moment later.
    let api = tui.0.api().expect("it has one");
    let found = || api.get("/api/v1/messages?search=newest").expect("it answers")["messages"][0].is_object();
    (0..).map(|_| found()).take(ANSWERS_MAX).find(|found| *found).expect("it gets there");
}

#[test]
fn what_was_found_can_be_jumped_to_and_left_again() {
    let ann = Tui::start("ann", &[]);
    chatter(&ann);
    assert!(!ann.screen().contains("in the hay"), "it is out of sight: {}", ann.terminal().framed());
    ann.keys("/search needle<Enter>");
    ann.wait_row(&["eve: a needle in the hay"]);
    ann.wait_row(&["eve: another Needle"]);
    ann.keys("<Up><Enter>");
    ann.wait("straw 0 of many");
    ann.wait_row(&["eve", "a needle in the hay"]);
    assert!(!ann.screen().contains("the newest of all"), "{}", ann.terminal().framed());
    ann.keys("<End>");
    ann.wait("the newest of all");
    ann.wait_no("in the hay");
}

#[test]
fn a_search_can_be_closed_or_find_nothing() {
    let ann = Tui::start("ann", &[]);
    chatter(&ann);
    ann.keys("/search needle<Enter>");
    ann.wait("2 messages");
    ann.keys("<Esc>");
    ann.wait_no("2 messages");
    ann.wait("the newest of all");
    ann.keys("/search thimble<Enter>");
    ann.wait_for("word of it", |screen| {
        let screen = screen.to_lowercase();
        screen.contains("nothing") || screen.contains("no message")
    });
    ann.keys("/search<Enter>");
    ann.wait("write `/search WORDS`");
}
