//! Whether colours may be used, and which one an author gets.
//! Must not know what is said. Bounds: twelve colours; none carries a meaning that words do not.

use std::env;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Ends every style.
pub(crate) const RESET: &str = "\x1b[0m";
/// For what is beside the point: times, and what was said earlier.
pub(crate) const DIM: &str = "\x1b[2m";
/// For what is as it should be.
pub(crate) const GREEN: &str = "\x1b[32m";
/// For what deserves a look.
pub(crate) const YELLOW: &str = "\x1b[33m";
/// For what may be a deception.
pub(crate) const ALARM: &str = "\x1b[1;31m";

/// The ANSI colours that are told apart from text and background on dark and light terminals alike: all but the four
/// shades of grey.
const AUTHORS: [&str; 12] = [
    "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[35m", "\x1b[36m", "\x1b[91m", "\x1b[92m", "\x1b[93m",
    "\x1b[94m", "\x1b[95m", "\x1b[96m",
];

/// Whether the environment allows colours on a terminal (<https://no-color.org>).
pub(crate) fn allowed() -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_color && env::var_os("TERM").is_some_and(|term| term != "dumb" && !term.is_empty())
}

/// The colour of an author: the same for the same key, or where there is none the same nick and address, for as long as the program runs.
pub(crate) fn author(key: Option<&str>, nick: &str, addr: &str) -> &'static str {
    AUTHORS[author_number(key, nick, addr)]
}

/// Which of the colours it is: from 0, red to cyan, then the same in bright.
pub(crate) fn author_number(key: Option<&str>, nick: &str, addr: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    match key {
        Some(key) => key.hash(&mut hasher),
        None => (nick, addr).hash(&mut hasher),
    }
    let len = AUTHORS.len() as u64;
    usize::try_from(hasher.finish() % len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn authors_keep_their_colour_and_use_them_all() {
        assert_eq!(author(None, "phil", "10.0.0.7:55555"), author(None, "phil", "10.0.0.7:55555"));
        assert_eq!(author(Some("0a"), "phil", "10.0.0.7:55555"), author(Some("0a"), "bob", "10.0.0.8:55555"));
        let by_addr = (0..200).map(|port| author(None, "phil", &format!("10.0.0.7:{port}"))).collect::<BTreeSet<_>>();
        let by_key = (0..200).map(|key| author(Some(&format!("{key:x}")), "phil", "")).collect::<BTreeSet<_>>();
        assert_eq!((by_addr.len(), by_key.len()), (AUTHORS.len(), AUTHORS.len()));
    }
}
