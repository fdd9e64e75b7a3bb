//! Frames: what is drawn becomes the bytes that change the last one into it. Must not know which terminal they go to.
//! Bounds: those of cells, links and pictures.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ratatui::buffer::{Buffer, CellDiffOption, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};

use super::cells::{Beside, Cells, Outlet};
use super::links::Links;
use super::pictures::{Gallery, Shown};

/// What a terminal obeys is shown as this.
const REPLACEMENT: &str = "\u{fffd}";

/// What a frame has beside its cells.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    places: Vec<(Rect, Option<String>)>,
}

impl Overlay {
    /// The cells there lead to that address. One that is none of the web is left out; parts of one address are one link.
    pub(crate) fn link(&mut self, place: Rect, url: impl Into<String>) {
        self.places.push((place, Some(url.into())));
    }

    /// Something was drawn over that place: the links from before are not there any more.
    pub(crate) fn cover(&mut self, place: Rect) {
        if !self.places.is_empty() {
            self.places.push((place, None));
        }
    }
}

/// Draws frames.
pub(super) struct Painter<O: Outlet> {
    terminal: Terminal<Cells<O>>,
    beside: Arc<Mutex<Beside>>,
    /// Links are written at all.
    links: bool,
    last: Last,
    /// The pictures of the frames.
    pub(super) gallery: Gallery,
}

/// What is on the terminal beside cells.
#[derive(Default)]
struct Last {
    area: Rect,
    links: Arc<Links>,
    shown: Vec<Shown>,
}

impl<O: Outlet> Painter<O> {
    pub(super) fn new(outlet: O, links: bool, gallery: Gallery) -> io::Result<Self> {
        let beside = Arc::new(Mutex::new(Beside::default()));
        let terminal = Terminal::new(Cells::new(outlet, beside.clone()))?;
        Ok(Self { terminal, beside, links, last: Last::default(), gallery })
    }

    /// Whatever is on the terminal now, the next frame is drawn as a whole.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        self.last = Last::default();
        self.gallery.tell_again();
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from(size))
    }

    /// Draws a frame and writes what it changes.
    pub(super) fn draw(&mut self, show: impl FnOnce(&mut Frame<'_>, &mut Overlay, &mut Gallery)) -> io::Result<()> {
        let Self { terminal, beside, links, last, gallery } = self;
        terminal.draw(|frame| {
            if frame.area() != last.area {
                // A new size cleared the terminal. What kitty was sent stays with it.
                *last = Last { area: frame.area(), ..Last::default() };
            }
            let mut overlay = Overlay::default();
            show(frame, &mut overlay, gallery);
            let (before, shown) = gallery.settle(frame.buffer_mut());
            replace_controls(frame.buffer_mut());
            spell_flags(frame.buffer_mut());
            let new = Arc::new(if *links { Links::new(last.area, &overlay.places) } else { Links::default() });
            draw_changed_links(frame.buffer_mut(), &last.links, &new);
            let after = shown.iter().filter(|one| !last.shown.contains(one)).flat_map(written).collect();
            let mut beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
            *beside = Beside { links: new.clone(), before, after };
            (last.links, last.shown) = (new, shown);
        })?;
        self.terminal.backend_mut().send()
    }

    /// Writes bytes of our own between frames.
    pub(super) fn send_now(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.terminal.backend_mut().send_now(bytes)
    }

    #[cfg(test)]
    pub(super) fn outlet_mut(&mut self) -> &mut O {
        self.terminal.backend_mut().outlet_mut()
    }
}

/// The last look at what goes to the terminal: nothing in a cell is obeyed. Whatever is shown was made safe before.
fn replace_controls(frame: &mut Buffer) {
    for cell in frame.content.iter_mut().filter(|cell| cell.symbol().contains(char::is_control)) {
        let safe = cell.symbol().replace(char::is_control, REPLACEMENT);
        cell.set_symbol(&safe);
    }
}

/// Flags are written as the two letters that they are made of: some terminals (tmux among them) draw each sign on its own, wider than the
/// cells it has, and what would then be left over stands in the rows of others.
fn spell_flags(frame: &mut Buffer) {
    for index in 0..frame.content.len() {
        let Some(cell) = frame.content.get(index).filter(|cell| cell.symbol().contains(is_regional_indicator)) else {
            continue;
        };
        let (style, room) = (cell.style(), usize::from(cell.symbol().cell_width()));
        let letters = cell.symbol().chars().filter(|c| is_regional_indicator(*c)).map(letter).take(room);
        // A letter a cell: each is written again by itself.
        for (place, letter) in letters.collect::<Vec<_>>().into_iter().enumerate() {
            if let Some(cell) = frame.content.get_mut(index + place) {
                cell.set_char(letter).set_style(style);
            }
        }
    }
}

/// REGIONAL INDICATOR SYMBOL LETTER A to Z.
const fn is_regional_indicator(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

fn letter(indicator: char) -> char {
    let number = u32::from(indicator) - u32::from('\u{1f1e6}');
    char::from_u32(u32::from('A') + number).unwrap_or(indicator)
}

/// Cells that look the same and lead elsewhere are written again.
fn draw_changed_links(frame: &mut Buffer, old: &Links, new: &Links) {
    if old == new {
        return;
    }
    for at in frame.area.positions() {
        if old.at(at.x, at.y) != new.at(at.x, at.y)
            && let Some(cell) = frame.cell_mut(at)
            && cell.diff_option == CellDiffOption::None
        {
            cell.set_diff_option(CellDiffOption::AlwaysUpdate);
        }
    }
}

/// The picture at its place, with the cursor kept.
fn written(Shown { place, bytes }: &Shown) -> Vec<u8> {
    format!("\x1b7\x1b[{};{}H{bytes}\x1b8", place.y + 1, place.x + 1).into_bytes()
}

#[cfg(test)]
mod tests;
