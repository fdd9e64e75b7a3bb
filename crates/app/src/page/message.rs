//! Messages as the page shows them: under their days, one below the other, whoever goes on speaking named once.
//! Must not know HTML, nor where messages come from. Bounds: those of what it is given.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use whispernet_node::event::{File, Message, Trust};

use super::mark::{Mark, mark};
use super::text::{self, Span};
use crate::files::size;
use crate::shown::{acquaintance, safe};

/// How long one may pause and still go on speaking, in milliseconds (a guess).
const PAUSE_MAX_MS: i64 = 5 * 60 * 1000;

/// Hues of names.
const HUES: u32 = 12;

/// What was said on one day.
pub(super) struct Day {
    /// `2026-11-23`.
    pub(super) date: String,
    /// For people.
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
}

/// One message.
pub(super) struct Row {
    /// 0: none, but the model that the script makes others after.
    pub(super) seq: u64,
    /// On the wire, for what answers it.
    pub(super) id: String,
    /// With date and zone, for programs.
    pub(super) datetime: String,
    /// The hour and the minute.
    pub(super) time: String,
    /// All of it, for people.
    pub(super) when: String,
    /// Said before the link it came by was up.
    pub(super) replay: bool,
    /// Safe to show.
    pub(super) author: String,
    /// The first digits of the key, where the name alone does not tell.
    pub(super) short: Option<String>,
    /// Where the author says he listens.
    pub(super) addr: String,
    /// Of the name: 0 to 11.
    pub(super) hue: u32,
    pub(super) mark: Mark,
    /// The author's key, where it is not one's own and was not compared yet.
    pub(super) unverified: Option<String>,
    pub(super) warning: Option<String>,
    /// The author goes on speaking.
    pub(super) goes_on: bool,
    /// What the author does rather than says.
    pub(super) is_action: bool,
    /// Somebody else says one's own nick.
    pub(super) mentions: bool,
    pub(super) body: Vec<Span>,
    pub(super) answers: Option<Quote>,
    pub(super) file: Option<Download>,
    pub(super) file_warning: Option<String>,
}

/// What a message answers.
pub(super) struct Quote {
    /// Where it is on this page; `None`: it is not.
    pub(super) found: Option<Quoted>,
}

/// A message of this page that is answered.
#[derive(Clone)]
pub(super) struct Quoted {
    pub(super) seq: u64,
    pub(super) author: String,
    pub(super) excerpt: String,
}

/// A file that came with a message.
pub(super) struct Download {
    pub(super) hash: String,
    pub(super) name: String,
    pub(super) mime: String,
    /// With its unit.
    pub(super) size: String,
    /// Whether it can be had.
    pub(super) is_kept: bool,
}

/// What a message is shown by, beside what it says.
pub(super) struct Ground<'a> {
    pub(super) zone: &'a TimeZone,
    /// One's own nick.
    pub(super) nick: &'a str,
    /// Tells of the hash of a file whether it is here.
    pub(super) is_kept: &'a dyn Fn(&str) -> bool,
}

/// Messages under their days.
pub(super) fn days(messages: &[Message], ground: &Ground<'_>) -> Vec<Day> {
    let here: HashMap<&str, &Message> = messages.iter().map(|message| (message.id.as_str(), message)).collect();
    let mut days: Vec<(Date, Day)> = Vec::new();
    let mut before: Option<&Message> = None;
    for message in messages {
        let said = when(message, ground.zone);
        let date = said.date();
        let is_new = days.last().is_none_or(|(last, _)| *last != date);
        if is_new {
            let name = said.strftime("%A, %-d %B %Y").to_string();
            days.push((date, Day { date: date.to_string(), name, rows: Vec::new() }));
        }
        let goes_on = !is_new && before.is_some_and(|before| goes_on(before, message));
        if let Some((_, day)) = days.last_mut() {
            day.rows.push(Row { goes_on, ..Row::of(message, &said, &here, ground) });
        }
        before = Some(message);
    }
    days.into_iter().map(|(_, day)| day).collect()
}

impl Row {
    fn of(message: &Message, said: &Zoned, here: &HashMap<&str, &Message>, ground: &Ground<'_>) -> Self {
        let about = &message.about;
        let (is_action, words) = match action(&message.body) {
            Some(words) => (true, words),
            None => (false, message.body.as_str()),
        };
        let is_about_file = message.file.as_ref().is_some_and(|file| tells_of(words, file));
        let answers = about.reply.as_deref().map(|id| {
            let found = here.get(id).filter(|other| other.seq < message.seq);
            Quote { found: found.map(|other| Quoted::of(other)) }
        });
        Self {
            seq: message.seq,
            id: message.id.clone(),
            datetime: said.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            time: said.strftime("%H:%M").to_string(),
            when: said.strftime("%A, %-d %B %Y, %H:%M:%S").to_string(),
            replay: message.replay,
            author: acquaintance::name(message),
            short: about.short.as_deref().map(|short| safe::line(short).into_owned()),
            addr: safe::addr(&message.addr),
            hue: hue(message),
            mark: mark(about.trust),
            unverified: about.key.clone().filter(|_| !matches!(about.trust, Trust::Own | Trust::Verified)),
            warning: about.warning.as_deref().map(|warning| safe::line(warning).into_owned()),
            goes_on: false,
            is_action,
            mentions: about.trust != Trust::Own && text::mentions(&message.body, ground.nick),
            body: if is_about_file { vec![] } else { text::spans(words) },
            answers,
            file_warning: message.file_warning().map(|warning| safe::line(&warning).into_owned()),
            file: message.file.as_ref().map(|file| Download::of(file, (ground.is_kept)(&file.hash))),
        }
    }

    /// One that has every part that a message can have, and says nothing.
    pub(super) fn model() -> Self {
        let nothing = String::new;
        Self {
            seq: 0,
            id: nothing(),
            datetime: nothing(),
            time: nothing(),
            when: nothing(),
            replay: false,
            author: nothing(),
            short: Some(nothing()),
            addr: nothing(),
            hue: 0,
            mark: mark(Trust::Unsigned),
            unverified: Some(nothing()),
            warning: Some(nothing()),
            goes_on: false,
            is_action: false,
            mentions: true,
            body: vec![Span::Text(nothing())],
            answers: Some(Quote { found: Some(Quoted { seq: 0, author: nothing(), excerpt: nothing() }) }),
            file: Some(Download { hash: nothing(), name: nothing(), mime: nothing(), size: nothing(), is_kept: true }),
            file_warning: Some(nothing()),
        }
    }

    /// Whether it is only the model for others.
    pub(super) fn is_model(&self) -> bool {
        self.seq == 0
    }

    /// Whether anything but its file is to be seen in it.
    pub(super) fn has_text(&self) -> bool {
        !self.body.is_empty()
    }
}

impl Quoted {
    pub(super) fn of(message: &Message) -> Self {
        let body = action(&message.body).unwrap_or(&message.body);
        Self { seq: message.seq, author: acquaintance::name(message), excerpt: text::excerpt(body) }
    }
}

impl Download {
    fn of(file: &File, is_kept: bool) -> Self {
        Self {
            hash: safe::line(&file.hash).into_owned(),
            name: safe::line(&file.name).into_owned(),
            mime: safe::line(&file.mime).into_owned(),
            size: size(file.size),
            is_kept,
        }
    }
}

/// The words of `/me` in a Body, where there are any.
fn action(body: &str) -> Option<&str> {
    body.strip_prefix("/me ").filter(|words| !words.trim().is_empty())
}

/// Whether a Body is only what stands there for peers that show no files: `sends NAME, TYPE, SIZE`. (Here the name may have got an
/// extension more, so that a double click does not run it.)
fn tells_of(body: &str, file: &File) -> bool {
    let parts = body.strip_prefix("sends ").and_then(|rest| rest.rsplit_once(", "));
    let Some((named, (number, unit))) = parts.and_then(|(named, size)| Some((named, size.split_once(' ')?))) else {
        return false;
    };
    let name = named.strip_suffix(file.mime.as_str()).and_then(|name| name.strip_suffix(", "));
    let is_it = |name: &str| {
        !name.is_empty() && file.name.strip_prefix(name).is_some_and(|more| more.is_empty() || more.starts_with('.'))
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    name.is_some_and(is_it) && is_number && matches!(unit, "B" | "kB" | "MB")
}

/// When it was said, as far as its author tells.
fn when(message: &Message, zone: &TimeZone) -> Zoned {
    let told = message.time.into_iter().chain([message.received]);
    let known = told.filter_map(|millis| Timestamp::from_millisecond(millis).ok()).next();
    known.unwrap_or_default().to_zoned(zone.clone())
}

/// Whether the author of `before` goes on with `message`: nothing else need be said of him again.
fn goes_on(before: &Message, message: &Message) -> bool {
    let author = |of: &Message| (of.about.key.clone(), of.nick.clone(), of.addr.clone(), of.about.trust);
    let at = |of: &Message| of.time.unwrap_or(of.received);
    let is_plain = |of: &Message| of.about.warning.is_none() && action(&of.body).is_none();
    author(before) == author(message)
        && is_plain(before)
        && is_plain(message)
        && message.about.reply.is_none()
        && message.about.trust != Trust::Changed
        && at(message).checked_sub(at(before)).is_some_and(|pause| (0..PAUSE_MAX_MS).contains(&pause))
}

/// The hue of an author: of the key, else of nick and address (FNV-1a, 32 bits).
fn hue(message: &Message) -> u32 {
    let bytes = match &message.about.key {
        Some(key) => key.bytes().collect::<Vec<_>>(),
        None => message.nick.bytes().chain(message.addr.bytes()).collect(),
    };
    bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)) % HUES
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::{About, Via};

    use super::*;

    /// 2013-10-17 22:48:02 UTC.
    const TIME: i64 = 1_382_050_082_085;

    fn message(seq: u64, nick: &str, body: &str) -> Message {
        Message {
            seq,
            id: format!("id{seq}"),
            addr: "10.0.0.7:55555".to_owned(),
            nick: nick.to_owned(),
            body: body.to_owned(),
            time: Some(TIME),
            received: TIME + 100,
            via: Via::Classic,
            about: About::default(),
            replay: false,
            hello: false,
            file: None,
        }
    }

    const GROUND: Ground<'static> = Ground { zone: &TimeZone::UTC, nick: "zoe", is_kept: &|_| true };

    fn rows(messages: &[Message]) -> Vec<Row> {
        days(messages, &GROUND).into_iter().flat_map(|day| day.rows).collect()
    }

    #[test]
    fn messages_stand_under_their_days() {
        let next = Message { time: Some(TIME + 2 * 3_600_000), ..message(2, "ann", "b") };
        let days = days(&[message(1, "ann", "a"), next], &GROUND);
        let found: Vec<_> = days.iter().map(|day| (day.date.as_str(), day.name.as_str(), day.rows.len())).collect();
        assert_eq!(
            found,
            [("2013-10-17", "Thursday, 17 October 2013", 1), ("2013-10-18", "Friday, 18 October 2013", 1)]
        );
        let row = &days[0].rows[0];
        assert_eq!((row.time.as_str(), row.datetime.as_str()), ("22:48", "2013-10-17T22:48:02+00:00"));
        let odd = Message { time: Some(i64::MAX), received: i64::MIN, ..message(3, "ann", "c") };
        assert_eq!(self::days(&[odd], &GROUND)[0].date, "1970-01-01");
    }

    #[test]
    fn who_goes_on_is_named_once() {
        let first = message(1, "ann", "a");
        let check = |second: Message, goes_on: bool| {
            let shown = rows(&[first.clone(), second]);
            assert_eq!((shown[0].goes_on, shown[1].goes_on), (false, goes_on), "{}", shown[1].author);
        };
        check(message(2, "ann", "b"), true);
        check(message(2, "bob", "b"), false);
        check(message(2, "ann", "/me waves"), false);
        check(Message { addr: "10.0.0.8:55555".to_owned(), ..message(2, "ann", "b") }, false);
        check(Message { time: Some(TIME + PAUSE_MAX_MS), ..message(2, "ann", "b") }, false);
        check(Message { time: Some(TIME - 1), ..message(2, "ann", "b") }, false);
        for about in [
            About { trust: Trust::New, ..About::default() },
            About { key: Some("0a".to_owned()), ..About::default() },
            About { warning: Some("x".to_owned()), ..About::default() },
            About { reply: Some("id1".to_owned()), ..About::default() },
        ] {
            check(Message { about, ..message(2, "ann", "b") }, false);
        }
    }

    #[test]
    fn an_answer_quotes_what_is_here_and_came_before() {
        let answer = |seq, id: &str| Message {
            about: About { reply: Some(id.to_owned()), ..About::default() },
            ..message(seq, "bob", "yes")
        };
        let shown = rows(&[message(1, "ann", "tea?\nor"), answer(2, "id1"), answer(3, "id3"), answer(4, "gone")]);
        let quoted = |row: &Row| row.answers.as_ref().map(|quote| quote.found.clone().map(|found| found.seq));
        assert_eq!(shown.iter().map(quoted).collect::<Vec<_>>(), [None, Some(Some(1)), Some(None), Some(None)]);
        let quote = shown[1].answers.as_ref().and_then(|quote| quote.found.clone()).expect("it is here");
        assert_eq!((quote.author.as_str(), quote.excerpt.as_str()), ("ann", "tea?"));
    }

    #[test]
    fn who_is_mentioned_by_others_is_told() {
        let own = Message { about: About { trust: Trust::Own, ..About::default() }, ..message(3, "zoe", "I am zoe") };
        let shown = rows(&[message(1, "ann", "tea, Zoe?"), message(2, "ann", "zoetrope"), own]);
        assert_eq!(shown.iter().map(|row| row.mentions).collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn what_stands_for_a_file_is_not_shown_beside_it() {
        let file = File { name: "a, b.gif".to_owned(), mime: "image/gif".to_owned(), size: 812, hash: "0a".repeat(32) };
        let shown = |body: &str, file: Option<File>| rows(&[Message { file, ..message(1, "ann", body) }])[0].has_text();
        for (body, is_shown) in [
            ("sends a, b.gif, image/gif, 812 B", false),
            ("sends a, b.gif, image/gif, 1.0 MB", false),
            ("sends a, b, image/gif, 812 B", false),
            ("sends a, b.g, image/gif, 812 B", true),
            ("sends , image/gif, 812 B", true),
            ("sends a, b.gif, image/gif, 812 B and more", true),
            ("sends a, b.gif, image/gif, x B", true),
            ("sends b.gif, image/gif, 812 B", true),
            ("sends a, b.gif, text/plain, 812 B", true),
            ("look", true),
        ] {
            assert_eq!(shown(body, Some(file.clone())), is_shown, "{body}");
        }
        assert!(shown("sends a, b.gif, image/gif, 812 B", None));
    }

    #[test]
    fn names_keep_their_hue() {
        let of = |nick: &str| rows(&[message(1, nick, "a")])[0].hue;
        assert_eq!(of("ann"), of("ann"));
        let hues: std::collections::BTreeSet<_> = (0..200).map(|number| of(&number.to_string())).collect();
        assert_eq!((hues.len(), hues.last()), (12, Some(&11)));
    }
}
