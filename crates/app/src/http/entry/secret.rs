//! Random secrets as text, what proves one without telling it, and how either is compared with a guess.
//! Must not know what a secret opens. Bounds: `SECRET_BYTES` each.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Random bytes of a secret; it is written in hex.
pub(in crate::http) const SECRET_BYTES: usize = 32;

/// A new one, in hex.
///
/// # Errors
/// The system has no random bytes.
pub(in crate::http) fn random() -> Result<String, getrandom::Error> {
    let mut random = [0; SECRET_BYTES];
    getrandom::fill(&mut random)?;
    Ok(hex(random))
}

/// What proves that somebody knows a secret, and does not tell it: a hash of it, in hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) struct Proof(String);

impl Proof {
    /// Of a secret that holds as long as `under` does.
    pub(in crate::http) fn of(under: &str, secret: &str) -> Self {
        Self(hash(&[under, secret]))
    }

    /// As it was written.
    pub(in crate::http) fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == 2 * SECRET_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| Self(text.to_owned()))
    }

    pub(in crate::http) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the same one; takes the same time wherever the first difference is.
    pub(in crate::http) fn is(&self, other: &Self) -> bool {
        same(&self.0, other.0.as_bytes())
    }
}

/// Another secret that follows from one, for that purpose, in hex.
pub(in crate::http) fn derived(purpose: &str, secret: &str) -> String {
    hash(&[purpose, secret])
}

/// SHA-256 of texts, each ended by a byte that none of them has.
fn hash(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.as_bytes());
        hasher.update([0xff]);
    }
    hex(hasher.finalize().into())
}

/// A secret of ours and a fresh mask, which is the mask in hex and the two of them combined: nothing in it is the same twice.
///
/// # Errors
/// The system has no random bytes.
pub(in crate::http) fn masked(secret: &str) -> Result<String, getrandom::Error> {
    let mask = random()?;
    Ok(format!("{mask}{}", combined(&mask, secret)))
}

/// The secret that was masked; `None`: nothing was.
pub(in crate::http) fn unmasked(text: &str) -> Option<String> {
    let (mask, hidden) = text.split_at_checked(2 * SECRET_BYTES)?;
    let is_hex = text.len() == 4 * SECRET_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| combined(mask, hidden))
}

/// The exclusive or of two texts in hex, in hex.
fn combined(one: &str, other: &str) -> String {
    let digit = |c: char| c.to_digit(16).unwrap_or_default();
    one.chars().zip(other.chars()).filter_map(|(a, b)| char::from_digit(digit(a) ^ digit(b), 16)).collect()
}

fn hex(bytes: [u8; SECRET_BYTES]) -> String {
    let mut text = String::with_capacity(2 * SECRET_BYTES);
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether the guess is the secret; takes the same time wherever the first difference is.
pub(in crate::http) fn same(secret: &str, guess: &[u8]) -> bool {
    let secret = secret.as_bytes();
    let differences = secret.iter().zip(guess).fold(0, |all, (a, b)| std::hint::black_box(all | (a ^ b)));
    secret.len() == guess.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_is_it() {
        for (guess, is) in [
            ("0123456789abcdef", true),
            ("0123456789abcdeF", false),
            ("1123456789abcdef", false),
            ("0123456789abcde", false),
            ("0123456789abcdef0", false),
            ("", false),
        ] {
            assert_eq!(same("0123456789abcdef", guess.as_bytes()), is, "{guess}");
        }
    }

    #[test]
    fn a_mask_comes_off() {
        let secret = random().expect("random bytes");
        let (one, other) = (masked(&secret).expect("random bytes"), masked(&secret).expect("random bytes"));
        assert_ne!(one, other);
        assert!(!one.contains(&secret));
        assert_eq!(unmasked(&one).as_deref(), Some(secret.as_str()));
        assert_eq!(unmasked(&other), unmasked(&one));
        let odd = "é".repeat(2 * SECRET_BYTES);
        for text in ["", "0", &secret, &one[1..], &format!("{one}0"), &one.replace(&one[..1], "x"), &odd] {
            assert_eq!(unmasked(text), None, "{text}");
        }
    }

    #[test]
    fn no_two_are_the_same() {
        let (one, other) = (random().expect("random bytes"), random().expect("random bytes"));
        assert_ne!(one, other);
        assert!(one.len() == 2 * SECRET_BYTES && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
    }
}
