//! A QR code as the path of an SVG.
//! Must not know what it says. Bounds: none of its own; a key takes 37 modules a side.

use std::fmt::Write as _;

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

/// White around the code (ISO/IEC 18004: four modules).
const QUIET: usize = 4;

/// A code, ready to be drawn.
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
        for (at, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            // Writing to a String does not fail.
            let _ = write!(path, "M{} {}h1v1h-1z", at % side + QUIET, at / side + QUIET);
        }
        Some(Self { side: side + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_a_square() {
        let code = Code::of(&format!("whispernet-key:{}", "0123456789abcdef".repeat(4))).expect("it fits");
        assert_eq!(code.side, 45);
        assert!(code.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"), "the corner of the finder pattern");
        assert!(code.path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -".contains(&byte)));
        assert!(Code::of(&"x".repeat(4_000)).is_none());
    }
}
