//! Copies a received file out of where it is kept, under a name that the user chose: whole or not at all, never over another file unless
//! that was said, never through a link. Must not know what is in it. Bounds: one file in memory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use directories::UserDirs;
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use super::path::{quoted, shown};

/// Names that are tried for one that is free, the first one without a number.
const PROPOSALS_MAX: usize = 99;

/// Whether a file that is there may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whether {
    /// It stays.
    New,
    /// The user said so.
    Replace,
}

/// Why nothing was saved. Each is one line: what, and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    /// A file has that name.
    #[error("{} is there already: give another name, or to replace it write `/save {file} {} --replace`",
        shown(.path), quoted(&.path.to_string_lossy()))]
    There {
        /// Where.
        path: PathBuf,
        /// What was to be saved, as a word.
        file: String,
    },
    /// Something else has that name.
    #[error("{} is {what}: give another name", shown(.path))]
    NoFile {
        /// Where.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// There is no such folder.
    #[error("there is no folder {}: make it first, or give another name", shown(.0))]
    NoFolder(PathBuf),
    /// The system does not let us.
    #[error("{} cannot be written: {reason}; nothing was saved", shown(.path))]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// What it said.
        reason: io::Error,
    },
}

/// Writes `bytes` to `target`, or under `name` into the folder that it is; returns where that is. `file`: what the user would write for it.
///
/// # Errors
/// See [`CopyError`]. Then nothing is changed.
pub(crate) fn copy(
    bytes: &[u8],
    name: &str,
    target: &Path,
    whether: Whether,
    file: &str,
) -> Result<PathBuf, CopyError> {
    let wants_folder = target.as_os_str().as_encoded_bytes().ends_with(b"/");
    let path = if wants_folder || target.is_dir() { target.join(name) } else { target.to_owned() };
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(CopyError::NoFile { path, what: "a folder" }),
    };
    if !folder.is_dir() {
        return Err(CopyError::NoFolder(folder.to_owned()));
    }
    check(&path, whether, file)?;
    let unwritable = |reason| CopyError::Unwritable { path: path.clone(), reason };
    let temporary = write_beside(folder, bytes).map_err(unwritable)?;
    let put = match whether {
        Whether::New => put_new(&temporary, &path),
        Whether::Replace => fs::rename(&temporary, &path),
    };
    if let Err(reason) = put {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(match reason.kind() {
            io::ErrorKind::AlreadyExists => CopyError::There { path, file: file.to_owned() },
            _ => unwritable(reason),
        });
    }
    // Best effort: the file is whole, and at most its name is lost with the power.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(path)
}

/// Whether something may be put at `path`. What is there by then is not lost either way: a new file takes no name that is taken.
fn check(path: &Path, whether: Whether, file: &str) -> Result<(), CopyError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    let kind = found.file_type();
    let no_file = |what| Err(CopyError::NoFile { path: path.to_owned(), what });
    match whether {
        _ if kind.is_symlink() => no_file("a symbolic link, and files are not written through one"),
        _ if kind.is_dir() => no_file("a folder"),
        _ if !kind.is_file() => no_file("no file, but a pipe, a socket or a device"),
        Whether::New => Err(CopyError::There { path: path.to_owned(), file: file.to_owned() }),
        Whether::Replace => Ok(()),
    }
}

/// A new file in `folder` with these bytes on disk.
fn write_beside(folder: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let path = folder.join(format!(".whisper-{:016x}.part", u64::from_le_bytes(random)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // What the disk was too full for must not stay on it; the first error is the one to tell.
        let _ = fs::remove_file(&path);
    }
    written.map(|()| path)
}

/// Gives a file its name unless that is taken, in one step.
fn put_new(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems know only the older way.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        other => other.map_err(io::Error::from),
    }
}

/// Where a file of this name could go: into the folder for downloads, where there is none into the home directory, under the first name
/// that is free. `None`: there is no such place.
pub(crate) fn proposed(name: &str) -> Option<PathBuf> {
    let dirs = UserDirs::new()?;
    let folder = dirs.download_dir().filter(|folder| folder.is_dir()).unwrap_or_else(|| dirs.home_dir());
    free(folder, name)
}

fn free(folder: &Path, name: &str) -> Option<PathBuf> {
    let (stem, extension) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((name, ""));
    let dot = if extension.is_empty() { "" } else { "." };
    (1..=PROPOSALS_MAX)
        .map(|number| match number {
            1 => folder.join(name),
            number => folder.join(format!("{stem}-{number}{dot}{extension}")),
        })
        .find(|path| fs::symlink_metadata(path).is_err())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn saved(dir: &Path, target: &str, whether: Whether) -> Result<String, String> {
        let short = |text: &str| text.replace(dir.to_str().unwrap(), "DIR");
        match copy(b"new", "cat.gif", &dir.join(target), whether, "cat.gif") {
            Ok(path) => Ok(short(path.to_str().unwrap())),
            Err(error) => Err(short(&error.to_string())),
        }
    }

    fn read(dir: &Path, name: &str) -> String {
        fs::read_to_string(dir.join(name)).unwrap()
    }

    #[test]
    fn a_copy_is_new_and_private_and_nothing_else_is_left() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        fs::create_dir(dir.join("folder")).unwrap();
        symlink("folder", dir.join("to-folder")).unwrap();
        assert_eq!(saved(dir, "a.gif", Whether::New), Ok("DIR/a.gif".to_owned()));
        assert_eq!(saved(dir, "folder", Whether::New), Ok("DIR/folder/cat.gif".to_owned()));
        assert_eq!(saved(dir, "to-folder/b.gif", Whether::New), Ok("DIR/to-folder/b.gif".to_owned()));
        assert_eq!(fs::metadata(dir.join("a.gif")).unwrap().permissions().mode() & 0o777, 0o600);
        for (name, whether) in [("none/a.gif", Whether::New), ("none/", Whether::Replace)] {
            let told = Err("there is no folder DIR/none: make it first, or give another name".to_owned());
            assert_eq!(saved(dir, name, whether), told);
        }
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.gif", "folder", "to-folder"]);
        assert_eq!(read(dir, "folder/cat.gif"), "new");
    }

    #[test]
    fn what_is_there_stays_unless_it_may_go() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        fs::write(dir.join("a b.gif"), "old").unwrap();
        let there = "DIR/a b.gif is there already: give another name, or to replace it write `/save cat.gif 'DIR/a b.gif' --replace`";
        assert_eq!(saved(dir, "a b.gif", Whether::New), Err(there.to_owned()));
        assert_eq!(read(dir, "a b.gif"), "old");
        assert_eq!(saved(dir, "a b.gif", Whether::Replace), Ok("DIR/a b.gif".to_owned()));
        assert_eq!(read(dir, "a b.gif"), "new");
        assert_eq!(saved(dir, "c.gif", Whether::Replace), Ok("DIR/c.gif".to_owned()));
    }

    #[test]
    fn nothing_is_written_through_a_link_or_into_what_is_no_file() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        fs::write(dir.join("old"), "old").unwrap();
        symlink("old", dir.join("link")).unwrap();
        symlink("nothing", dir.join("dangling")).unwrap();
        rustix::fs::mkfifoat(CWD, dir.join("fifo"), rustix::fs::Mode::RUSR).unwrap();
        fs::create_dir_all(dir.join("folder/cat.gif")).unwrap();
        for whether in [Whether::New, Whether::Replace] {
            for (name, what) in [
                ("link", "DIR/link is a symbolic link, and files are not written through one: give another name"),
                (
                    "dangling",
                    "DIR/dangling is a symbolic link, and files are not written through one: give another name",
                ),
                ("fifo", "DIR/fifo is no file, but a pipe, a socket or a device: give another name"),
                ("folder", "DIR/folder/cat.gif is a folder: give another name"),
            ] {
                assert_eq!(saved(dir, name, whether), Err(what.to_owned()), "{whether:?}");
            }
        }
        assert_eq!(read(dir, "old"), "old");
        assert!(!dir.join("nothing").exists());
    }

    #[test]
    fn a_name_that_is_taken_at_the_last_moment_stays_too() {
        let temp = tempfile::tempdir().unwrap();
        let (from, to) = (temp.path().join("from"), temp.path().join("to"));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        assert_eq!(put_new(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&to).unwrap(), "old");
        fs::remove_file(&to).unwrap();
        symlink("elsewhere", &to).unwrap();
        assert_eq!(put_new(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::remove_file(&to).unwrap();
        put_new(&from, &to).unwrap();
        assert!(!from.exists() && fs::read_to_string(&to).unwrap() == "new");
    }

    #[test]
    fn a_folder_that_may_not_be_written_is_told() {
        let gone = copy(b"x", "cat.gif", Path::new("/proc/cat.gif"), Whether::New, "cat.gif").unwrap_err().to_string();
        assert!(
            gone.starts_with("/proc/cat.gif cannot be written: ") && gone.ends_with("; nothing was saved"),
            "{gone}"
        );
    }

    #[test]
    fn the_first_free_name_is_proposed() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        let check = |name: &str, expected: &str| assert_eq!(free(dir, name), Some(dir.join(expected)));
        for (taken, next) in [("a.gif", "a.gif"), ("a-2.gif", "a-2.gif"), ("a-3.gif", "a-3.gif")] {
            check("a.gif", next);
            fs::write(dir.join(taken), "").unwrap();
        }
        check("a", "a");
        symlink("nothing", dir.join("b.tar.gz")).unwrap();
        check("b.tar.gz", "b.tar-2.gz");
        fs::write(dir.join(".x"), "").unwrap();
        check(".x", ".x-2");
    }
}
