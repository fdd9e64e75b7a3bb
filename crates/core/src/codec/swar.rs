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

/// Words that are looked at one by one before whole blocks are: most strings are short.
const SINGLE_WORDS: usize = 2;
/// Bytes of a block.
const BLOCK_BYTES: usize = 32;

/// The length of the longest start of `bytes` without quote, backslash and control byte, and whether it holds a byte
/// above 0x7f.
pub(super) fn plain_run(bytes: &[u8]) -> (usize, bool) {
    let single = bytes.len().min(SINGLE_WORDS * 8);
    let (first, rest) = bytes.split_at_checked(single).unwrap_or((bytes, &[]));
    let (length, high) = plain_words(first);
    if length < single {
        return (length, high);
    }
    let (blocks, high) = plain_blocks(rest, high);
    let (last, last_high) = plain_words(rest.get(blocks..).unwrap_or_default());
    (length.saturating_add(blocks).saturating_add(last), high | last_high)
}

/// The length of the longest start of `bytes` that is whole blocks of plain bytes. Written so that the compiler makes vector
/// instructions of it: for long strings they are several times as fast as words.
fn plain_blocks(bytes: &[u8], high: bool) -> (usize, bool) {
    let (mut length, mut seen) = (0_usize, 0_u8);
    for block in bytes.as_chunks::<BLOCK_BYTES>().0 {
        let (mut special, mut all) = (false, 0);
        for &byte in block {
            special |= (byte < b' ') | (byte == b'"') | (byte == b'\\');
            all |= byte;
        }
        if special {
            break;
        }
        seen |= all;
        length = length.saturating_add(BLOCK_BYTES);
    }
    (length, high | (seen & 0x80 != 0))
}

/// As [`plain_run`], a word at a time.
fn plain_words(bytes: &[u8]) -> (usize, bool) {
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
        fn agrees_with_byte_by_byte(bytes: Vec<u8>, ascii in "[ -~]{0,200}", end: u8) {
            prop_assert_eq!(plain_run(&bytes), slow(&bytes));
            let mut text = ascii.into_bytes();
            text.push(end);
            prop_assert_eq!(plain_run(&text), slow(&text));
        }
    }

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255_u8 {
            for place in 0..88 {
                let mut bytes = [b'x'; 88];
                bytes[place] = byte;
                assert_eq!(plain_run(&bytes), slow(&bytes), "byte {byte:#x} at {place}");
            }
        }
    }
}
