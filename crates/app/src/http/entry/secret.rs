//! Random secrets as text, and how one is compared with a guess.
//! Must not know what a secret opens. Bounds: `SECRET_BYTES` each.

use std::fmt::Write as _;

/// Random bytes of a secret; it is written in hex.
pub(in crate::http) const SECRET_BYTES: usize = 32;

/// A new one, in hex.
///
/// # Errors
/// The system has no random bytes.
pub(in crate::http) fn random() -> Result<String, getrandom::Error> {
    let mut random = [0; SECRET_BYTES];
    getrandom::fill(&mut random)?;
    let mut secret = String::with_capacity(2 * SECRET_BYTES);
    for byte in random {
        // Writing to a String does not fail.
        let _ = write!(secret, "{byte:02x}");
    }
    Ok(secret)
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
    fn no_two_are_the_same() {
        let (one, other) = (random().expect("random bytes"), random().expect("random bytes"));
        assert_ne!(one, other);
        assert!(one.len() == 2 * SECRET_BYTES && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
    }
}
