//! IDs of messages: random ones, hashed ones, and whether a hash holds. Must not know where an ID is used.
//! Bounds: [`ID_BYTES_MAX`].

use alloc::string::String;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Longest ID, in bytes (a signed one will have 188; a guess beyond that).
pub const ID_BYTES_MAX: usize = 512;

/// Begins an ID that is the SHA-256 of Addr, Body and Timestamp.
const SHA256_PREFIX: &str = "hash:sha256:";

/// An ID of 128 random bits.
#[must_use]
pub fn random(bits: [u8; 16]) -> String {
    HEXLOWER.encode(&bits)
}

/// The hashed ID of a message with this Timestamp (in whatever digits it goes out).
#[must_use]
pub fn hashed(addr: &str, body: &str, timestamp: &str) -> String {
    let mut id = String::from(SHA256_PREFIX);
    id.push_str(&HEXLOWER.encode(&digest(addr, body, timestamp)));
    id
}

fn digest(addr: &str, body: &str, timestamp: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [addr, body, timestamp] {
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Whether `id` asks to be checked against a hash.
#[must_use]
pub fn is_hashed(id: &[u8]) -> bool {
    id.starts_with(SHA256_PREFIX.as_bytes())
}

/// Whether a hashed `id` fits what it came with. An absent Timestamp may have been hashed as nothing, or have been `0`
/// before (the old daemon adds that, and a later relay may drop it). Hex digits count in either case.
#[must_use]
pub fn holds(id: &str, addr: &str, body: &str, timestamp: Option<i64>) -> bool {
    let Some(hex) = id.strip_prefix(SHA256_PREFIX) else { return true };
    let fits = |digits: &str| HEXLOWER.encode(&digest(addr, body, digits)).eq_ignore_ascii_case(hex);
    match timestamp {
        None | Some(0) => fits("") || fits("0"),
        Some(timestamp) => fits(&alloc::format!("{timestamp}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_hash() {
        // printf '127.0.0.1:55555hi1382050782085' | sha256sum
        let id = hashed("127.0.0.1:55555", "hi", "1382050782085");
        assert_eq!(id, "hash:sha256:ef7a48069bde8d88026c168e71b6803ca3af90e702a567bc0df721f08abbb016");
        assert!(holds(&id, "127.0.0.1:55555", "hi", Some(1_382_050_782_085)));
        assert!(holds(
            &id.to_ascii_uppercase().replace("HASH:SHA256:", "hash:sha256:"),
            "127.0.0.1:55555",
            "hi",
            Some(1_382_050_782_085)
        ));
        for (addr, body, time) in [
            ("127.0.0.1:55556", "hi", Some(1_382_050_782_085)),
            ("127.0.0.1:55555", "ho", Some(1_382_050_782_085)),
            ("127.0.0.1:55555", "hi", Some(1_382_050_782_086)),
            ("127.0.0.1:55555", "hi", None),
        ] {
            assert!(!holds(&id, addr, body, time));
        }
    }

    #[test]
    fn absent_and_zero_timestamps_are_one() {
        for digits in ["", "0"] {
            let id = hashed("a", "b", digits);
            assert!(holds(&id, "a", "b", None) && holds(&id, "a", "b", Some(0)));
            assert!(!holds(&id, "a", "b", Some(1)));
        }
    }

    #[test]
    fn other_functions_are_opaque() {
        for id in ["hash:md5:00", "hash:", "x", "", "HASH:sha256:00"] {
            assert!(!is_hashed(id.as_bytes()) && holds(id, "a", "b", None));
        }
        assert!(!holds("hash:sha256:", "a", "b", None) && !holds("hash:sha256:zz", "a", "b", None));
    }
}
