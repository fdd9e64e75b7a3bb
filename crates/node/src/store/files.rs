//! Files, kept under the SHA-256 of their bytes: no path comes from the wire. What the user took lies in the folder itself, what waits for
//! him in `offers` beneath it. Must not know of messages.
//! Bounds: a quota of bytes for both, in which each file counts as whole blocks, so that their number is bounded too.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use whispernet_core::identity::FileFacts;

use super::sniff::sniff;
use super::{StoreError, name};
use crate::event::File;

/// What even the smallest file takes on disk. The default quota of 256 MiB holds 65,536 files at most.
const BLOCK_BYTES: u64 = 4_096;
/// Hex digits of the hash that a name shows where nobody gave the file one.
const NAME_DIGITS: usize = 12;
/// No hash begins so: what is left of a write that did not end.
const TEMPORARY: &str = ".tmp";
/// No hash is called so: the folder of what waits.
const OFFERS: &str = "offers";

type Hash = [u8; 32];

/// The folder of files.
pub struct Files {
    dir: PathBuf,
    quota_bytes: u64,
    offers: Kept,
    taken: Kept,
    /// How many came so far.
    arrivals: u64,
    gone: Gone,
}

/// Those in one folder, by when they came, oldest first.
struct Kept {
    dir: PathBuf,
    files: VecDeque<Entry>,
    bytes: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: Hash,
    /// What it takes.
    bytes: u64,
    arrival: u64,
}

/// How much is kept, in bytes of whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// In all.
    pub bytes: u64,
    /// Of it, what waits as offers.
    pub offer_bytes: u64,
    /// How much may be kept in all.
    pub quota_bytes: u64,
}

/// Files that had to make room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Of those that waited.
    pub offers: usize,
    /// Of those that were taken.
    pub taken: usize,
}

impl Files {
    /// Opens the folder, makes it where there is none, removes what an interrupted write left, and the oldest files over the quota.
    /// `quota_bytes`: 256 MiB by default.
    ///
    /// # Errors
    /// `Full`, `Io`.
    pub fn open(dir: PathBuf, quota_bytes: u64) -> Result<Self, StoreError> {
        let mut found = Vec::new();
        let folders = [(dir.clone(), true), (dir.join(OFFERS), false)];
        for (folder, taken) in &folders {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            fs::set_permissions(folder, Permissions::from_mode(0o700))?;
            found.extend(list(folder)?.into_iter().map(|(at, hash, bytes)| (at, hash, *taken, bytes)));
        }
        found.sort_unstable();
        let [taken, offers] = folders.map(|(dir, _)| Kept { dir, files: VecDeque::new(), bytes: 0 });
        let mut files = Self { dir, quota_bytes, offers, taken, arrivals: 0, gone: Gone::default() };
        for (_, hash, taken, bytes) in found {
            files.arrivals += 1;
            let entry = Entry { hash, bytes, arrival: files.arrivals };
            if taken { files.taken.add(entry) } else { files.offers.add(entry) }
        }
        files.make_room(0)?;
        Ok(files)
    }

    /// Keeps `bytes`, durably: as `taken`, or as an offer. Where the quota needs it, the oldest offers go, and then the oldest of those that were
    /// taken. Returns whether it counts as taken: an offer that comes again as taken is, and what was taken stays so.
    ///
    /// # Errors
    /// `FileTooLong` over the whole quota; `Full`, `Io`.
    pub fn keep(&mut self, bytes: &[u8], taken: bool) -> Result<bool, StoreError> {
        let hash: Hash = Sha256::digest(bytes).into();
        if self.taken.has(&hash) {
            return Ok(true);
        }
        if self.offers.has(&hash) {
            if taken {
                self.take(&hash)?;
            }
            return Ok(taken);
        }
        let (size, room) = (bytes.len() as u64, blocks(bytes.len() as u64));
        if room > self.quota_bytes {
            return Err(StoreError::FileTooLong { bytes: size, max: self.quota_bytes });
        }
        // Somebody else removed it.
        self.taken.forget(&hash);
        self.offers.forget(&hash);
        self.make_room(room)?;
        self.arrivals += 1;
        let entry = Entry { hash, bytes: room, arrival: self.arrivals };
        let kept = if taken { &mut self.taken } else { &mut self.offers };
        kept.write(&hash, bytes)?;
        kept.add(entry);
        Ok(taken)
    }

    /// Takes the offer with this SHA-256 in lower-case hex. Returns whether it is there, as taken.
    ///
    /// # Errors
    /// `Full`, `Io`.
    pub fn accept(&mut self, hash: &str) -> Result<bool, StoreError> {
        let Some(hash) = parse_hash(hash) else { return Ok(false) };
        if self.taken.has(&hash) {
            return Ok(true);
        }
        if !self.offers.has(&hash) {
            return Ok(false);
        }
        self.take(&hash)?;
        Ok(true)
    }

    fn take(&mut self, hash: &Hash) -> io::Result<()> {
        fs::rename(self.offers.path(hash), self.taken.path(hash))?;
        let offer = self.offers.forget(hash);
        self.taken.forget(hash);
        if let Some(entry) = offer {
            self.taken.add(entry);
        }
        self.taken.sync()?;
        self.offers.sync()
    }

    /// How many files had to make room since this was asked last.
    pub fn take_gone(&mut self) -> Gone {
        std::mem::take(&mut self.gone)
    }

    /// The quota, in bytes.
    #[must_use]
    pub const fn quota_bytes(&self) -> u64 {
        self.quota_bytes
    }

    /// How much is kept.
    #[must_use]
    pub const fn held(&self) -> Held {
        Held {
            bytes: self.offers.bytes + self.taken.bytes,
            offer_bytes: self.offers.bytes,
            quota_bytes: self.quota_bytes,
        }
    }

    /// What is told of a file with these bytes. `facts`: what its author signed of it, whose name it then has. With it comes the type that
    /// the author gives it, where the bytes belie that.
    #[must_use]
    pub fn describe(bytes: &[u8], facts: Option<&FileFacts>) -> (File, Option<String>) {
        let hash = HEXLOWER.encode(&Sha256::digest(bytes));
        let sniffed = sniff(bytes);
        let named = facts.and_then(|facts| name::fitting(&facts.name, &sniffed));
        let name = named.unwrap_or_else(|| format!("{}.{}", &hash[..NAME_DIGITS], sniffed.extension));
        let file = File { name, mime: sniffed.mime.to_owned(), size: bytes.len() as u64, hash };
        (file, facts.and_then(|facts| sniffed.belied(&facts.kind)))
    }

    /// Where the file with this SHA-256 in lower-case hex is, if it is kept, and whether it was taken.
    #[must_use]
    pub fn path(&self, hash: &str) -> Option<(PathBuf, bool)> {
        Self::find(&self.dir, hash)
    }

    /// The same, for who has not opened the folder `dir`.
    #[must_use]
    pub fn find(dir: &Path, hash: &str) -> Option<(PathBuf, bool)> {
        parse_hash(hash)?;
        let found = |taken: bool| {
            let path = if taken { dir.join(hash) } else { dir.join(OFFERS).join(hash) };
            path.is_file().then_some((path, taken))
        };
        // Once more the first: it may be taken between two looks.
        found(true).or_else(|| found(false)).or_else(|| found(true))
    }

    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        while self.offers.bytes + self.taken.bytes + bytes > self.quota_bytes {
            if self.offers.remove_oldest()? {
                self.gone.offers += 1;
            } else if self.taken.remove_oldest()? {
                self.gone.taken += 1;
            } else {
                break;
            }
        }
        Ok(())
    }
}

impl Kept {
    fn path(&self, hash: &Hash) -> PathBuf {
        self.dir.join(HEXLOWER.encode(hash))
    }

    fn has(&self, hash: &Hash) -> bool {
        self.path(hash).is_file()
    }

    fn add(&mut self, entry: Entry) {
        let place = self.files.partition_point(|file| file.arrival < entry.arrival);
        self.files.insert(place, entry);
        self.bytes += entry.bytes;
    }

    /// Takes the file out of the books.
    fn forget(&mut self, hash: &Hash) -> Option<Entry> {
        let place = self.files.iter().position(|file| file.hash == *hash)?;
        let entry = self.files.remove(place)?;
        self.bytes -= entry.bytes;
        Some(entry)
    }

    fn remove_oldest(&mut self) -> io::Result<bool> {
        let Some(oldest) = self.files.front().copied() else { return Ok(false) };
        remove_if_there(&self.path(&oldest.hash))?;
        self.forget(&oldest.hash);
        Ok(true)
    }

    /// The name appears only when every byte under it is on disk.
    fn write(&self, hash: &Hash, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.dir.join(TEMPORARY);
        remove_if_there(&temporary)?;
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, self.path(hash))
        })();
        if written.is_err() {
            // What the disk was too full for must not stay on it; the first error is the one to tell.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        self.sync()
    }

    fn sync(&self) -> io::Result<()> {
        fs::File::open(&self.dir)?.sync_all()
    }
}

/// The files of a folder: when each came, its hash, what it takes. Removes what an interrupted write left.
fn list(dir: &Path) -> io::Result<Vec<(SystemTime, Hash, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == TEMPORARY {
            fs::remove_file(entry.path())?;
        } else if let Some(hash) = name.to_str().and_then(parse_hash) {
            let file = entry.metadata()?;
            found.push((file.modified()?, hash, blocks(file.len())));
        }
    }
    Ok(found)
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
