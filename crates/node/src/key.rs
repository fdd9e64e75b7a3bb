//! The secret key of a peer, in the file `key` of its data directory: made at the first start, never overwritten unasked.
//! Must not know where a passphrase comes from, or what is signed. Bounds: those of its parts.

mod error;
mod file;
mod rotate;
mod sealed;
mod text;

use std::io::Read;
use std::path::{Path, PathBuf};

pub use whispernet_core::identity::{DIGITS, PublicKey, SecretKey};
use zeroize::Zeroizing;

pub use self::error::{Fault, KeyError};
pub use self::rotate::{Rotated, rotate, rotation};
pub use self::sealed::{PASSPHRASE_BYTES_MAX, Passphrase};

use self::sealed::Sealed;
use crate::config::DataDir;
use crate::datadir::{self, Locked};

/// The name of the key file.
const FILE: &str = "key";

/// Which passphrase is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one that opens what is there.
    Present,
    /// One to be set.
    New,
}

/// What became of an import.
#[derive(Debug)]
pub struct Imported {
    /// Whose key it is now.
    pub key: PublicKey,
    /// Where the key before it is.
    pub kept: Option<PathBuf>,
}

/// A key as it was read.
enum Stored {
    Plain(SecretKey),
    Protected(Sealed),
}

/// The key of that data directory, which must exist; made without a question where there is none. Of several that make one at once,
/// all end with the same. `ask` is called where the file is under a passphrase.
///
/// # Errors
/// See [`KeyError`]. The file is as it was.
pub fn load_or_create(
    dir: &Path,
    ask: impl FnOnce(Wanted) -> Result<Passphrase, KeyError>,
) -> Result<SecretKey, KeyError> {
    let stored = match read(dir)? {
        Some(stored) => stored,
        None => {
            let path = dir.join(FILE);
            let key = random()?;
            if file::create(&path, &text::write(&key)).map_err(|error| KeyError::cannot_write(&path, &error))? {
                return Ok(key);
            }
            must_read(dir)?
        }
    };
    open(stored, dir, ask)
}

/// The key of that data directory, where there is one.
///
/// # Errors
/// See [`KeyError`].
pub fn load(dir: &Path, ask: impl FnOnce(Wanted) -> Result<Passphrase, KeyError>) -> Result<SecretKey, KeyError> {
    open(must_read(dir)?, dir, ask)
}

/// The key of that data directory as an age file, never without a passphrase: its own where it has one, else a new one.
///
/// # Errors
/// See [`KeyError`].
pub fn export(dir: &Path, ask: impl FnOnce(Wanted) -> Result<Passphrase, KeyError>) -> Result<String, KeyError> {
    let (key, passphrase) = match must_read(dir)? {
        Stored::Plain(key) => (key, ask(Wanted::New)?),
        Stored::Protected(sealed) => {
            let passphrase = ask(Wanted::Present)?;
            (unseal(sealed, &passphrase, &place(dir))?, passphrase)
        }
    };
    sealed::seal(&text::write(&key), &passphrase)
}

/// Puts what [`export`] gave into a new file that only its owner can read.
///
/// # Errors
/// There is something of that name, or it cannot be written.
pub fn write_export(path: &Path, export: &str) -> Result<(), KeyError> {
    file::write_new(path, export.as_bytes()).map_err(|error| KeyError::cannot_write(path, &error))
}

/// Takes the key out of an export into that data directory, which is made where it is missing and where no peer may run. The key is
/// then kept without a passphrase, like one that was made there. With `replace` a key that is there stays beside it under a new name.
///
/// # Errors
/// See [`KeyError`]. The key that was there is as it was.
pub fn import(
    dir: &Path,
    export: impl Read,
    export_name: &str,
    replace: bool,
    ask: impl FnOnce(Wanted) -> Result<Passphrase, KeyError>,
) -> Result<Imported, KeyError> {
    let path = dir.join(FILE);
    let _locked = lock(dir)?;
    let occupied = path.symlink_metadata().is_ok();
    if occupied && !replace {
        return Err(KeyError::Occupied { path });
    }
    let faulty = |fault| KeyError::Unreadable { place: export_name.to_owned(), fault };
    let bytes = match file::read_bounded(export) {
        Ok(bytes) => bytes.ok_or(faulty(Fault::TooLong))?,
        Err(error) => return Err(KeyError::Unread { place: export_name.to_owned(), reason: error.to_string() }),
    };
    if !sealed::is_sealed(&bytes) {
        return Err(faulty(Fault::NoExport));
    }
    let sealed = Sealed::read(&bytes).map_err(faulty)?;
    let key = unseal(sealed, &ask(Wanted::Present)?, export_name)?;
    let failed = |error: std::io::Error| KeyError::cannot_write(&path, &error);
    let kept = if occupied { Some(file::keep(&path).map_err(failed)?) } else { None };
    file::replace(&path, &text::write(&key)).map_err(failed)?;
    Ok(Imported { key: key.public(), kept })
}

/// Puts the key of that data directory, where no peer may run, under a new passphrase.
///
/// # Errors
/// See [`KeyError`]. The file is as it was.
pub fn protect(dir: &Path, mut ask: impl FnMut(Wanted) -> Result<Passphrase, KeyError>) -> Result<(), KeyError> {
    let _locked = lock_with_key(dir)?;
    let key = open(must_read(dir)?, dir, &mut ask)?;
    let sealed = sealed::seal(&text::write(&key), &ask(Wanted::New)?)?;
    put(dir, sealed.as_bytes())
}

/// Keeps the key of that data directory, where no peer may run, without a passphrase from now on.
///
/// # Errors
/// See [`KeyError`]. The file is as it was.
pub fn unprotect(dir: &Path, ask: impl FnOnce(Wanted) -> Result<Passphrase, KeyError>) -> Result<(), KeyError> {
    let _locked = lock_with_key(dir)?;
    match must_read(dir)? {
        Stored::Plain(_) => Err(KeyError::NotProtected { path: dir.join(FILE) }),
        stored => put(dir, &text::write(&open(stored, dir, ask)?)),
    }
}

fn lock(dir: &Path) -> Result<Locked, KeyError> {
    match datadir::lock(&DataDir::Exactly(dir.to_owned())) {
        Ok((locked, _)) => Ok(locked),
        Err(error) => Err(KeyError::Folder(error.to_string())),
    }
}

fn lock_with_key(dir: &Path) -> Result<Locked, KeyError> {
    // To lock a folder makes it where it is missing: a mistyped one must not appear.
    if dir.join(FILE).symlink_metadata().is_err() {
        return Err(KeyError::Missing { path: dir.join(FILE) });
    }
    lock(dir)
}

fn put(dir: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let path = dir.join(FILE);
    file::replace(&path, bytes).map_err(|error| KeyError::cannot_write(&path, &error))
}

fn random() -> Result<SecretKey, KeyError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| KeyError::NoEntropy(error.to_string()))?;
    Ok(SecretKey::from_seed(&seed))
}

/// How the key file is named in errors.
fn place(dir: &Path) -> String {
    format!("the key {}", dir.join(FILE).display())
}

fn read(dir: &Path) -> Result<Option<Stored>, KeyError> {
    let Some(bytes) = file::read(&dir.join(FILE))? else { return Ok(None) };
    let stored = if sealed::is_sealed(&bytes) {
        Sealed::read(&bytes).map(Stored::Protected)
    } else {
        text::read(&bytes).map(Stored::Plain)
    };
    stored.map(Some).map_err(|fault| KeyError::Unreadable { place: place(dir), fault })
}

fn must_read(dir: &Path) -> Result<Stored, KeyError> {
    read(dir)?.ok_or_else(|| KeyError::Missing { path: dir.join(FILE) })
}

fn open(
    stored: Stored,
    dir: &Path,
    ask: impl FnOnce(Wanted) -> Result<Passphrase, KeyError>,
) -> Result<SecretKey, KeyError> {
    match stored {
        Stored::Plain(key) => Ok(key),
        Stored::Protected(sealed) => unseal(sealed, &ask(Wanted::Present)?, &place(dir)),
    }
}

fn unseal(sealed: Sealed, passphrase: &Passphrase, place: &str) -> Result<SecretKey, KeyError> {
    let opened = sealed.open(passphrase).and_then(|bytes| text::read(&bytes));
    opened.map_err(|fault| KeyError::Unreadable { place: place.to_owned(), fault })
}
