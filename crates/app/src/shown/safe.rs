//! Text made safe to show: what a terminal would obey, or a reader could not see, becomes a visible escape.
//! Must not know where the text is shown. Bounds: a nick 32 graphemes, an address 64, 8 combining marks on a base.
//!
//! After UTR 36 (bidirectional and invisible spoofing), UAX 29 (graphemes) and UTS 51 (emoji sequences). What is kept
//! although it is invisible: joiners where emoji or writing systems need them, and one variation selector on a base.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;

/// Longest nick shown, in graphemes: the wire's own bound, which escapes could exceed.
const NICK_GRAPHEMES_MAX: usize = 32;
/// Longest address shown, in graphemes (the longest `[IPv6]:PORT` has 47).
const ADDR_GRAPHEMES_MAX: usize = 64;
/// Most combining marks shown on one base (a guess: living scripts stack about 4).
const MARKS_MAX: usize = 8;
/// Most characters of one grapheme in a name: joined emoji and jamo could go on without end (the longest emoji has 10).
const NAME_GRAPHEME_CHARS_MAX: usize = 16;

/// So many digits of a key stand beside a name at least.
const KEY_DIGITS_MIN: usize = 8;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// What Unicode puts under a combining mark that has no base.
const DOTTED_CIRCLE: char = '\u{25cc}';

/// One line of any text; line breaks are escaped too, a tab is a space.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut writer = Writer { safe: String::with_capacity(text.len() + 16), ..Writer::default() };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        writer.push(c, chars.peek().copied());
    }
    Cow::Owned(writer.safe)
}

/// The lines of a Body, each safe. LF and CRLF end a line; breaks at the very end show nothing and are left out.
pub(crate) fn body_lines(body: &str) -> impl Iterator<Item = Cow<'_, str>> {
    body.trim_end_matches(['\n', '\r']).split('\n').map(|part| line(part.strip_suffix('\r').unwrap_or(part)))
}

/// Who said something: the nick, or where that shows nothing the address.
pub(crate) fn author(nick_text: &str, addr_text: &str) -> String {
    [nick(nick_text), addr(addr_text)].into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "?".to_owned())
}

/// A nick; empty where it shows nothing.
pub(crate) fn nick(text: &str) -> String {
    name(text, NICK_GRAPHEMES_MAX)
}

/// An address, which on the wire may be any text; empty where it shows nothing.
pub(crate) fn addr(text: &str) -> String {
    name(text, ADDR_GRAPHEMES_MAX)
}

/// JSON that means the same and has no character that is obeyed or invisible: all such become `\u` escapes.
pub(crate) fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A name in one line: single spaces inside, none around. A colon with a space after it is escaped, and so is a star
/// that begins the name with a space after it: the first `: ` of a line ends its author, and no author makes a `* ` line.
/// So is what begins something like the digits of a key, which we alone put beside names. Every other one of these stays readable.
fn name(text: &str, graphemes_max: usize) -> String {
    let words = text.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut safe = without_digits(&line(&words).replace(": ", "\\u{3a} "));
    if let Some(rest) = safe.strip_prefix("* ") {
        safe = format!("\\u{{2a}} {rest}");
    }
    let kept = if safe.graphemes(true).nth(graphemes_max).is_some() { graphemes_max - 1 } else { graphemes_max };
    let cut = (kept < graphemes_max).then_some("…");
    let fits = |grapheme: &&str| grapheme.chars().nth(NAME_GRAPHEME_CHARS_MAX).is_none();
    safe.graphemes(true).take(kept).map(|grapheme| if fits(&grapheme) { grapheme } else { "…" }).chain(cut).collect()
}

/// The name, with `~` and `(` escaped where digits of a key seem to follow.
fn without_digits(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let digits = name[at..].bytes().skip(1).take_while(u8::is_ascii_hexdigit).take(KEY_DIGITS_MIN).count();
        if matches!(c, '~' | '(') && digits == KEY_DIGITS_MIN {
            // Writing to a String does not fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Shows as room and nothing else. Line breaks are not among these: they are escaped.
fn is_blank(c: char) -> bool {
    match c {
        '\t' | '\u{2800}' => true,
        '\u{2028}' | '\u{2029}' => false,
        _ => c.is_whitespace() && !c.is_control(),
    }
}

/// A line on its way to being safe.
#[derive(Default)]
struct Writer {
    safe: String,
    /// The character before, where it was shown as itself.
    before: Option<char>,
    /// The last one that others attach to, where nothing was escaped since.
    base: Option<char>,
    /// Combining marks on that base so far.
    marks: usize,
}

impl Writer {
    fn push(&mut self, c: char, next: Option<char>) {
        match c {
            '\t' => self.push_base(' '),
            ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER if joins(c, self.base, next) => self.push_attached(c),
            _ if is_variation_of(c, self.before) => self.push_attached(c),
            _ if is_hidden(c) => self.push_escaped(c),
            '\u{1f3fb}'..='\u{1f3ff}' if self.base.is_some() => self.push_attached(c),
            _ if c.width() == Some(0) => self.push_mark(c),
            _ => self.push_base(c),
        }
    }

    fn push_base(&mut self, c: char) {
        self.safe.push(c);
        self.before = Some(c);
        self.base = Some(c);
        self.marks = 0;
    }

    fn push_attached(&mut self, c: char) {
        self.safe.push(c);
        self.before = Some(c);
    }

    fn push_escaped(&mut self, c: char) {
        // Writing to a String does not fail.
        let _ = write!(self.safe, "\\u{{{:x}}}", u32::from(c));
        self.before = None;
        self.base = None;
        self.marks = 0;
    }

    fn push_mark(&mut self, c: char) {
        if self.base.is_none() {
            self.push_base(DOTTED_CIRCLE);
        }
        self.marks += 1;
        if self.marks <= MARKS_MAX {
            self.push_attached(c);
        } else if self.marks == MARKS_MAX + 1 {
            self.safe.push('…');
        }
    }
}

/// A joiner that does something: in an emoji sequence, or between letters of a cursive or conjunct script.
fn joins(joiner: char, base: Option<char>, next: Option<char>) -> bool {
    let (Some(base), Some(next)) = (base, next) else { return false };
    let shapes = |c| matches!(c, '\u{600}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18af}');
    (shapes(base) && shapes(next)) || (joiner == ZERO_WIDTH_JOINER && is_pictograph(base) && is_pictograph(next))
}

/// Whether a joiner can put it into an emoji sequence (rule GB11 of UAX 29, asked of the crate that has the tables).
fn is_pictograph(c: char) -> bool {
    let graphemes = |text: String| text.graphemes(true).count();
    graphemes(format!("\u{1f600}{ZERO_WIDTH_JOINER}{c}")) == 1 && graphemes(format!("a{c}")) == 2
}

/// A variation selector on what can have variations. Elsewhere, and in rows, they only smuggle bytes.
fn is_variation_of(c: char, base: Option<char>) -> bool {
    let Some(base) = base else { return false };
    match c {
        '\u{fe00}'..='\u{fe0f}' => {
            matches!(base, '0'..='9' | '#' | '*') || !(base.is_ascii() || base.is_whitespace() || is_selector(base))
        }
        '\u{e0100}'..='\u{e01ef}' => {
            matches!(base, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        }
        '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(base, '\u{1820}'..='\u{18aa}'),
        _ => false,
    }
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Obeyed or invisible rather than shown: controls, bidirectional and other format characters, fillers that look like
/// nothing, tags, non-characters.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || is_selector(c)
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_or_a_reader_cannot_see_is_escaped() {
        let check = |text: &str, shown: &str| assert_eq!(line(text), shown, "of {text:?}");
        check("", "");
        check("plain ~ text", "plain ~ text");
        check("tab\there", "tab here");
        check("\0\u{7}\u{8}\u{7f}", "\\u{0}\\u{7}\\u{8}\\u{7f}");
        check("a\nb\r", "a\\u{a}b\\u{d}");
        check("\u{1b}[31mred", "\\u{1b}[31mred");
        check("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}");
        check("\u{9b}2J\u{9d}0;t\u{9c}\u{85}", "\\u{9b}2J\\u{9d}0;t\\u{9c}\\u{85}");
        check("a\u{202e}b\u{2066}c\u{2069}", "a\\u{202e}b\\u{2066}c\\u{2069}");
        check("\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}");
        check("\u{200b}\u{2060}\u{ad}\u{feff}", "\\u{200b}\\u{2060}\\u{ad}\\u{feff}");
        check("a\u{2028}b\u{2029}c", "a\\u{2028}b\\u{2029}c");
        check("\u{e0001}\u{e0041}", "\\u{e0001}\\u{e0041}");
        check("\u{115f}\u{1160}\u{3164}\u{ffa0}", "\\u{115f}\\u{1160}\\u{3164}\\u{ffa0}");
        check("\u{fff9}\u{ffff}\u{10fffe}", "\\u{fff9}\\u{ffff}\\u{10fffe}");
        check("\u{fffd} é 日本 \u{a0}x", "\u{fffd} é 日本 \u{a0}x");
    }

    #[test]
    fn joiners_and_selectors_stay_where_they_do_something() {
        let check = |text: &str, shown: &str| assert_eq!(line(text), shown, "of {text:?}");
        let same = |text: &str| check(text, text);
        same("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}");
        same("\u{1f469}\u{200d}\u{2764}\u{fe0f}\u{200d}\u{1f468}");
        same("\u{1f9d1}\u{1f3fd}\u{200d}\u{1f680}");
        same("1\u{fe0f}\u{20e3}");
        same("\u{845b}\u{e0100}");
        same("\u{645}\u{6cc}\u{200c}\u{62e}\u{648}");
        same("\u{d9a}\u{dca}\u{200d}\u{dbb}");
        check("a\u{200d}b", "a\\u{200d}b");
        check("a\u{200c}b", "a\\u{200c}b");
        check("\u{1f468}\u{200d}", "\u{1f468}\\u{200d}");
        check("\u{1f468}\u{200c}\u{1f468}", "\u{1f468}\\u{200c}\u{1f468}");
        check("\u{1f468}\u{200d}\u{200d}\u{1f468}", "\u{1f468}\\u{200d}\\u{200d}\u{1f468}");
        check("a\u{fe0f}", "a\\u{fe0f}");
        check("\u{263a}\u{fe0f}\u{fe0f}", "\u{263a}\u{fe0f}\\u{fe0f}");
        check("\u{1f600}\u{e0101}", "\u{1f600}\\u{e0101}");
    }

    #[test]
    fn marks_are_capped_and_never_attach_to_what_is_not_theirs() {
        let marks = |count| "\u{301}".repeat(count);
        let check = |text: String, shown: String| assert_eq!(line(&text), shown, "of {text:?}");
        check(format!("a{}b", marks(MARKS_MAX)), format!("a{}b", marks(MARKS_MAX)));
        check(format!("a{}b", marks(MARKS_MAX + 1)), format!("a{}…b", marks(MARKS_MAX)));
        check(format!("a{}b{}", marks(500), marks(1)), format!("a{}…b{}", marks(MARKS_MAX), marks(1)));
        check(marks(1), format!("\u{25cc}{}", marks(1)));
        check(format!("\u{202e}{}", marks(1)), format!("\\u{{202e}}\u{25cc}{}", marks(1)));
        check("\u{1112}\u{1161}\u{11ab}".to_owned(), "\u{1112}\u{1161}\u{11ab}".to_owned());
    }

    #[test]
    fn a_body_has_lines() {
        let check = |body: &str, lines: &[&str]| {
            assert_eq!(body_lines(body).collect::<Vec<_>>(), lines, "of {body:?}");
        };
        check("", &[""]);
        check("a", &["a"]);
        check("a\nb: c\r\nd", &["a", "b: c", "d"]);
        check("a\n\nb\n\r\n", &["a", "", "b"]);
        check("a\rb", &["a\\u{d}b"]);
        check("a\u{2028}b\u{85}c\u{b}d", &["a\\u{2028}b\\u{85}c\\u{b}d"]);
    }

    #[test]
    fn a_name_forges_nothing() {
        let check = |text: &str, shown: &str| assert_eq!(nick(text), shown, "of {text:?}");
        check("phil", "phil");
        check("  two \t words\u{a0}\u{2003}", "two words");
        check(" \u{2800}\u{3000}", "");
        check("bob: hi", "bob\\u{3a} hi");
        check("bob:\u{a0}hi", "bob\\u{3a} hi");
        check("12:30:", "12:30:");
        check("* bob waves", "\\u{2a} bob waves");
        check(" * bob", "\\u{2a} bob");
        check("*star*", "*star*");
        check("bob~1234abcd", "bob\\u{7e}1234abcd");
        check("bob (1234ABCD9) is verified", "bob \\u{28}1234ABCD9) is verified");
        check("~bob~1234abc (1234abc)", "~bob~1234abc (1234abc)");
        check("a\nbob: hi", "a\\u{a}bob\\u{3a} hi");
        check("\u{1b}[2Jx", "\\u{1b}[2Jx");
        check("\u{3164}", "\\u{3164}");
        check(&"n".repeat(32), &"n".repeat(32));
        check(&"n".repeat(33), &format!("{}…", "n".repeat(31)));
        check(&"\u{1f468}\u{200d}\u{1f469}".repeat(32), &"\u{1f468}\u{200d}\u{1f469}".repeat(32));
        assert_eq!(nick(&"\u{202e}".repeat(32)).graphemes(true).count(), 32);
        assert_eq!(addr(&"a".repeat(64)), "a".repeat(64));
        assert_eq!(addr(&"a".repeat(65)), format!("{}…", "a".repeat(63)));
    }

    #[test]
    fn an_endless_grapheme_is_no_name() {
        let family = format!("\u{1f468}{}", "\u{200d}\u{1f468}".repeat(100));
        assert_eq!(nick(&format!("a{family}b")), "a…b");
        assert_eq!(nick(&"\u{1100}".repeat(100)), "…");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "a\u{7f}\u{9b}\u{202e}\u{e0041}é";
        let safe = json(&serde_json::to_string(text).unwrap());
        assert_eq!(safe, "\"a\\u007f\\u009b\\u202e\\udb40\\udc41é\"");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }

    #[test]
    fn an_author_is_never_nothing() {
        assert_eq!(author("phil", "10.0.0.7:55555"), "phil");
        assert_eq!(author(" ", "10.0.0.7:55555"), "10.0.0.7:55555");
        assert_eq!(author("", "[fe80::1]:55555"), "[fe80::1]:55555");
        assert_eq!(author("", "\t"), "?");
    }
}
