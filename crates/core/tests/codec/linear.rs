//! The work grows with the bytes, not with the pieces: each byte is looked at once.

use super::feed;
use whispernet_core::codec::{Decoder, FILE_BYTES_MAX, OBJECT_BYTES_MAX};

/// Work that grew with the square of the pieces would copy some 10^13 bytes here, for hours: the test runner's own limit
/// on the time of a test is the measure.
#[test]
fn the_longest_file_in_the_smallest_pieces() {
    let mut object = br#"{"ID":"x","Body":"y","FileContents":""#.to_vec();
    object.resize(object.len() + FILE_BYTES_MAX, b'A');
    object.extend_from_slice(b"\"}");
    for size in [1, 100, 4096] {
        let outcome = feed(object.chunks(size));
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.objects.len(), 1);
        assert_eq!(outcome.objects[0].file.len(), FILE_BYTES_MAX);
    }
}

#[test]
fn many_keys_strings_and_numbers_in_the_smallest_pieces() {
    let item = r#"{"k\u0041":["v\\",1.5e3,true]},"#;
    let items = item.repeat((OBJECT_BYTES_MAX - 100) / item.len());
    let object = format!("{{\"ID\":\"x\",\"a\":[{items}null]}}");
    let stream = object.repeat(20);
    for size in [1, 3, 1000] {
        assert_eq!(feed(stream.as_bytes().chunks(size)).objects.len(), 20);
    }
}

#[test]
fn what_is_held_is_what_came() {
    let mut decoder = Decoder::default();
    for n in 1..=10_000 {
        let piece: &[u8] = if n == 1 { b"{" } else { b" " };
        decoder.feed(piece, |_| panic!("no object ends here")).unwrap();
        assert_eq!(decoder.partial_bytes(), n);
    }
    decoder.feed(b"} ", |_| ()).unwrap();
    assert_eq!(decoder.partial_bytes(), 0);
}
