//! Text as people count it. Must not know what it says. Bounds: the caller's.

use unicode_segmentation::UnicodeSegmentation;

/// Longest nick, in grapheme clusters.
pub const NICK_GRAPHEMES_MAX: usize = 32;

/// The grapheme clusters of `text` (UAX 29): what a person takes for one character.
pub fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    text.graphemes(true)
}
