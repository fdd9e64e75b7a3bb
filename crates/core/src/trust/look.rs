//! Names as a reader sees them: which ones look alike, and which are made to deceive (UTS 39). Must not know whose they are.
//! Bounds: [`NAME_BYTES_MAX`] of a name are looked at; a form is 16 bytes.

use alloc::string::String;

use sha2::{Digest, Sha256};
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::skeleton;

/// Longest name that is compared, kept and shown, in bytes (32 characters of four bytes each). A longer one is cut.
pub const NAME_BYTES_MAX: usize = 128;
/// Hexadecimal digits in a row that look like the short form of a key.
const SHORT_DIGITS: usize = 8;
/// Drawn as nothing, though Unicode counts it among the symbols: the Braille pattern without a dot.
const BRAILLE_BLANK: char = '\u{2800}';

/// One way to read a name, as a hash: two names that share one look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form([u8; 16]);

/// What a reader sees of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// How it reads without regard to case: as it is written, and as it is drawn. They differ where a letter is drawn like one that has
    /// another small letter: `KarI` reads like `kari` and like `Karl`, which do not read like each other.
    forms: [Form; 2],
    /// It shows nothing.
    pub(super) blank: bool,
    /// It could be taken for what it is not: letters of several scripts that are not written together, or something like the short form
    /// of a key.
    pub(super) odd: bool,
    /// Of that, the letters.
    pub(super) mixed: bool,
}

impl Look {
    /// Of `name`.
    pub(super) fn of(name: &str) -> Self {
        let written = drawn(&fold(name));
        let as_drawn = drawn(&fold(&drawn(name)));
        let blank = written.is_empty();
        let mixed = !blank && is_mixed(name);
        let odd = mixed || as_drawn.split(|c| !is_like_hex(c)).any(|digits| digits.len() >= SHORT_DIGITS);
        Self { forms: [Form::of(&written), Form::of(&as_drawn)], blank, odd, mixed }
    }

    /// Its forms; none where it shows nothing, which looks like nobody.
    pub(super) fn forms(&self) -> impl Iterator<Item = Form> + use<> {
        let [written, drawn] = self.forms;
        let (blank, differ) = (self.blank, written != drawn);
        [(written, !blank), (drawn, !blank && differ)].into_iter().filter_map(|(form, counts)| counts.then_some(form))
    }

    /// Whether a reader could take one for the other.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.forms().any(|form| other.forms().any(|its| its == form))
    }
}

impl Form {
    fn of(text: &str) -> Self {
        let mut form = [0; 16];
        form.iter_mut().zip(Sha256::digest(text)).for_each(|(place, byte)| *place = byte);
        Self(form)
    }
}

/// `name`, as far as it is looked at.
pub(super) fn cut(name: &str) -> &str {
    name.get(..name.floor_char_boundary(NAME_BYTES_MAX)).unwrap_or(name)
}

/// Without case: by way of the capitals, since some letters share only these.
fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Each character as the one that it is drawn like, without those that are not drawn, and with one space for any run of them.
fn drawn(name: &str) -> String {
    let seen = skeleton(name).filter(|c| !c.is_control() || c.is_whitespace());
    let seen: String = seen.map(|c| if c == BRAILLE_BLANK { ' ' } else { c }).collect();
    let mut words = String::with_capacity(seen.len());
    for word in seen.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// Whether `c`, of a form, is a hexadecimal digit: `0` is in it as `o`, and `1` as `l`.
fn is_like_hex(c: char) -> bool {
    c.is_ascii_hexdigit() || c == 'o' || c == 'l'
}

/// Whether its letters are of several scripts. Latin beside Chinese, Japanese or Korean is how these are written (UTS 39, highly
/// restrictive).
fn is_mixed(name: &str) -> bool {
    let latin = AugmentedScriptSet::for_str("a");
    let is_latin = |c: &char| {
        let mut both = AugmentedScriptSet::from(*c);
        both.intersect_with(latin);
        !both.is_empty()
    };
    let others: String = name.chars().filter(|c| !is_latin(c)).collect();
    let others = AugmentedScriptSet::for_str(&others);
    AugmentedScriptSet::for_str(name).is_empty() && !(others.hanb || others.jpan || others.kore)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_what_a_reader_takes_for_the_same() {
        for (a, b, alike) in [
            ("bob", "bob", true),
            ("bob", "Bob", true),
            ("bob", "BOB", true),
            ("bob", " bob\u{a0}", true),
            ("bob ross", "bob\u{2003}  ross", true),
            ("bob", "b\u{200b}o\u{200d}b\u{feff}", true),
            ("bob", "\u{202e}bob", true),
            ("bob", "bo\u{7}b", true),
            ("bob", "b\u{43e}b", true),             // Cyrillic o
            ("bob", "\u{412}\u{41e}\u{412}", true), // Cyrillic capitals, drawn like BOB
            ("bob", "b0b", true),
            ("bob", "ｂｏｂ", true),
            ("bob", "𝐁𝐨𝐛", true),
            ("bob\u{2800}", "bob", true),
            ("maria", "MARIA", true),
            ("maria", "ＭaｒＩa", true),
            ("paypal", "paypaI", true),
            ("René", "Rene\u{301}", true),
            ("Straße", "STRASSE", true),
            ("modern", "modem", true),
            ("KarI", "Kari", true),
            ("KarI", "Karl", true),
            ("Kari", "Karl", false),
            ("Neil", "Nell", false),
            ("René", "Rene", false),
            ("bob", "bobb", false),
            ("bob", "rob", false),
            ("bob ross", "bobross", false),
            ("", "", false),
            ("", "\u{200b}", false),
        ] {
            assert_eq!(Look::of(a).is_like(&Look::of(b)), alike, "{a:?} {b:?}");
            assert_eq!(Look::of(b).is_like(&Look::of(a)), alike, "{b:?} {a:?}");
        }
    }

    #[test]
    fn blank_and_odd() {
        for (name, blank, mixed, odd) in [
            ("bob", false, false, false),
            ("", true, false, false),
            (" \u{200b}\u{2800}\u{3164}\u{7}", true, false, false),
            ("Борис", false, false, false),
            ("b\u{43e}b", false, true, true),
            ("αlice", false, true, true),
            ("田中 Taro たろう", false, false, false),
            ("phil 🐧 123", false, false, false),
            ("bob deadbee", false, false, false),
            ("bob deadbeef", false, false, true),
            ("bob 0123\u{200b}4567", false, false, true),
            ("bob dead-beef", false, false, false),
        ] {
            let look = Look::of(name);
            assert_eq!((look.blank, look.mixed, look.odd), (blank, mixed, odd), "{name:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let long = "é".repeat(100);
        assert_eq!(cut(&long).len(), NAME_BYTES_MAX);
        assert_eq!(cut(&long[..NAME_BYTES_MAX]).len(), NAME_BYTES_MAX);
        assert_eq!(cut(&alloc::format!("a{long}")).len(), NAME_BYTES_MAX - 1);
        assert_eq!(cut(""), "");
    }
}
