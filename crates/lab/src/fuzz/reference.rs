//! A second decoder for classic links, written from docs/protocol.md to be read rather than to be fast: the whole stream at
//! once, by recursive descent. Must not share code with `whispernet_core::codec`, but for its bounds and the names of its
//! rules. Bounds: those of the protocol.

use std::ops::Range;

use whispernet_core::codec::{DEPTH_MAX, FILE_BYTES_MAX, KEYS_MAX, Malformed, OBJECT_BYTES_MAX, Rule};

/// The keys with a meaning.
const KEYS: [&str; 9] = ["ID", "Addr", "Body", "Nick", "omitempty", "Timestamp", "FileType", "FileContents", "Ext"];

/// What an object says, as far as a peer looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    /// As it is relayed.
    pub(super) raw: Vec<u8>,
    pub(super) id: String,
    pub(super) addr: String,
    pub(super) body: String,
    pub(super) nick: String,
    pub(super) has_nick: bool,
    pub(super) daemon_style: bool,
    pub(super) timestamp: Option<i64>,
    pub(super) time: Option<i64>,
    pub(super) file: String,
}

/// What came of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) objects: Vec<Decoded>,
    pub(super) error: Option<Malformed>,
    /// Bytes of an unfinished object.
    pub(super) partial: usize,
}

/// Decodes all that a link has sent.
pub(super) fn decode(stream: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut at = 0;
    loop {
        at += stream[at..].iter().take_while(|byte| is_space(**byte)).count();
        if at == stream.len() {
            return outcome;
        }
        match object(&stream[at..]) {
            Ok((decoded, length)) => {
                outcome.objects.push(decoded);
                at += length;
            }
            Err(Stop::Partial) => return Outcome { partial: stream.len() - at, ..outcome },
            Err(Stop::Broken { rule, byte, .. }) => {
                return Outcome { error: Some(Malformed { rule, byte: (at + byte) as u64 }), ..outcome };
            }
        }
    }
}

/// Why an object does not end well.
enum Stop {
    /// More is to come.
    Partial,
    /// A rule is broken at `byte`, which shows when the byte `seen` is read.
    Broken { rule: Rule, byte: usize, seen: usize },
}

type Step<T> = Result<T, Stop>;

/// The object that `bytes` begin with, and its length.
fn object(bytes: &[u8]) -> Step<(Decoded, usize)> {
    let mut reader = Reader { bytes, ..Reader::default() };
    if bytes.first() != Some(&b'{') {
        return Err(reader.broken(Rule::NotAnObject));
    }
    let ended = reader.object(1);
    let read = match &ended {
        Ok(()) => reader.at,
        Err(Stop::Partial) => bytes.len(),
        Err(Stop::Broken { seen, .. }) => *seen,
    };
    // What is too long is so at its first byte too many, and that came before any other fault.
    check_lengths(read, reader.file.clone())?;
    ended?;
    let raw = &bytes[..reader.at];
    if reader.mended.is_empty() {
        return Ok((reader.decoded(raw.to_vec()), raw.len()));
    }
    let mended = reader.mend(raw);
    match object(&mended) {
        Ok((decoded, _)) => Ok((decoded, raw.len())),
        Err(Stop::Broken { rule, .. }) => Err(Stop::Broken { rule, byte: 0, seen: raw.len() }),
        Err(Stop::Partial) => unreachable!("mending takes nothing away"),
    }
}

/// Goes through the object's first `read` bytes one by one: which is too many?
fn check_lengths(read: usize, file: Option<Range<usize>>) -> Step<()> {
    let file = file.unwrap_or(0..0);
    let (mut in_file, mut beside) = (0, 0);
    for byte in 0..read {
        let counter = if file.contains(&byte) { &mut in_file } else { &mut beside };
        *counter += 1;
        let rule = match (in_file > FILE_BYTES_MAX, beside > OBJECT_BYTES_MAX) {
            (false, false) => continue,
            (true, _) => Rule::FileTooLong,
            (false, true) => Rule::ObjectTooLong,
        };
        return Err(Stop::Broken { rule, byte, seen: byte });
    }
    Ok(())
}

#[derive(Default)]
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    keys: usize,
    /// By key: found, and its text where that is not null.
    found: [bool; KEYS.len()],
    texts: [Option<String>; KEYS.len()],
    timestamp: Option<i64>,
    /// Where FileContents stands; to the end of the bytes where its own is still to come.
    file: Option<Range<usize>>,
    /// The insides of strings that had to be mended, and what they become.
    mended: Vec<(Range<usize>, Vec<u8>)>,
}

impl Reader<'_> {
    fn broken(&self, rule: Rule) -> Stop {
        Stop::Broken { rule, byte: self.at, seen: self.at }
    }

    fn peek(&self) -> Step<u8> {
        self.bytes.get(self.at).copied().ok_or(Stop::Partial)
    }

    fn expect(&mut self, byte: u8) -> Step<()> {
        if self.peek()? != byte {
            return Err(self.broken(Rule::NotJson));
        }
        self.at += 1;
        Ok(())
    }

    /// The next byte that is no space.
    fn next(&mut self) -> Step<u8> {
        while is_space(self.peek()?) {
            self.at += 1;
        }
        self.peek()
    }

    fn object(&mut self, depth: u32) -> Step<()> {
        self.open(b'{', depth)?;
        if self.next()? == b'}' {
            return self.expect(b'}');
        }
        loop {
            self.next()?;
            let key = self.key(depth)?;
            self.next()?;
            self.expect(b':')?;
            self.value(depth, key)?;
            match self.next()? {
                b',' => self.at += 1,
                _ => return self.expect(b'}'),
            }
        }
    }

    fn array(&mut self, depth: u32) -> Step<()> {
        self.open(b'[', depth)?;
        if self.next()? == b']' {
            return self.expect(b']');
        }
        loop {
            self.value(depth, None)?;
            match self.next()? {
                b',' => self.at += 1,
                _ => return self.expect(b']'),
            }
        }
    }

    fn open(&mut self, bracket: u8, depth: u32) -> Step<()> {
        if depth > DEPTH_MAX { Err(self.broken(Rule::TooDeep)) } else { self.expect(bracket) }
    }

    /// A key; which known one it is, at the top of the object.
    fn key(&mut self, depth: u32) -> Step<Option<usize>> {
        let quote = self.at;
        if self.peek()? == b'"' && depth == 1 {
            self.keys += 1;
            if self.keys > usize::from(KEYS_MAX) {
                return Err(self.broken(Rule::TooManyKeys));
            }
        }
        let name = self.string()?;
        let known = KEYS.iter().position(|key| name.chars().map(fold).eq(key.chars().map(fold)));
        let Some(key) = known.filter(|_| depth == 1) else { return Ok(None) };
        if std::mem::replace(&mut self.found[key], true) {
            return Err(Stop::Broken { rule: Rule::Twice(KEYS[key]), byte: quote, seen: self.at - 1 });
        }
        Ok(Some(key))
    }

    fn value(&mut self, depth: u32, key: Option<usize>) -> Step<()> {
        let first = self.next()?;
        if let Some(key) = key {
            let fits = match first {
                b'"' => KEYS[key] != "Timestamp",
                b'-' | b'0'..=b'9' => KEYS[key] == "Timestamp",
                b'{' | b'[' | b't' | b'f' => false,
                _ => true,
            };
            if !fits {
                return Err(self.broken(Rule::WrongType(KEYS[key])));
            }
        }
        match first {
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b'"' => {
                let inside = self.at + 1;
                if key.is_some_and(|key| KEYS[key] == "FileContents") {
                    self.file = Some(inside..self.bytes.len());
                }
                let text = self.string()?;
                if key.is_some_and(|key| KEYS[key] == "FileContents") {
                    self.file = Some(inside..self.at - 1);
                }
                if let Some(key) = key {
                    self.texts[key] = Some(text);
                }
                Ok(())
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            b'-' | b'0'..=b'9' => self.number(key.is_some()),
            _ => Err(self.broken(Rule::NotJson)),
        }
    }

    fn word(&mut self, word: &str) -> Step<()> {
        word.bytes().try_for_each(|byte| self.expect(byte))
    }

    /// A number; it ends with the byte after it. `timestamp`: an int64, and nothing else.
    fn number(&mut self, timestamp: bool) -> Step<()> {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if timestamp && matches!(self.peek()?, b'.' | b'e' | b'E') {
            return Err(self.broken(Rule::WrongType("Timestamp")));
        }
        if self.peek()? == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek()?, b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        if timestamp {
            let literal = String::from_utf8_lossy(&self.bytes[start..self.at]);
            let wrong = Stop::Broken { rule: Rule::WrongType("Timestamp"), byte: start, seen: self.at };
            self.timestamp = Some(literal.parse().map_err(|_| wrong)?);
        }
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Step<()> {
        if !self.peek()?.is_ascii_digit() {
            return Err(self.broken(Rule::NotJson));
        }
        while self.peek()?.is_ascii_digit() {
            self.at += 1;
        }
        Ok(())
    }

    /// A string's text, escapes undone and mended.
    fn string(&mut self) -> Step<String> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.escape()?,
                ..=0x1f => return Err(self.broken(Rule::ControlByte)),
                _ => self.at += 1,
            }
        }
        let inside = start..self.at;
        self.at += 1;
        let (text, mended) = unquote(&self.bytes[inside.clone()]);
        if mended != self.bytes[inside.clone()] {
            self.mended.push((inside, mended));
        }
        Ok(text)
    }

    fn escape(&mut self) -> Step<()> {
        self.at += 1;
        match self.peek()? {
            b'u' => self.at += 1,
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                return Ok(());
            }
            _ => return Err(self.broken(Rule::NotJson)),
        }
        for _ in 0..4 {
            if !self.peek()?.is_ascii_hexdigit() {
                return Err(self.broken(Rule::NotJson));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn mend(&self, raw: &[u8]) -> Vec<u8> {
        let (mut out, mut at) = (Vec::new(), 0);
        for (inside, mended) in &self.mended {
            out.extend_from_slice(&raw[at..inside.start]);
            out.extend_from_slice(mended);
            at = inside.end;
        }
        out.extend_from_slice(&raw[at..]);
        out
    }

    fn decoded(&self, raw: Vec<u8>) -> Decoded {
        let value = |name: &str| KEYS.iter().position(|key| *key == name).and_then(|key| self.texts[key].clone());
        let text = |name: &str| value(name).unwrap_or_default();
        Decoded {
            raw,
            id: text("ID"),
            addr: text("Addr"),
            body: text("Body"),
            nick: value("Nick").or(value("omitempty")).unwrap_or_default(),
            has_nick: !text("Nick").is_empty(),
            daemon_style: value("omitempty").is_some() && value("Nick").is_none(),
            timestamp: self.timestamp,
            time: self.timestamp.filter(|time| *time != 0).map(|time| {
                let seconds = time < 100_000_000_000;
                if seconds { time.saturating_mul(1000) } else { time }
            }),
            file: text("FileContents"),
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

const fn fold(character: char) -> char {
    match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

/// The text of a valid string's inside, and that inside with each byte that is no UTF-8, and each lone surrogate, as U+FFFD.
fn unquote(mut inside: &[u8]) -> (String, Vec<u8>) {
    let (mut text, mut mended) = (String::new(), Vec::new());
    while let Some(first) = inside.first() {
        let (character, length) = if *first == b'\\' { escaped(inside) } else { plain(inside) };
        text.push(character.unwrap_or('\u{fffd}'));
        match character {
            Some(_) => mended.extend_from_slice(&inside[..length]),
            None if length > 1 => mended.extend_from_slice(b"\\ufffd"),
            None => mended.extend_from_slice("\u{fffd}".as_bytes()),
        }
        inside = &inside[length..];
    }
    (text, mended)
}

/// The character that an escape stands for, `None` for a lone surrogate, and the escape's length.
fn escaped(inside: &[u8]) -> (Option<char>, usize) {
    let unit = |at: usize| {
        let digits = inside.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"))?;
        u16::from_str_radix(str::from_utf8(&digits[2..]).ok()?, 16).ok()
    };
    match (unit(0), unit(6)) {
        (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
            let code = 0x1_0000 + (u32::from(high) - 0xd800) * 0x400 + (u32::from(low) - 0xdc00);
            (char::from_u32(code), 12)
        }
        (Some(unit), _) => (char::from_u32(u32::from(unit)), 6),
        (None, _) => {
            let character = match inside[1] {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                other => char::from(other),
            };
            (Some(character), 2)
        }
    }
}

/// The character that `inside` begins with, `None` for a byte that is none, and its length.
fn plain(inside: &[u8]) -> (Option<char>, usize) {
    for length in 1..=inside.len().min(4) {
        if let Ok(text) = str::from_utf8(&inside[..length]) {
            return (text.chars().next(), length);
        }
    }
    (None, 1)
}
