//! What can be said to `whisper key`. Must not know what a key is. Bounds: none.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What is to be done with the key of a data directory.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Print the public key, for others to compare: in hex, as digits to read aloud, and on a terminal as a QR code
    Show(ShowArgs),
    /// Write the secret key to a new file, under a passphrase
    Export(ExportArgs),
    /// Take the secret key from an export
    Import(ImportArgs),
    /// Put the key file under a passphrase, or under another one
    Protect(ProtectArgs),
    /// Keep the key file without a passphrase
    Unprotect(PassphraseArgs),
}

/// Arguments of `key show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// Arguments of `key export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A file that is not there yet; `-` is standard output
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    /// Read the passphrase from the first line of this file instead of asking for it; `-` is standard input. A key that has a passphrase
    /// is exported under that one
    #[arg(long, value_name = "PATH")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Arguments of `key import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The export; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Take the place of the key that is there, which is kept under a new name
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// Arguments of `key protect`.
#[derive(Debug, Args)]
pub(crate) struct ProtectArgs {
    /// Read the new passphrase from the first line of this file instead of asking for it; `-` is standard input
    #[arg(long, value_name = "PATH")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// The same for the passphrase that the key has so far
    #[arg(long, value_name = "PATH")]
    pub(crate) old_passphrase_file: Option<PathBuf>,
}

/// Where the passphrase of what is there comes from.
#[derive(Debug, Args)]
pub(crate) struct PassphraseArgs {
    /// Where there is a passphrase, read it from the first line of this file instead of asking for it; `-` is standard input
    #[arg(long, value_name = "PATH")]
    pub(crate) passphrase_file: Option<PathBuf>,
}
