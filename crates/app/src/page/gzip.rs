//! Text in the gzip format (RFC 1952), which every browser reads.
//! Must not know what the text is. Bounds: none of its own; it is in memory before and after.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The bytes, packed.
pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to a Vec does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn what_is_packed_is_the_same_and_shorter() {
        let text = "all that is said, ".repeat(1000);
        let packed = pack(text.as_bytes());
        assert!(packed.len() < text.len() / 10, "{}", packed.len());
        let mut unpacked = String::new();
        GzDecoder::new(packed.as_slice()).read_to_string(&mut unpacked).expect("it is whole");
        assert_eq!(unpacked, text);
    }
}
