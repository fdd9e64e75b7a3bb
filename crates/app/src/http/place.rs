//! Where a peer's API is and the token that opens it, as both sides find them: `api.json` and `api-token` in the data directory.
//! Must not know HTTP. Bounds: `FILE_BYTES_MAX` read of either.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::entry::secret::{self, SECRET_BYTES};

const API_FILE: &str = "api.json";
const TOKEN_FILE: &str = "api-token";

/// Longest file read (ours have under 100 bytes).
const FILE_BYTES_MAX: u64 = 4096;

/// What opens the API. Has no `Debug`, so that it reaches no log.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// The token of that data directory, made where there is none.
    ///
    /// # Errors
    /// The file cannot be read or written, others can read it, or it holds no token.
    pub(super) fn keep(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join(TOKEN_FILE);
        match fs::metadata(&path) {
            // Empty: the machine went down before the token reached the disk, and nobody has it.
            Ok(file) if file.len() > 0 => {
                refuse_shared(&path, &file)?;
                return Self::read(data_dir);
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
            _ => {}
        }
        let token = secret::random().context("the system gave no random bytes for the API token")?;
        write_private(&path, token.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(token))
    }

    /// The token of that data directory.
    ///
    /// # Errors
    /// The file cannot be read, or holds no token.
    pub(crate) fn read(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join(TOKEN_FILE);
        let text = read_bounded(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let token = text.trim_ascii();
        // Some other text, put there by hand, is as good, but a short one could be guessed.
        if token.len() < SECRET_BYTES || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("{} holds no token: delete it, and start the peer to get a new one", path.display());
        }
        Ok(Self(token.to_owned()))
    }

    /// As it stands in a header.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn for_test(token: &str) -> Self {
        Self(token.to_owned())
    }

    /// Whether somebody knows it; takes the same time wherever the first difference is.
    pub(super) fn is(&self, guess: &[u8]) -> bool {
        secret::same(&self.0, guess)
    }
}

/// Where the API is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Where it listens.
    pub(crate) http: SocketAddr,
    /// Whose it is.
    pub(crate) pid: u32,
}

impl Place {
    /// Where the peer of that data directory said its API is; `None` where it said nothing. It may be gone since.
    pub(crate) fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_str(&read_bounded(&data_dir.join(API_FILE)).ok()?).ok()
    }
}

/// The `api.json` of a running peer, which goes when this is dropped.
pub(super) struct Sign {
    path: PathBuf,
}

impl Sign {
    /// Says where the API of this process is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn put_up(data_dir: &Path, http: SocketAddr) -> anyhow::Result<Self> {
        let path = data_dir.join(API_FILE);
        let place = Place { http, pid: std::process::id() };
        write_private(&path, &serde_json::to_vec(&place)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Sign {
    fn drop(&mut self) {
        // One that stays is told from a live one by connecting.
        let _ = fs::remove_file(&self.path);
    }
}

/// Refuses a secret that other users of the machine can read: they may have it already.
#[cfg(unix)]
fn refuse_shared(path: &Path, file: &fs::Metadata) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if file.permissions().mode() & 0o077 != 0 {
        bail!("{} can be read by other users: delete it, and start again to get a new one", path.display());
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_shared(_path: &Path, _file: &fs::Metadata) -> anyhow::Result<()> {
    Ok(())
}

fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a file that only its owner can read; whoever opens it sees all of it or the one before.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    // Left by a crash, it could have other permissions.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(bytes)?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let made = Token::keep(dir.path()).expect("none is there yet");
        let kept = Token::keep(dir.path()).expect("it is ours alone");
        assert_eq!(made.as_str(), kept.as_str());
        assert_eq!(made.as_str().len(), 2 * SECRET_BYTES);
        assert_ne!(made.as_str(), Token::keep(tempfile::tempdir().expect("another").path()).expect("fresh").as_str());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let path = dir.path().join(TOKEN_FILE);
            assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is ours");
            let error = Token::keep(dir.path()).err().expect("others can read it").to_string();
            assert!(error.contains("api-token") && error.contains("other users"), "{error}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["a".repeat(SECRET_BYTES - 1), "ä".repeat(SECRET_BYTES), "a b".repeat(SECRET_BYTES)] {
            let dir = tempfile::tempdir().expect("a temporary folder");
            write_private(&dir.path().join(TOKEN_FILE), text.as_bytes()).expect("it can be written");
            assert!(Token::keep(dir.path()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_sign_stands_as_long_as_the_peer_does() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(Place::read(dir.path()), None);
        let http = "127.0.0.1:8888".parse().expect("an address");
        fs::write(dir.path().join(API_FILE), "left by a crash").expect("it can be written");
        let sign = Sign::put_up(dir.path(), http).expect("it can be written");
        assert_eq!(Place::read(dir.path()), Some(Place { http, pid: std::process::id() }));
        drop(sign);
        assert_eq!(Place::read(dir.path()), None);
    }
}
