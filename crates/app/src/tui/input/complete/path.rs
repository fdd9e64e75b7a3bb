//! Paths of files, read from the folder that was begun, and names of files that were sent. Must not know what a file is for.
//! Bounds: [`ENTRIES_READ_MAX`] names read, as many kept as are candidates of a word.

use std::fs;
use std::path::{Path, PathBuf};

use super::{CANDIDATES_MAX, Candidate, Found, Item, begins, word};
use crate::shown::safe;

/// Names of a folder that are looked at: a bound on the time that a key takes (a guess).
const ENTRIES_READ_MAX: usize = 4_096;

/// What the path that begins at `start` can be completed to.
pub(super) fn complete(start: usize, typed: &str, home: Option<PathBuf>) -> Option<Found> {
    let says = word::read(typed).says;
    // In quotes it is not the home directory: a folder of that name is rare enough to be left to its user.
    if says.starts_with('~') && !typed.starts_with('~') {
        return None;
    }
    let (folder, begun) = match says.rfind('/') {
        Some(slash) => says.split_at(slash + 1),
        None if says == "~" => ("~/", ""),
        None => ("", says.as_str()),
    };
    let opened = match folder.strip_prefix("~/") {
        Some(below) => home?.join(below),
        None if folder.is_empty() => PathBuf::from("."),
        None => PathBuf::from(folder),
    };
    let mut names = entries(&opened, begun);
    // At the beginning of a word these mean something else.
    names.retain(|(_, name)| !folder.is_empty() || !(name.starts_with('~') || name.starts_with("file:")));
    let candidate = |(is_folder, name): &(bool, String)| {
        let path = word::escaped(&format!("{folder}{name}"));
        // One goes on in a folder.
        let (text, inserted) = match is_folder {
            true => (format!("{name}/"), format!("{path}/")),
            false => (name.clone(), format!("{path} ")),
        };
        Candidate { item: Item { text, help: String::new() }, inserted }
    };
    let paths = names.iter().map(|(_, name)| format!("{folder}{name}")).collect::<Vec<_>>();
    let mut found = Found::new(start, &says, &paths, names.iter().map(candidate).collect())?;
    // Unlike a nick's, a path's letters have to be what they are in all of them.
    found.common = found.common.filter(|common| paths.iter().all(|path| path.starts_with(common)));
    found.common = found.common.map(|common| word::escaped(&common));
    Some(found)
}

/// What the name of a file that was sent, which begins at `start`, can be completed to.
pub(super) fn sent(start: usize, typed: &str, files: &[String]) -> Option<Found> {
    let says = word::read(typed).says;
    let is_offered = |file: &&String| begins(file, &says) && safe::line(file) == file.as_str();
    let names = files.iter().filter(is_offered).take(CANDIDATES_MAX).cloned().collect::<Vec<_>>();
    let candidate = |name: &String| Candidate {
        item: Item { text: name.clone(), help: String::new() },
        inserted: format!("{} ", word::escaped(name)),
    };
    let mut found = Found::new(start, &says, &names, names.iter().map(candidate).collect())?;
    found.common = found.common.map(|common| word::escaped(&common));
    Some(found)
}

/// The names in a folder that begin so, in order, and which of them are folders. Hidden ones only after a dot.
fn entries(folder: &Path, begun: &str) -> Vec<(bool, String)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names = entries
        .take(ENTRIES_READ_MAX)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(begun) && (begun.starts_with('.') || !name.starts_with('.')))
        // What cannot be seen as it is is not offered.
        .filter(|name| safe::line(name) == name.as_str())
        .collect::<Vec<_>>();
    names.sort();
    names.truncate(CANDIDATES_MAX);
    let told = |name: String| (folder.join(&name).is_dir(), name);
    names.into_iter().map(told).collect()
}
