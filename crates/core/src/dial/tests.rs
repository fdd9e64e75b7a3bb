use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

const WALL: UnixMillis = UnixMillis(1_000_000);

fn at(millis: u64) -> Instant {
    Instant::new(Duration::from_millis(millis))
}

fn secs(seconds: u64) -> Instant {
    at(seconds * 1000)
}

fn addr(n: usize) -> SocketAddr {
    format!("10.0.{}.{}:{}", n / 250 % 250, n % 250, 2000 + n / 62_500).parse().unwrap()
}

fn source(n: u8) -> Source {
    Source { ip: [10, 9, 9, n].into(), name: None }
}

/// The wire names `addr(n)`, live, heard from somebody else.
fn hear(book: &mut Book, n: usize, by: u8, now: Instant) -> bool {
    book.hear(addr(n), &source(by), true, false, Duration::ZERO, now)
}

/// All that is dialled now.
fn dialled(book: &mut Book, now: Instant) -> Vec<SocketAddr> {
    core::iter::from_fn(|| book.next(now)).collect()
}

/// Jumps from deadline to deadline, each dial failing at once for good, until so many were dialled. Returns when.
fn schedule(book: &mut Book, mut now: Instant, count: usize) -> Vec<(u64, SocketAddr)> {
    let mut all = Vec::new();
    while all.len() < count {
        while let Some(addr) = book.next(now) {
            all.push((now.since_start().as_millis() as u64, addr));
            book.hold(addr);
            book.failed(addr, 0.0, now);
        }
        let Some(due) = book.deadline(now) else { break };
        assert!(due > now, "a deadline that has nothing to do");
        now = due;
    }
    all
}

#[test]
fn budget_of_one_source() {
    let mut book = Book::new(Limits::On, at(0));
    assert!((0..15).all(|n| hear(&mut book, n, 1, at(0))));
    let times: Vec<u64> = schedule(&mut book, at(0), 15).into_iter().map(|(at, _)| at / 1000).collect();
    assert_eq!(times, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 20, 30, 40, 50], "10 at once, then one in 10 s");
}

#[test]
fn budget_of_all_sources() {
    let mut book = Book::new(Limits::On, at(0));
    for by in 0..10 {
        assert!((0..4).all(|n| hear(&mut book, usize::from(by) * 4 + n, by, at(0))));
    }
    let times: Vec<u64> = schedule(&mut book, at(0), 40).into_iter().map(|(at, _)| at / 1000).collect();
    assert_eq!(times, [vec![0; 32], (1..=8).collect()].concat(), "32 at once, then one a second");
}

#[test]
fn a_source_over_its_budget_holds_up_no_other() {
    let mut book = Book::new(Limits::On, at(0));
    for n in 0..30 {
        hear(&mut book, n, 1, at(0));
    }
    hear(&mut book, 99, 2, at(0));
    let first: Vec<SocketAddr> = schedule(&mut book, at(0), 11).into_iter().map(|(_, addr)| addr).collect();
    assert!(first.contains(&addr(99)));
}

#[test]
fn so_many_in_flight() {
    let mut book = Book::new(Limits::On, at(0));
    for n in 0..10 {
        hear(&mut book, n, 1, at(0));
    }
    assert_eq!(dialled(&mut book, at(0)).len(), IN_FLIGHT_MAX);
    assert!(book.deadline(at(0)).is_none_or(|due| due > at(0)));
    assert_eq!(dialled(&mut book, secs(5)).len(), 0);
    book.failed(addr(0), 0.0, secs(5));
    book.linked(addr(1), WALL);
    assert_eq!(book.deadline(secs(5)), Some(secs(5)), "the end of a dial makes room");
    assert_eq!(dialled(&mut book, secs(5)).len(), 2);
    // What the user wants is not held up by that, but has a bound of its own.
    for n in 100..130 {
        assert!(book.want(addr(n), secs(6)));
    }
    assert_eq!(dialled(&mut book, secs(6)).len(), WANTED_IN_FLIGHT_MAX);
    assert!(book.deadline(secs(6)).is_none_or(|due| due > secs(6)), "nothing to do until a dial ends");
    book.failed(addr(100), 0.0, secs(7));
    assert_eq!(book.deadline(secs(7)), Some(secs(7)));
    assert_eq!(dialled(&mut book, secs(7)).len(), 1);
}

#[test]
fn without_limits_all_at_once() {
    let mut book = Book::new(Limits::Off, at(0));
    assert!((0..WISHES_MAX).all(|n| hear(&mut book, n, 1, at(0))));
    assert!(!hear(&mut book, WISHES_MAX, 1, at(0)), "the queue has its bound all the same");
    assert_eq!(dialled(&mut book, at(0)).len(), WISHES_MAX);
    book.failed(addr(0), 0.0, at(0));
    assert_eq!(dialled(&mut book, at(1)).len(), 0, "back-off holds");
}

#[test]
fn live_before_replay_and_the_queue_has_its_bound() {
    let mut book = Book::new(Limits::On, at(0));
    let replayed = |book: &mut Book, n| book.hear(addr(n), &source(1), false, false, Duration::ZERO, at(0));
    for n in 0..WISHES_MAX {
        assert!(replayed(&mut book, n));
    }
    assert!(!replayed(&mut book, WISHES_MAX), "one beyond the bound");
    assert_eq!(book.get(&addr(WISHES_MAX)), None);
    assert!(hear(&mut book, 5000, 2, at(0)), "a live one takes the place of a replayed one");
    assert_eq!(book.get(&addr(WISHES_MAX - 1)).unwrap().state, State::Idle, "of the newest");
    assert_eq!(dialled(&mut book, at(0))[..2], [addr(5000), addr(0)]);
    // 3 of the replayed went: the rest, and then live ones alone.
    let taken = (6000..8000).take_while(|n| hear(&mut book, *n, 3, at(0))).count();
    assert_eq!(taken, WISHES_MAX, "live ones push out no live ones");
}

#[test]
fn spread_holds_back() {
    let mut book = Book::new(Limits::On, at(0));
    book.hear(addr(1), &source(1), true, false, SPREAD, at(0));
    hear(&mut book, 2, 1, at(0));
    assert_eq!(schedule(&mut book, at(0), 2), [(0, addr(2)), (60_000, addr(1))]);
}

#[test]
fn back_off_grows_to_its_bound_and_jitter_takes_off_a_half_at_most() {
    for (wanted, linked, seconds) in [
        (true, false, &[1, 2, 4, 8, 16, 32, 60, 60][..]),
        (true, true, &[1, 2, 4, 8, 16, 32, 60, 60]),
        (false, false, &[60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360, 30_720, 61_440, 86_400]),
        (
            false,
            true,
            &[1, 2, 4, 8, 16, 32, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360, 30_720, 61_440, 86_400, 86_400],
        ),
    ] {
        for jitter in [-1.0, 0.0, 0.5, 1.0, 2.0] {
            let mut book = Book::new(Limits::On, at(0));
            let linked_at = linked.then_some(WALL);
            book.restore(addr(1), Known { wanted, linked_at, ..Known::default() }, true, at(0));
            let mut now = at(0);
            for pause in seconds {
                assert_eq!(dialled(&mut book, now), [addr(1)]);
                book.failed(addr(1), jitter, now);
                let expected = Duration::from_secs(*pause).mul_f64(1.0 - f64::from(jitter.clamp(0.0, 1.0)) / 2.0);
                let due = book.deadline(now).unwrap();
                let late = due.since(now).abs_diff(expected);
                assert!(late < Duration::from_millis(10), "wanted {wanted}, linked {linked}, {jitter}: {pause} s");
                assert!(book.next(at(due.since_start().as_millis() as u64 - 1)).is_none());
                now = due;
            }
        }
    }
}

#[test]
fn what_never_had_a_link_is_given_up() {
    let mut book = Book::new(Limits::On, at(0));
    for round in 0..2 {
        let mut now = secs(round * 10_000_000);
        assert!(hear(&mut book, 1, 1, now), "a mention starts anew");
        let mut pauses = Vec::new();
        loop {
            assert_eq!(dialled(&mut book, now), [addr(1)]);
            book.failed(addr(1), 0.0, now);
            let Some(due) = book.deadline(now) else { break };
            pauses.push(due.since(now).as_secs());
            now = due;
        }
        assert_eq!(pauses.len(), 12);
        assert_eq!(pauses[..2], [60, 120], "with the first pause again");
        assert_eq!(book.get(&addr(1)).unwrap().state, State::Idle);
    }
}

#[test]
fn a_lost_link_is_dialled_again_soon_if_it_lasted() {
    for (lasted, second_pause) in [(29, 2), (30, 1), (3600, 1)] {
        let mut book = Book::new(Limits::On, at(0));
        hear(&mut book, 1, 1, at(0));
        let mut now = at(0);
        for pause in [1, second_pause] {
            assert_eq!(dialled(&mut book, now), [addr(1)]);
            book.linked(addr(1), WALL);
            assert_eq!((book.deadline(now), book.next(secs(99_999))), (None, None));
            now = now.after(Duration::from_secs(lasted));
            book.lost(addr(1), Duration::from_secs(lasted), 0.0, now);
            let due = book.deadline(now).unwrap();
            assert_eq!(due.since(now).as_secs(), pause, "lasted {lasted} s");
            now = due;
        }
    }
}

#[test]
fn held_is_not_dialled_until_wanted() {
    let all_states: [fn(&mut Book); 5] = [
        |_| {},
        |book| assert!(hear(book, 1, 1, at(0))),
        |book| assert!(book.want(addr(1), at(0))),
        |book| {
            book.want(addr(1), at(0));
            assert_eq!(dialled(book, at(0)), [addr(1)]);
        },
        |book| {
            hear(book, 1, 1, at(0));
            assert_eq!(dialled(book, at(0)), [addr(1)]);
            book.linked(addr(1), WALL);
        },
    ];
    for (place, prepare) in all_states.into_iter().enumerate() {
        let mut book = Book::new(Limits::On, at(0));
        prepare(&mut book);
        let state = book.get(&addr(1)).map(|known| known.state);
        assert!(book.hold(addr(1)) && book.is_held(&addr(1)));
        if state == Some(State::Dialling) {
            book.failed(addr(1), 0.0, at(1));
        } else if state == Some(State::Linked) {
            book.lost(addr(1), Duration::from_secs(100), 0.0, at(1));
        }
        assert!(!hear(&mut book, 1, 1, at(2)));
        assert!(!book.hear(addr(1), &source(1), true, true, Duration::ZERO, at(2)));
        assert_eq!((book.deadline(at(2)), book.next(secs(100_000))), (None, None), "state {place}");
        assert!(book.want(addr(1), secs(100_000)) && !book.is_held(&addr(1)));
        assert_eq!(dialled(&mut book, secs(100_000)), [addr(1)], "state {place}");
    }
}

#[test]
fn a_dropped_wish_is_not_dialled_but_may_be_named_again() {
    for wanted in [true, false] {
        let mut book = Book::new(Limits::On, at(0));
        if wanted {
            book.want(addr(1), at(0));
        } else {
            hear(&mut book, 1, 1, at(0));
        }
        book.drop_wish(addr(1));
        assert_eq!((book.deadline(at(0)), book.next(secs(100))), (None, None));
        assert!(hear(&mut book, 1, 1, secs(100)));
        assert_eq!(dialled(&mut book, secs(100)), [addr(1)]);
    }
}

#[test]
fn what_is_under_way_is_not_queued_again() {
    let mut book = Book::new(Limits::On, at(0));
    assert!(hear(&mut book, 1, 1, at(0)));
    assert!(!hear(&mut book, 1, 2, at(0)), "queued");
    assert_eq!(dialled(&mut book, at(0)), [addr(1)]);
    assert!(!hear(&mut book, 1, 1, at(0)), "being dialled");
    book.failed(addr(1), 0.0, at(0));
    assert!(!hear(&mut book, 1, 1, at(0)), "waits for its time");
    assert_eq!(dialled(&mut book, at(0)), []);
    // But one that is heard itself is there: it need not wait.
    assert!(book.hear(addr(1), &source(1), true, true, Duration::ZERO, secs(1)));
    assert_eq!(dialled(&mut book, secs(1)), [addr(1)]);
    book.linked(addr(1), WALL);
    assert!(!book.hear(addr(1), &source(1), true, true, Duration::ZERO, secs(1)), "linked");
    // The same for one that the user wants.
    book.want(addr(2), secs(1));
    assert_eq!(dialled(&mut book, secs(1)), [addr(2)]);
    book.failed(addr(2), 0.0, secs(1));
    assert_eq!(dialled(&mut book, secs(1)), []);
    book.hear(addr(2), &source(1), true, true, Duration::ZERO, at(1500));
    assert_eq!(dialled(&mut book, at(1500)), [addr(2)]);
}

#[test]
fn the_book_has_its_bound_and_forgets_what_matters_least() {
    let mut book = Book::new(Limits::On, at(0));
    for n in 0..KNOWN_MAX {
        let linked_at = (n >= 2).then_some(UnixMillis(n as i64));
        let known = Known { linked_at, held: n == 0, ..Known::default() };
        book.restore(addr(n), known, false, at(0));
    }
    book.restore(addr(KNOWN_MAX), Known::default(), false, at(0));
    assert_eq!((book.iter().count(), book.get(&addr(KNOWN_MAX))), (KNOWN_MAX, None));
    for (new, gone) in [(10_000, 1), (10_001, 2), (10_002, 3)] {
        assert!(book.want(addr(new), at(0)));
        assert_eq!((book.iter().count(), book.get(&addr(gone))), (KNOWN_MAX, None), "the longest without a link");
    }
    assert!(book.is_held(&addr(0)), "what the user said is kept");
    for n in 4..KNOWN_MAX {
        assert!(book.want(addr(n), at(0)));
    }
    assert!(!book.want(addr(20_000), at(0)) && !book.hold(addr(20_000)));
    assert!(!hear(&mut book, 20_000, 1, at(0)));
    assert_eq!(book.iter().count(), KNOWN_MAX);
}

#[test]
fn an_evicted_address_that_waited_is_not_dialled() {
    let mut book = Book::new(Limits::On, at(0));
    book.restore(addr(0), Known { linked_at: Some(WALL), ..Known::default() }, true, secs(50));
    for n in 1..=KNOWN_MAX {
        book.want(addr(n), secs(100));
    }
    assert_eq!(book.get(&addr(0)), None);
    assert!(!dialled(&mut book, secs(60)).contains(&addr(0)));
}

#[test]
fn sources_in_memory_are_bounded() {
    let mut book = Book::new(Limits::Off, at(0));
    for n in 0..SOURCES_MAX + 50 {
        let named = Source { ip: [127, 0, 0, 1].into(), name: Some(format!("{n}")) };
        assert!(book.hear(addr(1), &named, true, false, Duration::ZERO, at(0)));
        assert_eq!(dialled(&mut book, at(0)), [addr(1)]);
        book.failed(addr(1), 0.0, at(0));
        book.drop_wish(addr(1));
        assert_eq!(book.sources.len(), (n + 1).min(SOURCES_MAX));
    }
}

/// What happens to a book.
#[derive(Clone, Debug)]
enum Event {
    Hear {
        n: usize,
        by: u8,
        live: bool,
        alive: bool,
        spread_secs: u64,
    },
    Want(usize),
    Hold(usize),
    Drop(usize),
    /// The oldest dial under way leads to a link, or fails.
    Dialled(bool),
    /// A link ends after so many seconds.
    Lost(usize, u64),
    /// Time jumps to the deadline, or goes on by so many milliseconds where that is sooner.
    Pass(u64),
}

const ADDRS: usize = 24;

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..ADDRS, 0..3_u8, any::<bool>(), any::<bool>(), 0..60_u64)
            .prop_map(|(n, by, live, alive, spread_secs)| Event::Hear { n, by, live, alive, spread_secs }),
        2 => (0..ADDRS).prop_map(Event::Want),
        1 => (0..ADDRS).prop_map(Event::Hold),
        1 => (0..ADDRS).prop_map(Event::Drop),
        5 => any::<bool>().prop_map(Event::Dialled),
        2 => (0..ADDRS, 0..60_u64).prop_map(|(n, lasted)| Event::Lost(n, lasted)),
        5 => prop_oneof![0..3_000_u64, 0..100_000_000_u64].prop_map(Event::Pass),
    ]
}

struct World {
    book: Book,
    now: Instant,
    under_way: VecDeque<SocketAddr>,
    /// Of dials on the wire's word: when.
    named: Vec<Instant>,
}

impl World {
    fn apply(&mut self, event: &Event) {
        let now = self.now;
        match *event {
            Event::Hear { n, by, live, alive, spread_secs } => {
                self.book.hear(addr(n), &source(by), live, alive, Duration::from_secs(spread_secs), now);
            }
            Event::Want(n) => assert!(self.book.want(addr(n), now)),
            Event::Hold(n) => assert!(self.book.hold(addr(n))),
            Event::Drop(n) => self.book.drop_wish(addr(n)),
            Event::Dialled(linked) => {
                if let Some(addr) = self.under_way.pop_front() {
                    if linked {
                        self.book.linked(addr, WALL);
                    } else {
                        self.book.failed(addr, 0.5, now);
                    }
                }
            }
            Event::Lost(n, lasted) => {
                if self.state(n) == Some(State::Linked) {
                    self.book.lost(addr(n), Duration::from_secs(lasted), 0.5, now);
                }
            }
            Event::Pass(millis) => self.pass(Duration::from_millis(millis)),
        }
        self.dial();
    }

    fn state(&self, n: usize) -> Option<State> {
        self.book.get(&addr(n)).map(|known| known.state)
    }

    /// Lets time pass, at most to the deadline, before which there must be nothing to dial.
    fn pass(&mut self, time: Duration) {
        let then = self.now.after(time);
        let due = self.book.deadline(self.now);
        if due.is_none_or(|due| then < due) {
            assert_eq!(self.book.next(then), None, "dialled before the deadline, {due:?}");
        }
        self.now = due.map_or(then, |due| due.min(then));
    }

    fn dial(&mut self) {
        while let Some(addr) = self.book.next(self.now) {
            let known = self.book.get(&addr).unwrap();
            assert!(!known.held && known.state == State::Dialling && !self.under_way.contains(&addr));
            if !known.wanted {
                self.named.push(self.now);
            }
            self.under_way.push_back(addr);
        }
        let due = self.book.deadline(self.now);
        assert!(due.is_none_or(|due| due > self.now), "it would wake for nothing, again and again");
        assert!(!self.is_any_ready(), "something could be dialled, and is not");
        assert!(self.book.dialling <= IN_FLIGHT_MAX && self.book.wanted_dialling <= WANTED_IN_FLIGHT_MAX);
        assert_eq!(self.book.dialling + self.book.wanted_dialling, self.under_way.len());
        for (place, first) in self.named.iter().enumerate() {
            let within = self.named[place..].iter().filter(|at| at.since(*first) < Duration::from_secs(60)).count();
            assert!(within <= 32 + 60, "{within} dials on the wire's word within a minute");
        }
    }

    /// Whether anything may be dialled now, found the slow way.
    fn is_any_ready(&mut self) -> bool {
        let (book, now) = (&mut self.book, self.now);
        let is_due = |known: &Known| matches!(known.state, State::Waiting(at) if at <= now);
        let wanted = book.known.values().any(|known| known.wanted && is_due(known));
        let named = book.known.values().any(|known| !known.wanted && is_due(known));
        let sources = &mut book.sources;
        let within = |source: &Source| sources.get_mut(source).is_none_or(|bucket| bucket.has(1, PER_SOURCE, now));
        let wishes = book.live.iter().chain(&book.replay).filter(|wish| wish.not_before <= now);
        let wished = wishes.map(|wish| &wish.source).any(within);
        let budget = book.dialling < IN_FLIGHT_MAX && book.overall.has(1, OVERALL, now);
        (wanted && book.wanted_dialling < WANTED_IN_FLIGHT_MAX) || (budget && (named || wished))
    }

    fn due(&self) -> Vec<SocketAddr> {
        let waits = |known: &Known| matches!(known.state, State::Queued | State::Waiting(_));
        self.book.iter().filter(|(_, known)| waits(known)).map(|(addr, _)| *addr).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Jumping to deadlines alone dials everything that is due, never too soon, and never wakes for nothing.
    #[test]
    fn no_wake_up_is_lost(events in prop::collection::vec(event(), 1..150)) {
        let book = Book::new(Limits::On, at(0));
        let mut world = World { book, now: at(0), under_way: VecDeque::new(), named: Vec::new() };
        for event in &events {
            world.apply(event);
        }
        // Every dial that is under way, and every one that follows, ends well.
        let mut turns = 0;
        while !world.under_way.is_empty() || !world.due().is_empty() {
            world.apply(&Event::Dialled(true));
            if world.under_way.is_empty() && !world.due().is_empty() {
                let due = world.book.deadline(world.now);
                prop_assert!(due.is_some(), "no deadline, but {:?}", world.due());
                world.now = due.unwrap();
                world.dial();
            }
            turns += 1;
            prop_assert!(turns < 10_000);
        }
        prop_assert_eq!(world.book.deadline(world.now), None);
    }
}
