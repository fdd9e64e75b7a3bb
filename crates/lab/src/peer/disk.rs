//! Whether a database that a peer left behind is whole. Must not know what is in it.
//! Bounds: looks at a copy, which goes again: the peer finds all as it was.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use rusqlite::Connection;

/// The database and its log, which is there only where the run has not ended well.
const DATABASE: [&str; 2] = ["whisper.db", "whisper.db-wal"];
/// What a peer calls a database that it found broken and set aside.
pub const SET_ASIDE: &str = ".broken-";

/// Looks through all of the database in `dir`, while no peer runs there.
///
/// # Errors
/// It is damaged, or cannot be read.
pub fn check(dir: &Path) -> anyhow::Result<()> {
    let copy = tempfile::tempdir()?;
    for name in DATABASE.iter().filter(|name| dir.join(name).exists()) {
        fs::copy(dir.join(name), copy.path().join(name))?;
    }
    let [database, _] = DATABASE;
    let conn = Connection::open(copy.path().join(database)).context("the database does not open")?;
    let found: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    ensure!(found == "ok", "the database is damaged: {found}");
    Ok(())
}

/// Names of what was found broken in `dir` and set aside.
///
/// # Errors
/// It cannot be read.
pub fn set_aside(dir: &Path) -> anyhow::Result<Vec<String>> {
    let names = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(names.into_iter().filter(|name| name.contains(SET_ASIDE)).collect())
}
