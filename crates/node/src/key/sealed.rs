//! The protected form of a key: an age file under a passphrase (<https://age-encryption.org/v1>), as `age -d` opens it too.
//! Must not know what is inside. Bounds: [`WORK_FACTOR_MAX`] for each try of a passphrase; inside, as much as in any key file.

use std::fmt;
use std::io::{Cursor, Read as _, Write as _};
use std::iter;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use zeroize::Zeroizing;

use super::error::{Fault, KeyError};
use super::file::read_bounded;

/// Longest passphrase, in bytes; longer than a person types.
pub const PASSPHRASE_BYTES_MAX: usize = 1_024;

/// scrypt's N is 2 to this power on what we write: 128 MiB and about half a second for each try (OWASP, Password Storage Cheat Sheet).
const WORK_FACTOR: u8 = 17;
/// The same on what we read: 256 MiB, which is what `age -p` writes.
const WORK_FACTOR_MAX: u8 = 18;
const _: () = assert!(WORK_FACTOR <= WORK_FACTOR_MAX);

/// How an age file begins, with armour and without.
const BEGINNINGS: [&[u8]; 2] = [b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/"];
/// How the only version so far begins.
const VERSION: &[u8] = b"age-encryption.org/v1\n";

/// What opens a key file. Never empty, wiped from memory when it is dropped, and never shown.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl Passphrase {
    /// This passphrase, to the letter.
    ///
    /// # Errors
    /// It is empty, or longer than [`PASSPHRASE_BYTES_MAX`].
    pub fn new(text: &str) -> Result<Self, KeyError> {
        match text.len() {
            0 => Err(KeyError::EmptyPassphrase),
            1..=PASSPHRASE_BYTES_MAX => Ok(Self(SecretString::from(text))),
            _ => Err(KeyError::LongPassphrase),
        }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Whether it is meant to be an age file.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
}

/// An age file that a passphrase may open.
pub(super) struct Sealed(Decryptor<Cursor<Vec<u8>>>);

impl Sealed {
    /// All that can be known of an age file without its passphrase is in order.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let mut binary = Vec::new();
        ArmoredReader::new(bytes).read_to_end(&mut binary).map_err(|_| Fault::Damaged)?;
        // age takes a first version with a damaged header for an unknown one.
        let is_known = binary.starts_with(VERSION);
        let decryptor = match Decryptor::new_buffered(Cursor::new(binary)) {
            Ok(decryptor) => decryptor,
            Err(DecryptError::UnknownFormat) if !is_known => return Err(Fault::Later),
            Err(_) => return Err(Fault::Damaged),
        };
        if decryptor.is_scrypt() { Ok(Self(decryptor)) } else { Err(Fault::OtherKind) }
    }

    /// What is inside.
    pub(super) fn open(self, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let mut identity = scrypt::Identity::new(passphrase.0.clone());
        identity.set_max_work_factor(WORK_FACTOR_MAX);
        let inside = match self.0.decrypt(iter::once(&identity as &dyn age::Identity)) {
            Ok(inside) => inside,
            Err(DecryptError::DecryptionFailed) => return Err(Fault::WrongPassphrase),
            Err(DecryptError::ExcessiveWork { .. }) => return Err(Fault::TooMuchWork),
            Err(_) => return Err(Fault::Damaged),
        };
        read_bounded(inside).map_err(|_| Fault::Damaged)?.ok_or(Fault::TooLong)
    }
}

/// An age file with `inside`, armoured.
pub(super) fn seal(inside: &[u8], passphrase: &Passphrase) -> Result<String, KeyError> {
    let mut recipient = scrypt::Recipient::new(passphrase.0.clone());
    recipient.set_work_factor(WORK_FACTOR);
    write_sealed(inside, &recipient).map_err(|error| KeyError::Unsealed(error.to_string()))
}

fn write_sealed(inside: &[u8], recipient: &scrypt::Recipient) -> Result<String, Box<dyn std::error::Error>> {
    let encryptor = Encryptor::with_recipients(iter::once(recipient as &dyn age::Recipient))?;
    let armour = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armour)?;
    writer.write_all(inside)?;
    Ok(String::from_utf8(writer.finish()?.finish()?)?)
}
