//! The folder that a peer keeps things in: made private, and locked for as long as the peer runs.
//! Must not know what is kept. Bounds: [`PROFILES_MAX`] profiles are tried.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::config::{DataDir, StartError};

/// Profiles beside one another, the first one without a number.
const PROFILES_MAX: usize = 99;

/// A folder that is ours while this lives.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) path: PathBuf,
    _lock: File,
}

/// Locks the folder asked for, or the first free profile beside it, and says aloud where that is another one.
pub(crate) fn lock(asked: &DataDir) -> Result<(Locked, Option<String>), StartError> {
    match asked {
        DataDir::Exactly(path) => Ok((lock_one(path)?, None)),
        DataDir::OrNextProfile(path) => lock_profile(path),
    }
}

/// Whether a peer runs with this folder. Nothing is made or changed there.
#[must_use]
pub fn is_in_use(path: &Path) -> bool {
    let Ok(file) = File::open(path.join("lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn lock_profile(first: &Path) -> Result<(Locked, Option<String>), StartError> {
    for number in 1..=PROFILES_MAX {
        let path = match number {
            1 => first.to_path_buf(),
            number => beside(first, number),
        };
        match lock_one(&path) {
            Ok(locked) if number == 1 => return Ok((locked, None)),
            Ok(locked) => {
                let notice = format!("{} is in use by another peer: this one uses {}", first.display(), path.display());
                return Ok((locked, Some(notice)));
            }
            Err(StartError::DataDirInUse { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StartError::DataDirInUse { path: first.to_path_buf() })
}

fn beside(first: &Path, number: usize) -> PathBuf {
    let mut name = first.as_os_str().to_os_string();
    name.push(format!("-{number}"));
    PathBuf::from(name)
}

fn lock_one(path: &Path) -> Result<Locked, StartError> {
    let failed = |error: std::io::Error| StartError::DataDir { path: path.to_path_buf(), reason: error.to_string() };
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        // What is in here is private: the key, and history.
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path.join("lock"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Locked { path: path.to_path_buf(), _lock: file }),
        Err(TryLockError::WouldBlock) => Err(StartError::DataDirInUse { path: path.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_peer_a_folder() {
        let temp = tempfile::tempdir().unwrap();
        let asked = temp.path().join("a/whispernet");
        let (first, said) = lock(&DataDir::OrNextProfile(asked.clone())).unwrap();
        assert_eq!((&first.path, said), (&asked, None));
        assert_eq!(fs::metadata(&asked).unwrap().permissions().mode() & 0o777, 0o700);
        let (second, said) = lock(&DataDir::OrNextProfile(asked.clone())).unwrap();
        assert_eq!(second.path, temp.path().join("a/whispernet-2"));
        assert!(said.unwrap().contains("in use by another peer"));
        assert!(matches!(lock(&DataDir::Exactly(asked.clone())), Err(StartError::DataDirInUse { .. })));
        assert!(is_in_use(&asked));
        drop(first);
        assert!(!is_in_use(&asked));
        assert!(lock(&DataDir::Exactly(asked)).is_ok(), "free again");
        assert!(!is_in_use(&temp.path().join("none")));
    }

    #[test]
    fn a_file_in_the_way_is_told() {
        let temp = tempfile::NamedTempFile::new().unwrap();
        let error = lock(&DataDir::Exactly(temp.path().join("x"))).err().unwrap();
        assert!(matches!(&error, StartError::DataDir { .. }), "{error}");
    }
}
