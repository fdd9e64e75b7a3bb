//! Who speaks for himself is dialled before those that others only named.

use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::dial::{Book, Limits, State, WISHES_MAX};
use whispernet_core::source::Source;
use whispernet_core::time::Instant;

fn addr(n: usize) -> SocketAddr {
    format!("10.0.{}.{}:5000", n / 250, n % 250).parse().expect("an address")
}

fn source(n: usize) -> Source {
    Source { ip: [10, 9, 0, u8::try_from(n).expect("few sources")].into(), name: None }
}

/// A book whose queue is full of what others named at 0, of which all has been dialled in vain that the first minute allows.
fn crowded() -> (Book, Instant) {
    let start = Instant::default();
    let mut book = Book::new(Limits::On, start);
    for n in 0..WISHES_MAX {
        assert!(book.hear(addr(n), &source(n / 10), true, false, Duration::ZERO, start), "{n}");
    }
    for second in 0..60 {
        let now = Instant::new(Duration::from_secs(second));
        while let Some(addr) = book.next(now) {
            book.hold(addr);
            book.failed(addr, 0.0, now);
        }
    }
    (book, Instant::new(Duration::from_secs(60)))
}

#[test]
fn one_that_was_named_does_not_wait_once_he_speaks() {
    let (mut book, now) = crowded();
    let last = addr(WISHES_MAX - 1);
    assert_eq!(book.get(&last).map(|known| known.state), Some(State::Queued), "behind hundreds");
    assert!(book.hear(last, &source(200), true, true, Duration::ZERO, now), "his own word");
    assert_eq!(book.next(now), Some(last));
    assert_ne!(book.next(now), Some(last), "once");
}

#[test]
fn a_full_queue_does_not_keep_him_out() {
    let (mut book, now) = crowded();
    let taken =
        (2_000..4_000).take_while(|n| book.hear(addr(*n), &source(1), true, false, Duration::ZERO, now)).count();
    assert!(!book.hear(addr(5_000), &source(201), true, false, Duration::ZERO, now), "one more that is only named");
    assert!(book.hear(addr(5_000), &source(201), true, true, Duration::ZERO, now));
    let newest = addr(2_000 + taken - 1);
    assert_eq!(book.get(&newest).map(|known| known.state), Some(State::Idle), "the last one made room");
    assert_eq!(book.next(now), Some(addr(5_000)));
}
