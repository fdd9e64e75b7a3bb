//! What each key means to a draft: those of readline, as terminals send them with and without the kitty keyboard protocol.
//! Must not know what comes of it. Bounds: one key.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::draft::Motion;

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A character to write.
    Char(char),
    /// A new line.
    Newline,
    /// To send.
    Enter,
    /// To complete, or the next one.
    Tab,
    /// The one before.
    BackTab,
    /// To close what is open.
    Esc,
    /// To move the cursor.
    Go(Motion),
    /// A row up, or back in the history.
    Up,
    /// A row down, or on in the history.
    Down,
    /// Back in the history.
    Older,
    /// On in the history.
    Newer,
    /// To erase up to there.
    Erase(Motion),
    /// The same, by Ctrl-D, which means something else in an empty draft.
    EraseOrLeave,
    /// To cut out up to there.
    Kill(Motion),
    /// To cut out all.
    KillAll,
    /// To bring back what was cut out.
    Yank,
    /// To swap two.
    Transpose,
    /// To take back a step.
    Undo,
    /// To search the history, or further back.
    Search,
    /// To search towards the newest.
    SearchNewer,
    /// Ctrl-X: another key follows.
    Prefix,
    /// Something else.
    Other,
}

/// What a key that was pressed means.
pub(super) fn read(key: KeyEvent) -> Key {
    use Motion as M;
    let pressed = |modifier| key.modifiers.contains(modifier);
    let (control, alt, shift) =
        (pressed(KeyModifiers::CONTROL), pressed(KeyModifiers::ALT), pressed(KeyModifiers::SHIFT));
    if key.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META) {
        return Key::Other;
    }
    match (key.code, control, alt) {
        // Where the terminal tells that Shift was held but not what it makes of the letter.
        (KeyCode::Char(c), false, false) if shift && c.is_lowercase() => Key::Char(upper(c)),
        (KeyCode::Char(c), false, false) if !c.is_control() => Key::Char(c),
        (KeyCode::Char(c), true, false) => with_control(c.to_ascii_lowercase(), shift),
        // Alt and Backspace, where Backspace is Ctrl-H.
        (KeyCode::Char('h'), true, true) => Key::Kill(M::WordLeft),
        (KeyCode::Char(c), false, true) => with_alt(c.to_ascii_lowercase()),
        (KeyCode::Enter, false, false) if !shift => Key::Enter,
        (KeyCode::Enter, false, _) => Key::Newline,
        (KeyCode::Tab, false, false) => {
            if shift {
                Key::BackTab
            } else {
                Key::Tab
            }
        }
        (KeyCode::BackTab, false, false) => Key::BackTab,
        (KeyCode::Esc, false, false) => Key::Esc,
        (KeyCode::Backspace, false, false) => Key::Erase(M::Left),
        (KeyCode::Backspace, ..) => Key::Kill(M::WordLeft),
        (KeyCode::Delete, false, false) => Key::Erase(M::Right),
        (KeyCode::Delete, ..) => Key::Kill(M::WordRight),
        (KeyCode::Left, false, false) => Key::Go(M::Left),
        (KeyCode::Right, false, false) => Key::Go(M::Right),
        (KeyCode::Left, ..) => Key::Go(M::WordLeft),
        (KeyCode::Right, ..) => Key::Go(M::WordRight),
        (KeyCode::Home, false, false) => Key::Go(M::LineStart),
        (KeyCode::End, false, false) => Key::Go(M::LineEnd),
        (KeyCode::Home, true, false) => Key::Go(M::Start),
        (KeyCode::End, true, false) => Key::Go(M::End),
        (KeyCode::Up, false, false) if !shift => Key::Up,
        (KeyCode::Down, false, false) if !shift => Key::Down,
        _ => Key::Other,
    }
}

fn with_control(c: char, shift: bool) -> Key {
    use Motion as M;
    match c {
        // Terminals send one byte for Ctrl-_, Ctrl-/ and Ctrl-7; the kitty protocol may tell Shift and the key.
        '_' | '/' | '7' => Key::Undo,
        '-' if shift => Key::Undo,
        _ if shift => Key::Other,
        'a' => Key::Go(M::LineStart),
        'b' => Key::Go(M::Left),
        'd' => Key::EraseOrLeave,
        'e' => Key::Go(M::LineEnd),
        'f' => Key::Go(M::Right),
        'g' => Key::Esc,
        'h' => Key::Erase(M::Left),
        'i' => Key::Tab,
        'j' => Key::Newline,
        'k' => Key::Kill(M::LineEnd),
        'm' => Key::Enter,
        'n' => Key::Newer,
        'p' => Key::Older,
        'r' => Key::Search,
        's' => Key::SearchNewer,
        't' => Key::Transpose,
        'u' => Key::KillAll,
        'w' => Key::Kill(M::BlankLeft),
        'x' => Key::Prefix,
        'y' => Key::Yank,
        _ => Key::Other,
    }
}

fn with_alt(c: char) -> Key {
    match c {
        'b' => Key::Go(Motion::WordLeft),
        'd' => Key::Kill(Motion::WordRight),
        'f' => Key::Go(Motion::WordRight),
        _ => Key::Other,
    }
}

/// The capital letter, where it is one character.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    upper.next().filter(|_| upper.next().is_none()).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_as_terminals_tell_it() {
        use KeyModifiers as Mod;
        let check = |code, modifiers, meaning| {
            assert_eq!(read(KeyEvent::new(code, modifiers)), meaning, "{code:?} {modifiers:?}")
        };
        check(KeyCode::Char('a'), Mod::NONE, Key::Char('a'));
        check(KeyCode::Char('A'), Mod::SHIFT, Key::Char('A'));
        check(KeyCode::Char('a'), Mod::SHIFT, Key::Char('A'));
        check(KeyCode::Char('ß'), Mod::SHIFT, Key::Char('ß'));
        check(KeyCode::Char('\u{1b}'), Mod::NONE, Key::Other);
        check(KeyCode::Char('A'), Mod::CONTROL, Key::Go(Motion::LineStart));
        check(KeyCode::Char('c'), Mod::CONTROL, Key::Other);
        check(KeyCode::Char('c'), Mod::CONTROL | Mod::SHIFT, Key::Other);
        check(KeyCode::Char('q'), Mod::ALT, Key::Other);
        check(KeyCode::Char('b'), Mod::ALT | Mod::CONTROL, Key::Other);
        check(KeyCode::Char('v'), Mod::SUPER, Key::Other);
        for (c, modifiers) in [('7', Mod::NONE), ('_', Mod::SHIFT), ('/', Mod::NONE), ('-', Mod::SHIFT)] {
            check(KeyCode::Char(c), Mod::CONTROL | modifiers, Key::Undo);
        }
        check(KeyCode::Enter, Mod::NONE, Key::Enter);
        check(KeyCode::Char('m'), Mod::CONTROL, Key::Enter);
        for (code, modifiers) in
            [(KeyCode::Enter, Mod::ALT), (KeyCode::Enter, Mod::SHIFT), (KeyCode::Char('j'), Mod::CONTROL)]
        {
            check(code, modifiers, Key::Newline);
        }
        check(KeyCode::Enter, Mod::CONTROL, Key::Other);
        check(KeyCode::Tab, Mod::SHIFT, Key::BackTab);
        check(KeyCode::BackTab, Mod::SHIFT, Key::BackTab);
        check(KeyCode::Char('i'), Mod::CONTROL, Key::Tab);
        check(KeyCode::Backspace, Mod::ALT, Key::Kill(Motion::WordLeft));
        check(KeyCode::Char('h'), Mod::ALT | Mod::CONTROL, Key::Kill(Motion::WordLeft));
        check(KeyCode::Left, Mod::CONTROL, Key::Go(Motion::WordLeft));
        check(KeyCode::Up, Mod::ALT, Key::Other);
        check(KeyCode::PageUp, Mod::NONE, Key::Other);
        check(KeyCode::Null, Mod::NONE, Key::Other);
    }
}
