//! However the bytes are cut, they are the same keys.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;

fn key(code: KeyCode, modifiers: KeyModifiers) -> Told {
    Told::Input(Input::Key(KeyEvent::new(code, modifiers)))
}

fn plain(c: char) -> Told {
    key(KeyCode::Char(c), KeyModifiers::NONE)
}

fn paste(text: &str, dropped: usize) -> Told {
    Told::Input(Input::Paste { text: text.to_owned(), dropped })
}

/// Fed at once, byte by byte, and cut in two at each place; with what is left given up at the end.
#[track_caller]
fn check(bytes: &[u8], expected: &[Told]) {
    let fed = |parts: &[&[u8]]| {
        let (mut decoder, mut told) = (Decoder::default(), Vec::new());
        for part in parts {
            decoder.feed(part, &mut told);
        }
        if decoder.patience().is_some() {
            decoder.give_up(&mut told);
        }
        assert_eq!(decoder.patience(), None, "nothing is left");
        told
    };
    assert_eq!(fed(&[bytes]), expected, "of {:?}", String::from_utf8_lossy(bytes));
    for at in 0..bytes.len() {
        let (one, other) = bytes.split_at(at);
        assert_eq!(fed(&[one, other]), expected, "of {:?} cut at {at}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(fed(&bytes.chunks(1).collect::<Vec<_>>()), expected, "byte by byte");
}

#[test]
fn keys_and_characters() {
    let (none, alt, control, shift) =
        (KeyModifiers::NONE, KeyModifiers::ALT, KeyModifiers::CONTROL, KeyModifiers::SHIFT);
    check(b"", &[]);
    check(b"ab", &[plain('a'), plain('b')]);
    check("é€😀".as_bytes(), &[plain('é'), plain('€'), plain('😀')]);
    check(b"a\xffb\xc3(", &[plain('a'), plain('b'), plain('(')]);
    check(b"\x03\r", &[key(KeyCode::Char('c'), control), key(KeyCode::Enter, none)]);
    check(b"\x1b[A\x1bOA\x1b[1;5D", &[key(KeyCode::Up, none), key(KeyCode::Up, none), key(KeyCode::Left, control)]);
    check(b"\x1b[[Ax", &[key(KeyCode::F(1), none), plain('x')]);
    check(b"\x1b[13;2u\x1b\r", &[key(KeyCode::Enter, shift), key(KeyCode::Enter, alt)]);
    check("\x1bé".as_bytes(), &[key(KeyCode::Char('é'), alt)]);
    check(b"\x1b\x1b[A", &[key(KeyCode::Up, alt)]);
    check(b"\x1b_x", &[key(KeyCode::Char('_'), alt), plain('x')]);
    check(b"\x1b]x", &[key(KeyCode::Char(']'), alt), plain('x')]);
}

#[test]
fn what_stays_alone_is_what_it_is() {
    check(b"\x1b", &[key(KeyCode::Esc, KeyModifiers::NONE)]);
    check(b"\x1b\x1b", &[key(KeyCode::Esc, KeyModifiers::ALT)]);
    check(b"\x1b[", &[key(KeyCode::Char('['), KeyModifiers::ALT)]);
    check(b"\x1bO", &[key(KeyCode::Char('O'), KeyModifiers::ALT | KeyModifiers::SHIFT)]);
    check(b"\xc3", &[]);
    check(b"\x1b[1;", &[]);
}

#[test]
fn pastes_are_whole_and_bounded() {
    check(b"\x1b[200~one\rtwo\x1b[A\x1b[201~x", &[paste("one\rtwo\x1b[A", 0), plain('x')]);
    check(b"\x1b[200~\x1b[201~", &[paste("", 0)]);
    check(b"\x1b[201~x", &[plain('x')]);
    check(b"\x1b[200~cut\x1b[20", &[paste("cut\x1b[20", 0)]);
    check(b"\x1b[200~\x1b\x1b[201\x1b[201~", &[paste("\x1b\x1b[201", 0)]);
    for (bytes, kept, dropped) in [
        (PASTE_BYTES_MAX - 1, PASTE_BYTES_MAX - 1, 0),
        (PASTE_BYTES_MAX, PASTE_BYTES_MAX, 0),
        (PASTE_BYTES_MAX + 1, PASTE_BYTES_MAX, 1),
        (PASTE_BYTES_MAX * 2, PASTE_BYTES_MAX, PASTE_BYTES_MAX),
    ] {
        let (mut decoder, mut told) = (Decoder::default(), Vec::new());
        decoder.feed(b"\x1b[200~", &mut told);
        decoder.feed(&vec![b'x'; bytes], &mut told);
        let held = decoder.paste.as_ref().map_or(0, |paste| paste.text.len() + paste.tail.len());
        assert!(held <= PASTE_BYTES_MAX, "{held} bytes are held");
        decoder.feed(PASTE_END, &mut told);
        assert_eq!(told, [paste(&"x".repeat(kept), dropped)], "of {bytes}");
    }
    // What is no UTF-8 takes more room than it came in.
    let (mut decoder, mut told) = (Decoder::default(), Vec::new());
    decoder.feed(b"\x1b[200~", &mut told);
    decoder.feed(&vec![0xff; PASTE_BYTES_MAX], &mut told);
    decoder.feed(PASTE_END, &mut told);
    let [Told::Input(Input::Paste { text, dropped })] = told.as_slice() else { panic!("{} of them", told.len()) };
    assert!(text.len() <= PASTE_BYTES_MAX && *dropped > 0, "{} and {dropped}", text.len());
}

#[test]
fn answers_are_no_keys_even_amid_them() {
    let sixels = |sixels| Told::Answer(Answer::Attributes { sixels });
    check(b"a\x1b[?1u\x1b[?62;4;22cb", &[plain('a'), Told::Answer(Answer::Keyboard), sixels(true), plain('b')]);
    check(b"\x1b[?64;22c", &[sixels(false)]);
    check(b"\x1b[?4c", &[sixels(false)]);
    check(b"\x1b[6;20;10t", &[Told::Answer(Answer::Cell { width: 10, height: 20 })]);
    check(b"\x1b[6;0;0t\x1b[8;24;80t", &[]);
    check(b"\x1b_Gi=31;OK\x1b\\x", &[Told::Answer(Answer::Kitty), plain('x')]);
    check(b"\x1b_Gi=31;ENOENT:no\x1b\\x", &[plain('x')]);
    check(b"\x1b[I\x1b[O", &[Told::Input(Input::Focus(true)), Told::Input(Input::Focus(false))]);
}

#[test]
fn a_sequence_without_an_end_does_not_grow() {
    let (mut decoder, mut told) = (Decoder::default(), Vec::new());
    decoder.feed(b"\x1b[", &mut told);
    for _ in 0..10_000 {
        decoder.feed(b"1", &mut told);
        assert!(decoder.pending.len() < SEQUENCE_BYTES_MAX);
    }
    let (mut decoder, mut told) = (Decoder::default(), Vec::new());
    decoder.feed(&b"\x1b".repeat(10_000), &mut told);
    assert!(decoder.pending.len() < SEQUENCE_BYTES_MAX);
}
