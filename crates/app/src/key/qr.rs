//! A QR code in half blocks, two rows of it in a row of the terminal.
//! Must not know what it says. Bounds: none of its own; a key takes 45 columns and 23 rows.

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

use crate::shown::color::RESET;

/// Black on white of the 256 colours, which themes leave alone: a code in the terminal's own colours would be inverted on a dark one, and
/// not every camera reads that.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
/// White around the code (ISO/IEC 18004: four modules).
const QUIET: usize = 4;

/// A code, ready to be shown.
pub(super) struct Code {
    modules: Vec<Color>,
    side: usize,
}

impl Code {
    /// `None`: that is more than a code can say.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        Some(Self { side: code.width(), modules: code.into_colors() })
    }

    /// Columns that it takes.
    pub(super) fn columns(&self) -> usize {
        self.side + 2 * QUIET
    }

    /// Its lines, each ended.
    pub(super) fn draw(&self) -> String {
        let mut drawn = String::new();
        for y in (0..self.columns()).step_by(2) {
            drawn.push_str(BLACK_ON_WHITE);
            drawn.extend((0..self.columns()).map(|x| match (self.is_dark(x, y), self.is_dark(x, y + 1)) {
                (false, false) => ' ',
                (true, false) => '▀',
                (false, true) => '▄',
                (true, true) => '█',
            }));
            drawn.extend([RESET, "\n"]);
        }
        drawn
    }

    /// Counted from the corner of what is drawn.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < self.side);
        let at = inside(x).zip(inside(y)).map(|(x, y)| y * self.side + x);
        at.and_then(|at| self.modules.get(at)) == Some(&Color::Dark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_drawn_within_a_quiet_zone() {
        let text = format!("whispernet-key:{}", "0123456789abcdef".repeat(4));
        let code = Code::of(&text).unwrap();
        let drawn = code.draw();
        assert_eq!((code.columns(), drawn.lines().count()), (45, 23));
        let mut dark = 0;
        for (row, line) in drawn.lines().enumerate() {
            let cells = line.strip_prefix(BLACK_ON_WHITE).and_then(|line| line.strip_suffix(RESET)).unwrap();
            assert_eq!(cells.chars().count(), code.columns());
            for (column, cell) in cells.chars().enumerate() {
                let quiet = !(2..=20).contains(&row) || !(4..41).contains(&column);
                assert!(!quiet || cell == ' ', "{column}, {row}");
                dark += match cell {
                    '█' => 2,
                    '▀' | '▄' => 1,
                    _ => 0,
                };
            }
        }
        assert_eq!(dark, code.modules.iter().filter(|module| **module == Color::Dark).count());
        // The top left finder pattern: seven dark modules in a row, and one below at either end.
        assert!(drawn.lines().nth(2).unwrap().contains("    █▀▀▀▀▀█ "), "{drawn}");
        assert!(Code::of(&"x".repeat(4_000)).is_none());
    }
}
