//! How each kind of text looks: the sixteen colours of the terminal's own theme, bold, dim, reversed and underlined.
//! Must not know where it stands. Bounds: none; where colours are off the rest remains, and no colour says what words or marks do not.

use ratatui::style::{Color, Modifier, Style};
use whispernet_node::event::{Level, Message, Trust};

use crate::shown::color;

/// In the order of `color::author_number`.
const AUTHORS: [Color; 12] = [
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
];

/// For what is beside the point: times, and what was said earlier.
pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
/// For the mark of what is selected.
pub(super) const SELECTED: Style = Style::new().add_modifier(Modifier::REVERSED);

/// Which styles there are.
#[derive(Clone, Copy, Debug)]
pub(in crate::tui) struct Palette {
    pub(in crate::tui) colors: bool,
}

impl Palette {
    const fn fg(self, color: Color) -> Style {
        if self.colors { Style::new().fg(color) } else { Style::new() }
    }

    /// For what may be a deception, or did not work.
    pub(super) const fn alarm(self) -> Style {
        self.fg(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// For the row above what is new.
    pub(super) const fn fresh(self) -> Style {
        self.fg(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// For a text that was searched for.
    pub(super) const fn found(self) -> Style {
        if self.colors {
            Style::new().fg(Color::Black).bg(Color::Yellow)
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        }
    }

    /// For the user's own nick in the words of others.
    pub(super) const fn mention(self) -> Style {
        self.fg(Color::Yellow).add_modifier(Modifier::BOLD).add_modifier(Modifier::REVERSED)
    }

    pub(super) const fn link(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    pub(super) const fn note(self, level: Level) -> Style {
        match level {
            Level::Info => DIM,
            Level::Warn => self.fg(Color::Yellow),
            Level::Error => self.alarm(),
        }
    }

    /// The name of an author.
    pub(super) fn author(self, message: &Message, is_own: bool) -> Style {
        let key = message.about.key.as_deref();
        let number = color::author_number(key, &message.nick, &message.addr);
        let style = self.fg(AUTHORS.get(number).copied().unwrap_or(Color::Reset));
        if is_own { style.add_modifier(Modifier::BOLD) } else { style }
    }

    /// The mark of an author's standing.
    pub(in crate::tui) const fn trust(self, trust: Trust) -> Style {
        match trust {
            Trust::Own | Trust::Pinned => Style::new(),
            Trust::Verified => self.fg(Color::Green),
            Trust::New => self.fg(Color::Yellow),
            Trust::Unsigned => DIM,
            Trust::Changed => self.alarm(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_there_are_none() {
        let none = Palette { colors: false };
        let styles =
            [none.alarm(), none.fresh(), none.found(), none.mention(), none.link(), none.trust(Trust::Changed)];
        for style in styles {
            assert_eq!((style.fg, style.bg), (None, None));
            assert!(!style.add_modifier.is_empty());
        }
    }
}
