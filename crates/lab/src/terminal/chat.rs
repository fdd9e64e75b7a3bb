//! A peer of ours in its terminal UI, on loopback and alone. Must not know what is said there. Bounds: the terminal's.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::Value;
use tempfile::TempDir;

use super::Terminal;
use crate::peer::api::Api;

/// Columns and rows of a terminal that nobody has made larger.
pub const USUAL: (u16, u16) = (80, 24);

/// What keeps a peer to itself, where nothing else is asked for.
const ALONE: [(&str, &str); 4] =
    [("--bind", "127.0.0.1"), ("--port", "0"), ("--http", "127.0.0.1:0"), ("--discovery", "off")];

/// How a peer is started.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// Its name.
    pub nick: &'a str,
    /// Further options; they take the place of those that keep it to itself.
    pub options: &'a [&'a str],
    /// Further variables of its environment.
    pub variables: &'a [(&'a str, &'a str)],
    /// Columns and rows.
    pub size: (u16, u16),
    /// Its data directory, where it has been before.
    pub dir: Option<Arc<TempDir>>,
}

impl<'a> Start<'a> {
    /// With nothing but a name.
    #[must_use]
    pub const fn new(nick: &'a str) -> Self {
        Self { nick, options: &[], variables: &[], size: USUAL, dir: None }
    }
}

/// A peer in its terminal UI.
pub struct Chat {
    /// Where it is seen and typed to.
    pub terminal: Terminal,
    /// Where it accepts links.
    pub addr: SocketAddr,
    /// Its data directory.
    pub dir: Arc<TempDir>,
}

impl Chat {
    /// Starts `program`, and waits until it shows where it is.
    ///
    /// # Errors
    /// It cannot be run, or does not get so far in time.
    pub fn start(program: &Path, start: &Start<'_>) -> anyhow::Result<Self> {
        let dir = start.dir.clone().map_or_else(|| tempfile::tempdir().map(Arc::new), Ok)?;
        let terminal = Self::open(program, start, &dir)?;
        let mut addr = None;
        // The same words stand on the terminal before: what is typed there is no key of the chat yet.
        terminal.wait_for_look("place", |screen| {
            let (_, columns) = screen.size();
            addr = screen.rows(0, columns.get()).find_map(|row| after(&(row + "\n"), "listening on "));
            addr.is_some() && screen.alternate_screen() && !screen.hide_cursor()
        })?;
        Ok(Self { terminal, addr: addr.context("it was shown")?, dir })
    }

    /// Starts `program` on a terminal, whatever becomes of it there.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn open(program: &Path, start: &Start<'_>, dir: &TempDir) -> anyhow::Result<Terminal> {
        let mut command = Command::new(program);
        command.args(["--nick", start.nick]).env("WHISPER_DATA_DIR", dir.path());
        for (name, value) in ALONE.iter().filter(|(name, _)| !start.options.contains(name)) {
            command.args([name, value]);
        }
        command.args(start.options).envs(start.variables.iter().copied());
        let (columns, rows) = start.size;
        Terminal::spawn(&command, columns, rows)
    }

    /// Where its page and API are, as programs beside it find them.
    ///
    /// # Errors
    /// It does not tell.
    pub fn web(&self) -> anyhow::Result<SocketAddr> {
        let place: Value = serde_json::from_slice(&fs::read(self.dir.path().join("api.json"))?)?;
        place["http"].as_str().context("it tells where")?.parse().context("an address")
    }

    /// Its API.
    ///
    /// # Errors
    /// There is no token.
    pub fn api(&self) -> anyhow::Result<Api> {
        Ok(Api::new(self.web()?, self.dir.path())?)
    }
}

/// The address that follows these words, if it is all there.
fn after(screen: &str, words: &str) -> Option<SocketAddr> {
    screen.split(words).skip(1).find_map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_hexdigit() || "[]:.".contains(c)))?;
        rest[..end].trim_end_matches('.').parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_where_they_are_whole() {
        let addr = |text: &str| Some(text.parse().expect("an address"));
        for (screen, found) in [
            ("", None),
            ("listening on ", None),
            ("listening on 127.0.0.1:5", None),
            ("listening on 127.0.0.1:5\n", addr("127.0.0.1:5")),
            ("not listening on it, listening on [::1]:5 ", addr("[::1]:5")),
            ("listening on 127.0.0.1:5.\n", addr("127.0.0.1:5")),
        ] {
            assert_eq!(after(screen, "listening on "), found, "{screen:?}");
        }
    }
}
