//! One pass over the bytes of one object: where it ends, whether it is valid JSON to the last byte, and where the known
//! keys' values stand. Must not decode values or keep bytes. Bounds: see the constants; its state is a fixed size.

mod member;

use core::ops::Range;

use super::keys::{KEY_BYTES_MAX, Key};
use super::swar::plain_run;

/// Longest object beside its FileContents, in bytes (8 times the longest Body; a guess).
pub const OBJECT_BYTES_MAX: usize = 128 * 1024;
/// Longest FileContents, in bytes of Base64 (about 4.5 MiB of file; a guess).
pub const FILE_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Deepest nesting, the object itself being 1 (a guess: nobody nests what old peers drop).
pub const DEPTH_MAX: u32 = 32;
/// Most keys at the top of an object (7 times what we send; a guess).
pub const KEYS_MAX: u8 = 64;

const _: () = assert!(DEPTH_MAX <= u32::BITS, "one bit a level");
const _: () = assert!(OBJECT_BYTES_MAX + FILE_BYTES_MAX < u32::MAX as usize, "spans are 32 bits");

/// Which rule the bytes of a link broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// Something other than an object stands where one should begin.
    #[error("not an object")]
    NotAnObject,
    /// A byte that JSON does not allow there.
    #[error("not JSON")]
    NotJson,
    /// A raw control byte in a string.
    #[error("control byte in a string")]
    ControlByte,
    /// A known key's value is of the wrong type (a Timestamp that is no 64-bit integer, too).
    #[error("wrong type for {0}")]
    WrongType(&'static str),
    /// A known key twice.
    #[error("{0} twice")]
    Twice(&'static str),
    /// Longer than [`OBJECT_BYTES_MAX`] beside its FileContents.
    #[error("object over {OBJECT_BYTES_MAX} bytes")]
    ObjectTooLong,
    /// FileContents longer than [`FILE_BYTES_MAX`].
    #[error("FileContents over {FILE_BYTES_MAX} bytes")]
    FileTooLong,
    /// Nested deeper than [`DEPTH_MAX`].
    #[error("nested deeper than {DEPTH_MAX}")]
    TooDeep,
    /// More than [`KEYS_MAX`] keys.
    #[error("more than {KEYS_MAX} keys")]
    TooManyKeys,
}

/// Bytes that no honest peer sends: the link that they came by is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at byte {byte}")]
pub struct Malformed {
    /// The rule that was broken.
    pub rule: Rule,
    /// Where: in bytes from the start of the link.
    pub byte: u64,
}

/// Where a known key's string stands, relative to the object's start and without its quotes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
    /// Its key was found.
    named: bool,
    pub(super) escaped: bool,
}

impl Span {
    /// Whether there is a value, `null` being none: no value stands at the object's very start.
    pub(super) const fn present(self) -> bool {
        self.end > 0
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the object's opening bracket.
    Start,
    /// After `{`: a key or `}`.
    FirstKey,
    /// After `,` in an object: a key.
    NextKey,
    /// After a key: `:`.
    Colon,
    /// After `[`: a value or `]`.
    FirstItem,
    /// A value.
    Value,
    /// After a value: `,` or a closing bracket.
    AfterValue,
    /// In a string.
    String,
    /// After a backslash.
    Escape,
    /// In `\uXXXX`, with so many digits to come.
    Unicode(u8),
    /// In `true`, `false` or `null`, with the rest to come.
    Literal(&'static [u8]),
    Number(Number),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    Sign,
    Power,
}

impl Number {
    const fn ends_here(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Power)
    }

    const fn next(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Minus, b'0') => Self::Zero,
            (Self::Minus | Self::Integer, b'0'..=b'9') => Self::Integer,
            (Self::Zero | Self::Integer, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::Sign,
            (Self::Exponent | Self::Sign | Self::Power, b'0'..=b'9') => Self::Power,
            _ => return None,
        })
    }
}

/// How far one object has been read.
#[derive(Debug)]
pub(super) struct Scanner {
    state: State,
    /// Bytes of the object before the piece that is being scanned.
    base: usize,
    depth: u32,
    /// Bit n: level n + 1 is an array.
    arrays: u32,
    keys: u8,
    /// The known key whose value comes or is being read at the top level.
    key: Option<Key>,
    in_key: bool,
    /// Start of the current top-level string or number, relative to the object.
    start: usize,
    escaped: bool,
    unit: u16,
    /// The last thing in this string was a high surrogate that waits for its low one.
    surrogate_waits: bool,
    /// Some string holds bytes above 0x7f: UTF-8 is to be checked.
    pub(super) high: bool,
    /// The current string holds bytes above 0x7f.
    string_high: bool,
    /// Some string holds a lone surrogate.
    pub(super) lone_surrogate: bool,
    pub(super) spans: [Span; Key::ALL.len()],
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            state: State::Start,
            base: 0,
            depth: 0,
            arrays: 0,
            keys: 0,
            key: None,
            in_key: false,
            start: 0,
            escaped: false,
            unit: 0,
            surrogate_waits: false,
            high: false,
            string_high: false,
            lone_surrogate: false,
            spans: [Span::default(); Key::ALL.len()],
        }
    }
}

/// What became of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// The object ends before this offset of the piece.
    Object(usize),
    /// The object goes on after the piece.
    Partial,
}

/// A broken rule, at an offset from the object's start.
pub(super) type Broken = (Rule, usize);

impl Scanner {
    /// Reads on in `piece`, which follows `before` (what came of this object in earlier pieces).
    pub(super) fn scan(&mut self, before: &[u8], piece: &[u8]) -> Result<Scanned, Broken> {
        self.base = before.len();
        let mut at = 0_usize;
        let scanned = self.scan_from(&mut at, before, piece);
        // The bytes before the one that broke a rule count first, as if a piece had ended there.
        self.check_length(self.offset(at))?;
        scanned
    }

    fn scan_from(&mut self, at: &mut usize, before: &[u8], piece: &[u8]) -> Result<Scanned, Broken> {
        while let Some(&byte) = piece.get(*at) {
            match self.state {
                State::String => {
                    let (run, high) = plain_run(piece.get(*at..).unwrap_or_default());
                    if run > 0 {
                        self.string_high |= high;
                        self.lone_surrogate |= self.surrogate_waits;
                        self.surrogate_waits = false;
                        *at = at.saturating_add(run);
                        continue;
                    }
                    match byte {
                        b'"' => self.end_string(before, piece, *at)?,
                        b'\\' => {
                            self.escaped = true;
                            self.state = State::Escape;
                        }
                        _ => return Err((Rule::ControlByte, self.offset(*at))),
                    }
                }
                State::Number(number) => match number.next(byte) {
                    Some(next) => {
                        if self.key == Some(Key::Timestamp)
                            && self.depth == 1
                            && !matches!(next, Number::Zero | Number::Integer)
                        {
                            return Err((Rule::WrongType(Key::Timestamp.name()), self.offset(*at)));
                        }
                        self.state = State::Number(next);
                    }
                    None if number.ends_here() => {
                        self.end_number(before, piece, *at)?;
                        continue;
                    }
                    None => return Err((Rule::NotJson, self.offset(*at))),
                },
                State::FirstKey | State::NextKey if byte == b'"' && self.depth == 1 => {
                    if let Some(next) = self.plain_member(piece, *at) {
                        *at = next;
                        continue;
                    }
                    self.step(byte, *at)?;
                }
                State::FirstKey | State::AfterValue if byte == b'}' && self.depth == 1 => {
                    *at = at.saturating_add(1);
                    return Ok(Scanned::Object(*at));
                }
                _ => self.step(byte, *at)?,
            }
            *at = at.saturating_add(1);
        }
        Ok(Scanned::Partial)
    }

    fn offset(&self, at: usize) -> usize {
        self.base.saturating_add(at)
    }

    /// One byte of structure, an escape or a literal.
    fn step(&mut self, byte: u8, at: usize) -> Result<(), Broken> {
        self.state = match (self.state, byte) {
            (State::Escape, b'u') => State::Unicode(4),
            (State::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.lone_surrogate |= self.surrogate_waits;
                self.surrogate_waits = false;
                State::String
            }
            (State::Unicode(left), _) => {
                let digit = char::from(byte).to_digit(16).ok_or((Rule::NotJson, self.offset(at)))?;
                self.unit = (self.unit << 4) | u16::try_from(digit).unwrap_or_default();
                if left == 1 {
                    self.end_unit();
                    State::String
                } else {
                    State::Unicode(left.saturating_sub(1))
                }
            }
            (State::Literal(rest), _) => match rest.split_first() {
                Some((&expected, rest)) if expected == byte => {
                    if rest.is_empty() {
                        State::AfterValue
                    } else {
                        State::Literal(rest)
                    }
                }
                _ => return Err((Rule::NotJson, self.offset(at))),
            },
            (state, b' ' | b'\t' | b'\r' | b'\n') if !matches!(state, State::Escape) => state,
            (State::Start, b'{') => self.open(false, at)?,
            (State::Start, _) => return Err((Rule::NotAnObject, self.offset(at))),
            (State::FirstKey | State::NextKey, b'"') => {
                if self.depth == 1 {
                    self.keys = self.keys.saturating_add(1);
                    if self.keys > KEYS_MAX {
                        return Err((Rule::TooManyKeys, self.offset(at)));
                    }
                }
                self.begin_string(true, at)
            }
            (State::Colon, b':') => State::Value,
            (State::Value | State::FirstItem, _) if !(byte == b']' && self.state == State::FirstItem) => {
                self.begin_value(byte, at)?
            }
            (State::AfterValue, b',') if self.in_array() => State::Value,
            (State::AfterValue, b',') => State::NextKey,
            (State::AfterValue | State::FirstItem, b']') if self.in_array() => self.close(),
            (State::AfterValue, b'}') if !self.in_array() => self.close(),
            (State::FirstKey, b'}') => self.close(),
            _ => return Err((Rule::NotJson, self.offset(at))),
        };
        Ok(())
    }

    const fn in_array(&self) -> bool {
        self.arrays & 1 != 0
    }

    fn open(&mut self, array: bool, at: usize) -> Result<State, Broken> {
        if self.depth >= DEPTH_MAX {
            return Err((Rule::TooDeep, self.offset(at)));
        }
        self.depth = self.depth.saturating_add(1);
        self.arrays = (self.arrays << 1) | u32::from(array);
        Ok(if array { State::FirstItem } else { State::FirstKey })
    }

    fn close(&mut self) -> State {
        self.depth = self.depth.saturating_sub(1);
        self.arrays >>= 1;
        State::AfterValue
    }

    fn begin_value(&mut self, byte: u8, at: usize) -> Result<State, Broken> {
        if self.depth == 1
            && let Some(key) = self.key
        {
            let fits = match byte {
                b'n' => true,
                b'"' => key != Key::Timestamp,
                b'-' | b'0'..=b'9' => key == Key::Timestamp,
                _ => false,
            };
            // A byte that begins no value at all breaks JSON itself, not the type.
            if !fits && matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f') {
                return Err((Rule::WrongType(key.name()), self.offset(at)));
            }
        }
        self.start = self.offset(at);
        Ok(match byte {
            b'"' => self.begin_string(false, at),
            b'{' => self.open(false, at)?,
            b'[' => self.open(true, at)?,
            b't' => State::Literal(b"rue"),
            b'f' => State::Literal(b"alse"),
            b'n' => State::Literal(b"ull"),
            b'-' => State::Number(Number::Minus),
            b'0' => State::Number(Number::Zero),
            b'1'..=b'9' => State::Number(Number::Integer),
            _ => return Err((Rule::NotJson, self.offset(at))),
        })
    }

    fn begin_string(&mut self, key: bool, at: usize) -> State {
        self.in_key = key;
        self.start = self.offset(at).saturating_add(1);
        self.escaped = false;
        self.string_high = false;
        State::String
    }

    fn end_unit(&mut self) {
        match self.unit {
            0xd800..=0xdbff => {
                self.lone_surrogate |= self.surrogate_waits;
                self.surrogate_waits = true;
            }
            0xdc00..=0xdfff if self.surrogate_waits => self.surrogate_waits = false,
            0xdc00..=0xdfff => self.lone_surrogate = true,
            _ => {
                self.lone_surrogate |= self.surrogate_waits;
                self.surrogate_waits = false;
            }
        }
    }

    fn end_string(&mut self, before: &[u8], piece: &[u8], at: usize) -> Result<(), Broken> {
        self.lone_surrogate |= self.surrogate_waits;
        self.surrogate_waits = false;
        self.high |= self.string_high;
        if !self.in_key {
            self.state = State::AfterValue;
            if self.depth == 1
                && let Some(key) = self.key
            {
                self.found(key, at);
            }
            return Ok(());
        }
        self.state = State::Colon;
        if self.depth != 1 {
            return Ok(());
        }
        let mut spelled = [0_u8; KEY_BYTES_MAX];
        let raw = between(before, piece, self.start..self.offset(at), &mut spelled);
        self.key = raw.and_then(|raw| Key::find(raw, self.escaped, self.string_high));
        if let Some(key) = self.key {
            let span = self.span(key);
            if span.named {
                return Err((Rule::Twice(key.name()), self.start.saturating_sub(1)));
            }
            span.named = true;
        }
        Ok(())
    }

    fn end_number(&mut self, before: &[u8], piece: &[u8], at: usize) -> Result<(), Broken> {
        self.state = State::AfterValue;
        if self.depth == 1 && self.key == Some(Key::Timestamp) {
            let mut digits = [0_u8; KEY_BYTES_MAX];
            let raw = between(before, piece, self.start..self.offset(at), &mut digits);
            let integer = raw.and_then(|raw| core::str::from_utf8(raw).ok()).and_then(|raw| raw.parse::<i64>().ok());
            if integer.is_none() {
                return Err((Rule::WrongType(Key::Timestamp.name()), self.start));
            }
            self.found(Key::Timestamp, at);
        }
        Ok(())
    }

    /// Notes where the value of `key` stands: from `start` to `at`.
    fn found(&mut self, key: Key, at: usize) {
        let (start, end, escaped) = (self.start, self.offset(at), self.escaped);
        let span = self.span(key);
        span.start = u32::try_from(start).unwrap_or(u32::MAX);
        span.end = u32::try_from(end).unwrap_or(u32::MAX);
        span.escaped = escaped;
    }

    fn span(&mut self, key: Key) -> &mut Span {
        #[expect(clippy::indexing_slicing, reason = "one span for each key, by its discriminant")]
        &mut self.spans[key as usize]
    }

    /// Where FileContents stands in the first `length` bytes of the object, its end perhaps still to come.
    pub(super) fn file_within(&self, length: usize) -> Range<usize> {
        let inside = self.key == Some(Key::FileContents)
            && self.depth == 1
            && !self.in_key
            && matches!(self.state, State::String | State::Escape | State::Unicode(_));
        #[expect(clippy::indexing_slicing, reason = "one span for each key, by its discriminant")]
        if inside { self.start..length } else { self.spans[Key::FileContents as usize].range() }
    }

    /// Whether the first `length` bytes of the object are too many; where they are, fails at the first one too many,
    /// wherever the pieces end.
    fn check_length(&self, length: usize) -> Result<(), Broken> {
        let file = self.file_within(length);
        if file.len() <= FILE_BYTES_MAX && length.saturating_sub(file.len()) <= OBJECT_BYTES_MAX {
            return Ok(());
        }
        let within = if file.start <= OBJECT_BYTES_MAX { file.len() } else { 0 };
        let file_end = file.start.saturating_add(FILE_BYTES_MAX);
        let object_end = OBJECT_BYTES_MAX.saturating_add(within);
        let file_first = file.len() > FILE_BYTES_MAX && file_end < object_end;
        Err(if file_first { (Rule::FileTooLong, file_end) } else { (Rule::ObjectTooLong, object_end) })
    }
}

/// The bytes of `range` of the object that is `before` and then `piece`; copied to `space` where they stand in both.
/// `None` where they stand in both and do not fit.
fn between<'a>(before: &'a [u8], piece: &'a [u8], range: Range<usize>, space: &'a mut [u8]) -> Option<&'a [u8]> {
    if let Some(start) = range.start.checked_sub(before.len()) {
        return piece.get(start..range.end.checked_sub(before.len())?);
    }
    let head = before.get(range.start..)?;
    let tail = piece.get(..range.end.checked_sub(before.len())?)?;
    let space = space.get_mut(..head.len().checked_add(tail.len())?)?;
    let (space_head, space_tail) = space.split_at_mut_checked(head.len())?;
    space_head.copy_from_slice(head);
    space_tail.copy_from_slice(tail);
    Some(space)
}
