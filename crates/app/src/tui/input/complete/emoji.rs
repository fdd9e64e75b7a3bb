//! `:shortcodes:` of emoji. Must not know who is around. Bounds: those of the table that the crate emojis has.

use super::{CANDIDATES_MAX, Candidate, Found, Item};
use crate::shown::safe;

/// What the shortcode that ends where `left` does can be completed to.
pub(super) fn complete(left: &str) -> Option<Found> {
    let (start, typed) = shortcode(left)?;
    let mut matching = emojis::iter()
        .filter_map(|emoji| Some((emoji.shortcodes().find(|code| code.starts_with(typed))?, emoji.as_str())))
        // A few flags are made of invisible characters, which nobody would be shown as they are.
        .filter(|(_, emoji)| safe::line(emoji) == *emoji)
        .collect::<Vec<_>>();
    // The shortest is the nearest to what is typed.
    matching.sort_by_key(|(code, _)| (code.len(), *code));
    matching.truncate(CANDIDATES_MAX);
    let names = matching.iter().map(|(code, _)| (*code).to_owned()).collect::<Vec<_>>();
    let candidate = |(code, emoji): &(&str, &str)| Candidate {
        item: Item { text: format!("{emoji} :{code}:"), help: String::new() },
        inserted: (*emoji).to_owned(),
    };
    let mut found = Found::new(start, typed, &names, matching.iter().map(candidate).collect())?;
    found.common = found.common.map(|common| format!(":{common}"));
    Some(found)
}

/// The emoji whose shortcode `left` ends with, and where that begins.
pub(in super::super) fn closed(left: &str) -> Option<(usize, &'static str)> {
    let (start, code) = shortcode(left.strip_suffix(':')?)?;
    let emoji = emojis::get_by_shortcode(code)?.as_str();
    (safe::line(emoji) == emoji).then_some((start, emoji))
}

/// The beginning of a shortcode that `left` ends with, without its colon, and where the colon is.
/// None of it stands in a time, an address or a link.
fn shortcode(left: &str) -> Option<(usize, &str)> {
    let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '+' | '-');
    let (before, code) = left.rsplit_once(':').filter(|(_, code)| !code.is_empty() && code.chars().all(is_code))?;
    let may_follow = |c: char| c.is_whitespace() || "([{\"'*_~>".contains(c) || !(c.is_ascii() || c.is_alphanumeric());
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    (before.chars().next_back().is_none_or(may_follow) && !word.contains("://")).then_some((before.len(), code))
}
