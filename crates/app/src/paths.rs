//! Which data directory is meant: option, environment, or the XDG default.
//! Must not know what is kept there, and touches no file. Bounds: none.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use directories::{ProjectDirs, UserDirs};
use whispernet_node::config::DataDir;

/// The environment's way to say `--data-dir`; empty counts as absent.
const DATA_DIR_ENV: &str = "WHISPER_DATA_DIR";

/// The data directory that is meant. Only one that nobody named may give way to the next profile beside it.
///
/// # Errors
/// Nobody named one, and there is no home directory to put one in.
pub(crate) fn data_dir(option: Option<PathBuf>) -> anyhow::Result<DataDir> {
    if let Some(named) = named(option, env::var_os(DATA_DIR_ENV)) {
        return Ok(DataDir::Exactly(named));
    }
    let project = ProjectDirs::from("", "", "whispernet")
        .context("there is no home directory to keep things in: name a folder with --data-dir")?;
    Ok(DataDir::OrNextProfile(project.data_dir().to_owned()))
}

fn named(option: Option<PathBuf>, env: Option<OsString>) -> Option<PathBuf> {
    let named = option.or_else(|| env.filter(|value| !value.is_empty()).map(PathBuf::from));
    named.map(|named| at_home(named, UserDirs::new().as_ref().map(UserDirs::home_dir)))
}

/// A path that begins with `~/` is in the home directory: no shell reads config files, nor what stands after an `=`.
fn at_home(path: PathBuf, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// Whether the environment names one.
pub(crate) fn is_named_by_environment() -> bool {
    named(None, env::var_os(DATA_DIR_ENV)).is_some()
}

/// Where a running peer is looked for.
pub(crate) fn path(data_dir: &DataDir) -> &Path {
    match data_dir {
        DataDir::Exactly(path) | DataDir::OrNextProfile(path) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_that_nobody_named_may_give_way() {
        let check = |option: Option<&str>, env: Option<&str>, expected: Option<&str>| {
            let named = named(option.map(PathBuf::from), env.map(Into::into));
            assert_eq!(named, expected.map(PathBuf::from));
        };
        check(Some("option"), Some("env"), Some("option"));
        check(None, Some("env"), Some("env"));
        check(None, Some(""), None);
        check(None, None, None);
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let home = Path::new("/home/ann");
        for (path, meant) in [("~/chat", "/home/ann/chat"), ("~", "/home/ann"), ("a/~", "a/~"), ("~bob/x", "~bob/x")] {
            assert_eq!(at_home(PathBuf::from(path), Some(home)), Path::new(meant));
            assert_eq!(at_home(PathBuf::from(path), None), Path::new(path));
        }
    }
}
