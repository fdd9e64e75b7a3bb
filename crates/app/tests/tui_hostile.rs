//! Strangers who would like to draw on one's screen: whatever they say is text in its own rows.

mod tui_support;

use serde_json::json;
use tui_support::Tui;
use whispernet_lab::raw::RawSender;

/// Each of these, in a Body, a nick or an Addr, would do harm on a terminal that it reached.
const HOSTILE: [&str; 19] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]2;owned\u{1b}\\",
    "\u{9b}2J",
    "\u{9d}0;owned\u{9c}",
    "\u{1b}[10;10Hmoved",
    "\u{1b}[8mhidden\u{1b}[28m",
    "\u{1b}[?1049l",
    "\u{1b}[?25l",
    "\u{1b}c",
    "\u{1b}]52;c;b3duZWQ=\u{7}",
    "\u{1b}]8;;http://evil/\u{1b}\\link",
    "\u{1b}P+q\u{1b}\\",
    "\u{7}\u{7}\u{7}",
    "\u{8}\u{8}\u{8}\u{8}erased\u{7f}",
    "line\rover",
    "\u{202e}desrever\u{2066}\u{202d}",
    "zero\u{200b}\u{200d}\u{2060}\u{feff}width\u{ad}",
    "z\u{335}\u{336}\u{337}\u{338}a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}lgo\u{e0041}\u{fff9}",
];

#[test]
fn nothing_that_a_stranger_says_acts() {
    let ann = Tui::start("ann", &["--flood-limit", "off"]);
    ann.keys("draft");
    ann.wait_draft("draft");
    let raw = RawSender::connect(ann.addr()).expect("it listens");
    let head = || ann.screen().lines().next().unwrap_or_default().to_owned();
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let say = |kind: &str, nick: &str, addr: &str, body: &str| {
            let id = format!("{kind}{number}");
            let object = json!({"ID": id, "Addr": addr, "Body": body, "Nick": nick});
            raw.send_bytes(object.to_string().as_bytes()).expect("it reads");
        };
        say("b", "eve", "a", hostile);
        say("n", hostile, "a", "from a nick");
        say("a", "", hostile, "from an address");
        say("e", "eve", "a", &format!("harmless {number}."));
        ann.wait_row(&["eve", &format!("harmless {number}.")]);
        // The frame of the screen stands where it stood.
        ann.wait_draft("draft");
        assert!(head().starts_with(" ann"), "{hostile:?}: {}", ann.terminal().framed());
        assert_eq!(ann.terminal().cursor(), ann.terminal().cursor().filter(|(_, row)| *row == 23), "{hostile:?}");
        ann.assert_tame();
        let screen = ann.screen();
        let shown = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
        assert_eq!(screen.chars().find(shown), None, "{hostile:?}: {}", ann.terminal().framed());
    }
    let links = ann.terminal().heard().links;
    assert!(links.iter().all(|link| !link.contains("evil")), "{links:?}");
    assert!(ann.terminal().look(whispernet_lab::terminal::Screen::alternate_screen));
    ann.quit();
}

#[test]
fn wide_and_long_words_keep_to_their_rows() {
    let ann = Tui::start("ann", &[]);
    let raw = RawSender::connect(ann.addr()).expect("it listens");
    let say = |id: &str, body: &str| {
        let object = json!({"ID": id, "Addr": "a", "Body": body, "Nick": "eve"});
        raw.send_bytes(object.to_string().as_bytes()).expect("it reads");
    };
    say("1", &"漢字".repeat(60));
    say("2", &"👨‍👩‍👧‍👦🏳️‍🌈e\u{301}".repeat(30));
    say("3", &format!("{}.", "x".repeat(300)));
    say("4", "end of them");
    ann.wait_row(&["eve", "end of them"]);
    let screen = ann.screen();
    assert_eq!(screen.matches('漢').count(), 60, "{}", ann.terminal().framed());
    assert_eq!(screen.matches('x').count(), 300, "{}", ann.terminal().framed());
    ann.keys("still here");
    ann.wait_draft("still here");
    ann.assert_tame();
}
