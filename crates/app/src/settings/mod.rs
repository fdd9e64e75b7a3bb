//! What a user set for good: the config file, read and checked. Must not know what becomes of it.
//! Bounds: [`FILE_BYTES_MAX`].

mod default;
mod file;
mod ui;

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

pub(crate) use default::DEFAULT;
pub(crate) use file::{Setting, Settings};
pub(crate) use ui::{Colors, Notify, NotifyFor, Pictures, Side, Ui};

/// The environment's way to name the file; empty counts as absent.
const CONFIG_ENV: &str = "WHISPER_CONFIG";
/// Longest config file, in bytes: some twenty times the one with all comments.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Why the config file is not heeded. Each is one line: where, what, and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// It cannot be read.
    #[error("the config file {} cannot be read: {reason}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Something in it is wrong.
    #[error("{}, line {line}: {what}", .path.display())]
    Wrong {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong, and what would be right.
        what: String,
    },
}

/// Where the config file is looked for, and whether the user named it. `None`: there is no home directory.
pub(crate) fn path() -> Option<(PathBuf, bool)> {
    let named = env::var_os(CONFIG_ENV).filter(|value: &OsString| !value.is_empty());
    match named {
        Some(path) => Some((path.into(), true)),
        None => ProjectDirs::from("", "", "whispernet").map(|dirs| (dirs.config_dir().join("config.toml"), false)),
    }
}

/// Reads the config file: nothing is set where there is none and nobody named one. `options`: the keys beside `[ui]`, as the options
/// of the command line are called.
///
/// # Errors
/// `Unreadable`, `Wrong`.
pub(crate) fn load(options: &[String]) -> Result<Settings, SettingsError> {
    let Some((path, named)) = path() else { return Ok(Settings::default()) };
    match read(&path) {
        Ok(text) => Settings::read(&path, &text, options),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !named => Ok(Settings::default()),
        Err(error) => Err(SettingsError::Unreadable { path, reason: error.to_string() }),
    }
}

fn read(path: &Path) -> io::Result<String> {
    // Looked at before it is opened: to open a pipe would wait for who writes it.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}
