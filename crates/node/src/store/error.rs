//! Why the store failed, told apart by what a user can do about it.
//! Must not know who asked. Bounds: none.

use std::io;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room. Nothing was changed; the same call can succeed once there is room.
    #[error("the disk is full: make room; until then nothing new is kept")]
    Full,
    /// The database contradicts itself, or is none.
    #[error("the history is damaged: {0}")]
    Broken(String),
    /// The system refused, or another process holds the database.
    #[error("the data directory cannot be read or written: {0}")]
    Io(String),
    /// A later version of this program wrote the database. It is left as it is.
    #[error(
        "the history was written by a newer whisper (schema {found}, this one knows {known}): update whisper, or give --data-dir another folder"
    )]
    Newer {
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A table is full of what only the user may remove.
    #[error("there are {max} of these already: remove one first")]
    TooMany {
        /// The bound.
        max: usize,
    },
    /// A file over the quota of all files together.
    #[error("the file has {bytes} bytes, and all files together may have {max}")]
    FileTooLong {
        /// Its length.
        bytes: u64,
        /// The quota.
        max: u64,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match error {
            E::SqliteFailure(code, _) if code.extended_code == SQLITE_IOERR_SHMSIZE => Self::Full,
            E::SqliteFailure(code, _) if code.code == ErrorCode::DiskFull => Self::Full,
            // We alone write the tables, which are STRICT: one that is missing, a value of the wrong kind, or no row, is damage.
            E::SqliteFailure(code, _)
                if matches!(code.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) =>
            {
                Self::Broken(error.to_string())
            }
            E::SqlInputError { .. }
            | E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::InvalidColumnType(..)
            | E::QueryReturnedNoRows
            | E::Utf8Error(..) => Self::Broken(error.to_string()),
            _ => Self::Io(error.to_string()),
        }
    }
}

impl From<rusqlite_migration::Error> for StoreError {
    fn from(error: rusqlite_migration::Error) -> Self {
        match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn sqlite_codes_are_told_apart() {
        let kind = |code| match StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)) {
            StoreError::Full => "full",
            StoreError::Broken(_) => "broken",
            StoreError::Io(_) => "io",
            _ => "other",
        };
        let cases = [
            (ffi::SQLITE_FULL, "full"),
            (ffi::SQLITE_IOERR_SHMSIZE, "full"),
            (ffi::SQLITE_IOERR_WRITE, "io"),
            (ffi::SQLITE_BUSY, "io"),
            (ffi::SQLITE_CANTOPEN, "io"),
            (ffi::SQLITE_CORRUPT, "broken"),
            (ffi::SQLITE_CORRUPT_VTAB, "broken"),
            (ffi::SQLITE_NOTADB, "broken"),
        ];
        for (code, want) in cases {
            assert_eq!(kind(code), want, "code {code}");
        }
    }
}
