//! An old peer's message, decoded and encoded as Go's encoding/json does with its struct.
//! Must not know of links, nor what is shown; takes only values that the framer found well-formed.
//! Bounds: none of its own; a message is no longer than the value that it came in, apart from escapes.

use std::io::Write as _;

use super::framing::{Malformed, is_space};

/// The struct that an old peer decodes into and encodes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// ID, Addr, Body, `omitempty` (the nick, by a mistake) and Timestamp.
    Daemon,
    /// ID, Addr and Body.
    CodeLab,
}

/// One message; what was absent on the wire is empty or 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) addr: String,
    pub(crate) body: String,
    pub(crate) nick: String,
    /// As it came; a daemon's own are seconds since the UNIX epoch.
    pub(crate) timestamp: i64,
}

impl Message {
    /// Decodes one well-formed value. Unknown keys are skipped, the last copy of a key counts, null leaves a key as it
    /// was; a value that is null as a whole is an empty message, as in Go.
    pub(crate) fn decode(value: &[u8], shape: Shape) -> Result<Self, Malformed> {
        let mut message = Self::default();
        let mut walk = Walk(value.trim_ascii());
        match walk.0.first() {
            Some(b'n') => return Ok(message),
            Some(b'{') => walk.skip(1),
            _ => return Err(Malformed::WrongType),
        }
        while let Some(key) = walk.key() {
            let value = walk.value();
            if value != b"null" {
                message.set(&unquote(key), value, shape)?;
            }
        }
        Ok(message)
    }

    fn set(&mut self, key: &str, value: &[u8], shape: Shape) -> Result<(), Malformed> {
        let texts = [("ID", &mut self.id), ("Addr", &mut self.addr), ("Body", &mut self.body)];
        let nick = (shape == Shape::Daemon).then_some(("omitempty", &mut self.nick));
        if let Some((_, text)) = texts.into_iter().chain(nick).find(|(name, _)| same_key(key, name)) {
            if value.first() != Some(&b'"') {
                return Err(Malformed::WrongType);
            }
            *text = unquote(value);
        } else if shape == Shape::Daemon && same_key(key, "Timestamp") {
            let literal = str::from_utf8(value).ok();
            self.timestamp = literal.and_then(|digits| digits.parse().ok()).ok_or(Malformed::WrongType)?;
        }
        Ok(())
    }

    /// One object and a newline, its keys in the order of the struct.
    pub(crate) fn encode(&self, shape: Shape) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + self.id.len() + self.body.len());
        let mut open = b'{';
        let mut text = |key: &str, text: &str| {
            out.push(open);
            open = b',';
            quote(&mut out, key);
            out.push(b':');
            quote(&mut out, text);
        };
        text("ID", &self.id);
        text("Addr", &self.addr);
        text("Body", &self.body);
        if shape == Shape::Daemon {
            text("omitempty", &self.nick);
            out.extend_from_slice(format!(",\"Timestamp\":{}", self.timestamp).as_bytes());
        }
        out.extend_from_slice(b"}\n");
        out
    }
}

/// Goes through the members of an object that is known to be well-formed.
struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    fn skip(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }

    fn skip_punctuation(&mut self) {
        let skipped = |byte: &u8| is_space(*byte) || matches!(byte, b',' | b':');
        self.skip(self.0.iter().take_while(|byte| skipped(byte)).count());
    }

    /// The next key with its quotes, `None` at the object's end.
    fn key(&mut self) -> Option<&'a [u8]> {
        self.skip_punctuation();
        (self.0.first() == Some(&b'"')).then(|| self.value())
    }

    fn value(&mut self) -> &'a [u8] {
        self.skip_punctuation();
        let len = match self.0.first() {
            Some(b'"') => text_len(self.0),
            Some(b'{' | b'[') => nest_len(self.0),
            _ => {
                let ends = |byte: &u8| is_space(*byte) || matches!(byte, b',' | b'}');
                self.0.iter().position(ends).unwrap_or(self.0.len())
            }
        };
        let (value, rest) = self.0.split_at(len);
        self.0 = rest;
        value
    }
}

/// Length of the string that `bytes` begins with, both quotes included.
fn text_len(bytes: &[u8]) -> usize {
    // The opening quote counts as escaped, or it would end the string.
    let mut escaped = true;
    let ends = |byte: &u8| {
        let end = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        end
    };
    bytes.iter().position(ends).map_or(bytes.len(), |last| last + 1)
}

/// Length of the object or array that `bytes` begins with, both brackets included.
fn nest_len(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += text_len(&bytes[at..]);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

/// Go compares keys by simple case folding, where U+017F is an s and U+212A a k.
fn same_key(key: &str, name: &str) -> bool {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        _ => c.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars().map(fold))
}

/// The text of a string literal; a byte that is no UTF-8 and a lone surrogate become U+FFFD.
fn unquote(literal: &[u8]) -> String {
    let mut rest = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    let mut text = String::with_capacity(rest.len());
    loop {
        let plain_len = rest.iter().position(|byte| *byte == b'\\').unwrap_or(rest.len());
        let (plain, escape) = rest.split_at(plain_len);
        for chunk in plain.utf8_chunks() {
            text.push_str(chunk.valid());
            // Go replaces byte by byte, not sequence by sequence.
            text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        let [_, kind, tail @ ..] = escape else { return text };
        rest = tail;
        text.push(match kind {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => unicode_escape(&mut rest),
            _ => char::from(*kind),
        });
    }
}

/// Takes the four digits behind `\u`, and the second half of a surrogate pair where there is one.
fn unicode_escape(rest: &mut &[u8]) -> char {
    let Some((unit, behind)) = hex_unit(rest) else { return char::REPLACEMENT_CHARACTER };
    *rest = behind;
    if let Some(c) = char::from_u32(u32::from(unit)) {
        return c;
    }
    let second = behind.strip_prefix(b"\\u").and_then(hex_unit);
    if let Some((second, behind)) = second
        && let Some(Ok(c)) = char::decode_utf16([unit, second]).next()
    {
        *rest = behind;
        return c;
    }
    char::REPLACEMENT_CHARACTER
}

fn hex_unit(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, behind) = bytes.split_at_checked(4)?;
    let unit = u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    Some((unit, behind))
}

/// Writes a string literal as Go's json.Encoder does by default, with what HTML or JavaScript could trip over escaped.
fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend_from_slice(&[b'\\', c as u8]),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a Vec cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daemon(value: &[u8]) -> Result<Message, Malformed> {
        Message::decode(value, Shape::Daemon)
    }

    #[test]
    fn keys_are_found_as_go_finds_them() {
        let cases: &[(&str, &str)] = &[
            (r#"{"ID":"1"}"#, "1"),
            (r#"{"id":"1"}"#, "1"),
            (r#"{"\u0049\u0064":"1"}"#, "1"),
            (r#"{"ID":"0","iD":"1"}"#, "1"),
            (r#"{"ID":"1","ID":null}"#, "1"),
            (r#"{"ID":"1","IDs":"2","":"3","Id ":"4"}"#, "1"),
            (r#"{"x":{"ID":"2","y":["}\""]},"ID":"1","z":[[{}],"]"]}"#, "1"),
            (r#"{"Nick":5,"FileType":[],"ID":"1"}"#, "1"),
            (" { \"ID\" : \"1\" , \"a\" : 1 } ", "1"),
            ("null", ""),
            ("{}", ""),
        ];
        for (object, id) in cases {
            assert_eq!(daemon(object.as_bytes()).unwrap().id, *id, "{object}");
        }
        assert_eq!(daemon("{\"Timeſtamp\":7}".as_bytes()).unwrap().timestamp, 7);
        assert!(same_key("\u{212a}\u{17f}", "KS") && !same_key("ı", "i"));
    }

    #[test]
    fn each_shape_refuses_wrong_types_of_its_own_keys_alone() {
        let both = ["[]", "1", "\"x\"", "true", r#"{"ID":1}"#, r#"{"body":[]}"#, r#"{"Addr":{}}"#, r#"{"ID":false}"#];
        let daemon_alone = [
            r#"{"Timestamp":1.5}"#,
            r#"{"Timestamp":1e3}"#,
            r#"{"Timestamp":"1"}"#,
            r#"{"Timestamp":9223372036854775808}"#,
            r#"{"Timestamp":true}"#,
            r#"{"Timestamp":[]}"#,
            r#"{"omitempty":1}"#,
        ];
        for object in both.iter().chain(&daemon_alone) {
            assert_eq!(daemon(object.as_bytes()), Err(Malformed::WrongType), "{object}");
        }
        for object in both {
            assert_eq!(Message::decode(object.as_bytes(), Shape::CodeLab), Err(Malformed::WrongType), "{object}");
        }
        for object in daemon_alone {
            assert_eq!(Message::decode(object.as_bytes(), Shape::CodeLab), Ok(Message::default()), "{object}");
        }
    }

    #[test]
    fn timestamps_are_int64_literals() {
        for (literal, timestamp) in
            [("0", 0), ("-0", 0), ("null", 0), ("9223372036854775807", i64::MAX), ("-9223372036854775808", i64::MIN)]
        {
            let object = format!("{{\"Timestamp\":{literal}}}");
            assert_eq!(daemon(object.as_bytes()).unwrap().timestamp, timestamp, "{literal}");
        }
    }

    #[test]
    fn broken_text_is_repaired_byte_by_byte() {
        let cases: &[(&[u8], &str)] = &[
            (br#""\"\\\/\b\f\n\r\t\u00e9""#, "\"\\/\u{8}\u{c}\n\r\té"),
            (br#""\ud83d\ude00""#, "😀"),
            (br#""\ud800""#, "\u{fffd}"),
            (br#""\ud800x""#, "\u{fffd}x"),
            (br#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (br#""\ud800\ud83d\ude00""#, "\u{fffd}😀"),
            (br#""\ud800\u0041""#, "\u{fffd}A"),
            (b"\"\xff\"", "\u{fffd}"),
            (b"\"\xe2\x82A\"", "\u{fffd}\u{fffd}A"),
            (b"\"\xed\xa0\x80\"", "\u{fffd}\u{fffd}\u{fffd}"),
            (b"\"\xe2\x82\\n\"", "\u{fffd}\u{fffd}\n"),
            ("\"\u{7f}ü\"".as_bytes(), "\u{7f}ü"),
        ];
        for (literal, text) in cases {
            let object = [b"{\"Body\":", *literal, b"}"].concat();
            assert_eq!(daemon(&object).unwrap().body, *text, "{}", literal.escape_ascii());
        }
    }

    #[test]
    fn messages_are_written_as_go_writes_them() {
        let message = Message {
            id: "<&>".into(),
            addr: "127.0.0.1:1".into(),
            body: "\"\\\u{8}\u{c}\n\r\t\u{1b}\0\u{2028}\u{2029}ü\u{7f}'/\u{fffd}".into(),
            nick: "ann".into(),
            timestamp: -5,
        };
        let common = concat!(
            r#"{"ID":"\u003c\u0026\u003e","Addr":"127.0.0.1:1","#,
            r#""Body":"\"\\\b\f\n\r\t\u001b\u0000\u2028\u2029ü"#,
            "\u{7f}'/\u{fffd}\""
        );
        let extended = format!("{common},\"omitempty\":\"ann\",\"Timestamp\":-5}}\n");
        assert_eq!(String::from_utf8(message.encode(Shape::Daemon)).unwrap(), extended);
        assert_eq!(String::from_utf8(message.encode(Shape::CodeLab)).unwrap(), format!("{common}}}\n"));
        assert_eq!(daemon(extended.as_bytes()), Ok(message));
        assert!(Message::default().encode(Shape::Daemon).ends_with(b",\"omitempty\":\"\",\"Timestamp\":0}\n"));
    }
}
