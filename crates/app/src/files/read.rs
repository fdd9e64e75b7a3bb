//! Reads a file that is to be sent: a regular one, within the bound, never waiting for what may not come.
//! Must not know what becomes of it. Bounds: `FILE_SEND_BYTES_MAX`, whatever the file does meanwhile.

use std::fs::{self, FileType, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use whispernet_node::FILE_SEND_BYTES_MAX;
use whispernet_node::event::{Progress, Work};
use whispernet_node::handle::Attachment;

use super::path::shown;

/// Read at a time; so often progress is told.
const CHUNK_BYTES: usize = 64 * 1024;
/// Longest name that goes along, in bytes: that of most file systems.
const NAME_BYTES_MAX: usize = 255;

/// Why a file is not sent. Each is one line: what, and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// Nothing has that name.
    #[error("there is no file {}", shown(.0))]
    NotThere(PathBuf),
    /// It holds others.
    #[error("{} is a folder: send the files in it, or one archive of them", shown(.0))]
    Folder(PathBuf),
    /// It has no contents of its own.
    #[error("{} is {what}, not a file: only files are sent", shown(.path))]
    NoFile {
        /// Which.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// The system does not let us.
    #[error("{} cannot be read: {reason}", shown(.path))]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What it said.
        reason: io::Error,
    },
    /// Nothing is in it.
    #[error("{} is empty: there is nothing to send", shown(.0))]
    Empty(PathBuf),
    /// Over the bound.
    #[error(
        "{} has {} bytes, and files up to 1 MiB ({max} bytes) can be sent: larger files come with secured links",
        shown(.path), AtLeast(*.bytes, *.max)
    )]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Its length, as far as it was looked at.
        bytes: u64,
        /// The bound.
        max: usize,
    },
}

const _: () = assert!(FILE_SEND_BYTES_MAX == 1024 * 1024, "the text names it");

/// Of a length that was only found to be over the bound.
struct AtLeast(u64, usize);

impl std::fmt::Display for AtLeast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(bytes, max) = self;
        if *bytes == 0 { write!(f, "more than {max}") } else { bytes.fmt(f) }
    }
}

/// Reads a file. May take as long as the disk does, or the network behind it. `progress` is told before each part, and at the end.
///
/// # Errors
/// See [`ReadError`].
pub(crate) fn read(path: &Path, mut progress: impl FnMut(Progress)) -> Result<Attachment, ReadError> {
    let unreadable = |reason: io::Error| match reason.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::NotThere(path.to_owned()),
        _ => ReadError::Unreadable { path: path.to_owned(), reason },
    };
    // Before it is opened: opening a device may do something.
    check(path, fs::metadata(path).map_err(unreadable)?.file_type())?;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(unreadable)?;
    // And after: it may be another one by now.
    let found = file.metadata().map_err(unreadable)?;
    check(path, found.file_type())?;
    let too_large = |bytes| ReadError::TooLarge { path: path.to_owned(), bytes, max: FILE_SEND_BYTES_MAX };
    if found.len() > FILE_SEND_BYTES_MAX as u64 {
        return Err(too_large(found.len()));
    }
    let name = name(path);
    let mut tell = |done: usize| {
        let (done, total) = (done as u64, found.len());
        progress(Progress { what: Work::Hash, name: name.clone(), peer: None, done: done.min(total), total });
    };
    let mut bytes = Vec::new();
    loop {
        tell(bytes.len());
        // One byte more than may be tells one that grows, or that told no length.
        let room = (FILE_SEND_BYTES_MAX + 1 - bytes.len()).min(CHUNK_BYTES);
        if file.by_ref().take(room as u64).read_to_end(&mut bytes).map_err(unreadable)? == 0 {
            break;
        }
        if bytes.len() > FILE_SEND_BYTES_MAX {
            return Err(too_large(0));
        }
    }
    if bytes.is_empty() {
        return Err(ReadError::Empty(path.to_owned()));
    }
    Ok(Attachment { name, bytes })
}

fn check(path: &Path, kind: FileType) -> Result<(), ReadError> {
    let what = match kind {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => return Err(ReadError::Folder(path.to_owned())),
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_block_device() || kind.is_char_device() => "a device",
        _ => "something else",
    };
    Err(ReadError::NoFile { path: path.to_owned(), what })
}

/// The name that goes along: without its folders, and what is no UTF-8 became U+FFFD.
fn name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let end = name.floor_char_boundary(NAME_BYTES_MAX);
    name.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    /// What became of it: `NAME LENGTH`, or the error without the folder.
    fn outcome(dir: &Path, name: &OsStr) -> String {
        match read(&dir.join(name), |_| {}) {
            Ok(Attachment { name, bytes }) => format!("{name} {}", bytes.len()),
            Err(error) => error.to_string().replace(&format!("{}/", dir.display()), ""),
        }
    }

    #[test]
    fn regular_files_within_the_bound_and_nothing_else() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        for (name, length) in
            [("empty", 0), ("one", 1), ("most", FILE_SEND_BYTES_MAX), ("more", FILE_SEND_BYTES_MAX + 1)]
        {
            fs::write(dir.join(name), vec![b'x'; length]).unwrap();
        }
        fs::create_dir(dir.join("folder")).unwrap();
        std::os::unix::fs::symlink("one", dir.join("link")).unwrap();
        std::os::unix::fs::symlink("nothing", dir.join("dangling")).unwrap();
        std::os::unix::fs::symlink("fifo", dir.join("to-fifo")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, dir.join("fifo"), rustix::fs::Mode::RUSR).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap();
        let strange = OsStr::from_bytes(b"a\xff\x1b");
        fs::write(dir.join(strange), "x").unwrap();
        for (name, expected) in [
            ("one", "one 1"),
            ("link", "link 1"),
            ("most", "most 1048576"),
            (
                "more",
                "more has 1048577 bytes, and files up to 1 MiB (1048576 bytes) can be sent: larger files come with secured links",
            ),
            ("empty", "empty is empty: there is nothing to send"),
            ("folder", "folder is a folder: send the files in it, or one archive of them"),
            ("fifo", "fifo is a named pipe, not a file: only files are sent"),
            ("to-fifo", "to-fifo is a named pipe, not a file: only files are sent"),
            ("socket", "socket is a socket, not a file: only files are sent"),
            ("nothing", "there is no file nothing"),
            ("dangling", "there is no file dangling"),
            ("one/x", "there is no file one/x"),
            ("a\0b", "a\0b cannot be read: file name contained an unexpected NUL byte"),
        ] {
            assert_eq!(outcome(dir, OsStr::new(name)), expected);
        }
        assert_eq!(outcome(dir, strange), "a\u{fffd}\u{1b} 1");
        assert_eq!(outcome(Path::new("/dev"), OsStr::new("zero")), "zero is a device, not a file: only files are sent");
        let long = "x".repeat(300);
        assert!(outcome(dir, OsStr::new(&long)).contains("cannot be read"), "the system refuses it");
    }

    #[test]
    fn a_file_without_a_length_is_read_to_the_bound() {
        // What the kernel makes up as it is read says that it is empty.
        assert_eq!(outcome(Path::new("/proc/self"), OsStr::new("comm")).split(' ').next(), Some("comm"));
        let endless = fs::metadata("/proc/kallsyms").is_ok_and(|found| found.len() == 0);
        let bytes = fs::read("/proc/kallsyms").map(|bytes| bytes.len()).unwrap_or_default();
        if endless && bytes > FILE_SEND_BYTES_MAX {
            let told = outcome(Path::new("/proc"), OsStr::new("kallsyms"));
            assert!(told.starts_with("kallsyms has more than 1048576 bytes"), "{told}");
        }
    }

    #[test]
    fn progress_is_told_from_nothing_to_all() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("file");
        fs::write(&path, vec![b'x'; 2 * CHUNK_BYTES + 1]).unwrap();
        let mut told = Vec::new();
        read(&path, |progress| told.push((progress.done, progress.total))).unwrap();
        let total = 2 * CHUNK_BYTES as u64 + 1;
        assert_eq!(told, [(0, total), (total / 2, total), (total - 1, total), (total, total)]);
    }

    #[test]
    fn a_name_has_no_folders_and_fits() {
        let check = |path: &str, expected: &str| assert_eq!(name(Path::new(path)), expected);
        check("/a/b.png", "b.png");
        check("b.png", "b.png");
        check("/a/..", "");
        check(&"é".repeat(128), &"é".repeat(127));
    }
}
