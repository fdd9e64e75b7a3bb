//! Which key is one that we know, found as the old Go peers find theirs: escapes undone, ASCII case folded, U+017F as
//! `s` and U+212A as `k`. Must not know the values. Bounds: [`KEY_BYTES_MAX`]; a longer key is no known one.

use super::text::Text;

/// The keys that have a meaning on a classic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Id,
    Addr,
    Body,
    Nick,
    Omitempty,
    Timestamp,
    FileType,
    FileContents,
    Ext,
}

impl Key {
    pub(super) const ALL: [Self; 9] = [
        Self::Id,
        Self::Addr,
        Self::Body,
        Self::Nick,
        Self::Omitempty,
        Self::Timestamp,
        Self::FileType,
        Self::FileContents,
        Self::Ext,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Addr => "Addr",
            Self::Body => "Body",
            Self::Nick => "Nick",
            Self::Omitempty => "omitempty",
            Self::Timestamp => "Timestamp",
            Self::FileType => "FileType",
            Self::FileContents => "FileContents",
            Self::Ext => "Ext",
        }
    }

    /// Finds the key that `raw` (what stands between its quotes, valid JSON) names.
    pub(super) fn find(raw: &[u8], escaped: bool, high: bool) -> Option<Self> {
        if !escaped && !high {
            return Self::find_ascii(raw);
        }
        if raw.len() > KEY_BYTES_MAX {
            return None;
        }
        let mut folded = [0_u8; NAME_BYTES_MAX];
        let mut length = 0_usize;
        for character in Text::new(raw, escaped).chars() {
            let byte = match character {
                '\u{17f}' => b's',
                '\u{212a}' => b'k',
                c if c.is_ascii() => u8::try_from(c).ok()?,
                _ => return None,
            };
            *folded.get_mut(length)? = byte;
            length = length.saturating_add(1);
        }
        Self::find_ascii(folded.get(..length)?)
    }

    fn find_ascii(name: &[u8]) -> Option<Self> {
        // As nearly everybody spells the three that every message has; by letters, which costs no call.
        match name {
            [b'I', b'D'] => return Some(Self::Id),
            [b'A', b'd', b'd', b'r'] => return Some(Self::Addr),
            [b'B', b'o', b'd', b'y'] => return Some(Self::Body),
            _ => {}
        }
        let candidates: &[Self] = match name.len() {
            2 => &[Self::Id],
            3 => &[Self::Ext],
            4 => &[Self::Addr, Self::Body, Self::Nick],
            8 => &[Self::FileType],
            9 => &[Self::Omitempty, Self::Timestamp],
            12 => &[Self::FileContents],
            _ => return None,
        };
        candidates.iter().copied().find(|key| key.name().as_bytes().eq_ignore_ascii_case(name))
    }
}

/// The longest known name, in bytes.
const NAME_BYTES_MAX: usize = 12;

/// The longest raw spelling of a known key: each letter as `\uXXXX`.
pub(super) const KEY_BYTES_MAX: usize = NAME_BYTES_MAX * 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: Option<Key>) {
        let high = !raw.is_ascii();
        assert_eq!(Key::find(raw.as_bytes(), raw.contains('\\'), high), expected, "{raw}");
    }

    #[test]
    fn as_old_peers_find_them() {
        for key in Key::ALL {
            check(key.name(), Some(key));
            check(&key.name().to_ascii_uppercase(), Some(key));
            check(&key.name().to_ascii_lowercase(), Some(key));
        }
        check("Timeſtamp", Some(Key::Timestamp));
        check("Nic\u{212a}", Some(Key::Nick));
        check(r"\u0049\u0044", Some(Key::Id));
        check(r"\u0046\u0069\u006C\u0065\u0043\u006f\u006e\u0074\u0065\u006e\u0074\u0073", Some(Key::FileContents));
        check("filecontentſ", Some(Key::FileContents));
        check("", None);
        check("Idd", None);
        check("Bödy", None);
        check(r"ID\n", None);
        check("ıd", None);
    }
}
