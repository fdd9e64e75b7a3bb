//! From cells to bytes: the one way on which text reaches the terminal. Frames are whole, links are around their cells. Must not know what the cells mean. Bounds: [`COLUMNS_MAX`] and [`ROWS_MAX`].

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::links::{self, Links};

/// Widest frame; what is right of it stays empty. Twice what the widest displays have.
const COLUMNS_MAX: u16 = 1_024;
/// Highest frame.
const ROWS_MAX: u16 = 512;
/// The size of a terminal that does not tell its own.
const SIZE_USUAL: Size = Size { width: 80, height: 24 };

/// The frame is shown when it is whole (<https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036>).
const FRAME_BEGIN: &str = "\x1b[?2026h";
const FRAME_END: &str = "\x1b[?2026l";

/// Where the bytes of whole frames go, and how large it is.
pub(super) trait Outlet {
    /// Writes all of it.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Columns and rows.
    fn size(&self) -> Size;
}

/// What goes with the cells of a frame.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// Where its cells lead.
    pub(super) links: Arc<Links>,
    /// Bytes of our own before them.
    pub(super) before: Vec<u8>,
    /// Bytes of our own after them.
    pub(super) after: Vec<u8>,
}

/// Cells on their way to an outlet. Nothing is written before [`Self::send`].
pub(super) struct Cells<O> {
    outlet: O,
    drawn: Vec<u8>,
    beside: Arc<Mutex<Beside>>,
}

impl<O: Outlet> Cells<O> {
    /// What stands in `beside` when cells are drawn goes with them.
    pub(super) fn new(outlet: O, beside: Arc<Mutex<Beside>>) -> Self {
        Self { outlet, drawn: Vec::new(), beside }
    }

    fn backend(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        CrosstermBackend::new(&mut self.drawn)
    }

    /// Writes what was drawn since the last time, as one frame.
    pub(super) fn send(&mut self) -> io::Result<()> {
        let frame = [FRAME_BEGIN.as_bytes(), &self.drawn, FRAME_END.as_bytes()].concat();
        self.drawn.clear();
        self.outlet.write(&frame)
    }

    /// Writes bytes of our own at once.
    pub(super) fn send_now(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.outlet.write(bytes)
    }

    #[cfg(test)]
    pub(super) fn outlet_mut(&mut self) -> &mut O {
        &mut self.outlet
    }
}

impl<O: Outlet> Backend for Cells<O> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let beside = self.beside.clone();
        let mut beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
        self.drawn.append(&mut beside.before);
        let links = beside.links.clone();
        let cells = content.collect::<Vec<_>>();
        let url = |(x, y, _): &(u16, u16, &Cell)| links.at(*x, *y);
        for run in cells.chunk_by(|one, next| url(one) == url(next)) {
            let url = run.first().and_then(url);
            if let Some(url) = url {
                self.drawn.extend(links::begin(url).bytes());
            }
            self.backend().draw(run.iter().copied())?;
            if url.is_some() {
                self.drawn.extend(links::END.bytes());
            }
        }
        self.drawn.append(&mut beside.after);
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.backend().hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.backend().show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // To ask the terminal would take keys from their reader.
        Err(io::ErrorKind::Unsupported.into())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.backend().set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.backend().clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.backend().clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        let Size { width, height } = self.outlet.size();
        if width == 0 || height == 0 {
            return Ok(SIZE_USUAL);
        }
        Ok(Size { width: width.min(COLUMNS_MAX), height: height.min(ROWS_MAX) })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
