//! How rich a copy of a message is. Must not know how that is told. Bounds: three ranks.

/// How much of what its author said a copy holds: of two, the one that holds more takes the place of the other. Of a message that
/// is not signed the first copy wins: it counts as the richest there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Addr and Body alone: an old peer has relayed it, or there was no more.
    Bare,
    /// Ext too.
    WithExt,
    /// Ext and the file that it names.
    WithFile,
}

impl Rank {
    /// As it is kept in two bits.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self as u64
    }

    /// From the two lower bits, as it was kept there.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        match bits & 3 {
            0 => Self::Bare,
            1 => Self::WithExt,
            _ => Self::WithFile,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_kept_in_two_bits() {
        for rank in [Rank::Bare, Rank::WithExt, Rank::WithFile] {
            assert_eq!(Rank::from_bits(0xf0 | rank.to_bits()), rank);
        }
        assert!(Rank::Bare < Rank::WithExt && Rank::WithExt < Rank::WithFile);
    }
}
