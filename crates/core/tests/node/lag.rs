//! Links that lag behind what is in memory: they get it from the store, or are told what they missed.

use whispernet_core::codec::parse;
use whispernet_core::counters::Count;
use whispernet_core::dial::Known;
use whispernet_core::log::{Chunk, Cursor, Limits, Marks, Read};
use whispernet_core::node::{Cause, Change, Config, LinkId, Output, Past, Stored, Told};

use super::solo::{OWN, Solo};
use super::{addr, at, bodies, config, message};

const PEER: &str = "127.0.0.1:6000";
const SMALL: Limits = Limits { tail_bytes: 2000, segment_bytes: 500, uncommitted_bytes: 1000 };

/// A store in memory: every entry that is committed.
struct Shelf {
    rows: Vec<(u64, String, Marks, Vec<u8>)>,
    cursor: Cursor,
}

impl Shelf {
    const fn new() -> Self {
        Self { rows: Vec::new(), cursor: Cursor::at(1) }
    }

    /// Takes what is new and says so.
    fn commit(&mut self, solo: &mut Solo) {
        let mut chunk = Chunk::default();
        while solo.node.read_log(self.cursor, 1 << 20, |_| true, &mut chunk) == Read::Chunk {
            for (entry, raw) in chunk.entries() {
                let addr = parse(raw, |object| object.addr().decode().into_owned()).unwrap().unwrap();
                self.rows.push((entry.seq, addr, entry.marks, raw.to_vec()));
            }
            self.cursor = chunk.next();
        }
        solo.node.committed(solo.now, self.cursor.seq, &mut solo.out);
    }

    fn after(&self, after: u64, max: usize) -> Vec<Stored<'_>> {
        let rows = self.rows.iter().filter(|(seq, ..)| *seq > after).take(max);
        rows.map(|(seq, addr, marks, raw)| Stored { seq: *seq, addr, marks: *marks, raw }).collect()
    }
}

/// Hears so many messages, storing each.
fn hear(solo: &mut Solo, shelf: &mut Shelf, numbers: std::ops::Range<usize>) {
    let link = solo.accept("127.0.0.1:9999");
    for n in numbers {
        solo.send(link, message(&format!("id{n}"), "127.0.0.1:7000", &format!("m{n}")));
        shelf.commit(solo);
    }
    solo.cut(link);
}

fn solo(stored: bool) -> Solo {
    Solo::with(Config { flood_limit: false, log: SMALL, stored, ..config(OWN) })
}

/// One turn of writing, at most so many bytes. Whether there was anything to do.
fn turn(solo: &mut Solo, shelf: &Shelf, link: LinkId, bytes_max: usize, stream: &mut Vec<u8>) -> bool {
    let mut chunk = Chunk::default();
    match solo.node.read(solo.now, link, 300, &mut chunk) {
        Read::UpToDate => return false,
        Read::Chunk => {
            let bytes = chunk.slices().collect::<Vec<_>>().concat();
            let taken = bytes.len().min(bytes_max);
            stream.extend_from_slice(&bytes[..taken]);
            solo.node.written(link, &chunk, taken);
        }
        Read::Behind => {
            if let Some(fetch) = solo.node.fetch(solo.now, link, &mut solo.out) {
                let mut during = Chunk::default();
                assert_eq!(solo.node.read(solo.now, link, 300, &mut during), Read::UpToDate, "one fetch at a time");
                assert_eq!(solo.node.fetch(solo.now, link, &mut solo.out), None);
                solo.node.fetched(solo.now, link, Some(&shelf.after(fetch.after, 7)), &mut solo.out);
            }
        }
    }
    true
}

fn skipped(solo: &Solo) -> Vec<u64> {
    let skip = |output: &Output| match output {
        Output::Tell(Told::Skipped { count, .. }) => Some(*count),
        _ => None,
    };
    solo.out.iter().filter_map(skip).collect()
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|n| format!("m{n}")).collect()
}

#[test]
fn catches_up_from_the_store_and_gets_everything() {
    for bytes_max in [1, 17, 1000] {
        let (mut solo, mut shelf) = (solo(true), Shelf::new());
        let link = solo.dial(PEER);
        let mut stream = Vec::new();
        hear(&mut solo, &mut shelf, 0..5);
        turn(&mut solo, &shelf, link, bytes_max, &mut stream);
        hear(&mut solo, &mut shelf, 5..200);
        assert!(solo.node.log().floor() > 10 && solo.node.log().bytes() <= SMALL.tail_bytes);
        while turn(&mut solo, &shelf, link, bytes_max, &mut stream) {}
        hear(&mut solo, &mut shelf, 200..210);
        while turn(&mut solo, &shelf, link, bytes_max, &mut stream) {}
        let bodies = bodies(&String::from_utf8(stream).unwrap());
        assert_eq!(bodies[1..], names(0..210), "{bytes_max} bytes at a time");
        assert_eq!((skipped(&solo), solo.closed(link)), (vec![], false));
    }
}

#[test]
fn goes_on_growing_while_it_catches_up() {
    let (mut solo, mut shelf) = (solo(true), Shelf::new());
    let link = solo.dial(PEER);
    let mut stream = Vec::new();
    for n in 0..300 {
        hear(&mut solo, &mut shelf, n..n + 1);
        if n % 2 == 0 {
            turn(&mut solo, &shelf, link, 50, &mut stream);
        }
    }
    while turn(&mut solo, &shelf, link, 50, &mut stream) {}
    assert_eq!(bodies(&String::from_utf8(stream).unwrap())[1..], names(0..300));
}

#[test]
fn what_comes_from_the_store_is_cut_alike() {
    let (mut solo, mut shelf) = (solo(true), Shelf::new());
    let link = solo.dial(PEER);
    let other = solo.accept("127.0.0.1:9000");
    solo.send(other, message("own", PEER, "its own"));
    solo.send(other, message("spelt", "[::ffff:127.0.0.1]:6000", "its own, spelt otherwise"));
    solo.send(other, message("1", "127.0.0.1:7", "another's"));
    solo.node.set_nick("new", solo.now);
    hear(&mut solo, &mut shelf, 0..100);
    let mut stream = Vec::new();
    while turn(&mut solo, &shelf, link, 1000, &mut stream) {}
    let expected = ["another's".to_owned()].into_iter().chain(names(0..100)).collect::<Vec<_>>();
    assert_eq!(bodies(&String::from_utf8(stream).unwrap())[1..], expected);
}

#[test]
fn a_link_that_breaks_with_fetched_messages_unsent_resumes_before_them() {
    for written in [0, 10, 200] {
        let (mut solo, mut shelf) = (solo(true), Shelf::new());
        let link = solo.dial(PEER);
        hear(&mut solo, &mut shelf, 0..200);
        let mut stream = Vec::new();
        // The hello and what of the log still was in memory at first is gone: the rest is fetched.
        turn(&mut solo, &shelf, link, usize::MAX, &mut stream);
        turn(&mut solo, &shelf, link, 0, &mut stream);
        turn(&mut solo, &shelf, link, written, &mut stream);
        solo.node.save_cursors(solo.now, &mut solo.out);
        solo.cut(link);
        solo.pass(2000);
        let again = solo.dialled(PEER).unwrap();
        let mut rest = Vec::new();
        while turn(&mut solo, &shelf, again, usize::MAX, &mut rest) {}
        let rest = bodies(&String::from_utf8(rest).unwrap());
        let whole = String::from_utf8_lossy(&stream).lines().filter(|line| line.ends_with('}')).count();
        assert!(rest[1..].contains(&format!("m{}", whole.saturating_sub(1))), "{written}: {:?}", &rest[..4]);
        assert_eq!(rest.last().unwrap(), "m199");
    }
}

/// A link that resumes at an entry of an earlier run, has been greeted, and waits for the store.
fn behind_from(seq: u64) -> (Solo, LinkId, Chunk) {
    let mut known = Known::default();
    known.wanted = true;
    known.cursor = Some((seq, at(0).wall));
    let past = Past { peers: vec![(addr(PEER), known)], ..Past::default() };
    let mut solo = Solo::with_past(Config { first_seq: 9_000_000, ..config(OWN) }, past);
    solo.pass(1);
    let link = solo.dialled(PEER).expect("it is wanted");
    let mut chunk = Chunk::default();
    solo.node.read(solo.now, link, 300, &mut chunk);
    solo.node.written(link, &chunk, chunk.len());
    assert_eq!(solo.node.read(solo.now, link, 300, &mut chunk), Read::Behind);
    (solo, link, chunk)
}

/// What is out of one fetch counts towards the 1,024 that are sent again.
#[test]
fn a_link_that_breaks_amid_fetched_messages_goes_back_no_farther_than_others() {
    let (mut solo, link, mut chunk) = behind_from(1);
    solo.node.fetch(solo.now, link, &mut solo.out).unwrap();
    let raw = message("1", "127.0.0.1:7", "m0");
    let stored = |seq| Stored { seq, addr: "127.0.0.1:7", marks: Marks::default(), raw: raw.as_bytes() };
    solo.node.fetched(solo.now, link, Some(&(1..=5_000).map(stored).collect::<Vec<_>>()), &mut solo.out);
    for bytes in [1_200 * (raw.len() + 1), 10, 800 * (raw.len() + 1)] {
        solo.node.read(solo.now, link, 300, &mut chunk);
        solo.node.written(link, &chunk, bytes);
    }
    solo.cut(link);
    let (seq, _) = solo.node.book().get(&addr(PEER)).unwrap().cursor.unwrap();
    assert_eq!(seq, 2_001 - 1_023, "2,000 are out, and some of one more");
}

/// Numbers jump between runs: what one fetch brings may lie far apart.
#[test]
fn a_link_that_breaks_with_messages_of_several_runs_unsent_resumes_before_them() {
    let (mut solo, link, _) = behind_from(5);
    assert_eq!(solo.node.fetch(solo.now, link, &mut solo.out).unwrap().after, 4);
    let raw = message("1", "127.0.0.1:7", "m0");
    let stored = [5, 6, 4_000_000, 8_000_000].map(|seq| Stored {
        seq,
        addr: "127.0.0.1:7",
        marks: Marks::default(),
        raw: raw.as_bytes(),
    });
    solo.node.fetched(solo.now, link, Some(&stored), &mut solo.out);
    solo.cut(link);
    let (seq, _) = solo.node.book().get(&addr(PEER)).unwrap().cursor.unwrap();
    assert_eq!(seq, 5);
}

#[test]
fn what_is_committed_during_a_fetch_that_finds_nothing_is_not_skipped() {
    let (mut solo, mut shelf) = (solo(true), Shelf::new());
    let link = solo.dial(PEER);
    let mut stream = Vec::new();
    turn(&mut solo, &shelf, link, usize::MAX, &mut stream);
    hear(&mut solo, &mut shelf, 0..100);
    let mut chunk = Chunk::default();
    assert_eq!(solo.node.read(solo.now, link, 300, &mut chunk), Read::Behind);
    // The store has lost these; it answers before, and we hear it after, more is said.
    let fetch = solo.node.fetch(solo.now, link, &mut solo.out).unwrap();
    let lost = solo.node.log().floor();
    hear(&mut solo, &mut shelf, 100..200);
    assert!(fetch.after < lost);
    solo.node.fetched(solo.now, link, Some(&[]), &mut solo.out);
    shelf.rows.retain(|(seq, ..)| *seq >= lost);
    while turn(&mut solo, &shelf, link, usize::MAX, &mut stream) {}
    let bodies = bodies(&String::from_utf8(stream).unwrap());
    let expected = names(0..200);
    assert!(bodies.len() > 101 && expected.ends_with(&bodies[1..]), "{} of them", bodies.len());
}

#[test]
fn without_a_store_it_skips_and_says_by_how_many() {
    let (mut solo, mut shelf) = (solo(false), Shelf::new());
    let link = solo.dial(PEER);
    let mut stream = Vec::new();
    hear(&mut solo, &mut shelf, 0..3);
    while turn(&mut solo, &shelf, link, 1000, &mut stream) {}
    hear(&mut solo, &mut shelf, 3..200);
    let floor = solo.node.log().floor();
    while turn(&mut solo, &shelf, link, 1000, &mut stream) {}
    let bodies = bodies(&String::from_utf8(stream).unwrap());
    let gone = (floor - 5) as usize;
    assert_eq!(skipped(&solo), [gone as u64], "the hello's place, then 1, 2, 3, then what is gone");
    assert_eq!(solo.count(Count::Skipped), gone as u64);
    assert_eq!(bodies[1..], [names(0..3), names(3 + gone..200)].concat());
    assert!(!solo.closed(link));
}

#[test]
fn a_store_that_fails_is_as_none() {
    let (mut solo, mut shelf) = (solo(true), Shelf::new());
    let link = solo.dial(PEER);
    let mut stream = Vec::new();
    turn(&mut solo, &shelf, link, usize::MAX, &mut stream);
    hear(&mut solo, &mut shelf, 0..200);
    assert!(solo.node.fetch(solo.now, link, &mut solo.out).is_some());
    solo.node.fetched(solo.now, link, None, &mut solo.out);
    assert_eq!(skipped(&solo).len(), 1);
    while turn(&mut solo, &shelf, link, usize::MAX, &mut stream) {}
    assert_eq!(bodies(&String::from_utf8(stream).unwrap()).last().unwrap(), "m199");
}

#[test]
fn half_a_message_that_is_gone_ends_the_link() {
    for stored in [true, false] {
        let (mut solo, mut shelf) = (solo(stored), Shelf::new());
        let link = solo.dial(PEER);
        let mut stream = Vec::new();
        while turn(&mut solo, &shelf, link, usize::MAX, &mut stream) {}
        hear(&mut solo, &mut shelf, 0..1);
        turn(&mut solo, &shelf, link, 5, &mut stream);
        hear(&mut solo, &mut shelf, 1..200);
        shelf.rows.clear();
        solo.take();
        turn(&mut solo, &shelf, link, 5, &mut stream);
        assert!(solo.closed(link), "stored {stored}");
        let change = Change::Down(Cause::Lag);
        assert!(solo.wants(&Output::Tell(Told::Link { addr: addr(PEER), incoming: false, change })));
        // It is dialled again, and goes on.
        solo.pass(2000);
        let again = solo.dialled(PEER).unwrap();
        let mut rest = Vec::new();
        while turn(&mut solo, &shelf, again, usize::MAX, &mut rest) {}
        assert_eq!(bodies(&String::from_utf8(rest).unwrap()).last().unwrap(), "m199");
    }
}

#[test]
fn reading_pauses_where_the_store_is_too_far_behind() {
    let (mut solo, mut shelf) = (solo(true), Shelf::new());
    let link = solo.accept("127.0.0.1:9000");
    let mut count = 0;
    while !solo.node.is_paused() {
        count += 1;
        solo.send(link, message(&count.to_string(), "127.0.0.1:7", "hi"));
        assert!(count < 1000);
    }
    assert!(solo.node.log().uncommitted_bytes() > SMALL.uncommitted_bytes);
    solo.say("waits as well");
    assert_eq!(solo.node.pending(), 1);
    assert_eq!(solo.node.deadline(at(0).instant).filter(|due| *due <= at(1000).instant), None, "nothing to wake for");
    shelf.commit(&mut solo);
    assert_eq!((solo.node.is_paused(), solo.node.pending()), (false, 0));
    // With nobody to store it, nothing pauses.
    solo.node.set_stored(false);
    for n in 0..1000 {
        solo.send(link, message(&format!("b{n}"), "127.0.0.1:7", "hi"));
        assert!(!solo.node.is_paused());
    }
}
