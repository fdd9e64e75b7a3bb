//! Received files, kept under the SHA-256 of their bytes: nothing of a name comes from the wire.
//! Must not know of messages. Bounds: a quota of bytes, in which each file counts as whole blocks, so that their number is bounded too.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use infer::MatcherType;
use sha2::{Digest, Sha256};

use super::StoreError;
use crate::event::File;

/// What even the smallest file takes on disk. The default quota of 256 MiB holds 65,536 files at most.
const BLOCK_BYTES: u64 = 4_096;
/// Hex digits of the hash that a name shows.
const NAME_DIGITS: usize = 12;
/// No hash begins so: what is left of a write that did not end.
const TEMPORARY: &str = ".tmp";
const UNKNOWN_TYPE: &str = "application/octet-stream";

type Hash = [u8; 32];

/// The folder of received files.
pub struct Files {
    dir: PathBuf,
    quota_bytes: u64,
    /// Oldest first, with what each takes.
    kept: VecDeque<(Hash, u64)>,
    bytes: u64,
}

impl Files {
    /// Opens the folder, makes it where there is none, removes what an interrupted write left, and the oldest files over the quota.
    /// `quota_bytes`: 256 MiB by default.
    ///
    /// # Errors
    /// `Full`, `Io`.
    pub fn open(dir: PathBuf, quota_bytes: u64) -> Result<Self, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        fs::set_permissions(&dir, Permissions::from_mode(0o700))?;
        let mut found = Vec::new();
        for entry in fs::read_dir(&dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == TEMPORARY {
                fs::remove_file(entry.path())?;
            } else if let Some(hash) = name.to_str().and_then(parse_hash) {
                let file = entry.metadata()?;
                found.push((file.modified()?, hash, blocks(file.len())));
            }
        }
        found.sort_unstable();
        let bytes = found.iter().map(|(_, _, bytes)| bytes).sum();
        let kept = found.into_iter().map(|(_, hash, bytes)| (hash, bytes)).collect();
        let mut files = Self { dir, quota_bytes, kept, bytes };
        files.make_room(0)?;
        Ok(files)
    }

    /// Keeps `bytes`, durably; the oldest files go where the quota needs it.
    ///
    /// # Errors
    /// `FileTooLong` over the whole quota; `Full`, `Io`.
    pub fn keep(&mut self, bytes: &[u8]) -> Result<File, StoreError> {
        let hash = Sha256::digest(bytes).into();
        let file = describe(&hash, bytes);
        let path = self.dir.join(&file.hash);
        if path.is_file() {
            return Ok(file);
        }
        let taken = blocks(file.size);
        if taken > self.quota_bytes {
            return Err(StoreError::FileTooLong { bytes: file.size, max: self.quota_bytes });
        }
        // Somebody else removed it.
        if let Some(index) = self.kept.iter().position(|(kept, _)| *kept == hash) {
            self.forget(index);
        }
        self.make_room(taken)?;
        self.write(&path, bytes)?;
        self.kept.push_back((hash, taken));
        self.bytes += taken;
        Ok(file)
    }

    /// What [`Files::keep`] would say of `bytes`.
    #[must_use]
    pub fn describe(bytes: &[u8]) -> File {
        describe(&Sha256::digest(bytes).into(), bytes)
    }

    /// Where the file with this SHA-256 in lower-case hex is, if it is kept.
    #[must_use]
    pub fn path(&self, hash: &str) -> Option<PathBuf> {
        Self::path_in(&self.dir, hash)
    }

    /// The same, for who has not opened the folder `dir`.
    #[must_use]
    pub fn path_in(dir: &Path, hash: &str) -> Option<PathBuf> {
        parse_hash(hash)?;
        Some(dir.join(hash)).filter(|path| path.is_file())
    }

    /// Takes the file out of the books.
    fn forget(&mut self, index: usize) {
        if let Some((_, bytes)) = self.kept.remove(index) {
            self.bytes -= bytes;
        }
    }

    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        while self.bytes + bytes > self.quota_bytes {
            let Some((hash, _)) = self.kept.front() else { break };
            remove_if_there(&self.dir.join(HEXLOWER.encode(hash)))?;
            self.forget(0);
        }
        Ok(())
    }

    /// The name appears only when every byte under it is on disk.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.dir.join(TEMPORARY);
        remove_if_there(&temporary)?;
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        })();
        if written.is_err() {
            // What the disk was too full for must not stay on it; the first error is the one to tell.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        fs::File::open(&self.dir)?.sync_all()
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn blocks(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK_BYTES).max(1) * BLOCK_BYTES
}

/// The bytes of exactly 64 lower-case hex digits.
fn parse_hash(text: &str) -> Option<Hash> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn describe(hash: &Hash, bytes: &[u8]) -> File {
    let hash = HEXLOWER.encode(hash);
    let (mime, extension) = sniff(bytes);
    File {
        name: format!("{}.{extension}", &hash[..NAME_DIGITS]),
        mime: mime.to_owned(),
        size: bytes.len() as u64,
        hash,
    }
}

/// Type and extension by the bytes alone. What a double click would run gets an extension that nothing runs.
fn sniff(bytes: &[u8]) -> (&'static str, &'static str) {
    let Some(found) = infer::get(bytes) else {
        return if is_plain_text(bytes) { ("text/plain", "txt") } else { (UNKNOWN_TYPE, "bin") };
    };
    let extension = match found.matcher_type() {
        MatcherType::App | MatcherType::Custom => "bin",
        MatcherType::Text => "txt",
        _ => found.extension(),
    };
    (found.mime_type(), extension)
}

fn is_plain_text(bytes: &[u8]) -> bool {
    let shown = |char: char| !char.is_control() || matches!(char, '\t' | '\n' | '\r');
    !bytes.is_empty() && str::from_utf8(bytes).is_ok_and(|text| text.chars().all(shown))
}
