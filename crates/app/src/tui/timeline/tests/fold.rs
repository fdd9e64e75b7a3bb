//! What is longer than a screen is folded, and nobody fills the screens of others.

use super::*;

fn lines(count: usize) -> String {
    (1..=count).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n")
}

fn selected(body: &str) -> Timeline {
    let mut timeline = timeline();
    timeline.push(message(1, "before"), false);
    timeline.push(message(2, body), false);
    draw(&mut timeline, 60, 60);
    timeline.select(Select::Previous);
    timeline
}

#[test]
fn a_long_body_is_folded_from_one_row_too_many_on() {
    let check = |body: &str, told: Option<&str>| {
        let mut timeline = selected(body);
        let shown = text(&mut timeline, 60, 60);
        match told {
            Some(told) => {
                assert!(shown.contains(told), "{shown}");
                assert!(shown.contains("line 12") && !shown.contains("line 13"), "{shown}");
            }
            None => assert!(shown.contains("line 24") && !shown.contains("more rows"), "{shown}"),
        }
    };
    check(&lines(24), None);
    check(&lines(25), Some("         (13 more rows: "));
    check(&lines(4_000), Some("         (3988 more rows: "));
}

#[test]
fn rows_that_show_nothing_and_one_endless_line_are_folded_too() {
    for body in [format!("a{}b", "\n".repeat(5_000)), "x".repeat(16_000), "\u{1b}".repeat(2_000)] {
        let shown = screen(&mut selected(&body), 60, 60);
        let used = shown.iter().filter(|row| !row.is_empty()).count();
        assert!(shown.iter().any(|row| row.contains(" more rows: ")) && used < 20, "{shown:?}");
        assert!(shown.iter().any(|row| row.contains("before")), "what was said before stays in sight");
    }
}

#[test]
fn it_unfolds_and_folds_again() {
    let mut timeline = selected(&lines(30));
    assert!(timeline.unfold());
    let shown = text(&mut timeline, 60, 60);
    assert!(shown.contains("line 30") && !shown.contains("more rows"), "{shown}");
    assert!(timeline.unfold());
    assert!(!text(&mut timeline, 60, 60).contains("line 30"));
    let mut short = selected("short");
    assert!(!short.unfold(), "there is nothing to unfold");
    short.select(Select::Nothing);
    assert!(!short.unfold(), "nothing is selected");
}

#[test]
fn what_is_searched_for_is_not_folded_away() {
    let mut timeline = selected(&lines(30));
    timeline.highlight(Some("line 29"));
    assert!(text(&mut timeline, 60, 60).contains("line 29"));
    timeline.highlight(Some("nothing of it"));
    assert!(!text(&mut timeline, 60, 60).contains("line 29"));
}

#[test]
fn only_so_many_stay_unfolded() {
    let mut timeline = timeline();
    let count = UNFOLDED_MAX as u64 + 1;
    (1..=count).for_each(|seq| timeline.push(message(seq, &lines(30)), false));
    for _ in 0..count {
        draw(&mut timeline, 60, 40);
        timeline.select(Select::Previous);
        draw(&mut timeline, 60, 40);
        assert!(timeline.unfold());
    }
    assert_eq!(timeline.unfolded.len(), UNFOLDED_MAX);
}
