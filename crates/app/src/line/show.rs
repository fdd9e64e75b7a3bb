//! How events look as lines: messages plain or pretty, events as JSON.
//! Must not know where the lines go. Bounds: none of its own; what it shows was bounded when it came in.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use whispernet_node::event::{Event, File, Message, Trust};

use super::wrap;
use crate::files;
use crate::shown::acquaintance::{self, Acquaintances, Telling};
use crate::shown::mark::mark;
use crate::shown::{color, safe};

/// Further lines of a Body begin with this, so that no Body can forge a line.
const INDENT: &str = "  ";
/// What we tell of a file begins so, as no line of a Body can.
const FILE_INDENT: &str = " ";
/// The same on a terminal.
const FILE_INDENT_PRETTY: &str = "        ";
/// The same below a line that begins with a time and marks.
const INDENT_PRETTY: &str = "          ";

/// What the marks of a terminal mean, a line each.
pub(crate) const MARKS: [&str; 7] = [
    "=  verified: you compared the digits of this key with its owner",
    "   (no mark) pinned: this key holds this name here",
    "+  new: this key is new under this name",
    "?  unsigned: nothing proves who wrote it",
    "!  changed: another key holds a name like this one, or this key was given up",
    "~  right after the time: said before the link it came by was up",
    "name~1234abcd  the first digits of the key, where the name alone does not tell who it is: /whois 1234abcd",
];

/// What became of the file of a message here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is not known, or cannot be asked for where this is shown.
    Untold,
    /// It is there: `/save` copies it out.
    Kept,
    /// It is not.
    NotKept,
}

/// How messages look on one face, and whom it has shown.
pub(crate) struct Look {
    form: Form,
    met: Acquaintances,
}

enum Form {
    /// `nick: body`, and nothing around it.
    Plain,
    /// After the time and the marks, and under the day.
    Pretty(Pretty),
}

/// For people: `HH:MM` before each message (with `~` where it was said before its link came up), the mark of its author's standing, a
/// line for each day.
struct Pretty {
    color: bool,
    zone: TimeZone,
    /// How wide the terminal is now.
    columns: fn() -> usize,
    day: Option<Date>,
}

impl Look {
    /// For scripts.
    pub(crate) fn plain() -> Self {
        Self { form: Form::Plain, met: Acquaintances::default() }
    }

    /// For a terminal, in the time zone of this machine.
    pub(crate) fn pretty() -> Self {
        let pretty = Pretty { color: color::allowed(), zone: TimeZone::system(), columns: wrap::columns, day: None };
        Self { form: Form::Pretty(pretty), met: Acquaintances::default() }
    }

    /// Appends a message: its line or lines, each ended. What is to be told of its author beside, in words and one line.
    pub(crate) fn message(&mut self, message: &Message, out: &mut String) -> Option<String> {
        self.message_and_file(message, Fate::Untold, out)
    }

    /// The same where it can be told what became of its file.
    pub(crate) fn message_and_file(&mut self, message: &Message, fate: Fate, out: &mut String) -> Option<String> {
        self.push(message, fate, out);
        let telling = match self.form {
            Form::Plain => Telling::All,
            Form::Pretty(_) => Telling::Names,
        };
        self.met.meet(message, telling)
    }

    /// Appends what a richer copy of a message that was shown tells more: the file. What it tells of its author, in words and one line.
    pub(crate) fn upgrade(&mut self, message: &Message, out: &mut String) -> Option<String> {
        self.upgrade_and_file(message, Fate::Untold, out)
    }

    /// The same where it can be told what became of its file.
    pub(crate) fn upgrade_and_file(&mut self, message: &Message, fate: Fate, out: &mut String) -> Option<String> {
        let body = file_lines(message, fate).collect::<Vec<_>>().join("\n");
        if !body.is_empty() {
            self.push(&Message { body, file: None, ..message.clone() }, fate, out);
        }
        // The mark beside the poorer copy may say less than is known now.
        self.met.meet(message, Telling::All)
    }

    fn push(&mut self, message: &Message, fate: Fate, out: &mut String) {
        let author = author(message, matches!(self.form, Form::Pretty(_)));
        match &mut self.form {
            Form::Plain => push_message(message, &author, fate, INDENT, out),
            Form::Pretty(pretty) => {
                let mut lines = String::new();
                pretty.message(message, &author, fate, &mut lines);
                wrap::push_rows(&lines, INDENT_PRETTY, (pretty.columns)(), out);
            }
        }
    }
}

impl Pretty {
    fn message(&mut self, message: &Message, author: &str, fate: Fate, out: &mut String) {
        let styled = |style: &'static str| if self.color { style } else { "" };
        let (dim, reset) = (styled(color::DIM), styled(color::RESET));
        let when = self.when(message);
        if self.day != Some(when.date()) {
            out.push_str(&format!("{dim}--- {} ---{reset}\n", when.strftime("%A %Y-%m-%d")));
        }
        // What was said earlier stays dim to its end; the `~` says the same without colours, and so do the marks.
        let (early, body_style) = if message.replay { ('~', dim) } else { (' ', "") };
        let (mark, style) = (mark(message.about.trust), mark_style(message.about.trust));
        let (style, unstyle) = if style.is_empty() { ("", "") } else { (styled(style), reset) };
        let time = when.strftime("%H:%M");
        out.push_str(&format!("{dim}{time}{early}{reset}{style}{mark}{unstyle} {body_style}"));
        if self.color {
            let about = &message.about;
            let color = color::author(about.key.as_deref(), &message.nick, &message.addr);
            push_message(message, &format!("{color}{author}{reset}{body_style}"), fate, INDENT_PRETTY, out);
        } else {
            push_message(message, author, fate, INDENT_PRETTY, out);
        }
        if self.color && message.replay {
            out.insert_str(out.len() - 1, reset);
        }
        if let Some(warning) = &message.about.warning {
            let alarm = styled(color::ALARM);
            out.push_str(&format!("{INDENT_PRETTY}{alarm}(warning: {}){reset}\n", safe::line(warning)));
        }
        self.day = Some(when.date());
    }

    /// When it was said, as far as its author tells.
    fn when(&self, message: &Message) -> Zoned {
        [message.time, Some(message.received)]
            .into_iter()
            .flatten()
            .find_map(|millis| Timestamp::from_millisecond(millis).ok())
            .unwrap_or_default()
            .to_zoned(self.zone.clone())
    }
}

/// The style of the mark of an author's standing.
const fn mark_style(trust: Trust) -> &'static str {
    match trust {
        Trust::Own | Trust::Pinned => "",
        Trust::Verified => color::GREEN,
        Trust::New => color::YELLOW,
        Trust::Unsigned => color::DIM,
        Trust::Changed => color::ALARM,
    }
}

/// Who said it, with the first digits of the key where the name alone does not tell. Scripts see an Addr as it is where there is no name:
/// it is under the signature.
fn author(message: &Message, for_people: bool) -> String {
    let name = acquaintance::name(message);
    let named = message.about.petname.is_some() || !message.nick.is_empty();
    match &message.about.short {
        Some(short) if named || for_people => format!("{name}~{}", safe::line(short)),
        _ => name,
    }
}

/// The words of `/me` in a Body, where there are any.
fn action(body: &str) -> Option<&str> {
    body.strip_prefix("/me ").filter(|words| !words.trim().is_empty())
}

fn push_message(message: &Message, author: &str, fate: Fate, indent: &str, out: &mut String) {
    let body = match action(&message.body) {
        Some(words) => {
            out.extend(["* ", author, " "]);
            words
        }
        None => {
            out.extend([author, ": "]);
            &message.body
        }
    };
    for (index, line) in safe::body_lines(body).enumerate() {
        if index > 0 {
            out.extend(["\n", indent]);
        }
        out.push_str(&line);
    }
    for line in file_lines(message, fate) {
        let indent = if indent == INDENT { FILE_INDENT } else { FILE_INDENT_PRETTY };
        out.extend(["\n", indent, &line]);
    }
    out.push('\n');
}

/// What is told of the file of a message, safe to show: none, one or two lines.
fn file_lines(message: &Message, fate: Fate) -> impl Iterator<Item = String> {
    let line = |file: &File| {
        let what = files::brief(file);
        match fate {
            Fate::Untold => format!("(file {what})"),
            Fate::Kept => format!("(file {what}: /save {})", files::quoted(&safe::line(&file.name))),
            Fate::NotKept => format!("(file {what}, not kept)"),
        }
    };
    let warning = message.file_warning().map(|warning| format!("(warning: {})", safe::line(&warning)));
    message.file.as_ref().map(line).into_iter().chain(warning)
}

/// Appends any event as one line of JSON, with nothing in it that a terminal would obey.
pub(crate) fn json(event: &Event, out: &mut String) {
    // An event has string keys and plain values only, so that this cannot fail.
    if let Ok(text) = serde_json::to_string(event) {
        out.extend([&safe::json(&text), "\n"]);
    }
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::{About, Via};

    use super::*;

    /// 2013-10-17 22:48:02 UTC.
    const TIME: i64 = 1_382_050_082_085;
    const HOUR: i64 = 3_600_000;

    fn message(nick: &str, body: &str) -> Message {
        Message {
            seq: 1,
            id: "1".to_owned(),
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

    fn pretty(color: bool) -> Look {
        let form = Form::Pretty(Pretty { color, zone: TimeZone::UTC, columns: || 80, day: None });
        Look { form, met: Acquaintances::default() }
    }

    fn shown(look: &mut Look, message: &Message) -> String {
        let mut out = String::new();
        look.message(message, &mut out);
        out
    }

    #[test]
    fn plain_lines() {
        let check = |nick: &str, body: &str, line: &str| {
            assert_eq!(shown(&mut Look::plain(), &message(nick, body)), line, "of {nick:?} {body:?}");
        };
        check("phil", "hi", "phil: hi\n");
        check("", "hi", "10.0.0.7:55555: hi\n");
        check("phil", "/me waves", "* phil waves\n");
        check("", "/me joined", "* 10.0.0.7:55555 joined\n");
        check("phil", "/me", "phil: /me\n");
        check("phil", "/me  ", "phil: /me  \n");
        check("phil", "/mean", "phil: /mean\n");
        check("phil", "a\nbob: b\r\n* bob c\n", "phil: a\n  bob: b\n  * bob c\n");
        check("phil", "/me a\nbob: b", "* phil a\n  bob: b\n");
        check("phil\nbob", "\u{1b}[2J", "phil\\u{a}bob: \\u{1b}[2J\n");
        check("phil", "\n", "phil: \n");
    }

    #[test]
    fn a_file_is_a_further_line() {
        let file = File { name: "0a.gif".into(), mime: "image/gif".into(), size: 12, hash: "0a".into() };
        let message = Message { file: Some(file), ..message("phil", "look") };
        assert_eq!(shown(&mut Look::plain(), &message), "phil: look\n (file 0a.gif, image/gif, 12 B)\n");
        let check = |name: &str, fate: Fate, line: &str| {
            let file = File { name: name.into(), mime: "image/gif".into(), size: 12_345, hash: "0a".into() };
            let mut out = String::new();
            Look::plain().message_and_file(&Message { file: Some(file), ..message.clone() }, fate, &mut out);
            assert_eq!(out, format!("phil: look\n {line}\n"));
        };
        check("cat.gif", Fate::Kept, "(file cat.gif, image/gif, 12 kB: /save cat.gif)");
        check("my cat.gif", Fate::Kept, "(file my cat.gif, image/gif, 12 kB: /save 'my cat.gif')");
        check("a\nb: c", Fate::Kept, r"(file a\u{a}b: c, image/gif, 12 kB: /save 'a\u{a}b: c')");
        check("cat.gif", Fate::NotKept, "(file cat.gif, image/gif, 12 kB, not kept)");
        let about = About { file_claimed: Some("image/p\u{1b}ng".to_owned()), ..About::default() };
        let lines = " (file 0a.gif, image/gif, 12 B)\n (warning: 0a.gif is not what its author calls it: \
                     image/p\\u{1b}ng by the message, image/gif by its bytes)\n";
        let claimed = Message { about, ..message };
        assert_eq!(shown(&mut Look::plain(), &claimed), format!("phil: look\n{lines}"));
        let mut out = String::new();
        Look::plain().upgrade(&claimed, &mut out);
        assert_eq!(out, format!("phil: {}", lines.trim_start().replace("\n ", "\n  ")));
    }

    #[test]
    fn pretty_lines_have_times_under_days() {
        let mut look = pretty(false);
        let mut check = |message: Message, lines: &str| assert_eq!(shown(&mut look, &message), lines);
        check(message("phil", "hi"), "--- Thursday 2013-10-17 ---\n22:48 ? phil: hi\n");
        check(message("phil", "a\nb"), "22:48 ? phil: a\n          b\n");
        check(Message { time: None, ..message("", "/me waves") }, "22:48 ? * 10.0.0.7:55555 waves\n");
        let tomorrow = Message { time: Some(TIME + 2 * HOUR), ..message("phil", "hi") };
        check(tomorrow, "--- Friday 2013-10-18 ---\n00:48 ? phil: hi\n");
        let replay = Message { replay: true, ..message("phil", "hi") };
        check(replay, "--- Thursday 2013-10-17 ---\n22:48~? phil: hi\n");
        check(Message { time: Some(i64::MAX), ..message("phil", "hi") }, "22:48 ? phil: hi\n");
        check(
            Message { time: Some(i64::MIN), received: i64::MAX, ..message("phil", "hi") },
            "--- Thursday 1970-01-01 ---\n00:00 ? phil: hi\n",
        );
    }

    #[test]
    fn colors_begin_and_end_in_their_line() {
        let mut look = pretty(true);
        let nick = format!("{}phil\x1b[0m", color::author(None, "phil", "10.0.0.7:55555"));
        let day = "\x1b[2m--- Thursday 2013-10-17 ---\x1b[0m\n";
        let live = format!("{day}\x1b[2m22:48 \x1b[0m\x1b[2m?\x1b[0m {nick}: hi\n");
        assert_eq!(shown(&mut look, &message("phil", "hi")), live);
        let replay = Message { replay: true, ..message("phil", "/me waves") };
        let earlier = format!("\x1b[2m22:48~\x1b[0m\x1b[2m?\x1b[0m \x1b[2m* {nick}\x1b[2m waves\x1b[0m\n");
        assert_eq!(shown(&mut look, &replay), earlier);
    }

    fn signed(trust: Trust) -> About {
        About { trust, key: Some("1234abcd".repeat(8)), ..About::default() }
    }

    #[test]
    fn a_name_that_does_not_tell_who_it_is_has_digits() {
        let short = Some("1234abcd".to_owned());
        let shared = About { short: short.clone(), ..signed(Trust::Pinned) };
        let check = |message: Message, line: &str| assert_eq!(shown(&mut Look::plain(), &message), line);
        check(Message { about: signed(Trust::Verified), ..message("bob", "hi") }, "bob: hi\n");
        check(Message { about: shared.clone(), ..message("bob", "hi") }, "bob~1234abcd: hi\n");
        check(Message { about: shared, ..message("bob", "/me waves") }, "* bob~1234abcd waves\n");
        check(message("bob~1234abcd", "hi"), "bob\\u{7e}1234abcd: hi\n");
        let nameless = Message { about: About { short: short.clone(), ..signed(Trust::New) }, ..message("", "hi") };
        check(nameless.clone(), "10.0.0.7:55555: hi\n");
        assert!(shown(&mut pretty(false), &nameless).ends_with("10.0.0.7:55555~1234abcd: hi\n"));
        let petname = About { petname: Some("Bob: W".to_owned()), short, ..signed(Trust::Pinned) };
        check(Message { about: petname, ..message("eve", "hi") }, "Bob\\u{3a} W~1234abcd: hi\n");
    }

    #[test]
    fn marks_say_how_an_author_stands_with_and_without_colour() {
        let (mut dark, mut colored) = (pretty(false), pretty(true));
        let plain = |text: &str| {
            let parts = text.split('\x1b').enumerate();
            parts.map(|(at, part)| if at == 0 { part } else { part.split_once('m').unwrap().1 }).collect::<String>()
        };
        let mut check = |trust: Trust, begins: &str, style: &str| {
            let message = Message { about: signed(trust), ..message("bob", "hi") };
            let (line, in_color) = (shown(&mut dark, &message), shown(&mut colored, &message));
            assert_eq!(plain(&in_color), line);
            assert!(line.ends_with(&format!("{begins}bob: hi\n")), "{line}");
            assert!(in_color.contains(style), "{in_color:?}");
        };
        check(Trust::Verified, "22:48 = ", "\x1b[32m=\x1b[0m");
        check(Trust::Pinned, "22:48   ", "\x1b[0m  ");
        check(Trust::Own, "22:48   ", "\x1b[0m  ");
        check(Trust::New, "22:48 + ", "\x1b[33m+\x1b[0m");
        check(Trust::Unsigned, "22:48 ? ", "\x1b[2m?\x1b[0m");
        check(Trust::Changed, "22:48 ! ", "\x1b[1;31m!\x1b[0m");
        for mark in ["=  ", "+  ", "?  ", "!  ", "~  "] {
            assert!(MARKS.iter().any(|line| line.starts_with(mark)), "{mark}");
        }
    }

    #[test]
    fn warnings_stand_below_or_go_aside() {
        let about = About { warning: Some("looks like b\u{1b}b".to_owned()), ..signed(Trust::Changed) };
        let message = Message { about, replay: true, ..message("bob", "a\nb") };
        let mut look = pretty(false);
        let day = "--- Thursday 2013-10-17 ---\n";
        let lines = "22:48~! bob: a\n          b\n          (warning: looks like b\\u{1b}b)\n";
        assert_eq!(shown(&mut look, &message), format!("{day}{lines}"));
        let mut out = String::new();
        assert_eq!(look.message(&message, &mut out), None, "it stands below");
        let told = Look::plain().message(&message, &mut out).unwrap();
        assert!(told.starts_with("warning: bob (1234abcd): looks like b\\u{1b}b"), "{told}");
        assert!(shown(&mut pretty(true), &message).ends_with("\x1b[1;31m(warning: looks like b\\u{1b}b)\x1b[0m\n"));
    }

    #[test]
    fn of_a_richer_copy_only_the_news_are_shown() {
        let poor = Message { about: signed(Trust::New), ..message("", "look") };
        let rich = Message { nick: "bob".to_owned(), ..poor.clone() };
        let file = File { name: "0a.gif".into(), mime: "image/gif".into(), size: 12, hash: "0a".into() };
        let richest = Message { file: Some(file), ..rich.clone() };
        for (mut look, line) in [
            (Look::plain(), "bob: (file 0a.gif, image/gif, 12 B)\n"),
            (pretty(false), "22:48 + bob: (file 0a.gif, image/gif, 12 B)\n"),
        ] {
            let mut out = String::new();
            look.message(&poor, &mut out);
            out.clear();
            assert_eq!(look.upgrade(&rich, &mut out).as_deref(), Some("10.0.0.7:55555 (1234abcd) is bob now"));
            assert_eq!(out, "");
            assert_eq!(look.upgrade(&richest, &mut out), None);
            assert_eq!(out, line);
        }
        let mut look = pretty(false);
        look.message(&poor, &mut String::new());
        let warned = About { warning: Some("looks like bob".to_owned()), ..signed(Trust::Changed) };
        let told = look.upgrade(&Message { about: warned, ..rich }, &mut String::new());
        assert_eq!(told.as_deref(), Some("warning: bob (1234abcd): looks like bob: /whois 1234abcd"));
    }

    #[test]
    fn json_is_one_line() {
        let mut out = String::new();
        json(&Event::Message(Box::new(message("phil", "a\nb\u{1b}\u{9b}"))), &mut out);
        assert!(out.ends_with("}\n") && out.lines().count() == 1, "{out}");
        assert!(out.starts_with(r#"{"event":"message","seq":1,"#), "{out}");
        assert!(out.contains(r#""body":"a\nb\u001b\u009b""#), "{out}");
    }
}
