//! What sets the code-lab peer apart: it shows every Body, quoted, and says every line.
//! Must not touch links: it judges texts alone.
//! Bounds: `QUEUE_MESSAGES_MAX` a link.

use super::message::{Message, Shape};
use super::quirks::{Quirks, Received, SlowLink, Typed};

/// Messages that wait for one link before more are dropped (a guess, not measured).
const QUEUE_MESSAGES_MAX: usize = 10;

pub(super) const QUIRKS: Quirks = Quirks {
    shape: Shape::CodeLab,
    slow: SlowLink::Misses { queue_messages_max: QUEUE_MESSAGES_MAX },
    receive: |message: &Message| Received::Show(quoted(&message.body)),
    typed: |_: &str| Typed::Say,
};

/// The text as Go's `%q` prints it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            _ if printable(c) => out.push(c),
            '\0'..='\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            '\u{80}'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Rust's own notion stands in for Go's: both go by the general category, from Unicode tables of different age.
fn printable(c: char) -> bool {
    // Behind another character, or a combining mark would count as unprintable.
    let escaped = format!("a{}", c).escape_debug().to_string();
    c == '\'' || !escaped.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_as_go_quotes_it() {
        for (text, shown) in [
            ("", r#""""#),
            ("hi 'you'", r#""hi 'you'""#),
            ("\"\\", r#""\"\\""#),
            ("\x07\x08\x0c\n\r\t\x0b", r#""\a\b\f\n\r\t\v""#),
            ("\x1b[31m\0\x7f", r#""\x1b[31m\x00\x7f""#),
            ("\u{80}\u{a0}\u{200b}\u{2028}\u{feff}", r#""\u0080\u00a0\u200b\u2028\ufeff""#),
            ("ü\u{fffd}e\u{301}😀", "\"ü\u{fffd}e\u{301}😀\""),
            ("\u{e0001}", r#""\U000e0001""#),
            ("/me x", r#""/me x""#),
        ] {
            assert_eq!(quoted(text), shown);
        }
    }
}
