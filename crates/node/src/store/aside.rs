//! Puts what is broken beside its place, under a name that nothing else reads. Must not know what comes in its place.
//! Bounds: [`ASIDE_MAX`] are kept.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::StoreError;

/// Broken databases that are kept; each may have the size of the quota.
const ASIDE_MAX: usize = 99;
/// What SQLite adds to the name of a database for its write-ahead log.
const LOG: &str = "-wal";
/// The same for the index of that log, which is made anew from it.
const LOG_INDEX: &str = "-shm";
/// Length of the header of a write-ahead log.
const LOG_HEADER_BYTES: usize = 32;

/// Renames a database with its companions, so that it can still be opened under its new name. `None` where there is none.
///
/// # Errors
/// `Io`.
pub(super) fn database(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let aside = free_name(path)?;
    if !rename(path, &aside)? {
        return Ok(None);
    }
    for companion in [LOG, LOG_INDEX] {
        rename(&with(path, companion), &with(&aside, companion))?;
    }
    Ok(Some(aside))
}

/// Renames the write-ahead log of a database, where SQLite would take it for an empty one and write over it.
///
/// # Errors
/// `Io`.
pub(super) fn broken_log(path: &Path) -> Result<Option<PathBuf>, StoreError> {
    let log = with(path, LOG);
    let mut header = Vec::new();
    match File::open(&log) {
        Ok(file) => file.take(LOG_HEADER_BYTES as u64).read_to_end(&mut header)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if header.is_empty() || is_log_header(&header) {
        return Ok(None);
    }
    let aside = with(&free_name(path)?, LOG);
    rename(&log, &aside)?;
    Ok(Some(aside))
}

/// Whether a database was set aside here before.
pub(super) fn has_any(path: &Path) -> bool {
    name(path, 1).exists()
}

fn name(path: &Path, number: usize) -> PathBuf {
    with(path, &format!(".broken-{number}"))
}

fn free_name(path: &Path) -> Result<PathBuf, StoreError> {
    let free = |aside: &PathBuf| !aside.exists() && !with(aside, LOG).exists();
    (1..=ASIDE_MAX).map(|number| name(path, number)).find(free).ok_or_else(|| {
        StoreError::Io(format!("there are {ASIDE_MAX} broken histories beside {}: remove some", path.display()))
    })
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Returns whether there was something to rename.
fn rename(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other.map(|()| true),
    }
}

/// Whether a write-ahead log begins so: magic number, version and checksum (<https://www.sqlite.org/fileformat2.html>, 4.1).
fn is_log_header(header: &[u8]) -> bool {
    let word = |at: usize, read: fn([u8; 4]) -> u32| {
        header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, read)
    };
    let read_sum: fn([u8; 4]) -> u32 = match word(0, u32::from_be_bytes) {
        0x377f_0682 => u32::from_le_bytes,
        0x377f_0683 => u32::from_be_bytes,
        _ => return false,
    };
    let (mut first, mut second) = (0_u32, 0_u32);
    for at in (0..24).step_by(8) {
        first = first.wrapping_add(word(at, read_sum)).wrapping_add(second);
        second = second.wrapping_add(word(at + 4, read_sum)).wrapping_add(first);
    }
    word(4, u32::from_be_bytes) == 3_007_000
        && (first, second) == (word(24, u32::from_be_bytes), word(28, u32::from_be_bytes))
}
