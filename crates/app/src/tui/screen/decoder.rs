//! The bytes that a terminal sends, told apart: keys, pastes, the focus, and its answers to what we asked.
//! Must not know who reads them. Bounds: [`PASTE_BYTES_MAX`] of a paste, [`SEQUENCE_BYTES_MAX`] of a sequence; the rest is dropped.

use std::time::Duration;

use super::Input;
use super::keys;

/// Longest paste, in bytes: four times the longest Body, so that a draft too long is told by its own bound.
pub(crate) const PASTE_BYTES_MAX: usize = 64 * 1024;
/// Longest sequence: those of keys have some 20 bytes, the longest answer 100 (a guess with room).
const SEQUENCE_BYTES_MAX: usize = 256;
/// How long Esc alone is waited on, since every sequence begins so: twice what a slow line takes between two bytes (a guess).
const ESCAPE_PATIENCE: Duration = Duration::from_millis(50);
/// How long the rest of anything longer is waited for.
const SEQUENCE_PATIENCE: Duration = Duration::from_millis(500);
/// How long the rest of a paste is waited for.
const PASTE_PATIENCE: Duration = Duration::from_secs(3);

const ESCAPE: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// What the terminal says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Modified keys can be told as `CSI u`.
    Keyboard,
    /// Its attributes: whether sixels are among them.
    Attributes {
        /// It shows sixels.
        sixels: bool,
    },
    /// It shows pictures the way of kitty.
    Kitty,
    /// A cell has so many pixels.
    Cell {
        /// From left to right.
        width: u16,
        /// From top to bottom.
        height: u16,
    },
}

/// What was told apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// For the user interface.
    Input(Input),
    /// For the screen.
    Answer(Answer),
}

/// Tells bytes apart, however they are cut.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// The beginning of a sequence or of a character.
    pending: Vec<u8>,
    paste: Option<Paste>,
}

#[derive(Debug, Default)]
struct Paste {
    text: Vec<u8>,
    dropped: usize,
    /// What may be the beginning of its end.
    tail: Vec<u8>,
}

/// What the first bytes are.
enum First {
    /// The beginning of something.
    Incomplete,
    /// That many bytes are this.
    Whole(usize, Option<Told>),
    /// They begin a paste.
    Paste,
}

impl Decoder {
    /// Takes bytes, and appends what they are.
    pub(super) fn feed(&mut self, bytes: &[u8], told: &mut Vec<Told>) {
        for byte in bytes {
            if let Some(paste) = &mut self.paste {
                if paste.push(*byte) {
                    self.end_paste(told);
                }
                continue;
            }
            self.pending.push(*byte);
            self.tell_apart(told);
        }
    }

    fn tell_apart(&mut self, told: &mut Vec<Told>) {
        while !self.pending.is_empty() {
            match first(&self.pending) {
                First::Incomplete => {
                    if self.pending.len() >= SEQUENCE_BYTES_MAX {
                        self.pending.clear();
                    }
                    return;
                }
                First::Paste => {
                    self.pending.clear();
                    self.paste = Some(Paste::default());
                }
                First::Whole(length, what) => {
                    told.extend(what);
                    self.pending.drain(..length.clamp(1, self.pending.len()));
                }
            }
        }
    }

    /// How long to wait for more before [`Self::give_up`]; `None` where nothing is incomplete.
    pub(super) fn patience(&self) -> Option<Duration> {
        match (&self.paste, self.pending.as_slice()) {
            (Some(_), _) => Some(PASTE_PATIENCE),
            (None, []) => None,
            (None, [ESCAPE] | [ESCAPE, b'[' | b'O' | b'_' | ESCAPE]) => Some(ESCAPE_PATIENCE),
            (None, _) => Some(SEQUENCE_PATIENCE),
        }
    }

    /// Nothing more came: Esc was Esc, Alt was Alt, and a paste ends where it was cut. Any other beginning is dropped.
    pub(super) fn give_up(&mut self, told: &mut Vec<Told>) {
        if self.paste.is_some() {
            return self.end_paste(told);
        }
        let pending = std::mem::take(&mut self.pending);
        let key = match pending.as_slice() {
            [ESCAPE] => keys::typed('\x1b'),
            [ESCAPE, byte] => keys::typed(char::from(*byte)).map(keys::with_alt),
            _ => None,
        };
        told.extend(key.map(|key| Told::Input(Input::Key(key))));
    }

    fn end_paste(&mut self, told: &mut Vec<Told>) {
        if let Some(paste) = self.paste.take() {
            told.push(Told::Input(paste.end()));
        }
    }
}

impl Paste {
    /// Takes a byte; whether the paste is at its end.
    fn push(&mut self, byte: u8) -> bool {
        self.tail.push(byte);
        // None of the bytes of the end but its first begins it, so what does not go on starts anew.
        while !PASTE_END.starts_with(&self.tail) {
            let first = self.tail.remove(0);
            if self.text.len() < PASTE_BYTES_MAX {
                self.text.push(first);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
        self.tail == PASTE_END
    }

    fn end(mut self) -> Input {
        if self.tail != PASTE_END {
            self.text.append(&mut self.tail);
        }
        let mut text = String::from_utf8_lossy(&self.text).into_owned();
        let kept = text.floor_char_boundary(PASTE_BYTES_MAX);
        let dropped = self.dropped.saturating_add(text.len() - kept);
        text.truncate(kept);
        Input::Paste { text, dropped }
    }
}

/// What the bytes begin with. They were looked at one shorter before, so that nothing whole is a part of them.
fn first(bytes: &[u8]) -> First {
    match bytes {
        [] => First::Incomplete,
        [ESCAPE, rest @ ..] => escape(rest),
        _ => character(bytes).map_or(First::Incomplete, |(length, c)| whole(length, c.and_then(keys::typed))),
    }
}

fn whole(length: usize, key: Option<crossterm::event::KeyEvent>) -> First {
    First::Whole(length, key.map(|key| Told::Input(Input::Key(key))))
}

/// The first character and its length; `None` in its place where the bytes are none, and altogether where it goes on.
fn character(bytes: &[u8]) -> Option<(usize, Option<char>)> {
    let (valid, length) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, 0),
        Err(error) if error.valid_up_to() == 0 => return error.error_len().map(|length| (length, None)),
        Err(error) => (std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?, 0),
    };
    let c = valid.chars().next()?;
    Some((length + c.len_utf8(), Some(c)))
}

/// What stands behind an Esc.
fn escape(rest: &[u8]) -> First {
    match rest {
        [] | [b'[' | b'O' | b'_' | ESCAPE] | [b'[', b'['] => First::Incomplete,
        [b'[', b'[', letter, ..] => whole(4, keys::of_console(*letter)),
        [b'[', sequence @ ..] => control_sequence(sequence),
        [b'O', letter, ..] => whole(3, keys::of_ss3(*letter)),
        [b'_', b'G', string @ ..] => kitty_answer(string),
        // Alt-_, and whatever was typed behind it within the blink of an eye.
        [b'_', ..] => whole(2, keys::typed('_').map(keys::with_alt)),
        // Alt with a key that is a sequence itself, or Esc twice.
        [ESCAPE, inner @ ..] => match escape(inner) {
            First::Whole(length, Some(Told::Input(Input::Key(key)))) => whole(length + 1, Some(keys::with_alt(key))),
            First::Whole(length, what) => First::Whole(length + 1, what),
            begun => begun,
        },
        _ => character(rest)
            .map_or(First::Incomplete, |(length, c)| whole(length + 1, c.and_then(keys::typed).map(keys::with_alt))),
    }
}

/// What stands behind `ESC [`.
fn control_sequence(sequence: &[u8]) -> First {
    let Some(end) = sequence.iter().position(|byte| !matches!(byte, 0x20..=0x3f)) else {
        return First::Incomplete;
    };
    let length = 2 + end + 1;
    let (params, last) = (sequence.get(..end).unwrap_or_default(), sequence.get(end).copied().unwrap_or_default());
    let params = std::str::from_utf8(params).unwrap_or_default();
    let answer = |answer| First::Whole(length, Some(Told::Answer(answer)));
    match (params, last) {
        // A byte that no sequence has: what came so far is dropped, and it is looked at anew.
        (_, last) if !matches!(last, 0x40..=0x7e) => First::Whole(length - 1, None),
        ("200", b'~') => First::Paste,
        ("201", b'~') => First::Whole(length, None),
        ("", b'I') => First::Whole(length, Some(Told::Input(Input::Focus(true)))),
        ("", b'O') => First::Whole(length, Some(Told::Input(Input::Focus(false)))),
        (params, b'u') if params.starts_with('?') => answer(Answer::Keyboard),
        (params, b'c') if params.starts_with('?') => {
            let sixels = params.trim_start_matches('?').split(';').skip(1).any(|attribute| attribute == "4");
            answer(Answer::Attributes { sixels })
        }
        (params, b't') => First::Whole(length, cell(params).map(Told::Answer)),
        (params, last) if params.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b':' | b';')) => {
            whole(length, keys::of_csi(params, last))
        }
        _ => First::Whole(length, None),
    }
}

/// `6 ; height ; width`.
fn cell(params: &str) -> Option<Answer> {
    let mut numbers = params.split(';');
    let kind = numbers.next()?;
    let (height, width) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    (kind == "6" && width > 0 && height > 0).then_some(Answer::Cell { width, height })
}

/// What stands behind `ESC _ G`: the answer to a question about pictures, up to its end.
fn kitty_answer(string: &[u8]) -> First {
    let Some(end) = string.windows(2).position(|pair| pair == b"\x1b\\") else {
        return First::Incomplete;
    };
    let good = string.get(..end).is_some_and(|text| text == super::pictures::KITTY_ANSWER.as_bytes());
    First::Whole(3 + end + 2, good.then_some(Told::Answer(Answer::Kitty)))
}

#[cfg(test)]
mod tests;
