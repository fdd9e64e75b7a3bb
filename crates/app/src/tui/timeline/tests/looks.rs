//! How each thing looks.

use ratatui::style::{Color, Modifier};
use whispernet_node::event::{Direction, File, LinkState};

use super::*;

fn shown(messages: Vec<Message>, width: u16) -> String {
    let mut timeline = timeline();
    for message in messages {
        timeline.push(message, false);
    }
    text(&mut timeline, width, 24)
}

fn unsigned() -> About {
    About::default()
}

fn by(trust: Trust) -> About {
    About { trust, key: Some(KEY.to_owned()), ..About::default() }
}

#[test]
fn a_day_of_talk() {
    let short = About { short: Some("1234abcd".to_owned()), ..by(Trust::New) };
    let warned = About { warning: Some("looks like bob\u{1b}".to_owned()), ..by(Trust::Changed) };
    let reply = About { reply: Some("id1".to_owned()), ..by(Trust::Verified) };
    let lost = About { reply: Some("id99".to_owned()), ..by(Trust::Pinned) };
    let talk = vec![
        message(1, "hello there, how is everybody on this fine day?"),
        Message { about: by(Trust::Verified), nick: "alice".to_owned(), ..message(2, "/me waves") },
        Message { about: unsigned(), nick: String::new(), ..message(3, "who am I") },
        Message { about: short, replay: true, ..message(4, "earlier") },
        Message { about: warned, ..message(5, "it's me\n\n  bob") },
        Message { about: reply, nick: "alice".to_owned(), ..message(6, "fine!") },
        Message { about: lost, time: Some(TIME + DAY), ..message(7, "a day later") },
    ];
    let expected = r"
------- Monday 2026-11-23 --------------
12:02   bob: hello there, how is
           everybody on this fine day?
12:03 = * alice waves
12:04 ? 10.0.0.7:55555: who am I
12:05~+ bob~1234abcd: earlier
12:06 ! bob: it's me

             bob
         (warning: looks like bob\u{1b})
         | bob: hello there, how is e...
12:07 = alice: fine!
------- Tuesday 2026-11-24 -------------
         | an earlier message
12:01   bob: a day later
";
    let shown = shown(talk, 40);
    assert!(shown.contains("-- earlier messages --"), "{shown}");
    let shown = shown.replace("----------- earlier messages -----------\n", "");
    // The margin, and the middle of the rules.
    let plain = |text: &str| text.lines().map(|line| line.trim_matches([' ', '-']).to_owned()).collect::<Vec<_>>();
    assert_eq!(plain(&shown), plain(expected), "{shown}");
}

#[test]
fn the_first_row_of_all_says_so() {
    let mut timeline = timeline();
    let history = [message(1, "first")];
    read(&mut timeline, &history, 40, 5);
    let expected = "
------- beginning of the history -------
---------- Monday 2026-11-23 -----------
 12:02   bob: first
";
    assert_eq!(text(&mut timeline, 40, 5), expected);
}

#[test]
fn narrow_lists_have_no_times() {
    let messages =
        vec![Message { replay: true, about: unsigned(), ..message(1, "several words that are long enough") }];
    let expected = "
- earlier messages -
- Monday 2026-11-23
 ~? bob: several
     words that are
     long enough
";
    assert_eq!(shown(messages, 20), expected);
}

#[test]
fn files_say_whether_they_are_here() {
    let file = File { name: "cat.gif".into(), mime: "image/gif".into(), size: 12_345, hash: "0a".into() };
    let mut timeline = timeline();
    timeline.push(Message { file: Some(file), ..message(1, "look") }, true);
    let last = |timeline: &mut Timeline, expected: &str| {
        let (buf, out) = draw(timeline, 70, 6);
        assert_eq!(rows(&buf).last().unwrap(), expected);
        assert_eq!(out.files, ["0a"]);
        out.pictures
    };
    last(&mut timeline, "         [file] cat.gif image/gif 12 kB");
    timeline.file("0a", Keeping::Offered);
    last(&mut timeline, "         [file] cat.gif image/gif 12 kB  offered: /save cat.gif");
    timeline.file("0a", Keeping::NotKept);
    last(&mut timeline, "         [file] cat.gif image/gif 12 kB  not kept");
    timeline.file("0a", Keeping::Accepted { picture: Some((30, 60)) });
    timeline.set_pictures(3);
    assert_eq!(last(&mut timeline, ""), [(Rect::new(11, 3, 59, 3), "0a".to_owned())]);
    assert_eq!(draw(&mut timeline, 70, 2).1.pictures, [], "there is no room for all of it");
    timeline.set_pictures(0);
    last(&mut timeline, "         [file] cat.gif image/gif 12 kB  /save cat.gif");
}

#[test]
fn links_lead_on_over_rows() {
    let url = "https://example.org/a/path/that/is/longer/than/a/row?and=more";
    let mut timeline = timeline();
    timeline.push(message(1, &format!("see {url} or http://b.org.")), true);
    let (buf, out) = draw(&mut timeline, 40, 8);
    let links: Vec<_> = out.links.iter().map(|(rect, to)| (rect.x, rect.width, to.as_str())).collect();
    assert_eq!(links, [(11, 29, url), (11, 29, url), (11, 3, url), (18, 12, "http://b.org")]);
    let shown: String = out.links[..3]
        .iter()
        .flat_map(|(rect, _)| rect.positions().map(|at| buf[at].symbol().to_owned()).collect::<Vec<_>>())
        .collect();
    assert_eq!(shown, url);
    let underlined = |at| buf[at].modifier.contains(Modifier::UNDERLINED);
    assert!(out.links.iter().all(|(rect, _)| rect.positions().all(underlined)));
    assert!(!underlined((30, out.links[3].0.y).into()), "the full stop is not part of it");
}

#[test]
fn what_names_me_and_what_is_searched_for_stands_out() {
    let mut timeline = Timeline::new(TimeZone::UTC, true);
    timeline.set_me("Me", MY_KEY);
    timeline.push(message(1, "ME: tell me, some men"), true);
    timeline.push(mine(2, "me too"), true);
    let (buf, _) = draw(&mut timeline, 40, 4);
    let marked = |buf: &Buffer, y: u16, modifier: Modifier| {
        (9..40).filter(|x| buf[(*x, y)].modifier.contains(modifier)).map(|x| buf[(x, y)].symbol()).collect::<String>()
    };
    assert_eq!(marked(&buf, 2, Modifier::REVERSED), "MEme");
    assert_eq!(marked(&buf, 3, Modifier::REVERSED), "", "one's own words name nobody");
    assert!(timeline.is_mention(&message(3, "me?")) && !timeline.is_mention(&message(3, "some")));
    let replies = |id: &str| About { reply: Some(id.to_owned()), ..by(Trust::Pinned) };
    assert!(timeline.is_mention(&Message { about: replies("id2"), ..message(3, "yes") }), "an answer to me");
    assert!(!timeline.is_mention(&Message { about: replies("id1"), ..message(3, "yes") }));
    assert!(!timeline.is_mention(&Message { replay: true, ..message(3, "me?") }));
    timeline.highlight(Some("OM"));
    let (buf, _) = draw(&mut timeline, 40, 4);
    let found: String = (0..40).filter(|x| buf[(*x, 2)].bg == Color::Yellow).map(|x| buf[(x, 2)].symbol()).collect();
    assert_eq!(found, "om");
}

#[test]
fn notes_stand_where_no_message_can() {
    let mut timeline = timeline();
    let change = |port: u16, state| PeerChange {
        addr: format!("10.0.0.7:{port}"),
        link: Direction::Out,
        state,
        why: None,
        rule: None,
        byte: None,
    };
    timeline.push(message(1, "hi"), true);
    timeline.peer(TIME, &change(1, LinkState::Connected));
    timeline.push(message(2, "hi"), true);
    for port in 2..7 {
        timeline.peer(TIME, &change(port, LinkState::Connected));
    }
    timeline.peer(TIME, &change(2, LinkState::Disconnected));
    timeline.push(Message { hello: true, ..message(3, "/me joined") }, true);
    timeline.note(TIME, Level::Info, "addr         10.0.0.7:1\n\nnick         b\u{1b}ob");
    let expected = r"
 12:02   bob: hi
 12:01 - connected: 10.0.0.7:1 (outgoing)
 12:03   bob: hi
 12:01 - 5 links connected: 10.0.0.7:2, 10.0.0.7:3, 10.0.0.7:4 and 2
           more
 12:01 - disconnected: 10.0.0.7:2 (outgoing)
 12:04 - bob joined
 12:01 - addr         10.0.0.7:1

         nick         b\u{1b}ob
";
    assert!(text(&mut timeline, 70, 24).ends_with(expected), "{}", text(&mut timeline, 70, 24));
    assert!(timeline.selected().is_none() && timeline.message(3).is_none(), "a greeting is no message");
}

#[test]
fn what_came_before_a_note_stands_above_it() {
    let mut timeline = timeline();
    timeline.note(TIME + 10 * MINUTE, Level::Info, "listening");
    let history: Vec<_> = [message(1, "old"), message(2, "older")].into();
    read(&mut timeline, &history, 60, 10);
    timeline.push(message(20, "new"), true);
    let shown = text(&mut timeline, 60, 10);
    assert!(shown.ends_with(" 12:11 - listening\n 12:21   bob: new\n"), "{shown}");
}

#[test]
fn notes_are_bounded() {
    let mut timeline = timeline();
    for number in 0..1_000 {
        timeline.note(TIME, Level::Info, &format!("note {number}"));
    }
    let shown = text(&mut timeline, 60, 300);
    assert_eq!(shown.matches("note").count(), 200);
    assert!(shown.contains("note 999") && !shown.contains("note 799"));
    timeline.note(TIME, Level::Info, &"x\n".repeat(100_000));
    let shown = text(&mut timeline, 60, 1_000);
    assert_eq!(shown.matches('x').count(), 500);
}
