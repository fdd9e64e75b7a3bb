//! The inside of a JSON string, decoded only when somebody asks. Must not know which key it belongs to.
//! Bounds: those of the object it is part of.

use alloc::borrow::Cow;
use alloc::string::String;
use core::str;

/// What stands between the quotes of a JSON string that was found valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    raw: &'a [u8],
    escaped: bool,
}

impl<'a> Text<'a> {
    /// Takes what stands between the quotes, and whether a backslash is in it.
    pub(super) const fn new(raw: &'a [u8], escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// Whether there is no character in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// Its bytes as written: never fewer than decoded.
    #[must_use]
    pub const fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// Its bytes as UTF-8, escapes undone; borrowed where there are none.
    #[must_use]
    pub fn bytes(self) -> Cow<'a, [u8]> {
        if self.escaped { Cow::Owned(self.chars().collect::<String>().into_bytes()) } else { Cow::Borrowed(self.raw) }
    }

    /// Its text, escapes undone.
    #[must_use]
    pub fn decode(self) -> Cow<'a, str> {
        match (self.escaped, str::from_utf8(self.raw)) {
            (false, Ok(text)) => Cow::Borrowed(text),
            _ => Cow::Owned(self.chars().collect()),
        }
    }

    /// Its characters, escapes undone; U+FFFD for what is no character.
    pub fn chars(self) -> impl Iterator<Item = char> + 'a {
        Characters { rest: self.raw }
    }
}

struct Characters<'a> {
    rest: &'a [u8],
}

impl Characters<'_> {
    /// Reads the code unit after `\u`, with `rest` at its first digit.
    fn unit(rest: &[u8]) -> Option<(u16, &[u8])> {
        let (digits, rest) = rest.split_at_checked(4)?;
        let unit = u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        Some((unit, rest))
    }

    fn escape(&mut self) -> char {
        let Some((&kind, rest)) = self.rest.split_first() else { return char::REPLACEMENT_CHARACTER };
        self.rest = rest;
        match kind {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode().unwrap_or(char::REPLACEMENT_CHARACTER),
            other => char::from(other),
        }
    }

    fn unicode(&mut self) -> Option<char> {
        let (first, rest) = Self::unit(self.rest)?;
        self.rest = rest;
        if let Some(after) = rest.strip_prefix(b"\\u")
            && let Some((second, after)) = Self::unit(after)
            && let Some(Ok(character)) = char::decode_utf16([first, second]).next()
            && u32::from(character) > 0xffff
        {
            self.rest = after;
            return Some(character);
        }
        char::from_u32(u32::from(first))
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let (&first, after) = self.rest.split_first()?;
        if first == b'\\' {
            self.rest = after;
            return Some(self.escape());
        }
        let length = match first {
            0..=0x7f => 1,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            0x80..=0xbf => 1,
        };
        let character =
            self.rest.get(..length).and_then(|bytes| str::from_utf8(bytes).ok()).and_then(|s| s.chars().next());
        match character {
            Some(character) => {
                self.rest = self.rest.get(length..).unwrap_or_default();
                Some(character)
            }
            None => {
                self.rest = after;
                Some(char::REPLACEMENT_CHARACTER)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn decodes_as_serde_does() {
        for raw in
            ["", "plain", r"a\nb\t\r\b\f\/\\\u0041", "é€😀", r"\ud83d\ude00 and é", r#"quote \" end"#, r"\u00e9\u20AC"]
        {
            let expected: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
            let text = Text::new(raw.as_bytes(), raw.contains('\\'));
            assert_eq!(text.decode(), expected, "{raw}");
            assert_eq!(text.bytes(), expected.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn never_fails_on_what_is_no_text() {
        for raw in [&b"\\"[..], b"\\u12", b"\\ud800", b"\\ud800\\u0041", b"\xff\xfe", b"\xf0\x9f", b"\\udc00x"] {
            assert!(Text::new(raw, true).chars().count() > 0, "{raw:?}");
        }
    }
}
