//! Several copies of one message: the richest is shown, all are kept for links, and each ID is known.

use rusqlite::Connection;
use whispernet_core::rank::Rank::{self, Bare, WithExt, WithFile};
use whispernet_node::event::Event;
use whispernet_node::handle::Query;
use whispernet_node::store::{Poor, Reader, Row};

use crate::{Store, row, store};

/// A copy at `seq` of the message that was first at `of`, which takes the place of the one at `replaces`.
fn copy(of: u64, seq: u64, rank: Rank, replaces: Option<u64>) -> Row {
    let mut copy = Row { seq, rank, ..row(of, "said once") };
    copy.about.replaces = replaces;
    copy
}

fn shown(store: &Store) -> Vec<u64> {
    store.seqs(&Query { limit: 500, ..Query::default() })
}

/// What a search finds, before and after the rows are indexed.
fn found(store: &mut Store, text: &str) -> Vec<u64> {
    let query = Query { search: Some(text.into()), limit: 500, ..Query::default() };
    let before = store.seqs(&query);
    while store.opened.writer.index_some(1).unwrap() {}
    assert_eq!(store.seqs(&query), before, "once it is indexed");
    before
}

/// As the hand does that moves fingerprints on.
fn move_fresh(store: &Store) {
    let conn = Connection::open(&store.opened.path).unwrap();
    conn.execute_batch("INSERT INTO known SELECT fingerprint, seq FROM fresh; DELETE FROM fresh").unwrap();
}

/// Appends these in one batch and in several, once and again as after a crash, with the fingerprints of those before in either table;
/// `rows` are then shown, of those that are `kept`.
#[track_caller]
fn check(batch: &[Row], rows: &[u64], kept: &[u64]) {
    for (size, times, moved) in
        [(batch.len(), 1, false), (batch.len(), 2, false), (1, 1, false), (1, 2, false), (2, 1, false), (1, 2, true)]
    {
        let mut store = store();
        for part in batch.chunks(size) {
            for _ in 0..times {
                store.append(part);
            }
            if moved {
                move_fresh(&store);
            }
            let known = part.iter().all(|row| store.reader.knows(row.fingerprint, &row.id).unwrap());
            assert!(known, "{size} at once, {times} times");
        }
        assert_eq!(shown(&store), rows, "{size} at once, {times} times");
        assert_eq!(found(&mut store, "once"), rows);
        assert_eq!(found(&mut store, "o"), rows, "too short for the index");
        let seqs = |rows: Vec<Row>| rows.iter().map(|row| row.seq).collect::<Vec<_>>();
        assert_eq!(seqs(store.reader.tail(500).unwrap()), kept);
        let raw = store.reader.raw_after(0, usize::MAX, usize::MAX).unwrap();
        assert_eq!(raw.iter().map(|entry| entry.seq).collect::<Vec<_>>(), kept);
    }
}

#[test]
fn the_richest_copy_is_shown_and_all_are_kept() {
    let chain =
        [copy(1, 1, Bare, None), row(2, "once more"), copy(1, 3, WithExt, Some(1)), copy(1, 4, WithFile, Some(3))];
    check(&chain[..1], &[1], &[1]);
    check(&chain[..3], &[2, 3], &[1, 2, 3]);
    check(&chain, &[2, 4], &[1, 2, 3, 4]);
    check(&[chain[0].clone(), copy(1, 2, WithFile, Some(1))], &[2], &[1, 2]);
    // What is not richer than what is there is a copy like any other.
    check(&[chain[0].clone(), copy(1, 2, Bare, Some(1))], &[1], &[1]);
    check(&[copy(1, 1, WithFile, None), copy(1, 2, WithExt, Some(1))], &[1], &[1]);
    check(&[chain[0].clone(), copy(1, 2, WithFile, Some(1)), copy(1, 3, WithExt, Some(1))], &[2], &[1, 2]);
    // A richer copy says so: others count as a second message under the ID of the first.
    check(&[chain[0].clone(), copy(1, 2, WithFile, None)], &[1], &[1]);
}

#[test]
fn what_a_copy_takes_the_place_of_may_not_be_there() {
    check(&[copy(1, 7, WithExt, Some(1))], &[7], &[7]);
    // The one between was never stored.
    check(&[copy(1, 1, Bare, None), copy(1, 7, WithFile, Some(4))], &[7], &[1, 7]);
    // The number names another message.
    check(&[row(1, "another one, once"), copy(2, 7, WithFile, Some(1))], &[1, 7], &[1, 7]);
    let other = Row { addr: "127.0.0.2:1".into(), ..copy(1, 1, Bare, None) };
    check(&[other, copy(1, 7, WithFile, Some(1))], &[1, 7], &[1, 7]);
    let other = Row { body: "never said, or once".into(), ..copy(1, 1, Bare, None) };
    check(&[other, copy(1, 7, WithFile, Some(1))], &[1, 7], &[1, 7]);
    // Or the copy itself.
    check(&[copy(1, 7, WithFile, Some(7))], &[7], &[7]);
}

#[test]
fn a_text_that_was_indexed_before_its_richer_copy_came_is_found_once() {
    let mut store = store();
    store.append(&[copy(1, 1, Bare, None)]);
    assert_eq!(found(&mut store, "once"), [1]);
    store.append(&[copy(1, 2, WithExt, Some(1))]);
    assert_eq!(found(&mut store, "once"), [2]);
    let message = store.reader.messages(&Query { limit: 1, ..Query::default() }).unwrap().remove(0);
    assert!(matches!(Event::from(message), Event::Upgrade(message) if message.about.replaces == Some(1)));
    // The one before goes first, with all that was kept of it.
    store.opened.writer.prune(0, 1).unwrap();
    assert_eq!((shown(&store), found(&mut store, "once")), (vec![2], vec![2]));
    store.opened.writer.prune(0, 1).unwrap();
    let conn = Connection::open(&store.opened.path).unwrap();
    let left: i64 = conn
        .query_row("SELECT (SELECT count(*) FROM abouts) + (SELECT count(*) FROM entries)", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    assert!(!store.reader.knows(row(1, "").fingerprint, "id-1").unwrap());
}

#[test]
fn poor_copies_are_those_that_no_richer_one_has_come_of() {
    let mut store = store();
    store.append(&[
        copy(1, 1, Bare, None),
        copy(2, 2, WithExt, None),
        copy(3, 3, WithFile, None),
        copy(4, 4, Bare, None),
        copy(1, 5, WithFile, Some(1)),
        copy(4, 6, WithExt, Some(4)),
        Row { hello: true, ..copy(7, 7, WithFile, None) },
    ]);
    let poor = |of: u64, seq, rank| {
        let Row { fingerprint, addr, body, .. } = copy(of, seq, rank, None);
        Poor { seq, fingerprint, rank, addr, body }
    };
    let all = [poor(2, 2, WithExt), poor(4, 6, WithExt)];
    for (limit, want) in [(0, &all[2..]), (1, &all[1..]), (2, &all), (usize::MAX, &all)] {
        assert_eq!(store.reader.poor(limit).unwrap(), want, "{limit}");
    }
    let values = store.reader.fingerprints(3).unwrap().values;
    let prints = [(copy(1, 5, WithFile, None), WithFile), (copy(4, 6, Bare, None), WithExt), (row(7, ""), WithFile)];
    assert_eq!(values, prints.map(|(row, rank)| (row.fingerprint, rank)));
}

#[test]
fn poor_copies_are_looked_for_among_the_newest_entries() {
    const ENTRIES_MAX: i64 = 100_000;
    let mut store = store();
    store.append(&[copy(1, 1, Bare, None), copy(2, 2, Bare, None)]);
    let conn = Connection::open(&store.opened.path).unwrap();
    conn.execute_batch(&format!(
        "BEGIN; WITH RECURSIVE n(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM n WHERE n <= {ENTRIES_MAX})
         INSERT INTO entries SELECT 10 * n, n, 0 FROM n; COMMIT"
    ))
    .unwrap();
    let seqs = |reader: &Reader| reader.poor(9).unwrap().iter().map(|poor| poor.seq).collect::<Vec<_>>();
    assert_eq!(seqs(&store.reader), [2]);
    conn.execute("INSERT INTO entries VALUES (?1, 0, 0)", [1_i64 << 40]).unwrap();
    assert!(seqs(&store.reader).is_empty());
}

/// Every bit of a fingerprint was random once: rows of that time are found under those of today, and nothing beside them is.
#[test]
fn rows_of_earlier_versions_are_known() {
    const FINGERPRINTS: [u64; 6] = [4, 1 << 40, (1 << 63) - 4, 1 << 63, (1 << 63) + 4, u64::MAX - 3];
    let mut store = store();
    let conn = Connection::open(&store.opened.path).unwrap();
    let mut seq = 0;
    let mut old = Vec::new();
    for fingerprint in FINGERPRINTS {
        for bits in 0..4 {
            seq += 1;
            old.push(Row { fingerprint: fingerprint | bits, ..row(seq, "") });
        }
    }
    // Half of them behind the hand that moves them into `known`.
    assert_eq!(store.append(&old[..12]), 12);
    move_fresh(&store);
    assert_eq!(store.append(&old[12..]), 12);
    for row in &old {
        let fingerprint = row.fingerprint & !3;
        assert!(store.reader.knows(fingerprint, &row.id).unwrap(), "{:x}", row.fingerprint);
        for other in [fingerprint.wrapping_sub(4), fingerprint.wrapping_add(4)] {
            assert!(!store.reader.knows(other, &row.id).unwrap(), "{:x} under {other:x}", row.fingerprint);
        }
        let again = Row { fingerprint, seq: row.seq + 1_000, ..row.clone() };
        assert_eq!(store.append(&[again]), 0);
    }
    // A richer copy finds them too, and the moved as the others.
    for place in [0, 3, 11, 12, 23] {
        let poor = &old[place];
        let mut rich = Row { fingerprint: poor.fingerprint & !3, seq: 100 + poor.seq, ..poor.clone() };
        conn.execute("UPDATE entries SET flags = flags | 64 WHERE seq = ?1", [poor.seq as i64]).unwrap();
        rich.about.replaces = Some(poor.seq);
        assert_eq!(store.append(&[rich]), 1);
        assert!(!shown(&store).contains(&poor.seq), "{:x}", poor.fingerprint);
    }
    // Also within one batch, in whatever order their bits put them.
    let twice =
        [Row { fingerprint: 7, ..row(2_000, "") }, Row { fingerprint: 4, id: "id-2000".into(), ..row(2_001, "") }];
    assert_eq!(store.append(&twice), 1);
    assert_eq!(store.reader.newest_seq().unwrap(), 2_000);
}
