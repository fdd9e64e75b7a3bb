//! A receiver that stops reading costs the others nothing, and gets everything when it reads on.

mod support;

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;
use support::{PATIENCE, Peer};
use whispernet_lab::raw::RawSender;

const RECEIVERS: usize = 4;
const BODY_BYTES: usize = 12 * 1024;
/// The log's own bound is 64 MiB; the rest is the program, the store with a commit, and what is being written.
const MEMORY_BYTES_MAX: u64 = 256 << 20;
/// From the end of a link to the first byte of the next one, and to the last of what is left.
const RESUME_MAX: Duration = Duration::from_secs(5);

fn message(number: usize) -> String {
    let body = format!("{number:05} ").repeat(BODY_BYTES / 6);
    format!(r#"{{"ID":"slow {number}","Addr":"source","Body":"{body}"}}"#)
}

/// One that accepts links and checks each line that comes, without keeping it.
struct Receiver {
    addr: SocketAddr,
    shared: Arc<(Mutex<Got>, Condvar)>,
}

#[derive(Default)]
struct Got {
    paused: bool,
    numbers: Vec<usize>,
    wrong: Option<String>,
}

impl Receiver {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("it is bound");
        let shared = Arc::<(Mutex<Got>, Condvar)>::default();
        let reader = Self { addr, shared: Arc::clone(&shared) };
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| reader.read(stream)));
        Self { addr, shared }
    }

    fn change(&self, change: impl FnOnce(&mut Got)) {
        change(&mut self.shared.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.1.notify_all();
    }

    fn read(&self, stream: TcpStream) {
        let mut reader = BufReader::with_capacity(64 * 1024, stream);
        let mut line = String::new();
        loop {
            let got = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.shared.1.wait_while(got, |got| got.paused));
            line.clear();
            // What a link's end cuts off is no message.
            if reader.read_line(&mut line).is_err() || !line.ends_with('\n') {
                return;
            }
            if line.contains(r#""Body":"/me joined""#) {
                continue;
            }
            let number = line.strip_prefix(r#"{"ID":"slow "#).and_then(|rest| rest.split('"').next()?.parse().ok());
            let number = number.filter(|number| line.trim_end_matches('\n') == message(*number));
            self.change(|got| match number {
                Some(number) => got.numbers.push(number),
                None => got.wrong = Some(line.clone()),
            });
        }
    }

    fn pause(&self) {
        self.change(|got| got.paused = true);
    }

    fn resume(&self) {
        self.change(|got| got.paused = false);
    }

    /// Waits for the last one of so many messages, and returns all that came.
    fn wait(&self, messages: usize) -> Vec<usize> {
        self.wait_within(PATIENCE, messages)
    }

    fn wait_within(&self, limit: Duration, messages: usize) -> Vec<usize> {
        let got = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = messages - 1;
        let waits = |got: &mut Got| got.numbers.last() != Some(&last) && got.wrong.is_none();
        let waited = self.shared.1.wait_timeout_while(got, limit, waits);
        let (got, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        let wrong = got.wrong.as_ref().map(|line| line.chars().take(200).collect::<String>());
        assert_eq!(wrong, None, "after {:?}", got.numbers.last());
        assert!(!timeout.timed_out(), "{} came, the last is {:?}", got.numbers.len(), got.numbers.last());
        got.numbers.clone()
    }
}

/// A peer that writes to all of these.
fn linked_to(receivers: &[Receiver], options: &[&str]) -> Peer {
    let addrs: Vec<String> = receivers.iter().map(|receiver| receiver.addr.to_string()).collect();
    let peers = addrs.iter().flat_map(|addr| ["--peer", addr]);
    let options: Vec<&str> =
        ["--json", "--flood-limit", "off"].into_iter().chain(options.iter().copied()).chain(peers).collect();
    let peer = Peer::start("ann", &options);
    for addr in &addrs {
        peer.out.wait_event(&json!({"event": "peer", "link": "out", "state": "connected", "addr": addr}));
    }
    peer
}

fn send(peer: &Peer, numbers: std::ops::Range<usize>) {
    let source = RawSender::connect(&peer.addr).expect("it listens");
    for number in numbers {
        source.send_bytes(message(number).as_bytes()).expect("it reads");
    }
}

#[test]
fn everything_arrives_once_and_in_order_whenever_it_is_read() {
    const MESSAGES: usize = (100 << 20) / BODY_BYTES;
    let receivers: [Receiver; RECEIVERS] = std::array::from_fn(|_| Receiver::new());
    let (slow, others) = receivers.split_first().expect("there are some");
    let peer = linked_to(&receivers, &[]);
    send(&peer, 0..10);
    receivers.iter().for_each(|receiver| drop(receiver.wait(10)));
    slow.pause();
    send(&peer, 10..MESSAGES);
    let everything: Vec<usize> = (0..MESSAGES).collect();
    for other in others {
        assert!(other.wait(MESSAGES) == everything, "while one does not read");
    }
    assert!(slow.shared.0.lock().unwrap_or_else(PoisonError::into_inner).numbers.len() < MESSAGES / 2, "it lags");
    slow.resume();
    assert!(slow.wait(MESSAGES) == everything, "from the history");
    let memory = peer.resident_bytes_max();
    assert!(memory < MEMORY_BYTES_MAX, "{} MiB", memory >> 20);
    let out_down = |line: &String| line.contains(r#""link":"out","state":"disconnected""#);
    assert!(!peer.out.all().iter().any(out_down), "on the same link");
}

#[test]
fn without_a_history_the_newest_arrive_and_the_gap_is_told() {
    const MESSAGES: usize = (110 << 20) / BODY_BYTES;
    let receivers: [Receiver; RECEIVERS] = std::array::from_fn(|_| Receiver::new());
    let (slow, others) = receivers.split_first().expect("there are some");
    let peer = linked_to(&receivers, &["--history", "off"]);
    slow.pause();
    let mut sent = 0;
    while sent < MESSAGES {
        // The others are not to lag as well.
        let end = MESSAGES.min(sent + 1_000);
        send(&peer, sent..end);
        sent = end;
        others.iter().for_each(|other| drop(other.wait(sent)));
    }
    let everything: Vec<usize> = (0..MESSAGES).collect();
    for other in others {
        assert!(other.wait(MESSAGES) == everything, "while one does not read");
    }
    slow.resume();
    // It stood in the middle of a message that is gone: its link is cut, and dialled again.
    let got = slow.wait_within(RESUME_MAX, MESSAGES);
    assert!(got.is_sorted_by(|a, b| a < b), "once, in order");
    let missing = MESSAGES - got.len();
    peer.out.wait_part("lagged so far behind");
    assert!(missing > 0, "more than memory and sockets hold");
    let told: usize = peer
        .out
        .texts_of("notice", "text")
        .iter()
        .filter_map(|text| text.split_once("up to ")?.1.split(' ').next()?.parse::<usize>().ok())
        .sum();
    // What was on its way when the link was cut may have arrived all the same.
    assert!((missing..missing + 100).contains(&told), "{missing} are missing, {told} are told");
    let memory = peer.resident_bytes_max();
    assert!(memory < MEMORY_BYTES_MAX, "{} MiB", memory >> 20);
}

#[test]
fn one_that_does_not_read_holds_up_no_end() {
    const MESSAGES: usize = (12 << 20) / BODY_BYTES;
    let receivers = [Receiver::new(), Receiver::new()];
    let mut peer = linked_to(&receivers, &[]);
    receivers[0].pause();
    send(&peer, 0..MESSAGES);
    peer.out.wait_event(&json!({"event": "message", "id": format!("slow {}", MESSAGES - 1)}));
    peer.signal("TERM");
    let status = peer.ended_within(Duration::from_secs(2)).expect("it ends in time");
    assert_eq!(status.code(), Some(0), "{:?}", peer.err.all());
    assert_eq!(receivers[1].wait(MESSAGES).len(), MESSAGES);
}
