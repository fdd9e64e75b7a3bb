//! Sessions on disk, so that a browser that was let in stays so when the peer is started again: what proves each, and when it was made.
//! Must not know a secret, only what proves one. Bounds: `SESSIONS_MAX` lines.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::super::place::write_private;
use super::secret::Proof;
use super::session::SESSIONS_MAX;

const FILE: &str = "web-sessions";
/// Longest file that is read: a line has a proof in hex and a time in seconds.
const FILE_BYTES_MAX: u64 = SESSIONS_MAX as u64 * 96;

/// Where sessions are kept; `None`: nowhere.
#[derive(Default)]
pub(super) struct Shelf(Option<PathBuf>);

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) proof: Proof,
    /// How long ago it was made.
    pub(super) age: Duration,
}

impl Shelf {
    pub(super) fn in_folder(data_dir: &Path) -> Self {
        Self(Some(data_dir.join(FILE)))
    }

    /// What is kept. A file that others could have written holds nothing that counts.
    pub(super) fn read(&self) -> Vec<Kept> {
        let now = seconds();
        let Some(file) = self.0.as_deref().and_then(|path| File::open(path).ok()).filter(is_ours_alone) else {
            return Vec::new();
        };
        let lines = BufReader::new(file.take(FILE_BYTES_MAX)).lines().map_while(Result::ok);
        let kept = lines.filter_map(|line| {
            let (proof, made) = line.split_once(' ')?;
            // A clock that was set back makes no session older or younger than new.
            let age = now.saturating_sub(made.parse().ok()?);
            Some(Kept { proof: Proof::parse(proof)?, age: Duration::from_secs(age) })
        });
        kept.take(SESSIONS_MAX).collect()
    }

    /// Keeps these, and no others. Where the disk does not take them, browsers have to come in anew after the next start.
    pub(super) fn write(&self, sessions: impl Iterator<Item = Kept>) {
        let Some(path) = &self.0 else { return };
        let now = seconds();
        let lines =
            sessions.map(|kept| format!("{} {}\n", kept.proof.as_str(), now.saturating_sub(kept.age.as_secs())));
        let text = lines.collect::<String>();
        if write_private(path, text.as_bytes()).is_err() {
            // What was ended must not come back.
            let _ = fs::remove_file(path);
        }
    }
}

/// Since 1970, by the clock of the system.
fn seconds() -> u64 {
    u64::try_from(Timestamp::now().as_second()).unwrap_or(0)
}

#[cfg(unix)]
fn is_ours_alone(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|file| file.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_ours_alone(_file: &File) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(secret: &str, age_s: u64) -> Kept {
        Kept { proof: Proof::of("token", secret), age: Duration::from_secs(age_s) }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let shelf = Shelf::in_folder(dir.path());
        assert_eq!(shelf.read(), []);
        let sessions = [kept("one", 5), kept("two", 0)];
        shelf.write(sessions.iter().cloned());
        let again = shelf.read();
        assert_eq!(again.iter().map(|kept| &kept.proof).collect::<Vec<_>>(), [&sessions[0].proof, &sessions[1].proof]);
        assert!((5..60).contains(&again[0].age.as_secs()), "{:?}", again[0].age);
        shelf.write(std::iter::empty());
        assert_eq!(shelf.read(), []);
        assert_eq!(Shelf::default().read(), []);
    }

    #[test]
    fn what_is_no_session_counts_for_nothing() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (shelf, path) = (Shelf::in_folder(dir.path()), dir.path().join(FILE));
        let good = format!("{} 0", kept("one", 0).proof.as_str());
        let text = format!("\n \nx 1\n{good} 5\n{good}x\n{}", format!("{good}\n").repeat(2 * SESSIONS_MAX));
        write_private(&path, text.as_bytes()).expect("it can be written");
        let read = shelf.read();
        assert!(!read.is_empty() && read.len() <= SESSIONS_MAX, "{}", read.len());
        assert!(read.iter().all(|read| read.proof == kept("one", 0).proof));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).expect("it is ours");
            assert_eq!(shelf.read(), [], "others could have written it");
        }
    }
}
