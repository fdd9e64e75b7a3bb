//! What a terminal sends for the keys that one presses, as xterm does (its ctlseqs, "PC-Style Function Keys").
//! Must not know who reads them. Bounds: the length of what is typed.

/// Keys by name, with what they send.
const NAMED: [(&str, Sends); 29] = [
    ("Enter", Sends::Bytes("\r")),
    ("Tab", Sends::Bytes("\t")),
    ("Esc", Sends::Bytes("\x1b")),
    ("BS", Sends::Bytes("\x7f")),
    ("Space", Sends::Bytes(" ")),
    ("lt", Sends::Bytes("<")),
    ("S-Tab", Sends::Bytes("\x1b[Z")),
    ("Up", Sends::Cursor('A')),
    ("Down", Sends::Cursor('B')),
    ("Right", Sends::Cursor('C')),
    ("Left", Sends::Cursor('D')),
    ("Home", Sends::Cursor('H')),
    ("End", Sends::Cursor('F')),
    ("Ins", Sends::Numbered(2)),
    ("Del", Sends::Numbered(3)),
    ("PageUp", Sends::Numbered(5)),
    ("PageDown", Sends::Numbered(6)),
    ("F1", Sends::Keypad('P')),
    ("F2", Sends::Keypad('Q')),
    ("F3", Sends::Keypad('R')),
    ("F4", Sends::Keypad('S')),
    ("F5", Sends::Numbered(15)),
    ("F6", Sends::Numbered(17)),
    ("F7", Sends::Numbered(18)),
    ("F8", Sends::Numbered(19)),
    ("F9", Sends::Numbered(20)),
    ("F10", Sends::Numbered(21)),
    ("F11", Sends::Numbered(23)),
    ("F12", Sends::Numbered(24)),
];

/// Modifiers by the letter before a dash, with their weight in a numbered sequence.
const MODIFIERS: [(&str, u8); 3] = [("S-", 1), ("A-", 2), ("C-", 4)];

#[derive(Clone, Copy)]
enum Sends {
    Bytes(&'static str),
    /// `CSI` and this letter, or `SS3` and it where the program asked for application keys.
    Cursor(char),
    /// `SS3` and this letter; `CSI` and it behind modifiers.
    Keypad(char),
    /// `CSI`, this number and `~`.
    Numbered(u8),
}

/// What `keys` send. `None` where one of them does not exist.
pub(super) fn encode(keys: &str, application: bool) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), keys);
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix('<') {
            let (name, after) = after.split_once('>')?;
            bytes.extend(named(name, application)?);
            rest = after;
        } else {
            let (character, after) = rest.split_at(first.len_utf8());
            bytes.extend_from_slice(character.as_bytes());
            rest = after;
        }
    }
    Some(bytes)
}

fn named(name: &str, application: bool) -> Option<Vec<u8>> {
    if let Some((_, sends)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Some(plain(*sends, application).into_bytes());
    }
    let (mut weight, mut key) = (0, name);
    while let Some((prefix, more)) = MODIFIERS.iter().find(|(prefix, _)| key.starts_with(prefix)) {
        weight |= more;
        key = &key[prefix.len()..];
    }
    let function = NAMED.iter().find(|(known, _)| *known == key).map(|(_, sends)| *sends);
    let (alt, control) = (weight & 2 != 0, weight & 4 != 0);
    let sent = match function {
        Some(Sends::Cursor(letter) | Sends::Keypad(letter)) => {
            return Some(format!("\x1b[1;{}{letter}", weight + 1).into_bytes());
        }
        Some(Sends::Numbered(number)) => return Some(format!("\x1b[{number};{}~", weight + 1).into_bytes()),
        Some(Sends::Bytes(" ")) if control => "\0".to_owned(),
        Some(Sends::Bytes(bytes)) => bytes.to_owned(),
        None => character(key, control)?,
    };
    let prefix = if alt { "\x1b" } else { "" };
    (weight > 0).then(|| format!("{prefix}{sent}").into_bytes())
}

fn plain(sends: Sends, application: bool) -> String {
    match sends {
        Sends::Bytes(bytes) => bytes.to_owned(),
        Sends::Keypad(letter) => format!("\x1bO{letter}"),
        Sends::Cursor(letter) if application => format!("\x1bO{letter}"),
        Sends::Cursor(letter) => format!("\x1b[{letter}"),
        Sends::Numbered(number) => format!("\x1b[{number}~"),
    }
}

/// A single character, alone or with Control: the byte without its upper three bits.
fn character(key: &str, control: bool) -> Option<String> {
    let mut characters = key.chars();
    let character = characters.next().filter(|_| characters.next().is_none())?;
    if !control {
        return Some(character.to_string());
    }
    let upper = u8::try_from(character.to_ascii_uppercase()).ok().filter(|byte| (b'@'..=b'_').contains(byte))?;
    Some(char::from(upper & 0x1f).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_send_what_xterm_sends() {
        for (keys, bytes) in [
            ("", ""),
            ("hi <lt>ö", "hi <ö"),
            ("a<Enter>b<Tab><BS><Esc>", "a\rb\t\x7f\x1b"),
            ("<C-u><C-a><C-_><C-Space><C-j>", "\x15\x01\x1f\0\n"),
            ("<A-Enter><A-f><C-A-x>", "\x1b\r\x1bf\x1b\x18"),
            ("<Up><PageUp><F5><S-Tab>", "\x1b[A\x1b[5~\x1b[15~\x1b[Z"),
            ("<F1><S-F2>", "\x1bOP\x1b[1;2Q"),
            ("<C-Home><S-Up><A-Left><C-PageDown>", "\x1b[1;5H\x1b[1;2A\x1b[1;3D\x1b[6;5~"),
        ] {
            assert_eq!(encode(keys, false).as_deref(), Some(bytes.as_bytes()), "{keys}");
        }
        assert_eq!(encode("<Up><End><S-Up>", true).unwrap(), b"\x1bOA\x1bOF\x1b[1;2A");
    }

    #[test]
    fn what_no_keyboard_has_is_refused() {
        for keys in ["<", "<Enter", "<>", "<Entre>", "<C-ö>", "<C->", "<xy>", "<x>"] {
            assert_eq!(encode(keys, false), None, "{keys}");
        }
    }
}
