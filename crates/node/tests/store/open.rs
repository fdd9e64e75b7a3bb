use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use whispernet_node::handle::Query;
use whispernet_node::store::{Opened, Reader, StoreError, check, open, replace};

use crate::{NOW_MS, row, store};

/// What a clock of `NOW_MS` puts the numbers after a loss above.
const FLOOR: u64 = (NOW_MS as u64 / 1_000) << 16;

fn reopen(dir: &Path) -> Opened {
    open(dir, NOW_MS, [9; 16]).unwrap()
}

#[test]
fn a_new_store_is_private_and_empty() {
    let store = store();
    let opened = store.opened;
    assert!(!opened.unclean);
    assert_eq!((opened.seq_first, opened.seq_newest), (1, 0));
    assert_eq!(opened.fingerprint_key, [7; 16]);
    assert_eq!(opened.set_aside, None);
    for entry in fs::read_dir(&store.dir).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_clean_end_keeps_history_numbers_and_key() {
    let mut store = store();
    store.opened.writer.reserve_seq(4_096).unwrap();
    store.opened.writer.reserve_seq(100).unwrap();
    store.append(&[row(1, "hi"), row(2, "there")]);
    drop(store.reader);
    store.opened.writer.close().unwrap();
    assert!(!store.opened.path.with_extension("db-wal").exists());

    let opened = reopen(store.dir.path());
    assert!(!opened.unclean);
    assert_eq!((opened.seq_first, opened.seq_newest), (4_097, 2));
    assert_eq!(opened.fingerprint_key, [7; 16]);
    assert_eq!(Reader::open(&opened.path).unwrap().tail(9).unwrap().len(), 2);
}

#[test]
fn a_run_that_did_not_close_is_unclean_until_one_does() {
    let store = store();
    drop(store.opened.writer);
    let opened = reopen(store.dir.path());
    assert!(opened.unclean);
    drop(opened.writer);
    let opened = reopen(store.dir.path());
    assert!(opened.unclean);
    opened.writer.close().unwrap();
    assert!(!reopen(store.dir.path()).unclean);
}

#[test]
fn what_a_kill_leaves_has_all_that_was_appended() {
    let mut store = store();
    store.opened.writer.reserve_seq(50).unwrap();
    for seq in 1..=20 {
        store.append(&[row(seq, "hi")]);
    }
    // The files as they lie while the store is open are what kill -9 leaves.
    let left = tempfile::tempdir().unwrap();
    for name in ["whisper.db", "whisper.db-wal"] {
        fs::copy(store.dir.path().join(name), left.path().join(name)).unwrap();
    }
    let opened = reopen(left.path());
    assert!(opened.unclean);
    assert_eq!((opened.seq_first, opened.seq_newest), (51, 20));
    check(&opened.path).unwrap();
}

#[test]
fn numbers_used_without_reservation_are_not_repeated() {
    let mut store = store();
    store.append(&[row(70, "hi")]);
    drop(store.opened.writer);
    assert_eq!(reopen(store.dir.path()).seq_first, 71);
}

#[test]
fn what_was_reserved_and_not_used_is_given_back() {
    let mut store = store();
    store.append(&[row(20, "hi")]);
    store.opened.writer.reserve_seq(5_000).unwrap();
    store.opened.writer.release_seq(30).unwrap();
    store.opened.writer.release_seq(40).unwrap();
    store.opened.writer.close().unwrap();
    assert_eq!(reopen(store.dir.path()).seq_first, 31, "a reservation is never raised by giving back");
}

/// A closed store with 500 rows, number 500 at `seq_last`; the folder and the database.
fn closed(seq_last: u64) -> (tempfile::TempDir, std::path::PathBuf) {
    let mut store = store();
    let mut rows: Vec<_> = (1..500).map(|seq| row(seq, &"text ".repeat(50))).collect();
    rows.push(row(seq_last, "last"));
    store.append(&rows);
    drop(store.reader);
    store.opened.writer.close().unwrap();
    (store.dir, store.opened.path)
}

#[test]
fn a_broken_file_is_set_aside_and_numbers_go_on_above() {
    type Break = fn(&Path);
    let breaks: [(&str, Break); 7] = [
        ("garbage", |path| fs::write(path, b"this is no database at all".repeat(500)).unwrap()),
        ("a short text", |path| fs::write(path, b"xy").unwrap()),
        ("cut in half", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("cut to its first page", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..4_096]).unwrap();
        }),
        ("zeros behind the header", |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[100..].fill(0);
            fs::write(path, bytes).unwrap();
        }),
        ("without a table", |path| {
            let conn = rusqlite::Connection::open(path).unwrap();
            conn.execute_batch("DROP TABLE state").unwrap();
        }),
        ("another program's", |path| {
            fs::remove_file(path).unwrap();
            let conn = rusqlite::Connection::open(path).unwrap();
            conn.execute_batch("CREATE TABLE recipes (name)").unwrap();
        }),
    ];
    for (name, break_it) in breaks {
        let (dir, path) = closed(500);
        break_it(&path);
        let opened = reopen(dir.path());
        let aside = opened.set_aside.clone().unwrap_or_else(|| panic!("{name}: not set aside"));
        assert_eq!(aside, dir.path().join("whisper.db.broken-1"), "{name}");
        assert!(aside.exists(), "{name}");
        assert_eq!(opened.seq_first, FLOOR + 1, "{name}");
        assert_eq!(opened.seq_newest, 0, "{name}");
        assert_eq!(opened.fingerprint_key, [9; 16], "{name}");
        // The number is durable, however this run ends.
        drop(opened.writer);
        let again = reopen(dir.path());
        assert_eq!((again.seq_first, again.set_aside), (FLOOR + 1, None), "{name}");
    }
}

#[test]
fn an_emptied_file_does_not_start_numbers_again() {
    for left in [b"".as_slice(), b"x"] {
        let (dir, path) = closed(500);
        fs::write(&path, left).unwrap();
        let opened = reopen(dir.path());
        assert_eq!((opened.seq_first, opened.set_aside), (FLOOR + 1, None));
    }
}

#[test]
fn a_replacement_cut_short_does_not_start_numbers_again() {
    let (dir, path) = closed(500);
    fs::rename(&path, dir.path().join("whisper.db.broken-1")).unwrap();
    assert_eq!(reopen(dir.path()).seq_first, FLOOR + 1);
    // The next try of the same run finds nothing to set aside.
    let (dir, path) = closed(500);
    fs::remove_file(path).unwrap();
    let opened = replace(dir.path(), NOW_MS, [1; 16]).unwrap();
    assert_eq!((opened.seq_first, opened.set_aside), (FLOOR + 1, None));
}

#[test]
fn a_broken_log_is_set_aside_and_the_database_stays() {
    for (name, left, broken) in [
        ("as it was", None, false),
        ("emptied", Some(Vec::new()), false),
        ("garbage", Some(b"this is no log at all".repeat(500)), true),
        ("one byte", Some(vec![0x37]), true),
        ("zeros", Some(vec![0; 8_192]), true),
    ] {
        let mut store = store();
        store.append(&[row(1, "in the database")]);
        store.opened.writer.checkpoint().unwrap();
        store.append(&[row(2, "in the log")]);
        let dir = tempfile::tempdir().unwrap();
        for file in ["whisper.db", "whisper.db-wal"] {
            fs::copy(store.dir.path().join(file), dir.path().join(file)).unwrap();
        }
        if let Some(left) = &left {
            fs::write(dir.path().join("whisper.db-wal"), left).unwrap();
        }
        let opened = reopen(dir.path());
        assert_eq!((opened.set_aside, opened.unclean), (None, true), "{name}");
        let aside = broken.then(|| dir.path().join("whisper.db.broken-1-wal"));
        assert_eq!(opened.log_aside, aside, "{name}");
        assert_eq!(aside.map(|aside| fs::read(aside).unwrap()), left.clone().filter(|_| broken), "{name}");
        assert_eq!(opened.seq_newest, if left.is_none() { 2 } else { 1 }, "{name}");
        assert_eq!(opened.seq_first > FLOOR, broken, "{name}");
        check(&opened.path).unwrap();
    }
}

#[test]
fn a_replaced_store_goes_on_above_the_old_one_whatever_the_clock_says() {
    let seq_last = FLOOR + 1_000_000;
    let (dir, path) = closed(seq_last);
    for n in 1..=3 {
        let opened = replace(dir.path(), 0, [1; 16]).unwrap();
        assert_eq!(opened.seq_first, seq_last + 1);
        assert_eq!(opened.set_aside, Some(dir.path().join(format!("whisper.db.broken-{n}"))));
        assert_eq!(opened.path, path);
    }
    // What was set aside can still be read.
    let old = Reader::open(&dir.path().join("whisper.db.broken-1")).unwrap();
    assert_eq!(old.messages(&Query { limit: 500, ..Query::default() }).unwrap().len(), 500);
}

#[test]
fn a_count_beyond_all_bounds_is_damage() {
    for seq in [i64::MAX, -1, 1 << 53] {
        let (dir, path) = closed(500);
        let conn = rusqlite::Connection::open(path).unwrap();
        conn.execute("UPDATE state SET seq_reserved = ?1", [seq]).unwrap();
        conn.close().unwrap();
        let opened = reopen(dir.path());
        // A negative count is mended from the rows.
        let mended = seq < 0;
        assert_eq!(opened.set_aside.is_none(), mended);
        assert_eq!(opened.seq_first, if mended { 501 } else { FLOOR + 1 });
    }
}

#[test]
fn a_newer_schema_is_left_alone() {
    let (dir, path) = closed(500);
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    conn.close().unwrap();
    let before = fs::read(&path).unwrap();
    let error = open(dir.path(), NOW_MS, [0; 16]).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
    assert!(error.to_string().contains("update whisper"));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(!dir.path().join("whisper.db.broken-1").exists());
}

#[test]
fn a_missing_folder_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = open(&dir.path().join("none"), NOW_MS, [0; 16]).err().unwrap();
    assert!(matches!(error, StoreError::Io(_)));
}

#[test]
fn check_finds_damage_in_the_middle() {
    let (dir, path) = closed(500);
    let opened = reopen(dir.path());
    check(&opened.path).unwrap();
    opened.writer.close().unwrap();

    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let opened = reopen(dir.path());
    assert!(opened.set_aside.is_none());
    assert!(matches!(check(&opened.path), Err(StoreError::Broken(_))));
}
