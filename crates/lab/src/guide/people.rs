//! The people of the guide: each in the terminal UI, with a key that is the same each time. Must not know what they say.
//! Bounds: those of the terminal.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use whispernet_core::identity::SecretKey;

use super::masks::Net;
use crate::terminal::chat::{Chat, Start, USUAL};

/// A person of the guide.
pub(super) struct Person {
    pub(super) chat: Chat,
    net: Net,
    nick: &'static str,
    secret: SecretKey,
}

impl Person {
    /// Starts the program at the address that ends so, with further options.
    pub(super) fn start(
        whisper: &Path,
        net: Net,
        nick: &'static str,
        last: u8,
        options: &[&str],
    ) -> anyhow::Result<Self> {
        let dir = Arc::new(tempfile::tempdir()?);
        // A key of an example: everybody may know it.
        let secret = SecretKey::from_seed(&[last; 32]);
        write_key(dir.path(), &secret)?;
        let (ip, http) = (net.host(last).to_string(), format!("{}:8888", net.host(last)));
        let alone = ["--bind", &ip, "--port", "55555", "--http", &http];
        let options: Vec<&str> = alone.iter().chain(options).copied().collect();
        let chat = Chat::start(whisper, &Start { options: &options, dir: Some(dir), size: USUAL, ..Start::new(nick) })?;
        Ok(Self { chat, net, nick, secret })
    }

    /// The digits of the key, as its owner reads them out.
    pub(super) fn digits(&self) -> String {
        self.secret.public().digits()
    }

    /// Types.
    pub(super) fn keys(&self, keys: &str) -> anyhow::Result<()> {
        self.chat.terminal.keys(keys)
    }

    /// Waits until a row has all these parts.
    pub(super) fn sees(&self, parts: &[&str]) -> anyhow::Result<()> {
        self.chat.terminal.wait_for_row(parts).with_context(|| format!("on the screen of {}", self.nick))
    }

    /// Waits until this is seen no more.
    pub(super) fn sees_no(&self, text: &str) -> anyhow::Result<()> {
        self.chat.terminal.wait_for_no(text).with_context(|| format!("on the screen of {}", self.nick))
    }

    /// The screen as the guide shows it.
    pub(super) fn screen(&self) -> String {
        let home = self.chat.terminal.home().display().to_string();
        self.net.mask(&self.chat.terminal.screen().replace(&home, &format!("/home/{}", self.nick)))
    }

    /// Puts a file into the home.
    pub(super) fn has_file(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(fs::write(self.chat.terminal.home().join(name), bytes)?)
    }
}

/// The key file of a data directory, as the program itself writes it.
fn write_key(dir: &Path, secret: &SecretKey) -> anyhow::Result<()> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let line = format!("whispernet-secret-key-1:{}:{}\n", hex(secret.seed()), hex(secret.public().bytes()));
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(dir.join("key"))?;
    Ok(file.write_all(line.as_bytes())?)
}
