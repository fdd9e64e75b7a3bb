use alloc::boxed::Box;
use alloc::format;
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::fingerprint::Fingerprint;

const SMALL: Limits = Limits { tail_bytes: 6_000, segment_bytes: 128, uncommitted_bytes: 400 };
/// What a segment of the messages `m0`, `m1`, ... takes at most.
const SEGMENT_MEMORY: usize = SMALL.segment_bytes / 3 * (3 + ENTRY_BYTES);

fn author(n: u64) -> Fingerprint {
    Fingerprint::from_bits(n << 2)
}

fn entry(by: u64, marks: Marks) -> Entry {
    Entry::new(Fingerprint::from_bits(1), author(by), 0, marks)
}

fn plain(by: u64) -> Entry {
    entry(by, Marks::default())
}

fn text(chunk: &Chunk) -> Vec<u8> {
    chunk.slices().collect::<Vec<_>>().concat()
}

fn read(log: &Log, cursor: Cursor, bytes_max: usize) -> (Read, Chunk) {
    let mut chunk = Chunk::default();
    let read = log.read(cursor, bytes_max, None, |_| true, &mut chunk);
    (read, chunk)
}

/// A log of messages `m0`, `m1`, ... with `seq` from 10 on.
fn of(count: u64, stored: bool, limits: Limits) -> Log {
    let mut log = Log::new(10, stored, limits);
    for n in 0..count {
        assert_eq!(log.append(plain(n % 4 + 1), format!("m{n}").as_bytes(), None), 10 + n);
    }
    log
}

#[test]
fn reads_at_least_one_entry_and_about_what_was_asked() {
    let log = of(5, true, Limits::default());
    for (bytes_max, expected) in
        [(0, "m0\n"), (1, "m0\n"), (3, "m0\n"), (4, "m0\nm1\n"), (1000, "m0\nm1\nm2\nm3\nm4\n")]
    {
        let (read, chunk) = read(&log, Cursor::at(10), bytes_max);
        assert_eq!((read, text(&chunk).as_slice()), (Read::Chunk, expected.as_bytes()), "{bytes_max}");
    }
    for (seq, expected) in
        [(0, Read::Behind), (9, Read::Behind), (10, Read::Chunk), (14, Read::Chunk), (15, Read::UpToDate)]
    {
        assert_eq!(read(&log, Cursor::at(seq), 100).0, expected, "{seq}");
    }
}

#[test]
fn a_chunk_tells_where_a_reader_stands_after_any_part_of_it() {
    let log = of(3, true, Limits::default());
    let mut chunk = Chunk::default();
    let without_m1 = |entry: &Entry| entry.seq != 11;
    assert_eq!(log.read(Cursor::at(10), 100, None, without_m1, &mut chunk), Read::Chunk);
    assert_eq!(text(&chunk), b"m0\nm2\n");
    for (taken, seq, written) in
        [(0, 10, 0), (1, 10, 1), (2, 10, 2), (3, 12, 0), (4, 12, 1), (5, 12, 2), (6, 13, 0), (7, 13, 0)]
    {
        assert_eq!(chunk.after(taken), Cursor { seq, written }, "{taken}");
    }
    let seqs: Vec<u64> = chunk.entries().map(|(entry, _)| entry.seq).collect();
    assert_eq!(seqs, [10, 12]);
    // An entry that was begun is finished, and is no whole one.
    let mut rest = Chunk::default();
    log.read(Cursor { seq: 11, written: 1 }, 100, None, |entry| entry.seq == 12, &mut rest);
    assert_eq!(text(&rest), b"1\nm2\n");
    assert_eq!(rest.entries().map(|(entry, raw)| (entry.seq, raw)).collect::<Vec<_>>(), [(12, &b"m2"[..])]);
}

#[test]
fn what_goes_ahead_counts_apart() {
    let log = of(2, true, Limits::default());
    let mut chunk = Chunk::default();
    chunk.reset(Cursor::at(10));
    chunk.begin(Arc::new(Segment::unindexed(b"hello\n".to_vec())), 2);
    log.read(Cursor::at(10), 100, None, |_| true, &mut chunk);
    assert_eq!((text(&chunk).as_slice(), chunk.ahead(), chunk.len()), (&b"llo\nm0\nm1\n"[..], 4, 10));
    for (taken, seq, written) in [(4, 10, 0), (5, 10, 1), (7, 11, 0), (10, 12, 0)] {
        assert_eq!(chunk.after(taken), Cursor { seq, written }, "{taken}");
    }
}

#[test]
fn only_segments_with_something_to_cut_are_searched() {
    let mut log = Log::new(0, true, Limits::default());
    for by in [1, 2, 65] {
        log.append(plain(by), b"x", None);
    }
    for (reader, expected) in [(3, &b"x\nx\nx\n"[..]), (2, b"x\nx\n"), (1, b"x\nx\n"), (129, b"x\nx\nx\n")] {
        let (mut chunk, mut asked) = (Chunk::default(), 0);
        let wants = |entry: &Entry| {
            asked += 1;
            entry.author != author(reader)
        };
        log.read(Cursor::at(0), 100, Some(author(reader)), wants, &mut chunk);
        assert_eq!(text(&chunk), expected, "{reader}");
        // 1, 65 and 129 are the same modulo 64.
        assert_eq!(asked, if reader == 3 { 0 } else { 3 }, "{reader}");
    }
    log.append(entry(9, Marks { withheld: true, ..Marks::default() }), b"secret", None);
    let mut chunk = Chunk::default();
    log.read(Cursor::at(0), 100, Some(author(3)), |entry| !entry.marks.withheld, &mut chunk);
    assert_eq!(text(&chunk), b"x\nx\nx\n");
}

#[test]
fn a_segment_of_one_author_is_passed_over_for_that_author() {
    let mut log = Log::new(0, true, Limits::default());
    for _ in 0..5 {
        log.append(plain(1), b"x", None);
    }
    let read_by = |log: &Log, reader, cursor| {
        let (mut chunk, mut asked) = (Chunk::default(), 0);
        let wants = |entry: &Entry| {
            asked += 1;
            entry.author != author(reader)
        };
        chunk.reset(cursor);
        assert_eq!(log.read(cursor, 100, Some(author(reader)), wants, &mut chunk), Read::Chunk);
        (text(&chunk), asked, chunk.next().seq)
    };
    assert_eq!(read_by(&log, 1, Cursor::at(0)), (vec![], 0, 5));
    assert_eq!(read_by(&log, 65, Cursor::at(3)), (b"x\nx\n".to_vec(), 2, 5));
    // What was begun is finished.
    assert_eq!(read_by(&log, 1, Cursor { seq: 3, written: 1 }), (b"\n".to_vec(), 1, 5));
    log.append(plain(2), b"y", None);
    assert_eq!(read_by(&log, 1, Cursor::at(0)), (b"y\n".to_vec(), 6, 6));
}

#[test]
fn a_chunk_has_no_more_slices_than_one_write_takes() {
    let log = of(1000, true, Limits::default());
    let (mut cursor, mut all, mut turns) = (Cursor::at(10), Vec::new(), 0);
    while cursor.seq < log.end() {
        let mut chunk = Chunk::default();
        log.read(cursor, 1 << 20, None, |entry| entry.seq % 2 == 0, &mut chunk);
        assert!(chunk.slices().count() <= 64);
        all.extend(text(&chunk));
        cursor = chunk.next();
        turns += 1;
    }
    let expected: String = (0..1000).step_by(2).map(|n| format!("m{n}\n")).collect();
    assert_eq!((String::from_utf8(all).unwrap(), turns), (expected, 500 / 64 + 1));
}

#[test]
fn a_held_chunk_does_not_change() {
    let mut log = of(2, true, SMALL);
    let (_, held) = read(&log, Cursor::at(10), 1000);
    for n in 2..200 {
        log.append(plain(1), format!("m{n}").as_bytes(), None);
        log.commit(log.end());
    }
    assert_eq!(text(&held), b"m0\nm1\n");
    assert!(log.floor() > 11);
    assert_eq!(held.next(), Cursor::at(12));
}

#[test]
fn memory_is_bounded_once_committed() {
    for stored in [true, false] {
        let mut log = of(1000, stored, SMALL);
        if stored {
            assert_eq!((log.floor(), log.is_full()), (10, true), "nothing leaves memory before it is on disk");
            log.commit(500);
            assert_eq!(log.committed(), 500);
            assert!(log.floor() <= 500 && log.floor() > 400, "{}", log.floor());
            log.commit(u64::MAX);
            assert_eq!((log.committed(), log.uncommitted_bytes()), (1010, 0));
        }
        assert!(!log.is_full());
        assert!(log.bytes() <= SMALL.tail_bytes && log.bytes() > SMALL.tail_bytes - SEGMENT_MEMORY);
    }
}

#[test]
fn full_one_byte_beyond_the_bound() {
    let mut log = Log::new(0, true, SMALL);
    log.append(plain(1), &[b'x'; 399], None);
    log.append(plain(1), b"y", None);
    assert!(!log.is_full(), "{} bytes", log.uncommitted_bytes());
    log.append(plain(1), b"", None);
    assert!(!log.is_full());
    log.append(plain(1), b"z", None);
    assert!(log.is_full());
    log.commit(0);
    assert!(log.is_full());
    log.commit(1);
    assert_eq!((log.is_full(), log.uncommitted_bytes()), (false, 2));
    log.commit(0);
    assert_eq!(log.uncommitted_bytes(), 2, "a commit never goes back");
}

#[test]
fn storing_may_stop_and_go_on() {
    let mut log = of(300, true, SMALL);
    assert!(log.is_full());
    log.set_stored(false);
    assert!(!log.is_full() && !log.is_stored() && log.floor() > 10 && log.bytes() <= SMALL.tail_bytes);
    log.append(plain(1), b"not stored", None);
    log.set_stored(true);
    let floor = log.floor();
    assert_eq!(log.committed(), floor, "what is left in memory can be stored yet");
    let bytes: usize = log.entries(floor).map(|(_, raw)| raw.len()).sum();
    assert_eq!(log.uncommitted_bytes(), bytes);
    log.append(plain(1), &[b'x'; 500], None);
    assert_eq!((log.floor(), log.is_full()), (floor, true));
    log.commit(log.end());
    assert_eq!(log.uncommitted_bytes(), 0);
}

#[test]
fn restored_entries_come_before_all_others() {
    let mut log = Log::new(100, true, SMALL);
    for (seq, raw) in [(40, "a"), (42, "b"), (42, "again"), (41, "too late"), (99, "c"), (100, "of this run")] {
        log.restore(seq, plain(1), raw.as_bytes(), None);
    }
    assert_eq!(log.append(plain(1), b"d", None), 100);
    log.restore(50, plain(1), b"too late", None);
    let all: Vec<_> = log.entries(0).map(|(entry, raw)| (entry.seq, raw)).collect();
    assert_eq!(all, [(40, &b"a"[..]), (42, b"b"), (99, b"c"), (100, b"d")]);
    assert_eq!((log.floor(), log.committed(), log.uncommitted_bytes(), log.end()), (40, 100, 1, 101));
    let (_, chunk) = read(&log, Cursor::at(41), 100);
    assert_eq!(text(&chunk), b"b\nc\nd\n");
    assert_eq!(read(&log, Cursor::at(39), 100).0, Read::Behind);
}

#[test]
fn a_reader_between_the_last_restored_and_the_first_new_entry() {
    let mut log = Log::new(100, true, SMALL);
    log.restore(42, plain(1), b"a", None);
    let (read, chunk) = read(&log, Cursor::at(43), 100);
    assert_eq!((read, chunk.is_empty(), chunk.next()), (Read::Chunk, true, Cursor::at(100)));
}

#[test]
fn back_counts_entries_and_bytes() {
    let log = of(10, true, Limits::default());
    let end = log.end();
    for (from, entries, bytes, expected) in [
        (end, 0, 1000, end),
        (end, 1, 1000, end - 1),
        (end, 9, 1000, 11),
        (end, 10, 1000, 10),
        (end, 11, 1000, 10),
        (end, 10, 0, end),
        (end, 10, 2, end),
        (end, 10, 3, end - 1),
        (end, 10, 6, end - 2),
        (15, 2, 1000, 13),
        (10, 5, 1000, 10),
        (5, 5, 1000, 5),
    ] {
        assert_eq!(log.back(from, entries, bytes, |_| true), Cursor::at(expected), "{from} {entries} {bytes}");
    }
    assert_eq!(log.back(end, 2, 1000, |entry| entry.seq % 3 == 0), Cursor::at(15));
    assert_eq!(log.back(end, 5, 1000, |_| false), Cursor::at(end));
}

#[test]
fn entries_go_both_ways() {
    let log = of(200, true, SMALL);
    for from in [0, 10, 11, 77, 209, 210, 1000] {
        let forth: Vec<u64> = log.entries(from).map(|(entry, _)| entry.seq).collect();
        assert_eq!(forth, (from.clamp(10, 210)..210).collect::<Vec<_>>());
        let back: Vec<u64> = log.entries(from).rev().map(|(entry, _)| entry.seq).collect();
        assert_eq!(back, forth.into_iter().rev().collect::<Vec<_>>());
    }
}

/// One thing that happens to a log with a few readers.
#[derive(Clone, Debug)]
enum Step {
    Append {
        by: u64,
        length: usize,
        withheld: bool,
    },
    /// Of what is not committed, so many tenths.
    Commit(u64),
    SetStored(bool),
    /// Takes a chunk and holds on to it.
    Read {
        reader: usize,
        bytes_max: usize,
    },
    /// Takes so many tenths of what it holds.
    Write {
        reader: usize,
        tenths: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..6_u64, prop_oneof![9 => 1..60_usize, 1 => 100..400_usize], prop::bool::weighted(0.1))
            .prop_map(|(by, length, withheld)| Step::Append { by, length, withheld }),
        2 => (0..=10_u64).prop_map(Step::Commit),
        1 => any::<bool>().prop_map(Step::SetStored),
        5 => (0..READERS, 0..300_usize).prop_map(|(reader, bytes_max)| Step::Read { reader, bytes_max }),
        5 => (0..READERS, 0..=10_usize).prop_map(|(reader, tenths)| Step::Write { reader, tenths }),
    ]
}

const READERS: usize = 3;

/// A reader and what it got since it last had to skip.
#[derive(Default)]
struct Reader {
    cursor: Cursor,
    held: Option<Chunk>,
    from: u64,
    got: Vec<u8>,
}

struct World {
    log: Log,
    /// Every entry ever: its author, whether it is withheld, its bytes with a newline.
    all: Vec<(u64, bool, Vec<u8>)>,
    readers: [Reader; READERS],
}

impl World {
    fn new() -> Self {
        Self { log: Log::new(0, true, SMALL), all: Vec::new(), readers: Default::default() }
    }

    /// The first reader gets all, the others what is for everybody but their author.
    fn wants(reader: usize, by: u64, withheld: bool) -> bool {
        reader == 0 || (!withheld && by != reader as u64)
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Append { by, length, withheld } => {
                let mut raw: Vec<u8> = format!("{}:", self.all.len()).into_bytes();
                raw.resize(raw.len().max(length), b'.');
                let seq = self.log.append(entry(by, Marks { withheld, ..Marks::default() }), &raw, None);
                assert_eq!(seq, self.all.len() as u64);
                raw.push(b'\n');
                self.all.push((by, withheld, raw));
            }
            Step::Commit(tenths) => {
                let open = self.log.end() - self.log.committed();
                self.log.commit(self.log.committed() + open * tenths / 10);
            }
            Step::SetStored(stored) => self.log.set_stored(stored),
            Step::Read { reader, bytes_max } => self.read(reader, bytes_max),
            Step::Write { reader, tenths } => self.write(reader, tenths),
        }
    }

    fn read(&mut self, place: usize, bytes_max: usize) {
        let reader = &mut self.readers[place];
        let by = (place > 0).then(|| author(place as u64));
        let wants = |entry: &Entry| Self::wants(place, entry.author.to_bits() >> 2, entry.marks.withheld);
        let mut chunk = Chunk::default();
        match self.log.read(reader.cursor, bytes_max, by, wants, &mut chunk) {
            Read::Chunk => {
                assert!(!chunk.is_empty() || chunk.next() != reader.cursor, "a chunk leads on");
                reader.held = Some(chunk);
            }
            Read::UpToDate => assert_eq!(reader.cursor, Cursor::at(self.log.end())),
            Read::Behind => {
                assert!(reader.cursor.seq < self.log.floor());
                *reader = Reader { cursor: Cursor::at(self.log.floor()), from: self.log.floor(), ..Reader::default() };
            }
        }
    }

    fn write(&mut self, place: usize, tenths: usize) {
        let reader = &mut self.readers[place];
        let Some(chunk) = reader.held.take() else { return };
        let bytes = text(&chunk);
        assert_eq!(bytes.len(), chunk.len());
        let taken = bytes.len() * tenths / 10;
        reader.got.extend_from_slice(&bytes[..taken]);
        let (cursor, ended) = chunk.place(taken);
        assert_eq!(ended, bytes[..taken].iter().filter(|byte| **byte == b'\n').count() as u64);
        reader.cursor = cursor;
        self.check_reader(place);
    }

    /// What a reader got is what it wants, in order, up to where its cursor stands.
    fn check_reader(&self, place: usize) {
        let Reader { cursor, from, got, .. } = &self.readers[place];
        let upto = cursor.seq as usize;
        let wanted = |(by, withheld, _): &&(u64, bool, Vec<u8>)| Self::wants(place, *by, *withheld);
        let mut expected: Vec<u8> =
            self.all[*from as usize..upto].iter().filter(wanted).flat_map(|(_, _, raw)| raw.clone()).collect();
        if cursor.written > 0 {
            expected.extend_from_slice(&self.all[upto].2[..cursor.written]);
        }
        assert_eq!(String::from_utf8_lossy(got), String::from_utf8_lossy(&expected), "reader {place} at {cursor:?}");
    }

    fn check_log(&self) {
        let log = &self.log;
        let floor = log.floor() as usize;
        let kept: Vec<(u64, &[u8])> = log.entries(0).map(|(entry, raw)| (entry.seq, raw)).collect();
        let expected: Vec<(u64, &[u8])> =
            (floor..self.all.len()).map(|n| (n as u64, &self.all[n].2[..self.all[n].2.len() - 1])).collect();
        assert_eq!(kept, expected);
        assert_eq!(log.bytes(), expected.iter().map(|(_, raw)| raw.len() + 1 + ENTRY_BYTES).sum::<usize>());
        if log.is_stored() {
            assert!(log.floor() <= log.committed());
            let open: usize =
                expected.iter().filter(|(seq, _)| *seq >= log.committed()).map(|(_, raw)| raw.len()).sum();
            assert_eq!(log.uncommitted_bytes(), open);
            assert_eq!(log.is_full(), open > SMALL.uncommitted_bytes);
        }
        if !log.is_stored() || log.committed() == log.end() {
            assert!(log.bytes() <= SMALL.tail_bytes || log.segments.len() == 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn each_reader_gets_exactly_what_it_wants(steps in prop::collection::vec(step(), 1..200)) {
        let mut world = Box::new(World::new());
        for step in &steps {
            world.step(step);
            world.check_log();
        }
        for reader in 0..READERS {
            world.readers[reader].held = None;
            while world.readers[reader].cursor.seq < world.log.end() {
                world.read(reader, 50);
                world.write(reader, 10);
            }
            world.check_reader(reader);
        }
    }
}

#[test]
fn a_recycled_segment_remembers_nothing() {
    let mut log = Log::new(0, false, Limits { tail_bytes: 40, segment_bytes: 20, uncommitted_bytes: 0 });
    for by in [7, 7, 7, 3, 3, 3, 3, 3, 3] {
        let raw = vec![b'a' + u8::try_from(by).unwrap(); 8];
        log.append(entry(by, Marks { withheld: by == 7, ..Marks::default() }), &raw, None);
    }
    assert!(log.segments.iter().all(|segment| segment.is_all_for(author(7))));
    let (_, chunk) = read(&log, Cursor::at(log.floor()), 1000);
    assert!(text(&chunk).iter().all(|byte| b"d\n".contains(byte)));
}
