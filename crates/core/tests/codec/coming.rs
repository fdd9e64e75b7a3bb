//! What is known of a file while it comes.

use whispernet_core::codec::Decoder;

/// ID, Ext and how much of the file, once these bytes have come.
#[track_caller]
fn check(bytes: &str, expected: Option<(&str, &str, usize)>) {
    for cut in [1, 7, 1_000] {
        let mut decoder = Decoder::default();
        bytes.as_bytes().chunks(cut).for_each(|piece| decoder.feed(piece, |_| {}).unwrap());
        let coming = decoder.coming_file();
        let coming = coming.map(|file| (file.id.decode().into_owned(), file.ext.decode().into_owned(), file.came));
        let expected = expected.map(|(id, ext, came)| (id.to_owned(), ext.to_owned(), came));
        assert_eq!(coming, expected, "{bytes} by {cut}");
    }
}

#[test]
fn what_came_before_it_is_known() {
    check("", None);
    check(r#"{"ID":"a","FileContents":"#, None);
    check(r#"{"ID":"a","FileContents":""#, None);
    check(r#"{"ID":"a","FileContents":"eA"#, Some(("a", "", 2)));
    check(r#"{"ID":"a\u0062","Ext":"{\"a\":1}","FileContents":"eA=="#, Some(("ab", r#"{"a":1}"#, 4)));
    check(r#"{"FileContents":"eA==","ID":"a","Ext":"{"#, Some(("a", "", 4)));
    check(r#"{"ID":"a","FileContents":null,"Body":"x"#, None);
    check(r#"{"ID":"a","x":{"FileContents":"eA=="#, None);
    check(r#"{"ID":"a","FileContents":"eA=="}"#, None);
    check(r#"{"ID":"a","FileContents":"eA=="} {"ID":"b","Body":"x"#, None);
}
