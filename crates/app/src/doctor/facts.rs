//! What the checks look at: the peer, this machine's addresses, files, the terminal. Must not know what any of it means.
//! Bounds: [`CONNECT_TIMEOUT`] for the one connection, which goes to an address of this machine.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use jiff::Timestamp;
use whispernet_node::interfaces::{OwnAddress, own_addresses};

use crate::args::{self, Cli, LineError};
use crate::client::Presence;
use crate::settings::{self, SettingsError};
use crate::shown::color;
use crate::tui;

/// A peer on this machine accepts at once; a firewall that drops what comes makes us wait.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// What says which characters the terminal shows: the first of these that is set.
const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

/// All that is looked at.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(super) peer: Presence,
    pub(super) data_dir: PathBuf,
    pub(super) addresses: Vec<OwnAddress>,
    pub(super) probe: Probe,
    /// This machine's clock, in milliseconds since the UNIX epoch.
    pub(super) now_ms: i64,
    pub(super) disk: Disk,
    /// `None`: who asks sits at another one.
    pub(super) terminal: Option<Terminal>,
    pub(super) config: ConfigFile,
}

/// What became of a connection to where the peer says it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    /// There is no such address.
    Nowhere,
    /// It is another machine's, or a router's: not tried.
    Elsewhere,
    /// Somebody accepted.
    Answers,
    /// Nobody did: why.
    Silent(String),
}

/// What is kept, and the room for it.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) folder: Kept,
    pub(super) key: Kept,
    pub(super) token: Kept,
    /// Of the history.
    pub(super) history_bytes: Option<u64>,
    /// What this user may still write.
    pub(super) free_bytes: Option<u64>,
}

/// A file or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is not there.
    Missing,
    /// Who may do what with it: the lower nine bits.
    Mode(u32),
    /// It cannot be looked at: why.
    Unknown(String),
}

/// The terminal that the program was started in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terminal {
    pub(super) term: Option<String>,
    pub(super) stdin: bool,
    pub(super) stdout: bool,
    /// Whether the terminal UI would run.
    pub(super) suits: bool,
    pub(super) colors: bool,
    /// Columns and rows.
    pub(super) size: Option<(u16, u16)>,
    pub(super) locale: Option<String>,
}

/// The config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConfigFile {
    /// There is no folder where it could be.
    Homeless,
    /// There is none: where it would be.
    Missing(PathBuf),
    /// It can be used.
    Fine(PathBuf),
    /// Why not.
    Wrong(String),
}

impl Facts {
    /// Looks at everything; takes as long as the connection does. `terminal`: who asks sits at ours.
    pub(crate) fn collect(peer: Presence, data_dir: &Path, terminal: bool) -> Self {
        let addresses = own_addresses();
        let announced = match &peer {
            Presence::Here(status) => status.addr.parse().ok(),
            Presence::Mute | Presence::Unclear(_) | Presence::Nowhere => None,
        };
        Self {
            probe: announced.map_or(Probe::Nowhere, |addr| probe(addr, &addresses)),
            peer,
            data_dir: data_dir.to_owned(),
            addresses,
            now_ms: Timestamp::now().as_millisecond(),
            disk: Disk::of(data_dir),
            terminal: terminal.then(Terminal::now),
            config: ConfigFile::now(),
        }
    }
}

fn probe(addr: SocketAddr, own: &[OwnAddress]) -> Probe {
    if !addr.ip().is_loopback() && own.iter().all(|address| address.ip != addr.ip()) {
        return Probe::Elsewhere;
    }
    match TcpStream::connect_timeout(&addr, CONNECT_TIMEOUT) {
        Ok(_) => Probe::Answers,
        Err(error) => Probe::Silent(error.to_string()),
    }
}

impl Disk {
    fn of(data_dir: &Path) -> Self {
        let bytes = |file: &str| fs::metadata(data_dir.join(file)).map(|found| found.len());
        Self {
            folder: Kept::of(data_dir),
            key: Kept::of(&data_dir.join("key")),
            token: Kept::of(&data_dir.join("api-token")),
            history_bytes: bytes("whisper.db").ok().map(|size| size + bytes("whisper.db-wal").unwrap_or_default()),
            free_bytes: rustix::fs::statvfs(data_dir).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        }
    }
}

impl Kept {
    fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(found) => Self::Mode(found.permissions().mode() & 0o777),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            Err(error) => Self::Unknown(error.to_string()),
        }
    }
}

impl Terminal {
    fn now() -> Self {
        let stdout = io::stdout();
        let size = rustix::termios::tcgetwinsize(&stdout).ok().map(|size| (size.ws_col, size.ws_row));
        let set = |name: &&str| env::var_os(name).filter(|value| !value.is_empty());
        let text = |value: OsString| value.to_string_lossy().into_owned();
        Self {
            term: env::var_os("TERM").map(text),
            stdin: io::stdin().is_terminal(),
            stdout: stdout.is_terminal(),
            suits: tui::suits(),
            colors: color::allowed(),
            size: size.filter(|(columns, rows)| *columns > 0 && *rows > 0),
            locale: LOCALE.iter().find_map(set).map(text),
        }
    }
}

impl ConfigFile {
    fn now() -> Self {
        let Some((path, _)) = settings::path() else { return Self::Homeless };
        let settings = match settings::load(&Cli::keys()) {
            Ok(settings) => settings,
            Err(error @ (SettingsError::Unreadable { .. } | SettingsError::Wrong { .. })) => {
                return Self::Wrong(error.to_string());
            }
        };
        // As a chat would take it: other commands heed the data directory alone.
        match Cli::read_over(&["whisper".into()], &settings) {
            Err(LineError::File(error)) => Self::Wrong(error.to_string()),
            Err(LineError::Line(error)) => Self::Wrong(args::in_one_line(&error)),
            Ok(_) if path.exists() => Self::Fine(path),
            Ok(_) => Self::Missing(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_our_own_addresses_are_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        assert_eq!(probe(addr, &[]), Probe::Answers);
        drop(listener);
        assert!(matches!(probe(addr, &[]), Probe::Silent(_)));
        assert_eq!(probe("198.51.100.7:55555".parse().unwrap(), &own_addresses()), Probe::Elsewhere);
    }

    #[test]
    fn files_are_looked_at_and_not_made() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::of(dir.path());
        assert_eq!((disk.key, disk.history_bytes), (Kept::Missing, None));
        assert!(disk.free_bytes.is_some() && matches!(disk.folder, Kept::Mode(_)));
        fs::write(dir.path().join("key"), "").unwrap();
        fs::set_permissions(dir.path().join("key"), fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(Disk::of(dir.path()).key, Kept::Mode(0o640));
        assert_eq!(Disk::of(&dir.path().join("none")).folder, Kept::Missing);
        assert!(!dir.path().join("none").exists());
    }
}
