//! Finds where each JSON value of an unframed stream ends, and refuses bad syntax at the byte that shows it.
//! Must not know what a message is: keys, types and escapes are read from the whole value later.
//! Bounds: `VALUE_BYTES_MAX` a value, `DEPTH_MAX` brackets open at once.

/// Longest value, in bytes. Ours alone, since a test must not eat the machine: the old peers have no such limit.
pub(crate) const VALUE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most brackets open at once, the limit of Go's encoding/json.
pub(crate) const DEPTH_MAX: usize = 10_000;

/// Why a link is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// A byte that JSON does not allow where it stands.
    Syntax { byte: u8 },
    /// More than `DEPTH_MAX` brackets open at once.
    TooDeep,
    /// More than `VALUE_BYTES_MAX` bytes in one value.
    TooLong,
    /// A known key of the wrong type, or a whole value that is neither an object nor null.
    WrongType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    /// In an object, before the colon.
    ObjectKey,
    /// In an object, behind the colon.
    ObjectValue,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Expect {
    #[default]
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    CommaOrEnd,
    Text,
    Escape,
    /// So many hexadecimal digits more.
    Hex(u8),
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
    /// After a minus sign.
    Integer,
    /// After a leading zero.
    Zero,
    IntegerDigits,
    /// After the decimal point.
    Fraction,
    FractionDigits,
    /// After the `e`.
    Exponent,
    /// After the sign of the exponent.
    ExponentUnsigned,
    ExponentDigits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Inside,
    /// This byte is the value's last.
    Ended,
    /// This byte follows the value, as nothing else ends a bare number or word.
    EndedBefore,
}

/// Cuts a byte stream into JSON values. After an error it is of no more use.
#[derive(Debug, Default)]
pub(crate) struct Framer {
    buffer: Vec<u8>,
    /// Where the value in progress starts in `buffer`.
    start: usize,
    /// The next byte to look at.
    at: usize,
    open: Vec<Open>,
    expect: Expect,
}

impl Framer {
    /// Adds what was read. At the stream's end push one space: it ends a bare number or word, as in Go.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.at -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole value, `None` where more bytes are needed.
    pub(crate) fn next_value(&mut self) -> Result<Option<&[u8]>, Malformed> {
        loop {
            if self.expect == Expect::Text {
                // Bodies and files are most of what comes: no need to judge their bytes one by one.
                self.at += self.buffer[self.at..].iter().take_while(|byte| is_plain(**byte)).count();
            }
            if self.at - self.start >= VALUE_BYTES_MAX {
                return Err(Malformed::TooLong);
            }
            let Some(&byte) = self.buffer.get(self.at) else { return Ok(None) };
            let step = self.step(byte)?;
            if step != Step::EndedBefore {
                self.at += 1;
            }
            if step != Step::Inside {
                self.expect = Expect::Value;
                let start = std::mem::replace(&mut self.start, self.at);
                return Ok(Some(&self.buffer[start..self.at]));
            }
            let between_values = self.expect == Expect::Value && self.open.is_empty();
            if between_values {
                self.start = self.at;
            }
        }
    }

    fn step(&mut self, byte: u8) -> Result<Step, Malformed> {
        use Expect::*;
        self.expect = match (self.expect, byte) {
            (same @ (Value | ValueOrEnd | KeyOrEnd | Key | Colon), _) if is_space(byte) => same,
            (ValueOrEnd, b']') | (KeyOrEnd, b'}') => return Ok(self.close()),
            (Value | ValueOrEnd, _) => self.begin(byte)?,
            (KeyOrEnd | Key, b'"') => Text,
            (Colon, b':') => self.turn(Open::ObjectValue, Value),
            (Text, b'"') if self.open.last() == Some(&Open::ObjectKey) => Colon,
            (Text, b'"') => CommaOrEnd,
            (Text, b'\\') => Escape,
            (Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Text,
            (Escape, b'u') => Hex(4),
            (Hex(left), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                if left > 1 {
                    Hex(left - 1)
                } else {
                    Text
                }
            }
            (Word([next]), _) if *next == byte => CommaOrEnd,
            (Word([next, rest @ ..]), _) if *next == byte => Word(rest),
            (Integer, b'0') => Zero,
            (Integer, b'1'..=b'9') | (IntegerDigits, b'0'..=b'9') => IntegerDigits,
            (Zero | IntegerDigits, b'.') => Fraction,
            (Fraction | FractionDigits, b'0'..=b'9') => FractionDigits,
            (Zero | IntegerDigits | FractionDigits, b'e' | b'E') => Exponent,
            (Exponent, b'+' | b'-') => ExponentUnsigned,
            (Exponent | ExponentUnsigned | ExponentDigits, b'0'..=b'9') => ExponentDigits,
            (CommaOrEnd | Zero | IntegerDigits | FractionDigits | ExponentDigits, _) => {
                return self.after_value(byte);
            }
            _ => return Err(Malformed::Syntax { byte }),
        };
        Ok(Step::Inside)
    }

    fn begin(&mut self, byte: u8) -> Result<Expect, Malformed> {
        let (open, expect) = match byte {
            b'{' => (Open::ObjectKey, Expect::KeyOrEnd),
            b'[' => (Open::Array, Expect::ValueOrEnd),
            b'"' => return Ok(Expect::Text),
            b'-' => return Ok(Expect::Integer),
            b'0' => return Ok(Expect::Zero),
            b'1'..=b'9' => return Ok(Expect::IntegerDigits),
            b't' => return Ok(Expect::Word(b"rue")),
            b'f' => return Ok(Expect::Word(b"alse")),
            b'n' => return Ok(Expect::Word(b"ull")),
            _ => return Err(Malformed::Syntax { byte }),
        };
        if self.open.len() == DEPTH_MAX {
            return Err(Malformed::TooDeep);
        }
        self.open.push(open);
        Ok(expect)
    }

    fn after_value(&mut self, byte: u8) -> Result<Step, Malformed> {
        self.expect = match (self.open.last(), byte) {
            (None, _) => return Ok(Step::EndedBefore),
            (Some(_), _) if is_space(byte) => Expect::CommaOrEnd,
            (Some(Open::Array), b',') => Expect::Value,
            (Some(Open::ObjectValue), b',') => self.turn(Open::ObjectKey, Expect::Key),
            (Some(Open::Array), b']') | (Some(Open::ObjectValue), b'}') => return Ok(self.close()),
            _ => return Err(Malformed::Syntax { byte }),
        };
        Ok(Step::Inside)
    }

    fn turn(&mut self, to: Open, expect: Expect) -> Expect {
        if let Some(last) = self.open.last_mut() {
            *last = to;
        }
        expect
    }

    fn close(&mut self) -> Step {
        self.open.pop();
        self.expect = Expect::CommaOrEnd;
        if self.open.is_empty() { Step::Ended } else { Step::Inside }
    }
}

/// What stands for itself in a string.
fn is_plain(byte: u8) -> bool {
    !matches!(byte, b'"' | b'\\' | ..0x20)
}

/// What JSON counts as white space.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of `stream` when read `cut` bytes at a time, and how it ended.
    fn cut(stream: &[u8], cut: usize) -> (Vec<String>, Option<Malformed>) {
        let mut framer = Framer::default();
        let mut values = Vec::new();
        for chunk in stream.chunks(cut).chain([&b" "[..]]) {
            framer.push(chunk);
            loop {
                match framer.next_value() {
                    Ok(Some(value)) => values.push(String::from_utf8_lossy(value).into_owned()),
                    Ok(None) => break,
                    Err(malformed) => return (values, Some(malformed)),
                }
            }
        }
        (values, None)
    }

    #[test]
    fn values_are_found_however_the_stream_is_cut() {
        let values = [
            r#"{}"#,
            r#"{"a":"\"}\\","b":[1,-0.5e+7,{"c":[]}]}"#,
            r#"[ ]"#,
            r#"{"k" : null , "l":[true,false,0]}"#,
            r#"{"s":"ü\u00fc\ud800"}"#,
        ];
        for gap in ["", " ", "\n", " \r\n\t "] {
            let stream = values.join(gap);
            for step in 1..stream.len() {
                assert_eq!(cut(stream.as_bytes(), step), (values.map(String::from).to_vec(), None), "{step}");
            }
        }
    }

    #[test]
    fn bare_values_end_at_the_next_byte() {
        assert_eq!(cut(b"1 null{}\"x\"-0 true", 1).0, ["1", "null", "{}", "\"x\"", "-0", "true"]);
    }

    #[test]
    fn bad_syntax_is_refused_at_its_byte() {
        let cases: &[(&[u8], u8)] = &[
            (b"{\"a\":\"\x1b", 0x1b),
            (b"[\x00", 0x00),
            (b"1\x01", 0x01),
            (b"}", b'}'),
            (b"{]", b']'),
            (b"[1}", b'}'),
            (b"{\"a\":1]", b']'),
            (b"{\"a\" 1", b'1'),
            (b"{\"a\":1,}", b'}'),
            (b"[1,]", b']'),
            (b"{a", b'a'),
            (b"'", b'\''),
            (b"[01", b'1'),
            (b"[-a", b'a'),
            (b"[1.]", b']'),
            (b"[1e]", b']'),
            (b"[+1", b'+'),
            (b"nulL", b'L'),
            (b"\"\\x", b'x'),
            (b"\"\\u12g", b'g'),
            (b"\xef\xbb\xbf{}", 0xef),
        ];
        for &(stream, byte) in cases {
            for step in [1, stream.len()] {
                let (_, end) = cut(stream, step);
                assert_eq!(end, Some(Malformed::Syntax { byte }), "{}", stream.escape_ascii());
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert_eq!(cut(&nested(DEPTH_MAX), 4096).1, None);
        assert_eq!(cut(&nested(DEPTH_MAX + 1), 4096).1, Some(Malformed::TooDeep));
    }

    #[test]
    fn length_is_bounded() {
        let text = |len: usize| [b"[\"", &b"x".repeat(len - 4)[..], b"\"]"].concat();
        let (values, end) = cut(&text(VALUE_BYTES_MAX), usize::MAX);
        assert_eq!((values.len(), end), (1, None));
        assert_eq!(cut(&text(VALUE_BYTES_MAX + 1), usize::MAX).1, Some(Malformed::TooLong));
    }
}
