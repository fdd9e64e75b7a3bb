//! The tables, their versions, and how a connection is set up.
//! Must not know what the rows mean. Bounds: caches and write-ahead log by the constants here.

use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::StoreError;

/// "wspr" in ASCII: tells our database from another program's.
const APPLICATION_ID: i64 = 0x7773_7072;

/// How long to wait for another process that holds the database (a backup, say).
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Pages in the write-ahead log before they go back into the database: 32 MiB. Larger, and the start after a crash is slower; smaller,
/// and pages that many batches touch are written for each.
const WAL_CHECKPOINT_PAGES: i64 = 8_192;
/// What is left of a write-ahead log that a long read made grow, in bytes.
const WAL_BYTES_MAX: i64 = 64 * 1024 * 1024;
const _: () = assert!(WAL_CHECKPOINT_PAGES * 4_096 <= WAL_BYTES_MAX);
/// Holds `known` for a history at its default quota, which each new row is looked up in. In KiB.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// In KiB; each reader has its own.
const READER_CACHE_KIB: i64 = 4 * 1024;

/// `entries` is the log's index: 15 bytes a row, appended at the right edge. The newest 500,000 fingerprints are one walk
/// over 7 MB of it, and greetings are skipped without touching the wide rows; a covering index on `messages` would hold `seq`
/// twice. `fresh` and `known` are for look-ups by fingerprint (see `known.rs`).
///
/// `search` has no content of its own and takes deletes by rowid: a row leaves the index without being tokenised again, and
/// a delete that does not match what was indexed cannot damage it.
const FIRST: &str = "
PRAGMA application_id = 0x77737072;
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq_reserved INTEGER NOT NULL DEFAULT 0,
    seq_indexed INTEGER NOT NULL DEFAULT 0,
    running INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0,
    fingerprint_key BLOB,
    nick TEXT
) STRICT;
INSERT INTO state (one) VALUES (1);
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    fingerprint INTEGER NOT NULL,
    flags INTEGER NOT NULL
) STRICT;
CREATE TABLE fresh (
    fingerprint INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE known (
    fingerprint INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    addr TEXT NOT NULL,
    nick TEXT NOT NULL,
    body TEXT NOT NULL,
    time INTEGER,
    received INTEGER NOT NULL,
    client TEXT,
    file TEXT,
    raw BLOB NOT NULL
) STRICT;
CREATE INDEX messages_by_client ON messages (client, received) WHERE client IS NOT NULL;
CREATE VIRTUAL TABLE search USING fts5
    (body, nick, tokenize = 'trigram', content = '', contentless_delete = 1);
CREATE TABLE peers (
    addr TEXT PRIMARY KEY,
    nick TEXT NOT NULL,
    daemon INTEGER NOT NULL,
    linked_at INTEGER NOT NULL,
    cursor INTEGER,
    held INTEGER NOT NULL,
    wanted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (who TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE bans (
    ip TEXT NOT NULL,
    name TEXT NOT NULL,
    until INTEGER NOT NULL,
    level INTEGER NOT NULL,
    PRIMARY KEY (ip, name)
) STRICT, WITHOUT ROWID;
";

/// The index held texts as they were written, and its own idea of lower case: it is built anew of texts in ours.
const SEARCH_IN_LOWER_CASE: &str = "
INSERT INTO search (search) VALUES ('delete-all');
UPDATE state SET seq_indexed = 0;
";

/// `abouts` has a row where there is anything to tell of a message's author. A column of `messages` it cannot be: one that is added lies
/// behind `raw`, and is reached through every page of a file (measured: 200 ms more for 500 messages with files of 1 MiB).
///
/// `trust` is counted with each key that is new: by the index of its keys, rather than through all records.
const SIGNED: &str = "
CREATE TABLE abouts (seq INTEGER PRIMARY KEY, about TEXT NOT NULL) STRICT;
CREATE TABLE trust (key BLOB PRIMARY KEY NOT NULL, record TEXT NOT NULL) STRICT;
";

/// Each step raises the version by one; steps that were published never change.
const STEPS: &[M<'_>] = &[M::up(FIRST), M::up(SEARCH_IN_LOWER_CASE), M::up(SIGNED)];

/// Sets up the one connection that writes, and brings the tables up to date.
pub(super) fn prepare_writer(conn: &mut Connection) -> Result<(), StoreError> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    refuse_foreign(conn)?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Io(
            "this file system cannot hold the history (no shared memory): give --data-dir a local folder".into(),
        ));
    }
    // What is acknowledged must survive a power cut; measured no slower than NORMAL with batched commits.
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", WAL_CHECKPOINT_PAGES)?;
    conn.pragma_update(None, "journal_size_limit", WAL_BYTES_MAX)?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    no_mmap(conn)?;
    conn.set_prepared_statement_cache_capacity(64);
    Migrations::from_slice(STEPS).to_latest(conn)?;
    Ok(())
}

/// Sets up a connection that only reads.
pub(super) fn prepare_reader(conn: &Connection) -> Result<(), StoreError> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    no_mmap(conn)
}

/// A disk error in mapped memory would be a signal that ends the process, not an error.
fn no_mmap(conn: &Connection) -> Result<(), StoreError> {
    conn.pragma_update(None, "mmap_size", 0)?;
    Ok(())
}

/// Fails before anything is written to a database that is not ours, or of a later version.
fn refuse_foreign(conn: &Connection) -> Result<(), StoreError> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if pragma("schema_version")? != 0 && pragma("application_id")? != APPLICATION_ID {
        return Err(StoreError::Broken("another program's database".into()));
    }
    let (found, known) = (pragma("user_version")?, STEPS.len() as i64);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use whispernet_core::rank::Rank;

    use super::*;
    use crate::event::{About, Trust};
    use crate::store::{Reader, open};

    #[test]
    fn the_steps_are_sound() {
        Migrations::from_slice(STEPS).validate().unwrap();
    }

    #[test]
    fn a_history_without_signatures_reads_as_it_did() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("whisper.db");
        let mut conn = Connection::open(&path).unwrap();
        Migrations::from_slice(&STEPS[..2]).to_latest(&mut conn).unwrap();
        for (seq, flags) in [(1, 8), (2, 9), (3, 24)] {
            conn.execute("INSERT INTO entries VALUES (?1, ?1, ?2)", [seq, flags]).unwrap();
            conn.execute("INSERT INTO known VALUES (?1, ?1)", [seq]).unwrap();
            let sql = "INSERT INTO messages VALUES (?1, ?1, '', '', '', NULL, 0, NULL, NULL, x'7b7d')";
            conn.execute(sql, [seq]).unwrap();
        }
        drop(conn);
        let opened = open(dir.path(), 0, [0; 16]).unwrap();
        let reader = Reader::open(&opened.path).unwrap();
        let rows = reader.tail(9).unwrap();
        let told = |trust| About { trust, ..About::default() };
        let want = [told(Trust::Unsigned), told(Trust::Own), told(Trust::Unsigned)];
        assert_eq!(rows.iter().map(|row| &row.about).collect::<Vec<_>>(), want.iter().collect::<Vec<_>>());
        assert!(rows.iter().all(|row| row.rank == Rank::WithFile && row.raw == b"{}"));
        assert!(reader.poor(9).unwrap().is_empty() && opened.tables.trust.is_empty());
        assert!(reader.knows(0, "1").unwrap() && !reader.knows(4, "1").unwrap());
    }

    #[test]
    fn an_index_of_texts_as_they_were_written_is_built_anew() {
        let mut conn = Connection::open_in_memory().unwrap();
        Migrations::from_slice(&STEPS[..1]).to_latest(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT INTO search (rowid, body, nick) VALUES (7, 'as it was written', '');
             UPDATE state SET seq_indexed = 7;",
        )
        .unwrap();
        let number = |conn: &Connection, sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let found = "SELECT count(*) FROM search WHERE search MATCH 'written'";
        assert_eq!(number(&conn, found), 1);
        Migrations::from_slice(STEPS).to_latest(&mut conn).unwrap();
        assert_eq!([number(&conn, found), number(&conn, "SELECT seq_indexed FROM state")], [0, 0]);
    }
}
