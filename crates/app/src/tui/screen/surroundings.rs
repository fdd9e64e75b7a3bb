//! What the environment tells of the terminal: whether it can show a screen at all, links, pictures, and whether tmux stands between.
//! Must not know how any of that is written. Bounds: it asks the environment once, and the terminal nothing.

use std::env;
use std::io::{self, IsTerminal as _};

/// The first VTE that shows OSC 8 without faults: 0.50 knew it, but some releases of it crashed.
const VTE_LINKS_MIN: u32 = 5_001;

/// Terminals that obey no escape sequence: the kinds that call themselves so in `TERM`.
const DUMB: [&str; 3] = ["", "dumb", "unknown"];
/// Kinds of `TERM`, by their beginnings, that show what they do not know of OSC, or are known not to have links.
const WITHOUT_LINKS: [&str; 8] = ["linux", "vt", "cons", "eterm", "sun", "ansi", "screen", "rxvt"];
/// Programs, as they call themselves in `TERM_PROGRAM`, that show pictures the way of iTerm2.
const ITERM_PROGRAMS: [&str; 5] = ["iTerm.app", "WezTerm", "mintty", "rio", "WarpTerminal"];

/// What is known of the terminal before it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// OSC 8 is shown, or at least ignored.
    pub(super) links: bool,
    /// tmux reads what we write, and passes on what is wrapped for it.
    pub(super) tmux: bool,
    /// Pictures are shown the way of iTerm2.
    pub(super) iterm: bool,
    /// What it answers about the graphics of kitty and about sixels is true.
    pub(super) answers_hold: bool,
    /// Colours may be given as red, green and blue.
    pub(super) true_color: bool,
    /// There are more than a few colours, and characters beyond one code page.
    pub(super) half_blocks: bool,
}

impl Surroundings {
    /// As the environment is now.
    pub(super) fn now() -> Self {
        Self::of(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is = |name: &str, wanted: &str| variable(name).is_some_and(|value| value == wanted);
        let term = variable("TERM").unwrap_or_default().to_ascii_lowercase();
        let program = variable("TERM_PROGRAM").unwrap_or_default();
        let tmux = variable("TMUX").is_some() || term.starts_with("tmux") || program == "tmux";
        let vte = variable("VTE_VERSION").and_then(|version| version.parse::<u32>().ok());
        let without = WITHOUT_LINKS.iter().any(|kind| term.starts_with(kind)) && !tmux;
        let old_vte = vte.is_some_and(|version| version < VTE_LINKS_MIN);
        let wezterm = program == "WezTerm" || variable("WEZTERM_EXECUTABLE").is_some();
        let konsole = variable("KONSOLE_VERSION").is_some();
        Self {
            links: !(without || old_vte || program == "Apple_Terminal" || variable("INSIDE_EMACS").is_some()),
            tmux,
            iterm: !tmux && (ITERM_PROGRAMS.contains(&program.as_str()) || is("LC_TERMINAL", "iTerm2") || wezterm),
            answers_hold: !wezterm && !konsole,
            true_color: is("COLORTERM", "truecolor") || is("COLORTERM", "24bit") || term.ends_with("-direct"),
            half_blocks: !["linux", "vt", "cons"].iter().any(|kind| term.starts_with(kind)),
        }
    }
}

/// Whether there is a terminal that a screen can be drawn on: standard input and output are one, and it obeys.
/// Where it is not so, line mode is what suits.
pub(crate) fn suits() -> bool {
    let obeys = obeys(env::var("TERM").ok().as_deref());
    obeys && io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn obeys(term: Option<&str>) -> bool {
    term.is_some_and(|term| !DUMB.contains(&term.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings::of(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_terminal_that_does_not_obey_gets_line_mode() {
        for (term, expected) in [
            (None, false),
            (Some(""), false),
            (Some("dumb"), false),
            (Some("DUMB"), false),
            (Some("linux"), true),
            (Some("xterm-256color"), true),
        ] {
            assert_eq!(obeys(term), expected, "of {term:?}");
        }
    }

    #[test]
    fn links_are_written_where_they_are_likely_to_be_read() {
        let check = |variables: &[(&str, &str)], expected| {
            assert_eq!(of(variables).links, expected, "of {variables:?}");
        };
        check(&[("TERM", "xterm-256color")], true);
        check(&[("TERM", "xterm-kitty")], true);
        check(&[("TERM", "linux")], false);
        check(&[("TERM", "vt220")], false);
        check(&[("TERM", "screen.xterm-256color")], false);
        check(&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")], true);
        check(&[("TERM", "tmux-256color")], true);
        check(&[("TERM", "xterm-256color"), ("VTE_VERSION", "5000")], false);
        check(&[("TERM", "xterm-256color"), ("VTE_VERSION", "5001")], true);
        check(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")], false);
        check(&[("TERM", "xterm-256color"), ("INSIDE_EMACS", "29.1,comint")], false);
    }

    #[test]
    fn pictures_follow_what_the_program_is() {
        let check = |variables: &[(&str, &str)], iterm, answers_hold| {
            let found = of(variables);
            assert_eq!((found.iterm, found.answers_hold), (iterm, answers_hold), "of {variables:?}");
        };
        check(&[("TERM", "xterm-256color")], false, true);
        check(&[("TERM_PROGRAM", "iTerm.app")], true, true);
        check(&[("TERM_PROGRAM", "WezTerm")], true, false);
        check(&[("KONSOLE_VERSION", "230401")], false, false);
        check(&[("LC_TERMINAL", "iTerm2"), ("TMUX", "x")], false, true);
    }
}
