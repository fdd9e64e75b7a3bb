//! What the rows of a draw have that cells cannot hold: where links lead, where pictures go, which files are not known yet.
//! Must not know how a terminal is told. Bounds: the area drawn.

use ratatui::layout::Rect;

/// What a draw found besides cells. One for each draw: it is added to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// Cells that show a link or a part of it, and the whole of where it leads: `http` or `https`, printable ASCII alone.
    pub(crate) links: Vec<(Rect, String)>,
    /// Where a picture goes, and the SHA-256 of its file in hex. Only those that are on the screen from top to bottom.
    pub(crate) pictures: Vec<(Rect, String)>,
    /// SHA-256 in hex of the files on the screen: somebody tells whether they are kept (`Timeline::file`).
    pub(crate) files: Vec<String>,
}
