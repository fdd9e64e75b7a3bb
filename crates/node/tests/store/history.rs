use whispernet_core::rank::Rank;
use whispernet_node::event::{About, File, Message, Trust, Via};
use whispernet_node::handle::Query;
use whispernet_node::store::{Fingerprints, Reader, Row, StoredEntry};

use crate::{NOW_MS, row, store};

fn file() -> File {
    File { name: "00.gif".into(), mime: "image/gif".into(), size: 1 << 40, hash: "00".into() }
}

/// Chat, and one row of each other kind: 3 greeting, 5 with a file, 7 not public, 9 our own.
fn mixed() -> Vec<Row> {
    let mut rows: Vec<Row> = (1..=10).map(|seq| row(seq, "hi")).collect();
    rows[2].hello = true;
    rows[4].file = Some(file());
    rows[6].public = false;
    rows[8].own = true;
    rows[8].about.trust = Trust::Own;
    rows[8].client = Some("tab 1".into());
    rows[8].replay = true;
    rows
}

#[test]
fn a_row_comes_back_as_it_went_in() {
    let mut store = store();
    let mut odd = row(u64::pow(2, 53) - 1, "nul \0, \u{202e}rtl, 👍");
    odd.fingerprint = u64::MAX;
    odd.time = Some(i64::MIN);
    odd.nick = String::new();
    odd.client = Some(String::new());
    odd.rank = Rank::Bare;
    odd.about = About {
        trust: Trust::Changed,
        key: Some("00".into()),
        petname: Some("zoë".into()),
        short: Some("0011".into()),
        warning: Some("looks like \"zoé\"".into()),
        reply: Some(String::new()),
        file_claimed: Some("image/png".into()),
        replaces: Some(u64::MAX),
    };
    let plain = row(1, "");
    let own = Row { own: true, about: About { trust: Trust::Own, ..About::default() }, ..row(2, "") };
    let foreign = Row { own: true, rank: Rank::WithExt, ..row(3, "") };
    let rows = [plain, own, foreign, odd];
    store.append(&rows);
    assert_eq!(store.reader.tail(9).unwrap(), rows);
    let messages = store.reader.messages(&Query { limit: 9, ..Query::default() }).unwrap();
    assert_eq!(messages, rows.map(Message::from));
}

#[test]
fn messages_name_their_source_and_file() {
    let mut store = store();
    store.append(&mixed());
    let all = store.reader.messages(&Query { limit: 500, ..Query::default() }).unwrap();
    let with = |seq| all.iter().find(|message| message.seq == seq).unwrap();
    assert_eq!((with(1).via, with(1).about.trust), (Via::Classic, Trust::Unsigned));
    assert_eq!((with(9).via, with(9).about.trust, with(9).replay), (Via::Own, Trust::Own, true));
    assert_eq!((&with(5).file, &with(1).file), (&Some(file()), &None));
    assert!(!all.iter().any(|message| message.hello));
}

#[test]
fn queries_are_exclusive_and_ascending() {
    let mut store = store();
    store.append(&mixed());
    let query = |since, before, limit| store.seqs(&Query { since, before, limit, search: None });
    for (got, want) in [
        (query(None, None, 3), vec![8, 9, 10]),
        (query(None, Some(8), 3), vec![5, 6, 7]),
        (query(Some(2), None, 3), vec![4, 5, 6]),
        (query(Some(2), Some(5), 3), vec![4]),
        (query(Some(0), Some(0), 3), vec![]),
        (query(Some(10), None, 3), vec![]),
        (query(Some(u64::MAX), None, 3), vec![]),
        (query(None, Some(u64::MAX), 1), vec![10]),
        (query(Some(5), Some(3), 3), vec![]),
        (query(None, None, 0), vec![10]),
    ] {
        assert_eq!(got, want);
    }
}

#[test]
fn an_answer_has_500_messages_at_most() {
    let mut store = store();
    store.append(&(1..=501).map(|seq| row(seq, "hi")).collect::<Vec<_>>());
    for (limit, want) in [(499, 499), (500, 500), (501, 500), (usize::MAX, 500)] {
        assert_eq!(store.seqs(&Query { limit, ..Query::default() }).len(), want);
    }
}

#[test]
fn a_known_id_is_kept_once() {
    let mut store = store();
    let first = row(1, "first");
    let copy = Row { seq: 2, body: "copy".into(), ..first.clone() };
    let namesake = Row { seq: 3, id: "other".into(), ..first.clone() };
    assert_eq!(store.append(&[first.clone(), copy.clone()]), 1);
    assert_eq!(store.append(&[copy, namesake]), 1);
    assert_eq!(store.seqs(&Query { limit: 9, ..Query::default() }), [1, 3]);

    assert!(store.reader.knows(first.fingerprint, "id-1").unwrap());
    assert!(store.reader.knows(first.fingerprint, "other").unwrap());
    assert!(!store.reader.knows(first.fingerprint, "id-2").unwrap());
    assert!(!store.reader.knows(!first.fingerprint, "id-1").unwrap());
}

#[test]
fn ids_stay_known_wherever_their_fingerprints_have_moved() {
    let mut store = store();
    let conn = rusqlite::Connection::open(&store.opened.path).unwrap();
    let count =
        |table| conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap();
    // Far enough apart for a turn over all fingerprints within each batch.
    let rows: Vec<Row> = (1..=40).map(|n| row(n * 60_000, "hi")).collect();
    let knows = |store: &crate::Store, row: &Row| store.reader.knows(row.fingerprint, &row.id).unwrap();
    assert_eq!(store.append(&rows[..20]), 20);
    assert_eq!((count("fresh"), count("known")), (0, 20));
    for row in &rows[20..] {
        store.append(std::slice::from_ref(row));
    }
    assert_eq!(count("fresh") + count("known"), 40);
    assert!(count("fresh") > 10);
    assert!(rows.iter().all(|row| knows(&store, row)));
    let again: Vec<Row> = rows.iter().map(|row| Row { seq: row.seq + 9_000_000, ..row.clone() }).collect();
    assert_eq!(store.append(&again), 0);
    assert_eq!((count("fresh"), count("known")), (0, 40));

    // Of what is deleted nothing is known, even before its fingerprint goes.
    assert_eq!(store.opened.writer.prune(0, 5).unwrap(), 5);
    assert!(count("known") > 35);
    assert_eq!(rows.iter().filter(|row| knows(&store, row)).count(), 35);
    assert_eq!(store.opened.writer.prune(0, 30).unwrap(), 30);
    assert_eq!(count("known"), 5);
    assert!(rows[35..].iter().all(|row| knows(&store, row)));
}

#[test]
fn a_batch_is_appended_whole_or_not_at_all() {
    let mut store = store();
    store.append(&[row(5, "five")]);
    let again = Row { id: "another".into(), ..row(5, "a number given out twice") };
    assert!(store.opened.writer.append(&[row(6, "six"), again]).is_err());
    assert_eq!(store.reader.newest_seq().unwrap(), 5);
    assert_eq!(store.append(&[row(6, "six")]), 1);
}

#[test]
fn a_link_that_lags_gets_every_kind() {
    let mut store = store();
    let rows = mixed();
    store.append(&rows);
    let all = store.reader.raw_after(0, usize::MAX, usize::MAX).unwrap();
    let want: Vec<StoredEntry> = rows
        .iter()
        .map(|row| StoredEntry {
            seq: row.seq,
            addr: row.addr.clone(),
            own: row.own,
            hello: row.hello,
            public: row.public,
            replay: row.replay,
            has_file: row.file.is_some(),
            raw: row.raw.clone(),
        })
        .collect();
    assert_eq!(all, want);

    let bytes = rows[0].raw.len();
    for (seq, bytes_max, rows_max, want) in [
        (0, 2 * bytes, 9, vec![1, 2]),
        (0, 2 * bytes - 1, 9, vec![1]),
        (0, 0, 9, vec![1]),
        (8, usize::MAX, 1, vec![9]),
        (8, usize::MAX, 0, vec![]),
        (10, usize::MAX, 9, vec![]),
    ] {
        let got = store.reader.raw_after(seq, bytes_max, rows_max).unwrap();
        assert_eq!(got.iter().map(|entry| entry.seq).collect::<Vec<_>>(), want);
    }
}

#[test]
fn the_tail_has_so_much_chat_and_no_gap() {
    let mut store = store();
    store.append(&mixed());
    let reader = Reader::open(&store.opened.path).unwrap();
    let seqs = |chat| reader.tail(chat).unwrap().iter().map(|row| row.seq).collect::<Vec<_>>();
    assert_eq!(seqs(4), [6, 7, 8, 9, 10]);
    assert_eq!(seqs(5), [4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(seqs(usize::MAX), (1..=10).collect::<Vec<_>>());
    assert!(seqs(0).is_empty());
    store.append(&(11..=2_500).map(|seq| Row { hello: true, ..row(seq, "/me joined") }).collect::<Vec<_>>());
    assert_eq!(seqs(1), (501..=2_500).collect::<Vec<_>>(), "not all the way through greetings");
    store.append(&[Row { raw: vec![b'x'; 8 << 20], ..row(2_501, "long") }, row(2_502, "short")]);
    assert_eq!(seqs(9), [2_502], "not through what takes long to read");
}

#[test]
fn fingerprints_come_oldest_first_with_their_horizon() {
    let mut store = store();
    assert_eq!(store.reader.fingerprints(9).unwrap(), Fingerprints::default());
    let mut rows = mixed();
    (rows[1].rank, rows[3].rank) = (Rank::Bare, Rank::WithExt);
    store.append(&rows);
    for (limit, first) in [(3, 7), (9, 1), (10, 0), (usize::MAX, 0)] {
        let got = store.reader.fingerprints(limit).unwrap();
        assert_eq!(got.values, rows[first..].iter().map(|row| (row.fingerprint, row.rank)).collect::<Vec<_>>());
        assert_eq!(got.oldest_received, Some(rows[first].received));
        assert_eq!(got.older, first > 0);
    }
    // What was pruned was there: the horizon stays.
    store.opened.writer.prune(0, 4).unwrap();
    let got = store.reader.fingerprints(10).unwrap();
    assert_eq!((got.values.len(), got.older), (6, true));
}

#[test]
fn a_client_tag_is_found_for_as_long_as_asked() {
    let mut store = store();
    store.append(&mixed());
    let received = NOW_MS + 9;
    for (client, since_ms, want) in [
        ("tab 1", 0, Some((9, "id-9".to_owned()))),
        ("tab 1", received, Some((9, "id-9".to_owned()))),
        ("tab 1", received + 1, None),
        ("tab 2", 0, None),
        ("", 0, None),
    ] {
        assert_eq!(store.reader.by_client(client, since_ms).unwrap(), want);
    }
}

#[test]
fn pruning_takes_the_oldest_in_slices_until_within_the_quota() {
    let mut store = store();
    let rows: Vec<Row> = (1..=2_000).map(|seq| row(seq, &"lorem ipsum ".repeat(40))).collect();
    store.append(&rows);
    while store.opened.writer.index_some(500).unwrap() {}
    assert_eq!(store.opened.writer.prune(u64::MAX, 500).unwrap(), 0);

    let quota = 1024 * 1024;
    assert_eq!(store.opened.writer.prune(quota, 100).unwrap(), 100);
    assert_eq!(store.seqs(&Query { since: Some(0), limit: 1, ..Query::default() }), [101]);
    let mut total = 100;
    loop {
        let slice = store.opened.writer.prune(quota, 500).unwrap();
        total += slice;
        if slice == 0 {
            break;
        }
        assert!(slice <= 500);
    }
    // Some 1.1 KB a row: what is left fills the quota to a slice.
    let left = 2_000 - total;
    assert!((200..1_200).contains(&left), "{left} rows are left");
    assert_eq!(store.reader.newest_seq().unwrap(), 2_000);

    // No quota can be met by less than nothing.
    while store.opened.writer.prune(0, 500).unwrap() > 0 {}
    assert_eq!(store.reader.newest_seq().unwrap(), 0);
}
