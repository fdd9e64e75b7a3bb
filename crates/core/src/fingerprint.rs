//! Short names for IDs and Addrs, that nobody outside can make collide. Must not know what they are used for.
//! Bounds: 8 bytes each.

use core::hash::Hasher;

use siphasher::sip::SipHasher13;

/// A keyed 64-bit hash of an ID. Never 0, which marks an empty place. Two IDs share one with probability 2^-64 each pair:
/// with a million seen, a new one is taken for an old one once in 10^13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// As the store keeps it.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// As the store kept it; 0 cannot have been kept and counts as 1.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(if bits == 0 { 1 } else { bits })
    }
}

/// Hashes with a key that nobody else knows, so that nobody can make collisions.
#[derive(Clone, Copy)]
pub struct Keyed(SipHasher13);

impl Keyed {
    /// Takes 16 secret bytes.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self(SipHasher13::new_with_key(key))
    }

    /// The fingerprint of `bytes`.
    #[must_use]
    pub fn fingerprint(&self, bytes: &[u8]) -> Fingerprint {
        let mut hasher = self.0;
        hasher.write(bytes);
        Fingerprint::from_bits(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_gives_another_print() {
        assert_ne!(Keyed::new(&[1; 16]).fingerprint(b"x"), Keyed::new(&[2; 16]).fingerprint(b"x"));
    }
}
