//! One key as a terminal writes it: plain bytes, the sequences of xterm and of the Linux console, and `CSI u`.
//! Must not know where the bytes come from, nor what a key does. Bounds: what is no key is nothing, never an error.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// First and last code that `CSI u` gives to keys that write nothing (`U+E000` and on).
const FUNCTIONAL: std::ops::RangeInclusive<u32> = 57_344..=63_743;

/// A character of the keyboard, as the terminal sends it without `CSI u`; `None` for a control that no key sends.
pub(super) fn typed(c: char) -> Option<KeyEvent> {
    let control = |c: char| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    let offset = |from: u8, to: u8| u8::try_from(c).map_or(c, |byte| char::from(byte - from + to));
    Some(match c {
        '\r' => plain(KeyCode::Enter),
        '\t' => plain(KeyCode::Tab),
        '\x7f' => plain(KeyCode::Backspace),
        '\x1b' => plain(KeyCode::Esc),
        '\0' => control(' '),
        '\x01'..='\x1a' => control(offset(1, b'a')),
        '\x1c'..='\x1f' => control(offset(0x1c, b'4')),
        _ if c.is_control() => return None,
        _ if c.is_uppercase() => KeyEvent::new(KeyCode::Char(c), KeyModifiers::SHIFT),
        _ => plain(KeyCode::Char(c)),
    })
}

/// The same key with Alt.
pub(super) fn with_alt(key: KeyEvent) -> KeyEvent {
    KeyEvent::new(key.code, key.modifiers | KeyModifiers::ALT)
}

/// What `ESC O` and this letter is.
pub(super) fn of_ss3(letter: u8) -> Option<KeyEvent> {
    let code = match letter {
        b'M' => KeyCode::Enter,
        b'j' => KeyCode::Char('*'),
        b'k' => KeyCode::Char('+'),
        b'm' => KeyCode::Char('-'),
        b'n' => KeyCode::Char('.'),
        b'o' => KeyCode::Char('/'),
        b'p'..=b'y' => KeyCode::Char(char::from(letter - b'p' + b'0')),
        _ => of_letter(letter)?,
    };
    Some(plain(code))
}

/// What `ESC [ [` and this letter is, on the Linux console.
pub(super) fn of_console(letter: u8) -> Option<KeyEvent> {
    matches!(letter, b'A'..=b'E').then(|| plain(KeyCode::F(letter - b'A' + 1)))
}

/// What `CSI`, these parameters and this final byte are; `None` for what is no key, or one that is let go.
pub(super) fn of_csi(params: &str, last: u8) -> Option<KeyEvent> {
    let mut params = params.split(';').map(|param| param.split(':').map(|number| number.parse::<u32>().unwrap_or(0)));
    let first = params.next()?.next().unwrap_or(0);
    let mut second = params.next().into_iter().flatten();
    let modifiers = modifiers(second.next().unwrap_or(0));
    // 1 pressed, 2 repeated, 3 let go.
    if second.next() == Some(3) {
        return None;
    }
    let code = match last {
        b'u' => of_code(first)?,
        // xterm's `modifyOtherKeys`.
        b'~' if first == 27 => of_code(params.next()?.next()?)?,
        b'~' => of_number(first)?,
        b'Z' => return Some(KeyEvent::new(KeyCode::BackTab, modifiers | KeyModifiers::SHIFT)),
        _ => of_letter(last)?,
    };
    Some(with_shift_shown(code, modifiers))
}

/// As keys come without `CSI u`: a letter with Shift is a capital, Tab with Shift is the other Tab.
fn with_shift_shown(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
    let code = match code {
        KeyCode::Char(c) if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::Char(c.to_ascii_uppercase()),
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        code => code,
    };
    KeyEvent::new(code, modifiers)
}

fn plain(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// The parameter of modifiers is one more than the sum of theirs; 0 where it is left out.
fn modifiers(param: u32) -> KeyModifiers {
    const BITS: [(u32, KeyModifiers); 6] = [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ];
    let mask = param.saturating_sub(1);
    BITS.into_iter().filter(|(bit, _)| mask & bit != 0).fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

fn of_letter(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'E' => KeyCode::KeypadBegin,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(letter - b'P' + 1),
        _ => return None,
    })
}

fn of_number(number: u32) -> Option<KeyCode> {
    let function = |first: u32, key: u32| u8::try_from(number - first + key).ok().map(KeyCode::F);
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => function(11, 1)?,
        17..=21 => function(17, 6)?,
        23..=26 => function(23, 11)?,
        28..=29 => function(28, 15)?,
        31..=34 => function(31, 17)?,
        _ => return None,
    })
}

/// The number of a key in `CSI u`.
fn of_code(code: u32) -> Option<KeyCode> {
    Some(match code {
        8 | 127 => KeyCode::Backspace,
        9 => KeyCode::Tab,
        13 | 57_414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        57_376..=57_398 => KeyCode::F(u8::try_from(code - 57_376 + 13).ok()?),
        57_399..=57_408 => KeyCode::Char(char::from_digit(code - 57_399, 10)?),
        57_409 => KeyCode::Char('.'),
        57_410 => KeyCode::Char('/'),
        57_411 => KeyCode::Char('*'),
        57_412 => KeyCode::Char('-'),
        57_413 => KeyCode::Char('+'),
        57_415 => KeyCode::Char('='),
        57_417 => KeyCode::Left,
        57_418 => KeyCode::Right,
        57_419 => KeyCode::Up,
        57_420 => KeyCode::Down,
        57_421 => KeyCode::PageUp,
        57_422 => KeyCode::PageDown,
        57_423 => KeyCode::Home,
        57_424 => KeyCode::End,
        57_425 => KeyCode::Insert,
        57_426 => KeyCode::Delete,
        57_427 => KeyCode::KeypadBegin,
        _ if FUNCTIONAL.contains(&code) => return None,
        _ => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;

    #[test]
    fn plain_bytes() {
        let check = |c: char, code, modifiers| assert_eq!(typed(c), Some(KeyEvent::new(code, modifiers)), "of {c:?}");
        check('a', KeyCode::Char('a'), NONE);
        check('A', KeyCode::Char('A'), SHIFT);
        check('é', KeyCode::Char('é'), NONE);
        check('\r', KeyCode::Enter, NONE);
        check('\n', KeyCode::Char('j'), CONTROL);
        check('\t', KeyCode::Tab, NONE);
        check('\x7f', KeyCode::Backspace, NONE);
        check('\x08', KeyCode::Char('h'), CONTROL);
        check('\0', KeyCode::Char(' '), CONTROL);
        check('\x01', KeyCode::Char('a'), CONTROL);
        check('\x1a', KeyCode::Char('z'), CONTROL);
        check('\x1f', KeyCode::Char('7'), CONTROL);
        assert_eq!(typed('\u{9b}'), None);
    }

    #[test]
    fn sequences() {
        let check = |params: &str, last, expected: Option<(KeyCode, KeyModifiers)>| {
            let expected = expected.map(|(code, modifiers)| KeyEvent::new(code, modifiers));
            assert_eq!(of_csi(params, last), expected, "of {params:?} {:?}", char::from(last));
        };
        check("", b'A', Some((KeyCode::Up, NONE)));
        check("1;5", b'C', Some((KeyCode::Right, CONTROL)));
        check("1;3", b'P', Some((KeyCode::F(1), ALT)));
        check("3", b'~', Some((KeyCode::Delete, NONE)));
        check("5;2", b'~', Some((KeyCode::PageUp, SHIFT)));
        check("24", b'~', Some((KeyCode::F(12), NONE)));
        check("", b'Z', Some((KeyCode::BackTab, SHIFT)));
        check("13;2", b'u', Some((KeyCode::Enter, SHIFT)));
        check("27;2;13", b'~', Some((KeyCode::Enter, SHIFT)));
        check("27", b'u', Some((KeyCode::Esc, NONE)));
        check("9;2", b'u', Some((KeyCode::BackTab, SHIFT)));
        check("106;5", b'u', Some((KeyCode::Char('j'), CONTROL)));
        check("97:65;6:1", b'u', Some((KeyCode::Char('A'), CONTROL | SHIFT)));
        check("97;1:3", b'u', None);
        check("1;1:3", b'A', None);
        check("57358", b'u', None);
        check("57399", b'u', Some((KeyCode::Char('0'), NONE)));
        check("4294967295;4294967295", b'u', None);
        check("99999999999999999999", b'~', None);
        check("1114112", b'u', None);
        check("133", b'u', None);
        check("?1", b'h', None);
        check("0", b'R', Some((KeyCode::F(3), NONE)));
    }
}
