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
pub(super) struct Palette {
    pub(super) colors: bool,
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

    /// How its author stands, in one character.
    pub(super) const fn mark(self, trust: Trust) -> (&'static str, Style) {
        match trust {
            Trust::Own | Trust::Pinned => (" ", Style::new()),
            Trust::Verified => ("=", self.fg(Color::Green)),
            Trust::New => ("+", self.fg(Color::Yellow)),
            Trust::Unsigned => ("?", DIM),
            Trust::Changed => ("!", self.alarm()),
        }
    }
}

/// A number of bytes for people, in decimal units.
pub(super) fn bytes(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes / (unit / 10), bytes / unit);
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => {
            let (tenths, whole) = tenths(1_000_000);
            format!("{whole}.{} MB", tenths % 10)
        }
        _ => {
            let (tenths, whole) = tenths(1_000_000_000);
            format!("{whole}.{} GB", tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_words() {
        for (number, words) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (999_999, "999 kB"),
            (1_048_576, "1.0 MB"),
            (12_340_000, "12.3 MB"),
            (1_900_000_000, "1.9 GB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(bytes(number), words);
        }
    }

    #[test]
    fn without_colours_there_are_none() {
        let none = Palette { colors: false };
        let styles =
            [none.alarm(), none.fresh(), none.found(), none.mention(), none.link(), none.mark(Trust::Changed).1];
        for style in styles {
            assert_eq!((style.fg, style.bg), (None, None));
            assert!(!style.add_modifier.is_empty());
        }
    }
}
