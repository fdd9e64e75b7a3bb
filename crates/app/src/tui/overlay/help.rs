//! The text of the help: keys by hand, commands from their table. Must not know how it is shown. Bounds: the table.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::line::show::MARKS;
use crate::slash::COMMANDS;

/// Columns of a key, and of a command with its arguments.
const NAME_COLUMNS: usize = 24;

/// Each key and what it does.
const KEYS: [(&str, &str); 18] = [
    ("Enter", "send"),
    ("Alt-Enter, Ctrl-J", "a new line (Shift-Enter too, where the terminal tells)"),
    ("Tab", "complete a nick, a /command, a path or an :emoji:"),
    ("Up, Down", "what you wrote before"),
    ("Ctrl-R", "search in what you wrote before"),
    ("Ctrl-U, Ctrl-Y", "empty the draft, bring it back"),
    ("Ctrl-X Ctrl-E", "write in your editor ($VISUAL, $EDITOR)"),
    ("PgUp, PgDn", "scroll, back to the first message ever (Ctrl-Up, Ctrl-Down: a row)"),
    ("Home, End", "the first and the newest message, while the draft is empty"),
    ("Alt-Up, Alt-Down", "select a message; then:"),
    ("  r, Enter", "answer it"),
    ("  o", "open its link"),
    ("  c", "copy it"),
    ("  s", "save its file"),
    ("  Space", "show all of a long one, or fold it again"),
    ("F2", "show or hide the list of peers"),
    ("Ctrl-L, Ctrl-Z", "draw anew, suspend"),
    ("Ctrl-C", "empty the draft; with none, stop this peer"),
];

/// Keys, commands and marks.
pub(super) fn lines() -> Vec<Line<'static>> {
    let heading = |text: &'static str| Line::styled(text, Style::new().add_modifier(Modifier::BOLD));
    let entry = |name: &str, help: &str| {
        let gap = NAME_COLUMNS.saturating_sub(name.chars().count()).max(1);
        Line::from(vec![Span::raw(format!("{name}{}", " ".repeat(gap))), Span::raw(help.to_owned())])
    };
    let mut lines = vec![heading("Keys")];
    lines.extend(KEYS.iter().map(|(name, help)| entry(name, help)));
    lines.extend([
        Line::default(),
        heading("Commands"),
        Line::raw("A line that begins with / is a command; // sends a slash."),
    ]);
    lines.extend(COMMANDS.iter().map(|command| entry(&command.usage(), command.help)));
    lines.extend([Line::default(), heading("Marks beside messages")]);
    lines.extend(MARKS.iter().map(|mark| Line::raw(*mark)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_it() {
        let text = lines().iter().map(ToString::to_string).collect::<Vec<_>>();
        for command in &COMMANDS {
            assert!(text.iter().any(|line| line.starts_with(&command.usage()) && line.ends_with(command.help)));
        }
    }
}
