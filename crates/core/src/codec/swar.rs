//! Eight bytes at a time: how far a JSON string runs before something in it needs a look.
//! Must not know what the string means. Bounds: reads what it is given once.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the high bit of each byte of `word` that is zero. Bytes above the first one marked may be marked wrongly.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Marks the high bit of bytes that end a plain run: a quote, a backslash, or a control byte.
const fn special_bytes(word: u64) -> u64 {
    const QUOTES: u64 = ONES * b'"' as u64;
    const SLASHES: u64 = ONES * b'\\' as u64;
    const SPACES: u64 = ONES * b' ' as u64;
    let controls = word.wrapping_sub(SPACES) & !word & HIGHS;
    controls | zero_bytes(word ^ QUOTES) | zero_bytes(word ^ SLASHES)
}

/// The length of the longest start of `bytes` without quote, backslash and control byte, and whether it holds a byte
/// above 0x7f.
pub(super) fn plain_run(bytes: &[u8]) -> (usize, bool) {
    let mut seen = 0_u64;
    let mut length = 0_usize;
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let special = special_bytes(word);
        if special != 0 {
            // Little-endian: the lowest mark is the first special byte, and only higher marks can be wrong.
            let plain = special.trailing_zeros() / 8;
            let below = word & !u64::MAX.unbounded_shl(plain.saturating_mul(8));
            return (length.saturating_add(plain as usize), (seen | below) & HIGHS != 0);
        }
        seen |= word;
        length = length.saturating_add(8);
    }
    for &byte in tail {
        if matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            break;
        }
        seen |= u64::from(byte);
        length = length.saturating_add(1);
    }
    (length, seen & HIGHS != 0)
}

#[cfg(test)]
mod tests {
    use super::plain_run;
    use proptest::prelude::*;

    fn slow(bytes: &[u8]) -> (usize, bool) {
        let run = bytes.iter().take_while(|&&b| b >= 0x20 && b != b'"' && b != b'\\');
        (run.clone().count(), run.clone().any(|b| b & 0x80 != 0))
    }

    proptest! {
        #[test]
        fn agrees_with_byte_by_byte(bytes: Vec<u8>, ascii in "[ -~]{0,40}", end: u8) {
            prop_assert_eq!(plain_run(&bytes), slow(&bytes));
            let mut text = ascii.into_bytes();
            text.push(end);
            prop_assert_eq!(plain_run(&text), slow(&text));
        }
    }

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255_u8 {
            for place in 0..24 {
                let mut bytes = [b'x'; 24];
                bytes[place] = byte;
                assert_eq!(plain_run(&bytes), slow(&bytes), "byte {byte:#x} at {place}");
            }
        }
    }
}
