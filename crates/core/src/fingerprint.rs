//! Short names for IDs and Addrs, that nobody outside can make collide. Must not know what they are used for.
//! Bounds: 8 bytes each.

use core::hash::Hasher;

use siphasher::sip::SipHasher13;

/// A keyed 62-bit hash of an ID, in the upper bits of 64: the two lower ones are 0, and whoever keeps many may note something there.
/// Never 0, which marks an empty place. Two IDs share one with probability 2^-62 each pair: with a million seen, a new one is
/// taken for an old one once in 4 * 10^12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(u64);

/// The bits that hold nothing.
pub const SPARE_BITS: u64 = 3;

impl Fingerprint {
    /// As the store keeps it.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// As the store kept it, whatever stands in the [`SPARE_BITS`]; 0 cannot have been kept and counts as the least there is.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        let bits = bits & !SPARE_BITS;
        Self(if bits == 0 { SPARE_BITS + 1 } else { bits })
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

    /// The fingerprint of two texts: other than that of any other two.
    #[must_use]
    pub fn of_two(&self, first: &[u8], second: &[u8]) -> Fingerprint {
        let mut hasher = self.0;
        hasher.write_u64(first.len() as u64);
        hasher.write(first);
        hasher.write(second);
        Fingerprint::from_bits(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_spare_bits_are_empty_and_it_is_never_0() {
        for bits in [0, 1, 3, 4, 5, 7, 8, u64::MAX] {
            let print = Fingerprint::from_bits(bits).to_bits();
            assert_eq!((print & SPARE_BITS, print), (0, (bits & !SPARE_BITS).max(4)), "{bits}");
        }
    }

    #[test]
    fn another_key_gives_another_print() {
        assert_ne!(Keyed::new(&[1; 16]).fingerprint(b"x"), Keyed::new(&[2; 16]).fingerprint(b"x"));
    }
}
