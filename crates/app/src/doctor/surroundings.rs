//! What the terminal and the config file tell. Must not know how they were looked at. Bounds: none.

use super::facts::{ConfigFile, Facts, Terminal};
use super::finding::Finding;

/// Fewer columns or rows leave no room for the terminal UI to be of use (a guess).
const SIZE_MIN: (u16, u16) = (30, 8);

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut findings = facts.terminal.as_ref().map(terminal).unwrap_or_default();
    findings.push(config(&facts.config));
    findings
}

fn terminal(terminal: &Terminal) -> Vec<Finding> {
    let term = terminal.term.as_deref().filter(|term| !term.is_empty()).unwrap_or("not set");
    let size = terminal.size.map(|(columns, rows)| format!(", {columns}x{rows}")).unwrap_or_default();
    let colors = if terminal.colors { "colours" } else { "no colours" };
    let about = format!("TERM is {term}{size}, {colors}");
    let why = match terminal {
        Terminal { suits: true, .. } => None,
        Terminal { stdin: false, .. } => Some("standard input is no terminal"),
        Terminal { stdout: false, .. } => Some("standard output is no terminal"),
        _ => Some("this TERM obeys no escape sequences"),
    };
    let chat = match why {
        None => format!("{about}; chat here is the terminal UI"),
        Some(why) => format!("{about}; chat here is line mode: {why}"),
    };
    let small = terminal.size.filter(|(columns, rows)| *columns < SIZE_MIN.0 || *rows < SIZE_MIN.1);
    let obeys = terminal.suits || !terminal.stdin || !terminal.stdout;
    let mut findings = vec![match small {
        _ if !obeys => {
            Finding::warning("terminal", chat, "set TERM to what the terminal is, for example xterm-256color")
        }
        Some(_) if terminal.suits => Finding::warning("terminal", chat, "make the window larger, or chat with --plain"),
        _ => Finding::ok("terminal", chat),
    }];
    if terminal.stdout {
        findings.push(locale(terminal.locale.as_deref()));
    }
    findings
}

fn locale(locale: Option<&str>) -> Finding {
    let is_utf8 = |name: &str| ["utf-8", "utf8"].iter().any(|end| name.to_ascii_lowercase().contains(end));
    let advice = "what is not ASCII may look wrong: set LANG to a UTF-8 locale, for example C.UTF-8";
    match locale {
        Some(name) if is_utf8(name) => Finding::ok("locale", name),
        Some(name) => Finding::warning("locale", format!("{name} is not UTF-8"), advice),
        None => Finding::warning("locale", "none is set", advice),
    }
}

fn config(file: &ConfigFile) -> Finding {
    match file {
        ConfigFile::Homeless => Finding::ok("config file", "none: there is no home directory to look in"),
        ConfigFile::Missing(path) => {
            Finding::ok("config file", format!("there is no {}: nothing is set", path.display()))
        }
        ConfigFile::Fine(path) => Finding::ok("config file", format!("{} can be used", path.display())),
        ConfigFile::Wrong(what) => Finding::fault(
            "config file",
            what.clone(),
            "until it is mended no peer starts; `whisper config default` prints one that holds",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn terminals() {
        let good = Terminal {
            term: Some("xterm".into()),
            stdin: true,
            stdout: true,
            suits: true,
            colors: true,
            size: Some((80, 24)),
            locale: Some("C.UTF-8".into()),
        };
        let check = |of: Terminal, state: State, has: &str| {
            let finding = terminal(&of).remove(0);
            let text = format!("{}; {}", finding.found, finding.advice);
            assert!(finding.state == state && text.contains(has), "{of:?}: {finding:?}");
        };
        check(good.clone(), State::Ok, "TERM is xterm, 80x24, colours; chat here is the terminal UI");
        check(Terminal { colors: false, ..good.clone() }, State::Ok, "no colours");
        check(Terminal { size: Some((29, 24)), ..good.clone() }, State::Warning, "larger");
        check(Terminal { size: Some((30, 8)), ..good.clone() }, State::Ok, "30x8");
        check(Terminal { size: None, ..good.clone() }, State::Ok, "xterm, colours");
        let line = Terminal { suits: false, ..good };
        check(Terminal { stdin: false, ..line.clone() }, State::Ok, "line mode: standard input is no terminal");
        check(Terminal { stdout: false, ..line.clone() }, State::Ok, "line mode: standard output is no terminal");
        check(
            Terminal { term: None, ..line },
            State::Warning,
            "TERM is not set, 80x24, colours; chat here is line mode",
        );
    }

    #[test]
    fn locales() {
        for (name, state) in [
            (Some("de_DE.UTF-8"), State::Ok),
            (Some("C.utf8"), State::Ok),
            (Some("POSIX"), State::Warning),
            (Some("de_DE.ISO-8859-1"), State::Warning),
            (None, State::Warning),
        ] {
            assert_eq!(locale(name).state, state, "{name:?}");
        }
    }

    #[test]
    fn config_files() {
        for (file, state) in [
            (ConfigFile::Homeless, State::Ok),
            (ConfigFile::Missing("c".into()), State::Ok),
            (ConfigFile::Fine("c".into()), State::Ok),
            (ConfigFile::Wrong("c, line 1: no".into()), State::Fault),
        ] {
            assert_eq!(config(&file).state, state, "{file:?}");
        }
    }
}
