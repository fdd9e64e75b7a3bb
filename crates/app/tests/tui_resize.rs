//! Windows of every size: nothing is lost, and one always sees what one writes.

mod tui_support;

use tui_support::Tui;

/// Text without what wrapping and the list of peers put between.
fn unwrapped(screen: &str) -> String {
    screen.split(|c: char| c.is_whitespace() || c == '│').collect()
}

#[test]
fn text_and_draft_survive_every_size() {
    let ann = Tui::start("ann", &[]);
    let ben = Tui::linked_to(&ann, "ann", "ben");
    let words: String = (0..40).map(|number| format!("word{number} ")).collect();
    ben.keys(&format!("{words}<Enter>"));
    ann.wait_for("last word", |screen| screen.contains("word39"));
    ann.keys("half a thought");
    ann.wait_draft("half a thought");
    for (columns, rows) in [(20, 5), (256, 60), (5, 2), (1, 1), (80, 24), (40, 10), (256, 5), (20, 60), (80, 24)] {
        ann.terminal().resize(columns, rows).expect("it can be resized");
        let tail = if columns >= 20 { "thought" } else { "" };
        ann.wait_draft(tail);
        if columns >= 20 && rows >= 24 {
            let all = unwrapped(&words);
            ann.wait_for("all words", |screen| unwrapped(screen).contains(&all));
        } else if rows >= 5 {
            ann.wait_for("last word", |screen| screen.contains("word39"));
        }
    }
    ann.keys(" is whole<Enter>");
    ben.wait_row(&["ann", "half a thought is whole"]);
    ann.wait_row(&["ann", "half a thought is whole"]);
    ann.assert_tame();
    ann.quit();
}

#[test]
fn a_wide_window_shows_who_is_here() {
    let ann = Tui::start("ann", &[]);
    let _ben = Tui::linked_to(&ann, "ann", "ben");
    ann.keys("hi<Enter>");
    ann.wait_row(&["ann", "hi"]);
    ann.terminal().resize(120, 30).expect("it can be made larger");
    ann.wait("1 connected");
    ann.wait_row(&["│", "ben"]);
    ann.terminal().resize(80, 24).expect("it can be made smaller");
    // The terminal alone has cut it off: first and last row are at their places when it is drawn anew.
    ann.wait_for("new picture", |screen| {
        let row = |at| screen.lines().nth(at).unwrap_or_default();
        row(0).starts_with(" ann") && row(23).starts_with("write here")
    });
    ann.wait_no("1 connected");
    ann.keys("<F2>");
    ann.wait("1 connected");
    ann.keys("<F2>");
    ann.wait_no("1 connected");
}
