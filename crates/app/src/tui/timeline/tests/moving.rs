//! Scrolling, pages, selection, what is new: where the screen stands.

use super::*;

fn history(seqs: std::ops::RangeInclusive<u64>) -> Vec<Message> {
    seqs.map(|seq| message(seq, &format!("m{seq}"))).collect()
}

fn shown(timeline: &mut Timeline) -> (String, String) {
    let words = words(&screen(timeline, 60, 10));
    (words.first().cloned().unwrap_or_default(), words.last().cloned().unwrap_or_default())
}

#[test]
fn pages_reach_the_first_message_ever_and_the_end_again() {
    let history = history(1..=5_000);
    let mut timeline = timeline();
    assert_eq!(read(&mut timeline, &history, 60, 10), 2);
    assert_eq!(shown(&mut timeline).1, "m5000");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        seen.extend(words(&screen(&mut timeline, 60, 10)));
        timeline.scroll(Scroll::Pages(-1));
        read(&mut timeline, &history, 60, 10);
        assert!(timeline.window.entries().len() <= window::WINDOW_MAX);
    }
    assert_eq!(seen.len(), 5_000, "every message was on the screen");
    assert_eq!(screen(&mut timeline, 60, 10)[0].trim_matches('-'), " beginning of the history ");
    assert!(!timeline.is_at_end());
    seen.clear();
    for _ in 0..2_000 {
        seen.extend(words(&screen(&mut timeline, 60, 10)));
        timeline.scroll(Scroll::Pages(1));
        read(&mut timeline, &history, 60, 10);
    }
    assert_eq!(seen.len(), 5_000);
    assert!(timeline.is_at_end());
}

#[test]
fn jumps_lead_to_either_end_and_to_what_was_found() {
    let history = history(1..=5_000);
    let mut timeline = timeline();
    read(&mut timeline, &history, 60, 10);
    timeline.scroll(Scroll::Top);
    assert_eq!(shown(&mut timeline).1, "m5000", "the screen stays until it has been read");
    read(&mut timeline, &history, 60, 10);
    assert_eq!(shown(&mut timeline).0, "m1");
    timeline.scroll(Scroll::Bottom);
    assert_eq!(shown(&mut timeline).1, "m5000", "the newest ones are still here");
    timeline.scroll(Scroll::Message(2_500));
    read(&mut timeline, &history, 60, 10);
    let rows = screen(&mut timeline, 60, 10);
    assert!(words(&rows).contains(&"m2500".to_owned()) && !rows.last().unwrap().ends_with("m2500"), "{rows:?}");
    assert_eq!(timeline.selected().map(|message| message.seq), Some(2_500));
    assert!(rows.iter().any(|row| row.starts_with('>') && row.ends_with("m2500")));
    assert_eq!(read(&mut timeline, &history, 60, 10), 0);
    timeline.scroll(Scroll::Message(2_510));
    assert_eq!(timeline.wants(), None, "it is held");
    timeline.scroll(Scroll::Bottom);
    read(&mut timeline, &history, 60, 10);
    assert_eq!(shown(&mut timeline).1, "m5000");
    assert!(timeline.is_at_end() && timeline.selected().is_none());
}

#[test]
fn a_page_that_cannot_be_read_is_asked_for_again_when_the_user_moves() {
    let mut timeline = timeline();
    draw(&mut timeline, 60, 10);
    let want = timeline.wants().unwrap();
    assert_eq!(timeline.wants(), None, "once");
    timeline.no_page(want);
    assert_eq!(timeline.wants(), None);
    timeline.scroll(Scroll::Rows(-1));
    assert_eq!(timeline.wants(), Some(want));
    timeline.page(Want::Newer { since: 17 }, vec![message(18, "nobody asked")]);
    assert!(timeline.message(18).is_none());
    timeline.page(want, vec![]);
    assert_eq!(timeline.wants(), None, "there is no history");
}

#[test]
fn what_comes_does_not_move_what_is_read() {
    let mut history = history(1..=300);
    let mut timeline = timeline();
    read(&mut timeline, &history, 60, 10);
    timeline.scroll(Scroll::Pages(-2));
    let before = screen(&mut timeline, 60, 10);
    for seq in 301..=4_000 {
        history.push(message(seq, &format!("m{seq}")));
        timeline.push(history.last().unwrap().clone(), true);
    }
    read(&mut timeline, &history, 60, 10);
    assert_eq!(screen(&mut timeline, 60, 10), before);
    let unread = Unread { events: 0, messages: 3_700, mentions: 0 };
    assert_eq!(timeline.unread(), unread, "they are counted");
    assert!(timeline.window.entries().len() <= window::WINDOW_MAX);
    let mut seen = Vec::new();
    while !timeline.is_at_end() {
        timeline.scroll(Scroll::Pages(1));
        read(&mut timeline, &history, 60, 10);
        seen.extend(words(&screen(&mut timeline, 60, 10)));
    }
    seen.dedup();
    assert_eq!(seen.last().unwrap(), "m4000");
    assert!(seen.contains(&"m301".to_owned()) && seen.contains(&"m2000".to_owned()), "nothing was skipped");
    assert_eq!(timeline.unread(), Unread::default(), "they were seen");
}

#[test]
fn what_is_not_on_disk_yet_is_there_at_the_end() {
    let history = history(1..=3_000);
    let mut timeline = timeline();
    read(&mut timeline, &history, 60, 10);
    timeline.scroll(Scroll::Top);
    read(&mut timeline, &history, 60, 10);
    for seq in 3_001..=3_050 {
        timeline.push(message(seq, &format!("m{seq}")), true);
    }
    for _ in 0..10_000 {
        timeline.scroll(Scroll::Pages(1));
        read(&mut timeline, &history, 60, 10);
    }
    assert_eq!(shown(&mut timeline).1, "m3050");
    assert!(timeline.is_at_end());
}

#[test]
fn the_width_changes_and_the_text_stays() {
    let mut timeline = timeline();
    let long = (0..400).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
    timeline.push(message(1, "before"), true);
    timeline.push(message(2, &long), true);
    timeline.push(message(3, "after"), true);
    timeline.unfolded.insert(2);
    screen(&mut timeline, 80, 10);
    timeline.scroll(Scroll::Rows(-15));
    let first = |rows: &[String]| rows[0].split_whitespace().next().unwrap().to_owned();
    let word = first(&screen(&mut timeline, 80, 10));
    for width in [40, 20, 100, 33, 80] {
        let rows = screen(&mut timeline, width, 10);
        assert!(rows[0].contains(&word), "{word} in {}", rows[0]);
    }
    screen(&mut timeline, 80, 3);
    assert!(screen(&mut timeline, 80, 12)[0].contains(&word));
}

#[test]
fn an_upgrade_takes_the_place_of_the_poorer_copy() {
    let mut timeline = filled(1..=50);
    screen(&mut timeline, 60, 10);
    timeline.scroll(Scroll::Rows(-5));
    let before = screen(&mut timeline, 60, 10);
    let about = |replaces| About { replaces: Some(replaces), ..message(1, "").about };
    timeline.upgrade(Message { about: about(30), ..message(60, "richer\nby\nrows") });
    assert_eq!(screen(&mut timeline, 60, 10), before);
    timeline.scroll(Scroll::Message(30));
    let rows = screen(&mut timeline, 60, 10);
    assert_eq!(words(&rows).iter().filter(|words| *words == "richer").count(), 1);
    assert_eq!(timeline.message(30), timeline.message(60));
    assert_eq!(timeline.message(60).unwrap().body, "richer\nby\nrows");
    timeline.upgrade(Message { about: about(60), ..message(61, "richest") });
    timeline.push(message(60, "again"), true);
    timeline.push(message(30, "again"), true);
    assert_eq!(timeline.message(30).unwrap().body, "richest");
    assert_eq!(timeline.window.entries().len(), 50);
    assert_eq!(timeline.unread(), Unread::default());
}

#[test]
fn an_upgraded_message_is_there_once_however_it_is_read() {
    let mut history = history(1..=3_000);
    let mut timeline = timeline();
    read(&mut timeline, &history, 60, 10);
    let about = About { replaces: Some(2_900), ..message(1, "").about };
    let richer = Message { about, ..message(3_001, "richer") };
    timeline.upgrade(richer.clone());
    history.retain(|message| message.seq != 2_900);
    history.push(richer);
    for seq in 3_002..=4_500 {
        history.push(message(seq, &format!("m{seq}")));
        timeline.push(history.last().unwrap().clone(), true);
    }
    for scroll in [Scroll::Message(2_950), Scroll::Message(3_001), Scroll::Top, Scroll::Bottom] {
        timeline.scroll(scroll);
        read(&mut timeline, &history, 60, 10);
        for direction in [-1, 1] {
            for _ in 0..600 {
                timeline.scroll(Scroll::Pages(direction));
                read(&mut timeline, &history, 60, 10);
                let bodies = timeline.window.entries().iter().map(|entry| &entry.message.body);
                assert!(bodies.filter(|body| *body == "richer").count() <= 1);
            }
        }
    }
    timeline.scroll(Scroll::Message(3_001));
    read(&mut timeline, &history, 60, 10);
    assert_eq!(timeline.message(3_001).unwrap().body, "richer");
}

#[test]
fn what_came_unseen_stands_below_a_rule() {
    let mut timeline = filled(1..=20);
    screen(&mut timeline, 60, 10);
    timeline.focus(false);
    timeline.push(message(21, "hi me"), true);
    timeline.push(Message { replay: true, ..message(22, "hi me") }, true);
    timeline.push(mine(23, "mine"), true);
    timeline.note(TIME, Level::Info, "note");
    assert_eq!(timeline.unread(), Unread { events: 1, messages: 2, mentions: 1 });
    let rule = |timeline: &mut Timeline| {
        let rows = screen(timeline, 60, 10);
        rows.iter().position(|row| row.contains("- new -")).map(|at| rows[at + 1].clone())
    };
    assert_eq!(rule(&mut timeline).as_deref(), Some(" 12:22   bob: hi me"));
    timeline.focus(true);
    assert!(rule(&mut timeline).is_some());
    assert_eq!(timeline.unread(), Unread::default());
    timeline.push(message(24, "seen"), true);
    assert_eq!(rule(&mut timeline).as_deref(), Some(" 12:22   bob: hi me"), "it stays while one reads");
    timeline.focus(false);
    timeline.push(message(25, "next"), true);
    assert_eq!(rule(&mut timeline).as_deref(), Some(" 12:26   bob: next"), "it moves to what is new now");
    timeline.focus(true);
    screen(&mut timeline, 60, 10);
    timeline.push(mine(26, "answer"), true);
    assert_eq!(rule(&mut timeline), None, "something was said");
}

#[test]
fn selection_stays_on_the_screen() {
    let mut timeline = filled(1..=100);
    screen(&mut timeline, 60, 10);
    let selected = |timeline: &mut Timeline| {
        let rows = screen(timeline, 60, 10);
        rows.into_iter().find(|row| row.starts_with('>')).map(|row| row[1..].to_owned())
    };
    timeline.select(Select::Previous);
    assert!(selected(&mut timeline).unwrap().ends_with("m100"));
    for _ in 0..40 {
        timeline.select(Select::Previous);
        assert!(selected(&mut timeline).is_some());
    }
    assert_eq!(timeline.selected().unwrap().seq, 60);
    for seq in 101..200 {
        timeline.push(message(seq, "more"), true);
    }
    assert!(selected(&mut timeline).unwrap().ends_with("m60"));
    for _ in 0..10 {
        timeline.select(Select::Next);
        assert!(selected(&mut timeline).is_some());
    }
    assert_eq!(timeline.selected().unwrap().seq, 70);
    timeline.select(Select::Nothing);
    assert_eq!(selected(&mut timeline), None);
    timeline.scroll(Scroll::Bottom);
    timeline.select(Select::Previous);
    timeline.select(Select::Next);
    assert!(timeline.selected().is_none() && timeline.is_at_end(), "after the last there is none");
    let mut few = filled(1..=3);
    screen(&mut few, 60, 10);
    few.select(Select::Previous);
    few.select(Select::Previous);
    for seq in 4..100 {
        few.push(message(seq, "more"), true);
        assert!(selected(&mut few).unwrap().ends_with("m2"));
    }
}

#[test]
fn only_what_is_seen_is_laid_out() {
    let mut timeline = timeline();
    for seq in 1..=10_000 {
        timeline.push(message(seq, "a message of some words, as people write them all day"), true);
    }
    assert_eq!(timeline.laid_out, 0, "what is pushed is not laid out");
    screen(&mut timeline, 60, 20);
    assert!((1..=20).contains(&timeline.laid_out), "{}", timeline.laid_out);
    let so_far = timeline.laid_out;
    screen(&mut timeline, 60, 20);
    assert_eq!(timeline.laid_out, so_far, "nothing changed");
    timeline.push(message(10_001, "one more"), true);
    screen(&mut timeline, 60, 20);
    assert_eq!(timeline.laid_out, so_far + 1);
    timeline.scroll(Scroll::Rows(-1));
    screen(&mut timeline, 60, 20);
    assert!(timeline.laid_out <= so_far + 2);
    assert_eq!(timeline.window.entries().len(), window::WINDOW_MAX);
    for _ in 0..1_000 {
        timeline.scroll(Scroll::Pages(-1));
        screen(&mut timeline, 60, 20);
        assert!(timeline.blocks.len() <= 512 && timeline.rows_laid_out <= 20_000);
    }
}

#[test]
fn a_window_is_bounded_in_bytes() {
    let mut timeline = timeline();
    let long = "x".repeat(32 * 1024);
    for seq in 1..=1_000 {
        timeline.push(message(seq, &long), true);
    }
    let bytes: usize = timeline.window.entries().iter().map(|entry| entry.message.body.len()).sum();
    assert!(bytes <= 8 << 20 && bytes > 7 << 20, "{bytes}");
}
