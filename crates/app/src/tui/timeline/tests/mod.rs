//! The list of messages as text on a screen. Must not know how rows are made. Bounds: small screens, and what strangers may send.

mod fold;
mod hostile;
mod looks;
mod moving;
mod orders;
mod own;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use whispernet_node::event::{About, Message, Trust, Via};

use super::*;

/// 2026-11-23 12:01:00 UTC, a Monday.
const TIME: i64 = 1_795_435_260_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const KEY: &str = "1234abcd5678ef901234abcd5678ef901234abcd5678ef901234abcd5678ef90";
const MY_KEY: &str = "77771111777711117777111177771111777711117777111177771111777711aa";

/// A message of bob's, pinned, a minute after the one before.
fn message(seq: u64, body: &str) -> Message {
    let time = TIME + i64::try_from(seq).unwrap() * MINUTE;
    Message {
        seq,
        id: format!("id{seq}"),
        addr: "10.0.0.7:55555".to_owned(),
        nick: "bob".to_owned(),
        body: body.to_owned(),
        time: Some(time),
        received: time,
        via: Via::Classic,
        about: About { trust: Trust::Pinned, key: Some(KEY.to_owned()), ..About::default() },
        replay: false,
        hello: false,
        file: None,
    }
}

/// The same of the user's own.
fn mine(seq: u64, body: &str) -> Message {
    let about = About { trust: Trust::Own, key: Some(MY_KEY.to_owned()), ..About::default() };
    Message { nick: "me".to_owned(), via: Via::Own, about, ..message(seq, body) }
}

fn timeline() -> Timeline {
    let mut timeline = Timeline::new(TimeZone::UTC, false);
    timeline.set_me("me", MY_KEY);
    timeline
}

/// A list of messages with these numbers, whose words are their numbers, and which has the beginning.
fn filled(seqs: impl Iterator<Item = u64>) -> Timeline {
    let mut timeline = timeline();
    for seq in seqs {
        timeline.push(message(seq, &format!("m{seq}")), false);
    }
    timeline
}

fn draw(timeline: &mut Timeline, width: u16, height: u16) -> (Buffer, Extras) {
    let area = Rect::new(0, 0, width, height);
    let (mut buf, mut out) = (Buffer::empty(area), Extras::default());
    timeline.draw(area, &mut buf, &mut out);
    (buf, out)
}

/// The rows of a screen; what a wide character hides is left out.
fn rows(buf: &Buffer) -> Vec<String> {
    let row = |y| {
        let mut row = String::new();
        let mut x = 0;
        while x < buf.area.width {
            let symbol = buf[(x, y)].symbol();
            row.push_str(symbol);
            x += flow::columns(symbol);
        }
        assert!(x == buf.area.width, "a wide character is cut in two: {row:?}");
        row.trim_end().to_owned()
    };
    (0..buf.area.height).map(row).collect()
}

fn screen(timeline: &mut Timeline, width: u16, height: u16) -> Vec<String> {
    rows(&draw(timeline, width, height).0)
}

/// The same without empty rows above, as one text that begins and ends with a line break.
fn text(timeline: &mut Timeline, width: u16, height: u16) -> String {
    let rows = screen(timeline, width, height);
    format!("\n{}\n", rows.join("\n").trim_start_matches('\n'))
}

/// Answers what is wanted from a history of these messages, until nothing is; how many pages that were.
fn read(timeline: &mut Timeline, history: &[Message], width: u16, height: u16) -> usize {
    for pages in 0.. {
        draw(timeline, width, height);
        let Some(want) = timeline.wants() else { return pages };
        assert!(pages < 100, "it wants without end: {want:?}");
        timeline.page(want, page(history, want));
    }
    unreachable!("the loop ends")
}

/// What the history answers.
fn page(history: &[Message], want: Want) -> Vec<Message> {
    let mut page = match want {
        Want::Older { before } => {
            history.iter().rev().filter(|message| message.seq < before).take(PAGE_MESSAGES).cloned().collect::<Vec<_>>()
        }
        Want::Newer { since } => {
            history.iter().filter(|message| message.seq > since).take(PAGE_MESSAGES).cloned().collect::<Vec<_>>()
        }
    };
    page.sort_by_key(|message| message.seq);
    page
}

/// The words of the messages of which the first row is on a screen.
fn words(screen: &[String]) -> Vec<String> {
    screen.iter().filter_map(|row| row.split_once("bob: ")).map(|(_, words)| words.to_owned()).collect()
}
