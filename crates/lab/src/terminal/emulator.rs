//! What a terminal makes of the bytes that a program writes: a screen, answers to questions, and what is heard beside.
//! Must not know the program. Bounds: `RAW_BYTES_MAX` of what was written, `KEPT_MAX` of each thing heard.

use std::collections::VecDeque;
use std::num::NonZeroU16;

use vt100::{Callbacks, Parser, Screen};

/// The newest bytes kept as they were written.
const RAW_BYTES_MAX: usize = 1 << 20;
/// Most of each thing heard that are kept: the first ones, since they tell what began it.
const KEPT_MAX: usize = 256;
/// Pixels of a cell, for programs that draw pictures (a usual size).
const CELL: (u16, u16) = (10, 20);

/// What a program did beside drawing on its screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Titles that it gave to its window, in turn.
    pub titles: Vec<String>,
    /// How often it rang.
    pub bells: usize,
    /// What it copied to the clipboard, in Base64.
    pub copied: Vec<String>,
    /// What it asked the desktop to tell (OSC 9 and 777), with their arguments.
    pub notified: Vec<String>,
    /// Addresses that cells were linked to.
    pub links: Vec<String>,
    /// Sequences that this terminal does not know.
    pub unknown: Vec<String>,
    /// Whether it wants to know of the focus.
    pub tells_focus: bool,
    /// Pictures that it drew whole, where it says so (mode 2026).
    pub pictures: u64,
    /// Whether it is in the middle of a picture.
    is_drawing: bool,
    answers: Vec<u8>,
}

/// A terminal without its line.
pub(super) struct Emulator {
    parser: Parser<Heard>,
    raw: VecDeque<u8>,
    written_bytes: u64,
}

impl Emulator {
    pub(super) fn new(columns: u16, rows: u16) -> Self {
        let parser = Parser::new_with_callbacks(at_least_one(rows), at_least_one(columns), 0, Heard::default());
        Self { parser, raw: VecDeque::new(), written_bytes: 0 }
    }

    /// Takes what the program wrote; returns what a terminal answers to it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.written_bytes += bytes.len() as u64;
        self.raw.extend(bytes);
        self.raw.drain(..self.raw.len().saturating_sub(RAW_BYTES_MAX));
        self.parser.process(bytes);
        std::mem::take(&mut self.parser.callbacks_mut().answers)
    }

    pub(super) fn resize(&mut self, columns: u16, rows: u16) {
        self.parser.set_size(at_least_one(rows), at_least_one(columns));
    }

    pub(super) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    pub(super) fn heard(&self) -> &Heard {
        self.parser.callbacks()
    }

    /// Whether what is on the screen is meant to be seen.
    pub(super) fn is_whole(&self) -> bool {
        !self.heard().is_drawing
    }

    pub(super) fn text(&self) -> String {
        let screen = self.screen();
        let rows = screen.rows(0, screen.size().1.get());
        rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    pub(super) fn raw(&self) -> Vec<u8> {
        self.raw.iter().copied().collect()
    }

    pub(super) const fn written_bytes(&self) -> u64 {
        self.written_bytes
    }
}

fn at_least_one(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}

fn keep(list: &mut Vec<String>, text: String) {
    if list.len() < KEPT_MAX {
        list.push(text);
    }
}

impl Heard {
    fn unknown(&mut self, text: String) {
        keep(&mut self.unknown, text);
    }

    fn answer(&mut self, text: &str) {
        self.answers.extend_from_slice(text.as_bytes());
    }

    /// A mode that the screen itself does not know. Whether it is known here.
    fn mode(&mut self, number: u16, on: bool) -> bool {
        match number {
            // Autowrap, a blinking cursor, and the scrolling of wheels: nothing that a text of the screen shows.
            7 | 12 | 1007 => {}
            1004 => self.tells_focus = on,
            2026 => {
                self.pictures += u64::from(self.is_drawing && !on);
                self.is_drawing = on;
            }
            _ => return false,
        }
        true
    }

    /// What the screen itself does not know. Whether it is known here: as an xterm without pictures would answer.
    fn csi(&mut self, screen: &Screen, before: &[u8], numbers: &[u16], last: char) -> bool {
        let (rows, columns) = screen.size();
        match (before, numbers, last) {
            (b"?", [number], 'h' | 'l') => return self.mode(*number, last == 'h'),
            (b"", [] | [0], 'c') => self.answer("\x1b[?62;22c"),
            (b">", [] | [0], 'c') => self.answer("\x1b[>41;390;0c"),
            (b"", [5], 'n') => self.answer("\x1b[0n"),
            (b"", [6], 'n') => {
                let (row, column) = screen.cursor_position();
                self.answer(&format!("\x1b[{};{}R", row + 1, column + 1));
            }
            (b"?$", [number], 'p') => {
                let state = match number {
                    2026 if self.is_drawing => 1,
                    2026 => 2,
                    _ => 0,
                };
                self.answer(&format!("\x1b[?{number};{state}$y"));
            }
            (b"", [14], 't') => {
                let (width, height) = (columns.get().saturating_mul(CELL.0), rows.get().saturating_mul(CELL.1));
                self.answer(&format!("\x1b[4;{height};{width}t"));
            }
            (b"", [16], 't') => self.answer(&format!("\x1b[6;{};{}t", CELL.1, CELL.0)),
            (b"", [18], 't') => self.answer(&format!("\x1b[8;{rows};{columns}t")),
            // Titles put aside and taken back; keys of the kitty protocol, which an xterm does not answer to.
            (b"", [22 | 23, ..], 't') | (b"?" | b">" | b"<" | b"=", _, 'u') => {}
            // Struck out, and colours of underlines.
            (b"", [9 | 29 | 58 | 59, ..], 'm') => {}
            _ => return false,
        }
        true
    }
}

impl Callbacks for Heard {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.bells += 1;
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        keep(&mut self.titles, String::from_utf8_lossy(title).into_owned());
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _kind: &[u8], data: &[u8]) {
        keep(&mut self.copied, String::from_utf8_lossy(data).into_owned());
    }

    fn unhandled_char(&mut self, _: &mut Screen, character: char) {
        self.unknown(format!("character {character:?}"));
    }

    fn unhandled_control(&mut self, _: &mut Screen, byte: u8) {
        self.unknown(format!("control {byte:#04x}"));
    }

    fn unhandled_escape(&mut self, _: &mut Screen, first: Option<u8>, second: Option<u8>, last: u8) {
        match (first, last) {
            // Character sets: UTF-8 has one. The end of a string.
            (Some(b'(' | b')'), _) | (None, b'\\') => {}
            _ => self.unknown(format!("ESC {first:?} {second:?} {:?}", char::from(last))),
        }
    }

    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        first: Option<u8>,
        second: Option<u8>,
        params: &[&[u16]],
        last: char,
    ) {
        let before: Vec<u8> = [first, second].into_iter().flatten().collect();
        let numbers: Vec<u16> = params.iter().filter_map(|param| param.first().copied()).collect();
        if !self.csi(screen, &before, &numbers, last) {
            self.unknown(format!("CSI {:?} {params:?} {last:?}", String::from_utf8_lossy(&before)));
        }
    }

    fn unhandled_osc(&mut self, _: &mut Screen, params: &[&[u8]]) {
        let text = |params: &[&[u8]]| String::from_utf8_lossy(&params.join(&b';')).into_owned();
        match params {
            // Its end is a link to nothing.
            [b"8", _, b""] => {}
            [b"8", _, link @ ..] => keep(&mut self.links, text(link)),
            [b"9" | b"777", ..] => keep(&mut self.notified, text(params)),
            [b"10", b"?"] => self.answer("\x1b]10;rgb:ffff/ffff/ffff\x1b\\"),
            [b"11", b"?"] => self.answer("\x1b]11;rgb:0000/0000/0000\x1b\\"),
            _ => self.unknown(format!("OSC {}", text(params))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_answered_as_by_an_xterm() {
        for (question, answer) in [
            ("\x1b[c", "\x1b[?62;22c"),
            ("\x1b[0c", "\x1b[?62;22c"),
            ("\x1b[>c", "\x1b[>41;390;0c"),
            ("\x1b[5n", "\x1b[0n"),
            ("\x1b[3;7H\x1b[6n", "\x1b[3;7R"),
            ("\x1b[16t", "\x1b[6;20;10t"),
            ("\x1b[14t", "\x1b[4;480;800t"),
            ("\x1b[18t", "\x1b[8;24;80t"),
            ("\x1b[?2026$p", "\x1b[?2026;2$y"),
            ("\x1b[?9999$p", "\x1b[?9999;0$y"),
            ("\x1b]11;?\x1b\\", "\x1b]11;rgb:0000/0000/0000\x1b\\"),
            ("\x1b[?u", ""),
        ] {
            let mut emulator = Emulator::new(80, 24);
            let answered = emulator.take(question.as_bytes());
            assert_eq!(String::from_utf8_lossy(&answered), answer, "{question:?}");
            assert_eq!(emulator.heard().unknown, [""; 0], "{question:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_heard() {
        let mut emulator = Emulator::new(20, 2);
        emulator
            .take(b"a\x07\x1b]2;title\x07\x1b]9;hi\x1b\\\x1b]52;c;aGk=\x07\x1b]8;;http://x/?a;b\x1b\\l\x1b]8;;\x1b\\");
        emulator.take(b"\x1b[?1004h\x1b[?2026hb");
        assert!(!emulator.is_whole());
        emulator.take(b"\x1b[?2026l\x1b[8m\x1b]4;1;red\x07\x1b[?4711h");
        let heard = emulator.heard();
        assert_eq!((heard.titles.as_slice(), heard.bells), (["title".to_owned()].as_slice(), 1));
        assert_eq!((&heard.notified[..], &heard.copied[..]), (&["9;hi".to_owned()][..], &["aGk=".to_owned()][..]));
        assert_eq!((&heard.links[..], heard.pictures), (&["http://x/?a;b".to_owned()][..], 1));
        assert_eq!(heard.unknown.len(), 3, "{:?}", heard.unknown);
        assert!(heard.tells_focus && emulator.is_whole());
        assert_eq!(emulator.text(), "alb\n");
    }

    #[test]
    fn keeps_no_more_than_its_bounds() {
        let mut emulator = Emulator::new(10, 2);
        for _ in 0..3 {
            emulator.take(&vec![b'x'; RAW_BYTES_MAX]);
        }
        emulator.take(&b"\x1b]2;t\x07".repeat(KEPT_MAX + 1));
        assert_eq!((emulator.raw().len(), emulator.heard().titles.len()), (RAW_BYTES_MAX, KEPT_MAX));
        assert!(emulator.written_bytes() > 3 << 20);
        emulator.resize(0, 0);
        assert_eq!(emulator.take(b"ok"), b"");
    }
}
