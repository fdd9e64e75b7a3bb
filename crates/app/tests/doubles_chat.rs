//! The old peers' doubles chat with real peers and through them with each other: nothing twice, nothing lost, nobody crashes.

mod support;

use serde_json::json;
use support::{DeadAddr, PATIENCE, Peer};
use whispernet_lab::double::{DaemonOptions, Double, PeerOptions};
use whispernet_lab::raw::{RawListener, RawSender};

fn linked_to(addrs: &[&str]) -> PeerOptions {
    PeerOptions { peers: addrs.iter().map(|addr| (*addr).to_owned()).collect(), ..PeerOptions::default() }
}

fn daemon(nick: &str, peer: PeerOptions) -> Double {
    Double::daemon(DaemonOptions { peer, nick: nick.into(), ..DaemonOptions::default() }).expect("a port")
}

fn codelab(peer: PeerOptions) -> Double {
    Double::codelab(peer).expect("a port")
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Whisper,
    Daemon,
    CodeLab,
}

/// One who chats, of whatever kind.
enum Seat {
    Whisper(Peer),
    Daemon(Double),
    CodeLab(Double),
}

/// A text to say, and the end of the line that shows it: the nick may be lost on the way.
struct Text {
    said: &'static str,
    by_whisper: &'static str,
    by_codelab: &'static str,
}

/// What everybody says to be known.
const FIRST: Text = Text { said: "first", by_whisper: "first", by_codelab: "first" };

const TEXTS: [Text; 5] = [
    Text { said: "plain", by_whisper: "plain", by_codelab: "plain" },
    Text {
        said: "<b>&amp; \"quoted\" \\ 'x'\t|",
        by_whisper: "<b>&amp; \"quoted\" \\ 'x' |",
        by_codelab: "<b>&amp; \\\"quoted\\\" \\\\ 'x'\\t|",
    },
    Text {
        said: "😀 e\u{301} ü \u{fffd}", by_whisper: "😀 e\u{301} ü \u{fffd}", by_codelab: "😀 e\u{301} ü \u{fffd}"
    },
    Text {
        said: "\u{1b}[1m \u{2028} \0 \u{202e}",
        by_whisper: r"\u{1b}[1m \u{2028} \u{0} \u{202e}",
        by_codelab: r"\x1b[1m \u2028 \x00 \u202e",
    },
    Text { said: "last", by_whisper: "last", by_codelab: "last" },
];

impl Seat {
    fn new(kind: Kind, number: usize, peer: Option<&str>) -> Self {
        let peers = peer.as_slice();
        let nick = format!("n{number}");
        match kind {
            Kind::Whisper => {
                let options = peer.map_or_else(Vec::new, |peer| vec!["--peer", peer]);
                Self::Whisper(Peer::start(&nick, &options))
            }
            Kind::Daemon => Self::Daemon(daemon(&nick, linked_to(peers))),
            Kind::CodeLab => Self::CodeLab(codelab(linked_to(peers))),
        }
    }

    fn addr(&self) -> String {
        match self {
            Self::Whisper(peer) => peer.addr.clone(),
            Self::Daemon(double) | Self::CodeLab(double) => double.addr().to_string(),
        }
    }

    fn say(&mut self, line: &str) {
        match self {
            Self::Whisper(peer) => peer.say(line),
            Self::Daemon(double) | Self::CodeLab(double) => double.say(line),
        }
    }

    /// Waits until it writes to that address.
    fn wait_link(&self, addr: &str) {
        match self {
            Self::Whisper(peer) => peer.err.wait(&format!("connected: {addr} (outgoing)")),
            Self::Daemon(double) | Self::CodeLab(double) => {
                let linked = double.wait_links(|links| links.iter().any(|link| link == addr), PATIENCE);
                assert!(linked, "{:?} without {addr}", double.links());
            }
        }
    }

    /// How a line that it shows ends where that text was said with `mark` after it.
    fn end_of_line(&self, text: &Text, mark: &str) -> String {
        match self {
            Self::Whisper(_) => format!(": {}{mark}", text.by_whisper),
            Self::Daemon(_) => format!(": {}{mark}", text.said),
            Self::CodeLab(_) => format!("\"{}{mark}\"", text.by_codelab),
        }
    }

    fn wait_end(&self, end: &str) {
        match self {
            Self::Whisper(peer) => peer.out.find(end, |line| line.ends_with(end).then_some(())),
            Self::Daemon(double) | Self::CodeLab(double) => {
                let shown = double.wait_shown(|shown| shown.iter().any(|line| line.ends_with(end)), PATIENCE);
                assert!(shown, "no {end:?} in {:#?}", double.shown());
            }
        }
    }

    fn shown(&self) -> Vec<String> {
        match self {
            Self::Whisper(peer) => peer.out.all(),
            Self::Daemon(double) | Self::CodeLab(double) => double.shown(),
        }
    }
}

/// Starts them, each with the earlier one that it is to know, and waits until all are linked to all.
fn start(kinds: &[(Kind, Option<usize>)]) -> Vec<Seat> {
    let mut seats: Vec<Seat> = Vec::new();
    for (number, (kind, first)) in kinds.iter().enumerate() {
        let first = first.map(|first| seats[first].addr());
        let seat = Seat::new(*kind, number, first.as_deref());
        if let (Some(first), Seat::Whisper(_)) = (&first, &seat) {
            seat.wait_link(first);
        }
        seats.push(seat);
    }
    // Nobody knows an old peer before its user has spoken.
    for number in 0..seats.len() {
        let mark = format!(" {number}");
        seats[number].say(&format!("{}{mark}", FIRST.said));
        for (other, seat) in seats.iter().enumerate() {
            if other != number && matches!(seat, Seat::Whisper(_)) {
                seat.wait_end(&seat.end_of_line(&FIRST, &mark));
                // A daemon that is linked after others spoke is told of those alone that are linked by then.
                seat.wait_link(&seats[number].addr());
            }
        }
    }
    for (number, seat) in seats.iter().enumerate() {
        for (_, other) in seats.iter().enumerate().filter(|(other, _)| *other != number) {
            seat.wait_link(&other.addr());
        }
    }
    seats
}

/// Everybody says everything, and everybody else shows it once.
fn check(kinds: &[(Kind, Option<usize>)]) {
    let mut seats = start(kinds);
    for text in &TEXTS {
        for (number, seat) in seats.iter_mut().enumerate() {
            seat.say(&format!("{} {number}", text.said));
        }
        // One after the other: the code-lab peer loses what comes faster than it can write.
        for (number, seat) in seats.iter().enumerate() {
            for author in (0..seats.len()).filter(|author| *author != number) {
                seat.wait_end(&seat.end_of_line(text, &format!(" {author}")));
            }
        }
    }
    let whispers = kinds.iter().filter(|(kind, _)| *kind == Kind::Whisper).count();
    for (number, seat) in seats.iter().enumerate() {
        let shown = seat.shown();
        let count = |end: &str| shown.iter().filter(|line| line.ends_with(end)).count();
        for text in &TEXTS {
            for author in 0..seats.len() {
                let end = seat.end_of_line(text, &format!(" {author}"));
                assert_eq!(count(&end), usize::from(author != number), "{end:?} at {number} in {shown:#?}");
            }
        }
        let (joined, others) = match seat {
            Seat::Whisper(_) => (count(" joined"), whispers - 1),
            Seat::Daemon(double) => {
                assert!(!double.crashed());
                (count(" joined"), whispers)
            }
            Seat::CodeLab(_) => (count("\"/me joined\""), whispers),
        };
        assert_eq!(joined, others, "each greets once: {number} in {shown:#?}");
    }
}

#[test]
fn both_old_peers_by_way_of_one() {
    use Kind::{CodeLab, Daemon, Whisper};
    check(&[(Whisper, None), (Daemon, Some(0)), (CodeLab, Some(0))]);
}

#[test]
fn one_that_starts_with_the_old_peers() {
    use Kind::{CodeLab, Daemon, Whisper};
    check(&[(Daemon, None), (CodeLab, Some(0)), (Whisper, Some(0)), (Whisper, Some(1))]);
}

#[test]
fn a_chain_of_all_kinds() {
    use Kind::{CodeLab, Daemon, Whisper};
    check(&[(Whisper, None), (Daemon, Some(0)), (Whisper, Some(1)), (CodeLab, Some(2)), (Whisper, Some(3))]);
}

#[test]
fn two_daemons_far_apart() {
    use Kind::{Daemon, Whisper};
    check(&[(Daemon, None), (Whisper, Some(0)), (Whisper, Some(1)), (Daemon, Some(2))]);
}

/// A real peer with both old ones linked to it, in both directions.
fn three() -> (Peer, Double, Double) {
    let ann = Peer::start("ann", &[]);
    let (dan, lab) = (daemon("dan", linked_to(&[&ann.addr])), codelab(linked_to(&[&ann.addr])));
    for double in [&dan, &lab] {
        double.say("here");
        ann.err.wait(&format!("connected: {} (outgoing)", double.addr()));
    }
    (ann, dan, lab)
}

#[test]
fn actions_are_actions_where_they_are_known() {
    let (mut ann, dan, lab) = three();
    ann.say("/me waves\n//not a command");
    // What comes by way of the code-lab peer has lost its nick.
    let waves = |line: &String| line == "ann waves" || line == " waves";
    assert!(dan.wait_shown(|shown| shown.iter().any(waves), PATIENCE));
    assert!(lab.wait_line("\"/not a command\"", PATIENCE));
    assert!(lab.shown().contains(&"\"/me waves\"".to_owned()));
    lab.say("/me nods");
    ann.out.wait(&format!("* {} nods", lab.addr()));
    assert!(dan.wait_line(" nods", PATIENCE));
    dan.say("done");
    ann.out.wait_part(": done");
    // A daemon relays such a line, and shows it not.
    assert!(!dan.shown().iter().any(|line| line.contains("command")));
}

#[test]
fn what_kills_a_daemon_stops_here() {
    let (mut ann, dan, lab) = three();
    let addr = "127.0.0.1";
    let objects = [
        json!({}).to_string(),
        json!({"ID": "1", "Addr": addr}).to_string(),
        json!({"ID": "2", "Addr": addr, "Body": ""}).to_string(),
        json!({"ID": "3", "Addr": addr, "Body": null}).to_string(),
        json!({"ID": "4", "Addr": addr, "body": ""}).to_string(),
        json!({"ID": "5", "Addr": addr, "Body": "", "Nick": "x", "FileType": "image/gif", "FileContents": "R0lGODlh"})
            .to_string(),
        json!({"Addr": addr, "Body": "no ID"}).to_string(),
    ];
    let polite = RawSender::connect(&ann.addr).expect("it listens");
    for object in &objects {
        polite.send_bytes(object.as_bytes()).expect("its link stays");
    }
    let rude: [&[u8]; 10] = [
        b"hello",
        b"{]",
        b"\x00\x01\x02",
        b"{\"ID\":\"10\",\"Body\":\"a\x01b\",\"Addr\":\"x\"}",
        b"{\"ID\":\"11\",\"Body\":\"a\",\"Body\":\"\",\"Addr\":\"x\"}",
        b"{\"ID\":\"12\",\"Body\":\"a\",\"bod\\u0079\":\"\",\"Addr\":\"x\"}",
        b"{\"ID\":\"13\",\"Body\":\"a\",\"Timestamp\":1.5,\"Addr\":\"x\"}",
        b"{\"ID\":\"14\",\"Body\":\"a\",\"Timestamp\":\"1\",\"Addr\":\"x\"}",
        b"{\"ID\":\"15\",\"Body\":\"a\",\"omitempty\":7,\"Addr\":\"x\"}",
        b"{\"ID\":\"16\",\"Body\":\"a\",\"Addr\":null,\"ADDR\":[]}",
    ];
    for bytes in rude {
        let link = RawSender::connect(&ann.addr).expect("it listens");
        link.send_bytes(bytes).expect("it reads");
        assert!(link.closed_within(PATIENCE), "{}", String::from_utf8_lossy(bytes));
    }
    // Odd, but harmless: these cross, repaired where they must be.
    polite
        .send_bytes(b"{\"ID\":\"20\",\"Addr\":\"x\",\"Body\":\"odd \xff \\ud800 \\udc00\\u0000\"}")
        .expect("it reads");
    polite.send_bytes(br#"{"ID":"21","Addr":"x","Body":"extra","More":{"Body":"","ID":[1,null]}}"#).expect("it reads");
    assert!(dan.wait_line(": odd \u{fffd} \u{fffd} \u{fffd}\0", PATIENCE));
    assert!(lab.wait_line("\"odd \u{fffd} \u{fffd} \u{fffd}\\x00\"", PATIENCE));
    for double in [&dan, &lab] {
        let crossed = double.wait_shown(|shown| shown.iter().any(|line| line.contains("extra")), PATIENCE);
        assert!(crossed, "{:?}", double.shown());
    }
    ann.say("still here");
    assert!(dan.wait_shown(|shown| shown.iter().any(|line| line.ends_with(": still here")), PATIENCE));
    dan.say("me too");
    lab.say("and me");
    ann.out.wait_part(": me too");
    ann.out.wait_part(": and me");
    assert!(!dan.crashed() && !lab.crashed());
    assert!(!lab.shown().iter().any(|line| line == "\"\"" || line == "\"a\""), "{:?}", lab.shown());
}

#[test]
fn a_dead_addr_is_kept_from_a_daemon_that_is_known_as_one() {
    let mut ann = Peer::start("ann", &[]);
    let (dead, alive) = (DeadAddr::new(), RawListener::bind().expect("a port"));
    let raw = RawSender::connect(&ann.addr).expect("it listens");
    raw.send_object("1", &alive.addr().to_string(), "from one who lives").expect("it reads");
    raw.send_object("2", &dead.addr, "from one who is gone").expect("it reads");
    assert!(alive.wait_body("from one who is gone", PATIENCE), "it may be relayed while it is news");
    ann.say("from ann");
    assert!(alive.wait_body("from ann", PATIENCE));

    let dan = daemon("dan", linked_to(&[&ann.addr]));
    dan.say("hello");
    assert!(dan.wait_line("ann: from ann", PATIENCE), "the backlog");
    ann.say("after that");
    assert!(dan.wait_line("ann: after that", PATIENCE));
    let lives = alive.addr().to_string();
    assert!(dan.wait_links(|links| links.contains(&lives) && links.contains(&ann.addr), PATIENCE));
    assert!(!dan.links().contains(&dead.addr), "its next broadcast would wait for good");
    dan.say("not held up");
    ann.out.wait("dan: not held up");
    let shown = dan.shown();
    assert!(!shown.iter().any(|line| line.contains("gone")), "{shown:?}");
    assert!(shown.contains(&": from one who lives".to_owned()), "{shown:?}");
}

#[test]
fn an_old_peer_that_comes_back_is_dialled_again() {
    let (mut ann, dan, lab) = three();
    let addr = dan.addr();
    drop(dan);
    ann.err.find("its end", |line| line.starts_with(&format!("disconnected: {addr} (outgoing")).then_some(()));
    ann.say("while you were away");
    assert!(lab.wait_line("\"while you were away\"", PATIENCE));
    let dan = daemon("dan", PeerOptions { port: addr.port(), ..PeerOptions::default() });
    // What comes by way of the code-lab peer has lost its nick.
    let shows = |end: &str| dan.wait_shown(|shown| shown.iter().any(|line| line.ends_with(end)), PATIENCE);
    assert!(shows(": while you were away"), "{:?}", dan.shown());
    ann.say("welcome back");
    assert!(shows(": welcome back"), "{:?}", dan.shown());
    assert!(dan.wait_links(|links| links.contains(&ann.addr), PATIENCE));
    dan.say("thanks");
    ann.out.wait_part(": thanks");
    assert!(!dan.crashed());
}
