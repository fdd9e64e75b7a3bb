//! What can be said to `whisper key`. Must not know what a key is. Bounds: none.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use whispernet_node::key::{DIGITS, PublicKey};

use super::examples;

/// What is to be done with the key of a data directory.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Print the public key, for others to compare: in hex, as digits to read aloud, and on a terminal as a QR code
    #[command(after_help = examples::KEY_SHOW)]
    Show(ShowArgs),
    /// Write the secret key to a new file, under a passphrase
    #[command(after_help = examples::KEY_EXPORT)]
    Export(ExportArgs),
    /// Take the secret key from an export
    #[command(after_help = examples::KEY_IMPORT)]
    Import(ImportArgs),
    /// Put the key file under a passphrase, or under another one
    #[command(after_help = examples::KEY_PROTECT)]
    Protect(ProtectArgs),
    /// Keep the key file without a passphrase
    #[command(after_help = examples::KEY_UNPROTECT)]
    Unprotect(PassphraseArgs),
    /// Make a new key in the place of the present one, which signs that: who knew you goes on knowing you
    #[command(after_help = examples::KEY_ROTATE)]
    Rotate(PassphraseArgs),
    /// Compare the key of somebody else with what its owner shows; asks the running peer
    #[command(after_help = examples::KEY_VERIFY)]
    Verify(VerifyArgs),
}

/// Arguments of `key verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The 60 digits, with or without spaces, or the text of the QR code; before them a nick that was seen, a name you gave, or a
    /// key, else whoever has them is looked for
    #[arg(value_name = "[WHO] DIGITS", num_args = 1.., required = true)]
    words: Vec<String>,
}

impl VerifyArgs {
    /// Whom it is about, where that is said, and what was shown. `None`: nothing was shown.
    pub(crate) fn read(&self) -> Option<(Option<&str>, String)> {
        let all = self.words.join(" ");
        if is_proof(&all) {
            return Some((None, all));
        }
        let (who, shown) = self.words.split_first().filter(|(_, shown)| !shown.is_empty())?;
        Some((Some(who), shown.join(" ")))
    }
}

/// Whether that is a key as its owner shows it.
fn is_proof(text: &str) -> bool {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == DIGITS && digits.iter().all(char::is_ascii_digit)) || PublicKey::parse(text).is_some()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_told_from_a_person() {
        let check = |words: &[&str], read: Option<(Option<&str>, &str)>| {
            let args = VerifyArgs { words: words.iter().map(|word| (*word).to_owned()).collect() };
            let read = read.map(|(who, shown)| (who, shown.to_owned()));
            assert_eq!(args.read(), read, "{words:?}");
        };
        let groups = ["12345"; 12];
        let digits = groups.join(" ");
        check(&[&digits], Some((None, &digits)));
        check(&groups, Some((None, &digits)));
        check(&["bob", &digits], Some((Some("bob"), &digits)));
        check(&[&["two words"], &groups[..]].concat(), Some((Some("two words"), &digits)));
        check(&[&["12345"], &groups[..]].concat(), Some((Some("12345"), &digits)));
        check(&["bob", "whispernet-key:00"], Some((Some("bob"), "whispernet-key:00")));
        let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let qr = format!("whispernet-key:{key}");
        check(&[&qr], Some((None, &qr)));
        check(&[key, &digits], Some((Some(key), &digits)));
        check(&["bob"], None);
        check(&groups[..11], Some((Some("12345"), &groups[..10].join(" "))));
    }
}
