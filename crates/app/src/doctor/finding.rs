//! A finding, and how findings are written: for people in lines, for programs as JSON. Must not know what is checked.
//! Bounds: [`COLUMNS_MAX`], but for a single word that is longer.

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::shown::safe;

/// Widest line, in columns.
const COLUMNS_MAX: usize = 100;
/// Room for the longest state and the space after it, in columns.
const STATE_COLUMNS: usize = 9;
/// Room for the longest name with its colon and the space after it, in columns.
const NAME_COLUMNS: usize = 13;
/// Where what was found begins.
const INDENT: usize = STATE_COLUMNS + NAME_COLUMNS;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it should be.
    Ok,
    /// It may keep the peer from what is wanted of it.
    Warning,
    /// It does.
    Fault,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// What one check found. The text may hold what others wrote: it is made safe where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) name: &'static str,
    /// How grave it is.
    pub(crate) state: State,
    /// What there is.
    pub(crate) found: String,
    /// What to do; may be empty where all is well.
    pub(crate) advice: String,
}

impl Finding {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), advice: String::new() }
    }

    pub(super) fn warning(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Warning, found: found.into(), advice: advice.into() }
    }

    pub(super) fn fault(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Fault, found: found.into(), advice: advice.into() }
    }

    /// The same, with something to know or to do.
    pub(super) fn with(self, advice: impl Into<String>) -> Self {
        Self { advice: advice.into(), ..self }
    }

    fn head(&self) -> String {
        let name = format!("{}:", self.name);
        format!("{:<STATE_COLUMNS$}{name:<NAME_COLUMNS$}", self.state.word())
    }

    fn line(&self) -> String {
        let advice = if self.advice.is_empty() { String::new() } else { format!("; {}", self.advice) };
        safe::line(&format!("{}{}{advice}", self.head(), self.found)).into_owned()
    }

    /// One line where it fits into one; else what to do begins a line of its own.
    fn page(&self) -> String {
        let line = self.line();
        if line.width() <= COLUMNS_MAX {
            return line;
        }
        let stop = if self.advice.is_empty() { "" } else { ";" };
        let found = folded(&safe::line(&format!("{}{stop}", self.found)));
        let rows = found.into_iter().chain(folded(&safe::line(&self.advice)));
        let indent = format!("\n{:INDENT$}", "");
        format!("{}{}", self.head(), rows.collect::<Vec<_>>().join(&indent))
    }
}

/// The words of a text in rows that fit beside the indent.
fn folded(text: &str) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match rows.last_mut() {
            Some(row) if row.width() + 1 + word.width() <= COLUMNS_MAX - INDENT => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows.retain(|row| !row.is_empty());
    rows
}

/// Each finding in one line, however long, safe to show.
pub(crate) fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(Finding::line).collect()
}

/// For a terminal.
pub(super) fn pages(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.page() + "\n").collect()
}

/// For a program: one object in one line.
pub(super) fn json(findings: &[Finding]) -> String {
    safe::json(&serde_json::json!({ "checks": findings }).to_string()) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_where_it_fits() {
        for (finding, expected) in [
            (Finding::ok("peer", "version 1"), "ok       peer:        version 1\n"),
            (Finding::fault("key", "0644", "chmod 600 it"), "fault    key:         0644; chmod 600 it\n"),
            (Finding::warning("config file", "a\u{1b}b\nc", "d"), "warning  config file: a\\u{1b}b\\u{a}c; d\n"),
        ] {
            assert_eq!(pages(&[finding]), expected);
        }
        let long = Finding::warning("port", "found ".repeat(20).trim_end(), "do ".repeat(40).trim_end());
        let page = pages(std::slice::from_ref(&long));
        let rows = page.lines().collect::<Vec<_>>();
        assert_eq!(rows.len(), 4, "{page}");
        assert!(rows.iter().all(|row| row.len() <= COLUMNS_MAX), "{page}");
        assert!(
            rows[1..].iter().all(|row| row.starts_with(&" ".repeat(INDENT))) && rows[2].contains(" do do"),
            "{page}"
        );
        assert_eq!(lines(&[long]).len(), 1);
        let word = Finding::ok("key", "x".repeat(200));
        assert_eq!(pages(&[word]).lines().count(), 1);
    }

    #[test]
    fn json_is_one_line_that_nothing_obeys() {
        let json = json(&[Finding::ok("peer", "a\u{1b}[2J\n")]);
        let expected = r#"{"checks":[{"advice":"","found":"a\u001b[2J\n","name":"peer","state":"ok"}]}"#;
        assert_eq!(json.trim_end(), expected);
        assert_eq!(json.lines().count(), 1);
    }
}
