//! What no lint knows: who may import whom, how long a file may get, what a test must not do.
//! Must not know what the code means: it reads lines. Bounds: the constants below; change them where the design changes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file, in lines.
const LINES_MAX: usize = 500;

/// All that core may stand on: nothing that does I/O, keeps time or makes randomness.
const CORE_DEPENDENCIES: &[&str] = &[
    "arrayvec",
    "data-encoding",
    "ed25519-dalek",
    "rand_chacha",
    "serde",
    "serde_json",
    "sha2",
    "siphasher",
    "thiserror",
    "unicode-security",
    "unicode-segmentation",
];

/// Which crates a crate must not depend on. The lab starts the binary from outside.
const WALLS: &[(&str, &[&str])] = &[
    ("core", &["whispernet-node", "whispernet-lab", "whisper"]),
    ("node", &["whispernet-lab", "whisper"]),
    ("app", &["whispernet-core", "whispernet-lab"]),
    ("lab", &["whispernet-node", "whisper"]),
];

/// What a crate may use in its tests alone: the binary is tested with the lab's instruments.
const FOR_TESTS: (&str, &str) = ("app", "whispernet-lab");

/// Modules of core that decide something each: `node` composes them, and they do not know one another.
const POLICIES: &[&str] = &["codec", "dial", "flood", "identity", "log", "seen", "trust"];

/// What a policy may take from another one: a plain value, which decides nothing.
const PLAIN_VALUES: &[&str] = &["crate::identity::PublicKey"];

/// Words that no source may hold, each in two parts so that this one does not.
const BANNED: &[(&str, &str)] = &[("TO", "DO"), ("FIX", "ME"), ("#[", "ignore")];

/// Waiting in a test for a time instead of for what it waits for.
const SLEEPS: &[&str] = &["thread::sleep", "time::sleep"];

struct Source {
    /// From the folder `crates`.
    path: PathBuf,
    text: String,
}

impl Source {
    /// Its lines of code before its unit tests, each with its number, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests"));
        let end = if self.path.ends_with("tests.rs") { 0 } else { tests.unwrap_or(lines.len()) };
        lines.into_iter().enumerate().take(end).filter_map(|(at, line)| {
            let code = line.split(" //").next().unwrap_or_default();
            (!code.trim_start().starts_with("//")).then_some((at + 1, code))
        })
    }

    /// Whether it is one of an integration test.
    fn is_test(&self) -> bool {
        self.path.iter().nth(1).is_some_and(|folder| folder == "tests")
    }

    /// The module of core's root that it belongs to.
    fn core_module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("core/src").ok()?;
        Path::new(inside.iter().next()?).file_stem()?.to_str()
    }
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![crates()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of sources can be read") {
            let path = entry.expect("a folder of sources can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source is UTF-8");
                let path = path.strip_prefix(crates()).expect("found there").to_owned();
                sources.push(Source { path, text });
            }
        }
    }
    assert!(sources.len() > 10, "the sources are not where this test looks");
    sources
}

/// The names under `[dependencies]` of a crate; with `all`, those for tests and builds too.
fn dependencies(folder: &str, all: bool) -> Vec<String> {
    let manifest = fs::read_to_string(crates().join(folder).join("Cargo.toml")).expect("a crate has a manifest");
    let mut section = "";
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section == "[dependencies]" || (all && section.ends_with("dependencies]")) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if !name.is_empty() && !name.starts_with('#') {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Whether `path` stands in `code` as a path of its own (`std::` in `x = std::env`, but not in `mystd::env`).
fn names(code: &str, path: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(path).any(|(at, _)| {
        !code[..at].ends_with(goes_on) && !code[at + path.len()..].starts_with(|c| !path.ends_with(':') && goes_on(c))
    })
}

/// Fails with one line for each of the `faults`.
#[track_caller]
fn check(rule: &str, faults: &[String]) {
    let list = faults.iter().fold(String::new(), |mut list, fault| {
        let _ = write!(list, "\n  {fault}");
        list
    });
    assert!(faults.is_empty(), "{rule}:{list}");
}

/// One fault for each line of code that `is_fault` finds one in.
fn faulty_lines(sources: &[Source], is_fault: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        for (number, code) in source.code().filter(|(_, code)| is_fault(source, code)) {
            faults.push(format!("crates/{}:{number}: {}", source.path.display(), code.trim()));
        }
    }
    faults
}

#[test]
fn a_file_is_one_idea() {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > LINES_MAX).then(|| format!("crates/{}: {lines}", source.path.display()))
    };
    check(&format!("files over {LINES_MAX} lines"), &sources().iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn crates_keep_to_their_walls() {
    let sources = sources();
    let mut faults = Vec::new();
    for (folder, forbidden) in WALLS {
        let for_tests = |name: &str| FOR_TESTS == (*folder, name);
        let listed = |name: &&&str| dependencies(folder, !for_tests(name)).contains(&(**name).to_owned());
        faults.extend(forbidden.iter().filter(listed).map(|name| format!("{folder} lists {name}")));
        faults.extend(faulty_lines(&sources, |source, code| {
            let path = |name: &str| format!("{}::", name.replace('-', "_"));
            let walled = |name: &&&str| !(source.is_test() && for_tests(name));
            source.path.starts_with(folder) && forbidden.iter().filter(walled).any(|name| names(code, &path(name)))
        }));
    }
    check("crates that reach through a wall", &faults);
}

#[test]
fn core_stands_on_little() {
    let mut listed = dependencies("core", false);
    listed.sort();
    assert_eq!(listed, CORE_DEPENDENCIES, "the dependencies of core");
    check(
        "core uses std",
        &faulty_lines(&sources(), |source, code| source.path.starts_with("core/src") && names(code, "std::")),
    );
    let root = fs::read_to_string(crates().join("core/src/lib.rs")).expect("core has a root");
    assert!(root.contains("no_std"), "core is no_std");
}

#[test]
fn policies_do_not_know_one_another() {
    let faults = faulty_lines(&sources(), |source, code| {
        let Some(own) = source.core_module().filter(|module| POLICIES.contains(module)) else {
            return false;
        };
        let code = PLAIN_VALUES.iter().fold(code.to_owned(), |code, value| code.replace(&format!("{value};"), ""));
        let imports = code.trim_start().starts_with("use crate::{");
        let reaches = |path: String| names(&code, &path);
        POLICIES.iter().filter(|other| **other != own).any(|other| {
            reaches(format!("crate::{other}"))
                || reaches(format!("super::{other}"))
                || (imports && reaches(format!("{other}::")))
        })
    });
    check("policies of core that import another one", &faults);
}

#[test]
fn nothing_is_left_for_later() {
    let mut faults = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if BANNED.iter().any(|(head, tail)| line.contains(&format!("{head}{tail}"))) {
                faults.push(format!("crates/{}:{}: {}", source.path.display(), number + 1, line.trim()));
            }
        }
    }
    check("work put off, or a test switched off", &faults);
}

#[test]
fn tests_wait_for_events() {
    let faults = faulty_lines(&sources(), |source, code| {
        source.is_test() && !source.path.ends_with("tidy.rs") && SLEEPS.iter().any(|sleep| names(code, sleep))
    });
    check("tests that sleep", &faults);
}
