//! A file of secrets: read only where nobody else can have read or written it, and put in place whole or not at all.
//! Must not know what it says. Bounds: [`FILE_BYTES_MAX`] are read, [`KEPT_MAX`] earlier ones are kept.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::error::{Fault, KeyError};

/// Longest file read; ours have under 1 KiB.
pub(super) const FILE_BYTES_MAX: usize = 64 * 1024;
/// Earlier files kept beside one.
const KEPT_MAX: usize = 99;
/// Stands after the name of a file that is being written.
const DRAFT: &str = ".new-";

/// What stands in it; `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    // Whatever is there, to open it neither waits nor follows.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let place = || format!("the key {}", path.display());
    let unread = |error: io::Error| KeyError::Unread { place: place(), reason: error.to_string() };
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP) => return Err(KeyError::NoFile { path: path.to_owned() }),
        Err(error) => return Err(unread(error.into())),
    };
    let metadata = file.metadata().map_err(unread)?;
    if !metadata.is_file() {
        return Err(KeyError::NoFile { path: path.to_owned() });
    }
    let (owner, we) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != we {
        return Err(KeyError::NotOurs { path: path.to_owned(), owner, we });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Shared { path: path.to_owned(), mode });
    }
    let bytes = read_bounded(file).map_err(unread)?;
    bytes.map(Some).ok_or_else(|| KeyError::Unreadable { place: place(), fault: Fault::TooLong })
}

/// All of it; `None` where that is more than [`FILE_BYTES_MAX`].
pub(super) fn read_bounded(reader: impl Read) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let most = FILE_BYTES_MAX + 1;
    // With room for all: one that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    reader.take(most as u64).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() <= FILE_BYTES_MAX))
}

/// Writes a new file that only its owner can read. What cannot be written to its end is taken away again.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// Puts a new file in place, on disk when this returns; `false` where there is one already, which stays as it is.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let draft = Draft::write(path, bytes)?;
    match fs::hard_link(&draft.0, path) {
        Ok(()) => sync_folder(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Puts a file in place of another one, on disk when this returns. Only where nobody else writes in that folder.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = Draft::write(path, bytes)?;
    fs::rename(&draft.0, path)?;
    sync_folder(path)?;
    // A run that was killed may have left one, with the secret in the form that it just lost.
    sweep(path)
}

/// Gives a file a second name, which it keeps when it is replaced.
pub(super) fn keep(path: &Path) -> io::Result<PathBuf> {
    for number in 1..=KEPT_MAX {
        let kept = beside(path, &format!(".old-{number}"));
        match fs::hard_link(path, &kept) {
            Ok(()) => return Ok(kept),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("{KEPT_MAX} earlier ones are kept already, as `.old-1` and so on: move them away")))
}

/// A file that is written whole before it gets its name. What is left under this one goes when it is dropped.
struct Draft(PathBuf);

impl Draft {
    fn write(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let draft = beside(path, &format!("{DRAFT}{}", HEXLOWER.encode(&random)));
        write_new(&draft, bytes)?;
        Ok(Self(draft))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Renamed, it is not there any more.
        let _ = fs::remove_file(&self.0);
    }
}

fn sweep(path: &Path) -> io::Result<()> {
    let drafts = beside(path, DRAFT);
    let Some(prefix) = drafts.file_name() else { return Ok(()) };
    for entry in fs::read_dir(folder(path))? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}
