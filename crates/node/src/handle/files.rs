//! Files that came or were sent: where they are kept, and whether the user took them. Must not know how they came.
//! Bounds: the quota of the store.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use super::Handle;
use crate::store::Files;

/// How long whoever looks for what was said last waits for the disk (a guess).
const COMMIT_PATIENCE: Duration = Duration::from_secs(1);

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where its bytes are. Not to be changed, moved or opened with what might run it: `/save` copies it out.
    pub path: PathBuf,
    /// Whether it was taken, or sent from here; else it waits as an offer, and makes room first.
    pub accepted: bool,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// None with this hash is kept.
    #[error("no file {hash} is here: it never came, or it made room for newer ones")]
    NoSuchFile {
        /// What was asked for.
        hash: String,
    },
    /// This peer keeps no files of others.
    #[error("files are not kept here: start the peer with --history on, and with another --accept than none")]
    NotKept,
    /// The disk failed.
    #[error("the file cannot be taken: {0}")]
    Io(String),
}

impl Handle {
    /// Where the bytes of a file are, by the SHA-256 of its contents in hex. An event may come before its file is on disk: this waits
    /// for what was said so far to be committed.
    pub async fn file(&self, hash: &str) -> Option<PathBuf> {
        if let Some(kept) = self.kept(hash) {
            return Some(kept.path);
        }
        self.committed().await;
        self.kept(hash).map(|kept| kept.path)
    }

    /// Waits until what was said so far can be looked up, for a second at most: an event may come before its message is on disk. Not at
    /// all without a history.
    pub async fn caught_up(&self) {
        // What is not there by then is missed by whoever looks, as if it had been said later.
        let _ = timeout(COMMIT_PATIENCE, self.committed()).await;
    }

    /// Waits until what was said so far is on disk, or cannot be written.
    async fn committed(&self) {
        let end = *self.shared.end.borrow();
        if self.shared.history {
            let mut durability = self.shared.durability.subscribe();
            // The sender lives as long as this.
            let _ = durability.wait_for(|state| state.committed >= end || state.failing.is_some()).await;
        }
    }

    /// The same at once, and whether the user took it. `None` too where the message is here and its file not yet on disk.
    #[must_use]
    pub fn kept(&self, hash: &str) -> Option<Kept> {
        Files::find(&self.shared.files_dir, hash).map(|(path, accepted)| Kept { path, accepted })
    }

    /// Takes the file with this hash that waits as an offer. One that was taken stays so.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn accept_file(&self, hash: &str) -> Result<(), FileError> {
        match self.shared.files().accept(hash) {
            Ok(true) => Ok(()),
            Ok(false) if self.shared.keeps_files => Err(FileError::NoSuchFile { hash: hash.to_owned() }),
            Ok(false) => Err(FileError::NotKept),
            Err(error) => Err(FileError::Io(error.to_string())),
        }
    }
}
