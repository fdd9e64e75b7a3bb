//! Why a key cannot be had. Must not know, and so cannot show, a key or a passphrase. Bounds: one line each.

use std::io;
use std::path::{Path, PathBuf};

use super::sealed::PASSPHRASE_BYTES_MAX;

/// Why a key cannot be had, kept or changed. Each is one line: what, why, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Others may have read the key file, or put another key there.
    #[error(
        "the key {} is open to other users (mode {mode:04o}): run `chmod 600 {}`; if somebody may have read it, move it away \
         instead, and the next start makes a new one",
        .path.display(), .path.display()
    )]
    Shared {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file is somebody else's.
    #[error("the key {} belongs to user {owner}, and this program runs as user {we}: run `chown {we} {}`, or run it as user {owner}",
        .path.display(), .path.display())]
    NotOurs {
        /// The key file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who we are.
        we: u32,
    },
    /// A symbolic link, a folder, a device.
    #[error("the key {} is no regular file: put the key file itself there, or move away what is there", .path.display())]
    NoFile {
        /// The key file.
        path: PathBuf,
    },
    /// What was read is no key that can be used.
    #[error("{place} {fault}")]
    Unreadable {
        /// What was read.
        place: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// It cannot be read.
    #[error("{place} cannot be read: {reason}")]
    Unread {
        /// What was to be read.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// It cannot be written.
    #[error("{} cannot be written: {reason}", .path.display())]
    Unwritten {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// There is no key yet.
    #[error("there is no key {}: start a peer there, or import a key", .path.display())]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// There is a key already.
    #[error("there is a key {} already: --replace puts another one there, and keeps it under a new name", .path.display())]
    Occupied {
        /// The key file.
        path: PathBuf,
    },
    /// A passphrase was to be taken away where there is none.
    #[error("the key {} is under no passphrase", .path.display())]
    NotProtected {
        /// The key file.
        path: PathBuf,
    },
    /// There is nothing between its ends.
    #[error("an empty passphrase protects nothing: give another one")]
    EmptyPassphrase,
    /// More than [`PASSPHRASE_BYTES_MAX`] bytes.
    #[error("a passphrase has at most {PASSPHRASE_BYTES_MAX} bytes")]
    LongPassphrase,
    /// None was given, in the words of whoever asked for it.
    #[error("{0}")]
    NoPassphrase(String),
    /// The data directory cannot be locked, in the words of [`crate::config::StartError`].
    #[error("{0}")]
    Folder(String),
    /// Nothing could be put under a passphrase.
    #[error("the key cannot be put under a passphrase: {0}")]
    Unsealed(String),
    /// The system has no random numbers.
    #[error("the system gives no random numbers to make a key of: {0}")]
    NoEntropy(String),
}

/// What is wrong with something that should be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not all of it is there, or some of it is not as it was written.
    #[error("is cut or damaged: put back a whole copy of it, or import an export of it")]
    Damaged,
    /// Longer than any key file.
    #[error("is too long for a key: put back the key file, or import an export of it")]
    TooLong,
    /// Something else altogether.
    #[error("is no key of a whispernet peer: put the key file back, or import an export of it")]
    OtherKind,
    /// Where an export is expected, something else.
    #[error("is no exported key: `whisper key export` makes one")]
    NoExport,
    /// A form that this version does not know.
    #[error("was written by a later version of this program: use that one")]
    Later,
    /// Nobody's, or damaged in a way that looks the same.
    #[error("does not open with this passphrase: try again with the right one")]
    WrongPassphrase,
    /// To try a passphrase would take too long, and too much memory.
    #[error("asks for more work for each passphrase than this program does: protect it again with `age -p`")]
    TooMuchWork,
}

impl KeyError {
    pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Self {
        Self::Unwritten { path: path.to_owned(), reason: error.to_string() }
    }
}
