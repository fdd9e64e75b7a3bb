//! Paths of files, read from the folder that was begun. Must not know what the file is for.
//! Bounds: [`ENTRIES_READ_MAX`] names read, as many kept as are candidates of a word.

use std::fs;
use std::path::{Path, PathBuf};

use super::{CANDIDATES_MAX, Candidate, Found, Item};
use crate::shown::safe;

/// Names of a folder that are looked at: a bound on the time that a key takes (a guess).
const ENTRIES_READ_MAX: usize = 4_096;

/// What the path that begins at `start` can be completed to. `typed` may begin with a quote; `is_last`: nothing follows it in the line.
pub(super) fn complete(start: usize, typed: &str, is_last: bool, home: Option<PathBuf>) -> Option<Found> {
    let is_quoted = typed.starts_with('"');
    let typed = typed.strip_prefix('"').unwrap_or(typed);
    let (folder, begun) = match typed.rfind('/') {
        Some(slash) => typed.split_at(slash + 1),
        None if typed == "~" => ("~/", ""),
        None => ("", typed),
    };
    let names = entries(&opened(folder, home)?, begun);
    let needs_quotes =
        |path: &str| is_quoted || path.trim() != path || (!is_last && path.contains(char::is_whitespace));
    let candidate = |(is_folder, name): &(bool, String)| {
        let path = format!("{folder}{name}");
        let (open, close) = if needs_quotes(&path) { ("\"", "\"") } else { ("", "") };
        let inserted = match (is_folder, is_last) {
            // One goes on in a folder.
            (true, _) => format!("{open}{path}/"),
            (false, true) => format!("{open}{path}{close}"),
            (false, false) => format!("{open}{path}{close} "),
        };
        let text = if *is_folder { format!("{name}/") } else { name.clone() };
        Candidate { item: Item { text, help: String::new() }, inserted }
    };
    let paths = names.iter().map(|(_, name)| format!("{folder}{name}")).collect::<Vec<_>>();
    let mut found = Found::new(start, typed, &paths, names.iter().map(candidate).collect())?;
    // Unlike a nick's, a path's letters have to be what they are in all of them.
    let is_shared = |common: &String| paths.iter().all(|path| path.starts_with(common));
    found.common = found.common.filter(is_shared);
    found.common = found.common.map(|common| if needs_quotes(&common) { format!("\"{common}") } else { common });
    Some(found)
}

/// The folder that is meant.
fn opened(folder: &str, home: Option<PathBuf>) -> Option<PathBuf> {
    match folder.strip_prefix("~/") {
        Some(below) => Some(home?.join(below)),
        None if folder.is_empty() => Some(PathBuf::from(".")),
        None => Some(PathBuf::from(folder)),
    }
}

/// The names in a folder that begin so, in order, and which of them are folders. Hidden ones only after a dot.
fn entries(folder: &Path, begun: &str) -> Vec<(bool, String)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names = entries
        .take(ENTRIES_READ_MAX)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(begun) && (begun.starts_with('.') || !name.starts_with('.')))
        // What cannot be seen as it is, or not be written, is not offered.
        .filter(|name| safe::line(name) == name.as_str() && !name.contains('"'))
        .collect::<Vec<_>>();
    names.sort();
    names.truncate(CANDIDATES_MAX);
    let told = |name: String| (folder.join(&name).is_dir(), name);
    names.into_iter().map(told).collect()
}
