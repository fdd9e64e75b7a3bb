//! A new key in the place of the present one, and the statement by which the one hands over to the other. Must not know who hears it.
//! Bounds: [`STATEMENTS_MAX`] statements, in a file of which no more is read than of a key file.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use whispernet_core::identity::{Network, PublicKey, SecretKey};
use whispernet_core::time::UnixMillis;
use whispernet_core::trust::Rotation;
use zeroize::Zeroizing;

use super::{FILE as KEY, KeyError, Passphrase, Stored, Wanted};
use super::{file, lock_with_key, must_read, place, random, sealed, text, unseal};
use crate::clock::Clock;

/// The name of the file of statements, a line each.
const FILE: &str = "rotation";
/// Statements in it: the newest, and the one before, which is in force until the newest is.
const STATEMENTS_MAX: usize = 2;

/// What became of a rotation.
#[derive(Debug)]
pub struct Rotated {
    /// The key that is given up.
    pub old: PublicKey,
    /// The key that is in its place.
    pub new: PublicKey,
    /// Where the key that is given up is.
    pub kept: PathBuf,
}

/// Makes a new key in the place of that of this data directory, where no peer may run, under the same passphrase where there is one. The
/// one before stays beside it under a new name. What says that the new key takes its place is then to be had from [`rotation`].
///
/// The statement is on disk before the key: killed at any moment, this leaves the old key in use, with a statement that is not in force
/// beside the one that was, or the new key with its statement. It never leaves a new key that nothing leads to.
///
/// # Errors
/// See [`KeyError`]. The key is as it was.
pub fn rotate(dir: &Path, ask: impl FnOnce(Wanted) -> Result<Passphrase, KeyError>) -> Result<Rotated, KeyError> {
    let _locked = lock_with_key(dir)?;
    let (old, passphrase) = match must_read(dir)? {
        Stored::Plain(key) => (key, None),
        Stored::Protected(sealed) => {
            let passphrase = ask(Wanted::Present)?;
            (unseal(sealed, &passphrase, &place(dir))?, Some(passphrase))
        }
    };
    let new = random()?;
    let key = match passphrase {
        Some(passphrase) => Zeroizing::new(sealed::seal(&text::write(&new), &passphrase)?.into_bytes()),
        None => text::write(&new),
    };
    let statement = state(&old, &new, Clock::start().now().wall).to_string();
    let statements: Vec<String> = [statement].into_iter().chain(rotation(dir, &old.public())).collect();

    let (path, statements_path) = (dir.join(KEY), dir.join(FILE));
    let kept = file::keep(&path).map_err(|error| KeyError::cannot_write(&path, &error))?;
    file::replace(&statements_path, format!("{}\n", statements.join("\n")).as_bytes())
        .map_err(|error| KeyError::cannot_write(&statements_path, &error))?;
    file::replace(&path, &key).map_err(|error| KeyError::cannot_write(&path, &error))?;
    Ok(Rotated { old: old.public(), new: new.public(), kept })
}

/// The statement that `present`, which is the key of that data directory, took the place of the one before, where it did: as
/// [`Rotation::parse`] reads it, for the open network. A file that says something else, or cannot be read, says nothing.
#[must_use]
pub fn rotation(dir: &Path, present: &PublicKey) -> Option<String> {
    // It proves itself, so whose file it is does not matter; whatever is there, to open it does not wait.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(dir.join(FILE)).ok()?;
    let bytes = file::read_bounded(file).ok()??;
    let statements = str::from_utf8(&bytes).ok()?.lines().take(STATEMENTS_MAX).filter_map(Rotation::parse);
    let mut in_force = statements.filter(|it| it.new == *present && it.is_signed(&Network::OPEN.0));
    in_force.next().map(|statement| statement.to_string())
}

fn state(old: &SecretKey, new: &SecretKey, time: UnixMillis) -> Rotation {
    let text = Rotation::signed_text(&Network::OPEN.0, &old.public(), &new.public(), time);
    Rotation {
        old: old.public(),
        new: new.public(),
        time,
        old_signature: old.sign(&text),
        new_signature: new.sign(&text),
    }
}
