//! How events look as lines: messages plain or pretty, events as JSON, and words for what is no message.
//! Must not know where the lines go. Bounds: none of its own; what it shows was bounded when it came in.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use whispernet_node::event::{Direction, Event, File, Level, LinkState, Message, PeerChange};

use super::{color, safe};

/// Further lines of a Body begin with this, so that no Body can forge a line.
const INDENT: &str = "  ";
/// The same below a line that begins with a time.
const INDENT_PRETTY: &str = "         ";

/// How messages look.
pub(crate) enum Look {
    /// `nick: body`, and nothing around it.
    Plain,
    /// After the time, and under the day.
    Pretty(Pretty),
}

/// For people: `HH:MM` before each message (with `~` where it was said before its link came up), a line for each day.
pub(crate) struct Pretty {
    color: bool,
    zone: TimeZone,
    day: Option<Date>,
}

impl Look {
    /// For a terminal, in the time zone of this machine.
    pub(crate) fn pretty() -> Self {
        Self::Pretty(Pretty { color: color::allowed(), zone: TimeZone::system(), day: None })
    }

    /// Appends a message: its line or lines, each ended.
    pub(crate) fn message(&mut self, message: &Message, out: &mut String) {
        let author = safe::author(&message.nick, &message.addr);
        match self {
            Self::Plain => push_message(message, &author, INDENT, out),
            Self::Pretty(pretty) => pretty.message(message, &author, out),
        }
    }
}

impl Pretty {
    fn message(&mut self, message: &Message, author: &str, out: &mut String) {
        let (dim, reset) = if self.color { (color::DIM, color::RESET) } else { ("", "") };
        let when = self.when(message);
        if self.day.replace(when.date()) != Some(when.date()) {
            out.push_str(&format!("{dim}--- {} ---{reset}\n", when.strftime("%A %Y-%m-%d")));
        }
        // What was said earlier stays dim to its end; the `~` says the same without colours.
        let (mark, body_style) = if message.replay { ('~', dim) } else { (' ', "") };
        out.push_str(&format!("{dim}{}{mark}{reset} {body_style}", when.strftime("%H:%M")));
        if self.color {
            let colored = format!("{}{author}{reset}{body_style}", color::author(&message.nick, &message.addr));
            push_message(message, &colored, INDENT_PRETTY, out);
        } else {
            push_message(message, author, INDENT_PRETTY, out);
        }
        if self.color && message.replay {
            out.insert_str(out.len() - 1, reset);
        }
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

/// The words of `/me` in a Body, where there are any.
fn action(body: &str) -> Option<&str> {
    body.strip_prefix("/me ").filter(|words| !words.trim().is_empty())
}

fn push_message(message: &Message, author: &str, indent: &str, out: &mut String) {
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
    if let Some(File { name, mime, size, .. }) = &message.file {
        out.push_str(&format!("\n{indent}(file {}, {}, {size} bytes)", safe::line(name), safe::line(mime)));
    }
    out.push('\n');
}

/// Appends any event as one line of JSON, with nothing in it that a terminal would obey.
pub(crate) fn json(event: &Event, out: &mut String) {
    // An event has string keys and plain values only, so that this cannot fail.
    if let Ok(text) = serde_json::to_string(event) {
        out.extend([&safe::json(&text), "\n"]);
    }
}

/// What is no message, in words and without a line end; `None` for what only programs need.
pub(crate) fn words(event: &Event) -> Option<String> {
    match event {
        Event::Message(_) | Event::Upgrade(_) | Event::Trust { .. } | Event::Hello { .. } | Event::Ack { .. } => None,
        Event::Skip { count } => Some(format!("{count} messages left out: they were gone before they could be shown")),
        Event::Peer(change) => Some(peer(change)),
        Event::Notice { level, text } => {
            let level = match level {
                Level::Info => "",
                Level::Warn => "warning: ",
                Level::Error => "error: ",
            };
            Some(format!("{level}{}", safe::line(text)))
        }
    }
}

fn peer(change: &PeerChange) -> String {
    let state = match change.state {
        LinkState::Connected => "connected",
        LinkState::Disconnected => "disconnected",
        LinkState::Blocked => "blocked",
    };
    let link = match change.link {
        Direction::In => "incoming",
        Direction::Out => "outgoing",
    };
    let mut words = format!("{state}: {} ({link}", safe::addr(&change.addr));
    if let Some(why) = &change.why {
        words.extend([", ", &safe::line(why)]);
    }
    if let Some(rule) = &change.rule {
        words.extend([": ", &safe::line(rule)]);
    }
    if let Some(byte) = change.byte {
        words.push_str(&format!(" at byte {byte}"));
    }
    words.push(')');
    words
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
        Look::Pretty(Pretty { color, zone: TimeZone::UTC, day: None })
    }

    fn shown(look: &mut Look, message: &Message) -> String {
        let mut out = String::new();
        look.message(message, &mut out);
        out
    }

    #[test]
    fn plain_lines() {
        let check = |nick: &str, body: &str, line: &str| {
            assert_eq!(shown(&mut Look::Plain, &message(nick, body)), line, "of {nick:?} {body:?}");
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
        assert_eq!(shown(&mut Look::Plain, &message), "phil: look\n  (file 0a.gif, image/gif, 12 bytes)\n");
    }

    #[test]
    fn pretty_lines_have_times_under_days() {
        let mut look = pretty(false);
        let mut check = |message: Message, lines: &str| assert_eq!(shown(&mut look, &message), lines);
        check(message("phil", "hi"), "--- Thursday 2013-10-17 ---\n22:48  phil: hi\n");
        check(message("phil", "a\nb"), "22:48  phil: a\n         b\n");
        check(Message { time: None, ..message("", "/me waves") }, "22:48  * 10.0.0.7:55555 waves\n");
        let tomorrow = Message { time: Some(TIME + 2 * HOUR), ..message("phil", "hi") };
        check(tomorrow, "--- Friday 2013-10-18 ---\n00:48  phil: hi\n");
        let replay = Message { replay: true, ..message("phil", "hi") };
        check(replay, "--- Thursday 2013-10-17 ---\n22:48~ phil: hi\n");
        check(Message { time: Some(i64::MAX), ..message("phil", "hi") }, "22:48  phil: hi\n");
        check(
            Message { time: Some(i64::MIN), received: i64::MAX, ..message("phil", "hi") },
            "--- Thursday 1970-01-01 ---\n00:00  phil: hi\n",
        );
    }

    #[test]
    fn colors_begin_and_end_in_their_line() {
        let mut look = pretty(true);
        let nick = format!("{}phil\x1b[0m", color::author("phil", "10.0.0.7:55555"));
        let day = "\x1b[2m--- Thursday 2013-10-17 ---\x1b[0m\n";
        let live = format!("{day}\x1b[2m22:48 \x1b[0m {nick}: hi\n");
        assert_eq!(shown(&mut look, &message("phil", "hi")), live);
        let replay = Message { replay: true, ..message("phil", "/me waves") };
        let earlier = format!("\x1b[2m22:48~\x1b[0m \x1b[2m* {nick}\x1b[2m waves\x1b[0m\n");
        assert_eq!(shown(&mut look, &replay), earlier);
    }

    #[test]
    fn json_is_one_line() {
        let mut out = String::new();
        json(&Event::Message(Box::new(message("phil", "a\nb\u{1b}\u{9b}"))), &mut out);
        assert!(out.ends_with("}\n") && out.lines().count() == 1, "{out}");
        assert!(out.starts_with(r#"{"event":"message","seq":1,"#), "{out}");
        assert!(out.contains(r#""body":"a\nb\u001b\u009b""#), "{out}");
    }

    #[test]
    fn words_for_the_rest() {
        let change = PeerChange {
            addr: "10.0.0.7:55555".into(),
            link: Direction::In,
            state: LinkState::Disconnected,
            why: None,
            rule: None,
            byte: None,
        };
        let check = |event: Event, shown: &str| assert_eq!(words(&event).as_deref(), Some(shown));
        check(Event::Peer(change.clone()), "disconnected: 10.0.0.7:55555 (incoming)");
        let malformed =
            PeerChange { why: Some("malformed".into()), rule: Some("no JSON".into()), byte: Some(17), ..change };
        check(Event::Peer(malformed), "disconnected: 10.0.0.7:55555 (incoming, malformed: no JSON at byte 17)");
        check(Event::Notice { level: Level::Info, text: "a\u{1b}".into() }, "a\\u{1b}");
        check(Event::Notice { level: Level::Error, text: "disk full".into() }, "error: disk full");
        check(Event::Skip { count: 40 }, "40 messages left out: they were gone before they could be shown");
        assert_eq!(words(&Event::Message(Box::new(message("phil", "hi")))), None);
    }
}
