//! A QR code as the path of an SVG.
//! Must not know what it says. Bounds: none of its own; a key takes 37 modules a side.

use std::fmt::Write as _;

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};
use serde::Serialize;

/// White around the code (ISO/IEC 18004: four modules).
const QUIET: usize = 4;

/// A code, ready to be drawn.
#[derive(Serialize)]
pub(super) struct Code {
    /// With the white around it, in modules.
    pub(super) side: usize,
    /// What is black.
    pub(super) path: String,
}

impl Code {
    /// `None`: that is more than a code can say.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let side = code.width();
        let mut path = String::new();
        for (y, row) in code.to_colors().chunks(side.max(1)).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    // Writing to a String does not fail.
                    let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET, length = run.len());
                }
                x += run.len();
            }
        }
        Some(Self { side: side + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dark_modules_stand_in_rows() {
        let text = format!("whispernet-key:{}", "0123456789abcdef".repeat(4));
        let code = Code::of(&text).expect("it fits");
        assert_eq!(code.side, 45);
        assert!(code.path.starts_with("M4 4h7v1h-7z"), "the corner of the finder pattern");
        let runs =
            code.path.split('h').skip(1).step_by(2).filter_map(|run| run.split('v').next()?.parse::<usize>().ok());
        let colors = QrCode::with_error_correction_level(&text, EcLevel::M).expect("it fits").into_colors();
        assert_eq!(runs.sum::<usize>(), colors.iter().filter(|color| **color == Color::Dark).count());
        assert!(code.path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -".contains(&byte)));
        assert!(Code::of(&"x".repeat(4_000)).is_none());
    }
}
