//! Friendly nicks for who has none, and which nicks other peers take. Must not know where a nick is used.
//! Bounds: 32 graphemes, the core's.

use whispernet_core::node::NICK_GRAPHEMES_MAX;
use whispernet_core::text::graphemes;

const QUALITIES: [&str; 32] = [
    "amber", "brave", "brisk", "calm", "clever", "cosy", "curious", "deft", "eager", "early", "fair", "fond", "gentle",
    "glad", "hardy", "jolly", "keen", "kind", "lively", "lucky", "mellow", "merry", "nimble", "patient", "plucky",
    "quick", "quiet", "sunny", "swift", "tidy", "witty", "zesty",
];
const ANIMALS: [&str; 32] = [
    "badger", "beaver", "bison", "crane", "dormouse", "eider", "falcon", "finch", "gecko", "gopher", "hare", "heron",
    "ibex", "jackdaw", "kestrel", "lark", "lynx", "marmot", "marten", "newt", "otter", "owl", "panda", "plover",
    "puffin", "raven", "robin", "seal", "stoat", "swan", "vole", "wren",
];

/// A nick from random bytes: 102,400 of them.
pub(crate) fn generated(random: [u8; 4]) -> String {
    let [quality, animal, high, low] = random;
    let pick = |words: [&'static str; 32], byte: u8| words.get(usize::from(byte % 32)).copied().unwrap_or("quiet");
    let number = u16::from_le_bytes([high, low]) % 100;
    format!("{}-{}-{number}", pick(QUALITIES, quality), pick(ANIMALS, animal))
}

/// Whether other peers would take it and people could read it.
pub(crate) fn is_fit(nick: &str) -> bool {
    let length = graphemes(nick).take(NICK_GRAPHEMES_MAX + 1).count();
    (1..=NICK_GRAPHEMES_MAX).contains(&length) && nick.trim() == nick && !nick.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_ones_are_fit() {
        for n in 0..=255 {
            assert!(is_fit(&generated([n, n.wrapping_mul(3), n, 255])));
        }
    }

    #[test]
    fn what_is_fit() {
        for (nick, fit) in [
            ("phil", true),
            ("Zoë 🦫", true),
            (&"é".repeat(32), true),
            (&"é".repeat(33), false),
            ("", false),
            (" a", false),
            ("a\n", false),
            ("a\u{1b}b", false),
        ] {
            assert_eq!(is_fit(nick), fit, "{nick:?}");
        }
    }
}
