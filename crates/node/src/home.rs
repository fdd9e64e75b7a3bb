//! What a peer has before it starts: a folder that is its own, and the key in it.
//! Must not know sockets, or where a passphrase comes from. Bounds: those of its parts.

use std::path::Path;

use whispernet_core::identity::{PublicKey, SecretKey};

use crate::config::{Config, StartError};
use crate::datadir::{self, Locked};
use crate::key::{self, KeyError, Passphrase, Wanted};
use crate::start;

/// The folder and the key of one peer. No other peer has the folder while this lives.
#[derive(Debug)]
pub struct Home {
    pub(crate) locked: Locked,
    /// The folder is not the one that was asked for.
    pub(crate) notice: Option<String>,
    pub(crate) key: SecretKey,
}

impl Home {
    /// The one that the settings name, made where there is none. May wait for a person: `ask` is called where the key is under a
    /// passphrase.
    ///
    /// # Errors
    /// A setting is out of its range, the folder cannot be had, or the key in it.
    pub fn open(config: &Config, ask: impl FnOnce(Wanted) -> Result<Passphrase, KeyError>) -> Result<Self, StartError> {
        start::check(config)?;
        let (locked, notice) = datadir::lock(&config.data_dir)?;
        let key = key::load_or_create(&locked.path, ask)?;
        Ok(Self { locked, notice, key })
    }

    /// Where things are kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.locked.path
    }

    /// Whose messages this peer signs.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.key.public()
    }
}
