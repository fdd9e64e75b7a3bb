//! Names of people: in what is said, and as WHO of a command. Must not know whose they are: anybody may take any name.
//! Bounds: as many as are candidates of a word; [`WORDS_MAX`] of a name that was begun.

use super::{CANDIDATES_MAX, Candidate, Found, Item, begins};
use crate::shown::safe;

/// Words of a name that may stand there when it is completed (a guess).
const WORDS_MAX: usize = 4;

/// What the nick that ends where `left` does can be completed to.
pub(super) fn mention(left: &str, nicks: &[String]) -> Option<Found> {
    let nicks = distinct(nicks.iter().map(|nick| safe::nick(nick)));
    let line_start = left.rfind('\n').map_or(0, |at| at + 1);
    let line = &left[line_start..];
    let begins_word = |(at, c): (usize, char)| c.is_whitespace().then_some(line_start + at + c.len_utf8());
    // A name of several words is known by the first of them, so the longest beginning is tried first.
    let mut starts = line.char_indices().rev().filter_map(begins_word).take(WORDS_MAX).collect::<Vec<_>>();
    if starts.len() < WORDS_MAX {
        starts.push(line_start);
    }
    starts.iter().rev().find_map(|start| {
        let typed = &left[*start..];
        // A slash would make it a command.
        let fits = |nick: &&String| begins(nick, typed) && !(*start == 0 && nick.starts_with('/'));
        let matching = nicks.iter().filter(fits).cloned().collect::<Vec<_>>();
        let end = if *start == line_start { ": " } else { " " };
        let candidate = |nick: &String| Candidate { item: item(nick), inserted: format!("{nick}{end}") };
        Found::new(*start, typed, &matching, matching.iter().map(candidate).collect())
    })
}

/// What the WHO that begins at `start` can be completed to. `typed` may begin with a quote.
pub(super) fn who(start: usize, typed: &str, persons: &[String]) -> Option<Found> {
    let is_quoted = typed.starts_with('"');
    let typed = typed.strip_prefix('"').unwrap_or(typed);
    // What cannot be read as it was written, or cannot be seen, is no use as an argument.
    let is_plain = |who: &String| safe::line(who) == who.as_str() && who.trim() == who && !who.contains('"');
    let matching = distinct(persons.iter().filter(|who| is_plain(who) && begins(who, typed)).cloned());
    let needs_quotes = |who: &str| is_quoted || who.contains(char::is_whitespace);
    let candidate = |who: &String| {
        let inserted = if needs_quotes(who) { format!("\"{who}\" ") } else { format!("{who} ") };
        Candidate { item: item(who), inserted }
    };
    let mut found = Found::new(start, typed, &matching, matching.iter().map(candidate).collect())?;
    found.common = found.common.map(|common| if needs_quotes(&common) { format!("\"{common}") } else { common });
    Some(found)
}

fn item(name: &str) -> Item {
    Item { text: name.to_owned(), help: String::new() }
}

/// The first of each, in their order, without empty ones.
fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct = Vec::new();
    for name in names.filter(|name| !name.is_empty()) {
        if distinct.len() == CANDIDATES_MAX {
            break;
        }
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}
