//! Words for what is no message: links, notices, decisions about people. Must not know where they go.
//! Bounds: none of its own; what is told was bounded when it came in.

use whispernet_node::event::{Direction, Event, Level, LinkState, PeerChange, Trust};
use whispernet_node::handle::Person;

use super::acquaintance::SHORT_DIGITS;
use super::safe;

/// What is no message, in words and without a line end; `None` for what only programs need.
pub(crate) fn of(event: &Event) -> Option<String> {
    match event {
        Event::Message(_)
        | Event::Upgrade(_)
        | Event::Hello { .. }
        | Event::Ack { .. }
        | Event::Refused { .. }
        | Event::Offer { .. }
        | Event::Progress(_)
        | Event::Delivery { .. } => None,
        Event::Trust { key, state } => decided(key, *state, None),
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

/// How a key stands now that something was decided about it; `person`: what is known of it, which may be newer than `trust`. Nothing
/// where it stands as one does of whom nothing was decided.
pub(crate) fn decided(key: &str, trust: Trust, person: Option<&Person>) -> Option<String> {
    let key = || format!("the key {}", safe::line(key).chars().take(SHORT_DIGITS).collect::<String>());
    let who = person.map_or_else(key, who);
    let state = match person.map_or(trust, |person| person.trust) {
        _ if person.is_some_and(|person| person.blocked.is_some()) => "blocked",
        Trust::Own | Trust::Unsigned | Trust::New => return None,
        Trust::Pinned => "pinned",
        Trust::Verified => "verified",
        Trust::Changed => "not believed under this name",
    };
    Some(format!("{who} is {state} now"))
}

/// A person as words name one: the name and the first digits of the key.
pub(crate) fn who(person: &Person) -> String {
    let (name, short) = (safe::nick(&person.name), safe::line(&person.short));
    if name.is_empty() { format!("the key {short}") } else { format!("{name} ({short})") }
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
    use super::*;

    #[test]
    fn decisions_in_words() {
        let key = "1234abcd".repeat(8);
        let bob = Person {
            key: key.clone(),
            short: "1234abcd".to_owned(),
            digits: String::new(),
            qr: String::new(),
            name: "bo\nb".to_owned(),
            ambiguous: false,
            trust: Trust::Verified,
            petname: None,
            nicks: vec![],
            first: 0,
            last: 0,
            verified: None,
            blocked: None,
            former: vec![],
            warning: None,
        };
        let check = |trust: Trust, person: Option<&Person>, told: Option<&str>| {
            assert_eq!(decided(&key, trust, person).as_deref(), told);
        };
        check(Trust::Verified, Some(&bob), Some("bo\\u{a}b (1234abcd) is verified now"));
        check(Trust::Pinned, Some(&bob), Some("bo\\u{a}b (1234abcd) is verified now"));
        check(Trust::Pinned, None, Some("the key 1234abcd is pinned now"));
        check(Trust::New, None, None);
        let nameless = Person { name: String::new(), blocked: Some(1), ..bob };
        check(Trust::New, Some(&nameless), Some("the key 1234abcd is blocked now"));
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
        let check = |event: Event, shown: &str| assert_eq!(of(&event).as_deref(), Some(shown));
        check(Event::Peer(change.clone()), "disconnected: 10.0.0.7:55555 (incoming)");
        let malformed =
            PeerChange { why: Some("malformed".into()), rule: Some("no JSON".into()), byte: Some(17), ..change };
        check(Event::Peer(malformed), "disconnected: 10.0.0.7:55555 (incoming, malformed: no JSON at byte 17)");
        check(Event::Notice { level: Level::Info, text: "a\u{1b}".into() }, "a\\u{1b}");
        check(Event::Notice { level: Level::Error, text: "disk full".into() }, "error: disk full");
        check(Event::Skip { count: 40 }, "40 messages left out: they were gone before they could be shown");
        let ack = Event::Ack { client: "x".into(), seq: 1, id: "1".into() };
        assert_eq!(of(&ack), None);
    }
}
