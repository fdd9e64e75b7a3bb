//! What is known of keys: it comes back as it was, and one bad row costs no other.

use whispernet_core::identity::PublicKey;
use whispernet_core::time::UnixMillis;
use whispernet_core::trust::{Change, FORMER_MAX, Former, KEYS_MAX, NICKS_PER_KEY_MAX, Nick, Record, Standing};
use whispernet_node::store::{StoreError, Tables};

use crate::store;
use crate::tables::reload;

fn key(n: u64) -> PublicKey {
    let mut bytes = [0xff; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    PublicKey::new(bytes)
}

/// Of the key of that number, as of somebody who was heard twice.
pub(crate) fn record(n: u64) -> Record {
    let nick =
        Nick { nick: format!("phil {n}"), standing: Standing::Pinned, first: UnixMillis(1), last: UnixMillis(2) };
    Record {
        key: key(n),
        first: UnixMillis(1),
        last: UnixMillis(2),
        days: 1,
        established: false,
        spoken_to: false,
        petname: None,
        verified: None,
        blocked: None,
        nicks: vec![nick],
        former: Vec::new(),
    }
}

/// As much as the core keeps of one key.
fn full(n: u64) -> Record {
    let standings = [Standing::New, Standing::Changed, Standing::Pinned, Standing::Accepted];
    let nick = |n: usize| Nick {
        nick: format!("nul \0, \"quoted\", \u{202e}rtl, 👍 {n}"),
        standing: standings[n % 4],
        first: UnixMillis(i64::MIN),
        last: UnixMillis(i64::MAX),
    };
    Record {
        days: u32::MAX,
        established: true,
        spoken_to: true,
        petname: Some(String::new()),
        verified: Some(UnixMillis(3)),
        blocked: Some(UnixMillis(4)),
        nicks: (0..NICKS_PER_KEY_MAX).map(nick).collect(),
        former: (0..FORMER_MAX).map(|n| Former { key: key(n as u64), at: UnixMillis(n as i64) }).collect(),
        ..record(n)
    }
}

fn save(record: Record) -> Change {
    Change { save: Some(record), forget: None }
}

#[test]
fn records_come_back_as_they_were_written() {
    let mut store = store();
    let writer = &mut store.opened.writer;
    let bare = Record { nicks: Vec::new(), ..record(3) };
    for record in [record(2), full(1), bare.clone(), record(4), full(2)] {
        writer.put_trust(&[save(record)]).unwrap();
    }
    // A rotation: one goes as the other comes.
    writer.put_trust(&[Change { save: Some(full(5)), forget: Some(key(4)) }]).unwrap();
    writer.put_trust(&[Change { save: None, forget: Some(key(9)) }]).unwrap();
    writer.put_trust(&[Change { save: Some(record(6)), forget: Some(key(6)) }]).unwrap();
    writer.put_trust(&[Change::default()]).unwrap();
    let (store, tables) = reload(store);
    assert_eq!(tables.trust, [full(1), full(2), bare, full(5), record(6)]);
    drop(store);
}

#[test]
fn a_record_that_cannot_be_read_costs_no_other() {
    let mut store = store();
    (1..=7).for_each(|n| store.opened.writer.put_trust(&[save(full(n))]).unwrap());
    let conn = rusqlite::Connection::open(&store.opened.path).unwrap();
    for (n, sql) in [
        (1, "UPDATE trust SET record = 'x' WHERE key = ?1"),
        (2, "UPDATE trust SET record = '{}' WHERE key = ?1"),
        (3, "UPDATE trust SET record = CAST(x'ff' AS TEXT) WHERE key = ?1"),
        (4, "UPDATE trust SET key = x'00' WHERE key = ?1"),
        (5, "UPDATE trust SET record = replace(record, 'pinned', 'believed') WHERE key = ?1"),
        (
            6,
            "UPDATE trust SET record = replace(record, '\"former\":[{\"key\":\"', '\"former\":[{\"key\":\"0') WHERE key = ?1",
        ),
    ] {
        assert_eq!(conn.execute(sql, [key(n).bytes()]).unwrap(), 1);
    }
    let (mut store, tables) = reload(store);
    assert_eq!(tables.trust, [full(7)]);
    assert_eq!(store.opened.set_aside, None);
    // What a later version adds is no damage.
    conn.execute("UPDATE trust SET record = json_set(record, '$.later', 1) WHERE key = ?1", [key(7).bytes()]).unwrap();
    store.opened.writer.put_trust(&[save(full(1))]).unwrap();
    assert_eq!(reload(store).1.trust, [full(1), full(7)]);
}

#[test]
fn a_key_over_the_bound_is_refused_and_none_goes_for_it() {
    let mut store = store();
    let all: Vec<Record> = (0..KEYS_MAX as u64).map(record).collect();
    store.opened.writer.put_tables(&Tables { trust: all.clone(), ..Tables::default() }).unwrap();
    let writer = &mut store.opened.writer;
    writer.put_trust(&[save(full(0))]).unwrap();
    let more = record(KEYS_MAX as u64);
    assert!(matches!(writer.put_trust(&[save(more.clone())]), Err(StoreError::TooMany { max: KEYS_MAX })));
    let refused = Change { forget: Some(key(u64::MAX)), save: Some(more.clone()) };
    assert!(matches!(writer.put_trust(&[refused]), Err(StoreError::TooMany { .. })));
    let (mut store, tables) = reload(store);
    assert!(tables.trust.len() == KEYS_MAX && tables.trust[0] == full(0) && tables.trust[1..] == all[1..]);

    store.opened.writer.put_trust(&[Change { forget: Some(key(0)), save: Some(more.clone()) }]).unwrap();
    let mut over = all;
    over.push(more);
    store.opened.writer.put_tables(&Tables { trust: over.clone(), ..Tables::default() }).unwrap();
    assert!(reload(store).1.trust == over[..KEYS_MAX]);
}
