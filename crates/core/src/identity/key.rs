//! Ed25519 keys, and how people read them. Must not know what is signed. Bounds: 32 bytes a key.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha512};

/// Digits by which two people compare a key, read aloud in groups of five.
pub const DIGITS: usize = 60;

/// Digits of a group, each group from as many bytes of the hash.
const GROUP: usize = 5;
/// Begins the hash that the digits are of.
const DIGITS_DOMAIN: &[u8] = b"whispernet digits\0";
/// Begins the text of a QR code.
const QR_PREFIX: &str = "whispernet-key:";
/// Hexadecimal digits that tell keys apart at a glance, where nobody tries to make them look alike.
const SHORT_DIGITS: usize = 8;

/// Keys that one verifier remembers: 256 bytes each.
pub const VERIFIER_KEYS_MAX: usize = 256;

/// Whose a message is: the 32 bytes of an Ed25519 public key, which may or may not be one that can sign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key of these bytes; whether it can sign shows when it verifies.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key as people give it: 64 hexadecimal digits, or the text of a QR code. `None`: it is neither, or no key that can
    /// sign.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let hex = text.strip_prefix(QR_PREFIX).unwrap_or(text);
        let bytes = <[u8; 32]>::try_from(HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?).ok()?;
        VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak())?;
        Some(Self(bytes))
    }

    /// Its first hexadecimal digits, to be shown beside a nick.
    #[must_use]
    pub fn short(&self) -> String {
        let mut hex = self.to_string();
        hex.truncate(SHORT_DIGITS);
        hex
    }

    /// The [`DIGITS`] by which two people compare it, in groups of five. They are of a hash: to find another key with the same
    /// ones takes 2^199 tries, and with half of them the same, 2^99.
    #[must_use]
    pub fn digits(&self) -> String {
        let hash = Sha512::new().chain_update(DIGITS_DOMAIN).chain_update(self.0).finalize();
        let mut digits = String::with_capacity(DIGITS / GROUP * (GROUP + 1));
        for bytes in hash.chunks_exact(GROUP).take(DIGITS / GROUP) {
            let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)) % 100_000;
            if !digits.is_empty() {
                digits.push(' ');
            }
            digits.push_str(&alloc::format!("{number:05}"));
        }
        digits
    }

    /// Whether `text` holds its digits, however they are grouped: by blanks, hyphens, commas or other marks.
    #[must_use]
    pub fn has_digits(&self, text: &str) -> bool {
        ungrouped(text) == ungrouped(&self.digits())
    }

    /// Whether `text` can be what the owner of some key showed: as many digits, or the text of a QR code.
    #[must_use]
    pub fn can_prove(text: &str) -> bool {
        let digits = ungrouped(text);
        (digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit())) || Self::parse(text).is_some()
    }

    /// What a QR code of it says.
    #[must_use]
    pub fn qr_text(&self) -> String {
        alloc::format!("{QR_PREFIX}{self}")
    }

    /// Whether it signed `message`, by the strict rules: no key or signature that has a second form is taken.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        Verifier::default().verifies(self, message, signature)
    }
}

/// What was shown, without what groups it.
fn ungrouped(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).collect()
}

/// Checks signatures. Remembers the last [`VERIFIER_KEYS_MAX`] keys as it needs them, which saves a tenth of the work where the same
/// ones come again (measured).
#[derive(Default)]
pub struct Verifier {
    keys: BTreeMap<PublicKey, VerifyingKey>,
}

impl Verifier {
    /// See [`PublicKey::verifies`].
    #[must_use]
    pub fn verifies(&mut self, key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
        let Some(known) = self.key(key) else { return false };
        known.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }

    fn key(&mut self, key: &PublicKey) -> Option<&VerifyingKey> {
        if !self.keys.contains_key(key) {
            let read = VerifyingKey::from_bytes(&key.0).ok()?;
            if self.keys.len() >= VERIFIER_KEYS_MAX {
                self.keys.clear();
            }
            self.keys.insert(*key, read);
        }
        self.keys.get(key)
    }
}

/// As hexadecimal digits.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What signs. Wiped from memory when it is dropped, and never shown.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key that grows from these 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The bytes that it grew from: as secret as the key.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// What verifies its signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`: always with the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed(&[n; 32])
    }

    #[test]
    fn people_read_it_and_give_it_back() {
        let key = key(7).public();
        let digits = key.digits();
        assert_eq!((digits.len(), digits.split(' ').count()), (71, 12));
        assert!(digits.split(' ').all(|group| group.len() == 5 && group.bytes().all(|digit| digit.is_ascii_digit())));
        assert!(
            key.has_digits(&digits)
                && key.has_digits(&digits.replace(' ', ""))
                && key.has_digits(&digits.replace(' ', "\n"))
        );
        assert!(
            !key.has_digits(&digits[1..]) && !key.has_digits("") && !super::tests::key(8).public().has_digits(&digits)
        );
        for text in [key.to_string(), key.qr_text(), key.to_string().to_uppercase(), alloc::format!(" {key}\n")] {
            assert_eq!(PublicKey::parse(&text), Some(key), "{text}");
        }
        assert!(key.to_string().starts_with(&key.short()) && key.short().len() == 8);
        let weak = "0100000000000000000000000000000000000000000000000000000000000000";
        for text in ["", "whispernet-key:", &key.to_string()[1..], &alloc::format!("{key}0"), weak] {
            assert_eq!(PublicKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn signs_and_verifies() {
        let signature = key(1).sign(b"words");
        assert!(key(1).public().verifies(b"words", &signature));
        assert!(
            !key(1).public().verifies(b"other words", &signature) && !key(2).public().verifies(b"words", &signature)
        );
    }

    #[test]
    fn does_not_show_its_secret() {
        let key = key(0xab);
        assert_eq!(alloc::format!("{key:?}"), alloc::format!("SecretKey(of {})", key.public()));
    }
}
