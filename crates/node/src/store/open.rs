//! Opens the database, makes it where there is none, and sets a broken one aside without ever repeating a `seq`.
//! Must not know what is written afterwards. Bounds: the open reads no history.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::row::seq_to_sql;
use super::{Reader, StoreError, Tables, Writer, aside, schema};

const DATABASE: &str = "whisper.db";
/// Largest `seq` that JavaScript reads exactly.
const SEQ_MAX: u64 = (1 << 53) - 1;

/// A store that is open, with what a starting peer needs to know of it.
pub struct Opened {
    /// The one connection that writes.
    pub writer: Writer,
    /// The database, for [`Reader::open`] and [`check`].
    pub path: PathBuf,
    /// The last run did not end with [`Writer::close`]: run [`check`] in the background.
    pub unclean: bool,
    /// First `seq` that this run may use, once reserved: above all that were ever used or reserved.
    pub seq_first: u64,
    /// Newest `seq` in the history; 0 where it is empty.
    pub seq_newest: u64,
    /// Secret key of the fingerprints: the same for the life of the database.
    pub fingerprint_key: [u8; 16],
    /// Where a broken database was put; tell the user.
    pub set_aside: Option<PathBuf>,
    /// Where a broken write-ahead log was put, with what was appended last in the run before; tell the user.
    pub log_aside: Option<PathBuf>,
    /// Settings, peers, blocks, bans, and what is known of keys.
    pub tables: Tables,
}

/// Opens the store in `dir`, which exists; `now_ms` is the UNIX time in milliseconds, `random` becomes the fingerprint key
/// of a new database. A file that is no database of ours is set aside, and a new one made. Takes some milliseconds, at any size.
///
/// # Errors
/// `Full`, `Io`, `Newer`.
pub fn open(dir: &Path, now_ms: i64, random: [u8; 16]) -> Result<Opened, StoreError> {
    let path = dir.join(DATABASE);
    let log_aside = aside::broken_log(&path)?;
    let numbers_lost = match fs::metadata(&path) {
        // What a fault left of a database; SQLite takes one byte for empty too.
        Ok(file) => file.len() <= 1 || log_aside.is_some(),
        // A replacement that did not get to its end.
        Err(_) => aside::has_any(&path),
    };
    let seq_floor = if numbers_lost { seq_by_clock(now_ms) } else { 0 };
    let mut opened = match open_at(path, seq_floor, random) {
        Err(StoreError::Broken(_)) => replace(dir, now_ms, random)?,
        other => other?,
    };
    opened.unclean |= log_aside.is_some();
    opened.log_aside = log_aside;
    Ok(opened)
}

/// Sets the database in `dir` aside, whatever its state, and opens a new one: for when [`check`] or a write found it broken.
/// The [`Writer`] must be gone; readers go on with the old file until they are dropped. Arguments as for [`open`].
///
/// # Errors
/// `Full`, `Io`.
pub fn replace(dir: &Path, now_ms: i64, random: [u8; 16]) -> Result<Opened, StoreError> {
    let path = dir.join(DATABASE);
    // A number from a broken file may be too low, and a clock may be wrong: the larger of both.
    let seq_floor = seq_by_clock(now_ms).max(salvage_seq(&path).unwrap_or(0));
    let set_aside = aside::database(&path)?;
    Ok(Opened { set_aside, ..open_at(path, seq_floor, random)? })
}

/// Looks for damage, on a connection of its own. Takes seconds for a large history, and keeps the write-ahead log from shrinking
/// meanwhile.
///
/// # Errors
/// `Broken` where there is damage; `Io` where that could not be found out.
pub fn check(path: &Path) -> Result<(), StoreError> {
    let reader = Reader::open(path)?;
    let found: String = reader.conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Broken(found)) }
}

fn open_at(path: PathBuf, seq_floor: u64, random: [u8; 16]) -> Result<Opened, StoreError> {
    create_private(&path)?;
    let mut conn =
        Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    schema::prepare_writer(&mut conn)?;

    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let unclean = tx.query_row("SELECT running FROM state", [], |row| row.get(0))?;
    let newest = newest_seq(&tx)?;
    let (reserved, fingerprint_key): (i64, [u8; 16]) = tx.query_row(
        "UPDATE state SET running = 1, seq_reserved = max(seq_reserved, ?1, ?2),
             fingerprint_key = coalesce(fingerprint_key, ?3)
         RETURNING seq_reserved, fingerprint_key",
        params![newest, seq_to_sql(seq_floor), random],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let seq_reserved =
        plausible_seq(reserved).ok_or_else(|| StoreError::Broken(format!("it counts messages from {reserved}")))?;
    let tables = Tables::load(&tx)?;
    tx.commit()?;

    Ok(Opened {
        writer: Writer { conn },
        path,
        unclean,
        seq_first: seq_reserved + 1,
        seq_newest: newest.cast_unsigned(),
        fingerprint_key,
        set_aside: None,
        log_aside: None,
        tables,
    })
}

pub(super) fn newest_seq(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT coalesce(max(seq), 0) FROM entries", [], |row| row.get(0))
}

/// Makes the file where there is none; its companions get the same mode from SQLite.
fn create_private(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}

/// Above every number that a history with fewer than 65,536 messages a second can have reached.
fn seq_by_clock(now_ms: i64) -> u64 {
    let seconds = u64::try_from(now_ms / 1_000).unwrap_or(0);
    (seconds << 16).min(SEQ_MAX / 2)
}

fn plausible_seq(seq: i64) -> Option<u64> {
    u64::try_from(seq).ok().filter(|seq| *seq < SEQ_MAX)
}

/// The largest `seq` that a broken database still tells of.
fn salvage_seq(path: &Path) -> Option<u64> {
    let reader = Reader::open(path).ok()?;
    ["SELECT max(seq_reserved) FROM state", "SELECT max(seq) FROM entries"]
        .iter()
        .filter_map(|sql| reader.conn.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).ok()?)
        .filter_map(plausible_seq)
        .max()
}
