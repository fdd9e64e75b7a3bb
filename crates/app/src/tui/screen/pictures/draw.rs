//! A picture as cells of two pixels each, and as what its terminal shows better. Must not know files.
//! Bounds: the cells that it was made for.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgba, RgbaImage};
use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Color;
use ratatui::widgets::Widget as _;
use ratatui_image::protocol::Protocol;
use ratatui_image::protocol::iterm2::Iterm2;
use ratatui_image::protocol::kitty::Kitty;
use ratatui_image::protocol::sixel::Sixel;
use ratatui_image::{FontSize, Image, Resize};

use super::{Wanted, Way};

/// What kitty shows a part of a picture for.
const PLACEHOLDER: char = '\u{10eeee}';
/// What is shown of a file that cannot be decoded after all.
const FAILED: &str = "(this picture cannot be shown)";
/// The steps of red, green and blue among the 256 colours (xterm).
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// A picture that was made for so many cells.
pub(super) struct Picture {
    cells: Buffer,
    /// What shows it better.
    pub(super) graphic: Option<Graphic>,
}

/// What a terminal shows better than cells.
pub(super) enum Graphic {
    /// Sent once; then cells stand for its parts.
    Kitty {
        /// Its number with the terminal.
        id: u32,
        /// The bytes that send it.
        transmit: String,
        /// The cells that stand for its parts.
        cells: Buffer,
        /// It was sent, as far as we know.
        transmitted: AtomicBool,
    },
    /// Written where it is to stand.
    Written(Arc<str>),
}

impl Picture {
    /// Of that image; `None` where it cannot be made.
    pub(super) fn make(image: &DynamicImage, wanted: &Wanted) -> Option<Self> {
        let cells = half_blocks(image, wanted.size, wanted.true_color);
        let (width, height) = wanted.cell;
        let fit = || {
            let resize = Resize::Fit(Some(FilterType::Triangle));
            resize.resize(image, FontSize::new(width, height), wanted.size, None)
        };
        let graphic = match wanted.way {
            Way::HalfBlocks => None,
            Way::Sixel => Some(Graphic::Written(Sixel::new(fit(), wanted.size, wanted.tmux).ok()?.data.into())),
            Way::Iterm => Some(Graphic::Written(Iterm2::new(fit(), wanted.size, wanted.tmux).ok()?.data.into())),
            Way::Kitty => Some(kitty(fit(), wanted)?),
        };
        Some(Self { cells, graphic })
    }

    /// In place of one that cannot be made.
    pub(super) fn failed(size: Size) -> Self {
        let mut cells = Buffer::empty(Rect::from(size));
        cells.set_stringn(0, 0, FAILED, usize::from(size.width), ratatui::style::Style::default());
        Self { cells, graphic: None }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let cells = self.cells.content.len() * size_of::<Cell>();
        cells
            + match &self.graphic {
                None => 0,
                Some(Graphic::Kitty { transmit, .. }) => transmit.len() + cells,
                Some(Graphic::Written(bytes)) => bytes.len(),
            }
    }

    /// The cells from the row `skipped` on, as far as the place reaches.
    pub(super) fn draw_cells(&self, frame: &mut Buffer, place: Rect, skipped: u16) {
        copy_cells(&self.cells, frame, place, skipped);
    }

    /// Whether all its cells stand there.
    pub(super) fn is_untouched(&self, frame: &Buffer, place: Rect) -> bool {
        pairs(&self.cells, place, 0).all(|(cell, at)| frame.cell(at) == Some(cell))
    }

    /// The bytes that have the terminal forget it.
    pub(super) fn forget(&self, tmux: bool) -> Vec<u8> {
        match &self.graphic {
            Some(Graphic::Kitty { id, transmitted, .. }) if transmitted.load(Ordering::SeqCst) => {
                let (begin, escape, end) = if tmux { ("\x1bPtmux;", "\x1b\x1b", "\x1b\\") } else { ("", "\x1b", "") };
                format!("{begin}{escape}_Gq=2,a=d,d=I,i={id};{escape}\\{end}").into_bytes()
            }
            _ => Vec::new(),
        }
    }

    /// The terminal may have forgotten it by itself.
    pub(super) fn tell_again(&self) {
        if let Some(Graphic::Kitty { transmitted, .. }) = &self.graphic {
            transmitted.store(false, Ordering::SeqCst);
        }
    }
}

/// The cells from that row on, each with its position in the place.
fn pairs(cells: &Buffer, place: Rect, skipped: u16) -> impl Iterator<Item = (&Cell, Position)> {
    let shown = Rect { height: place.height.min(cells.area.height.saturating_sub(skipped)), ..place };
    let shown = Rect { width: shown.width.min(cells.area.width), ..shown };
    shown.positions().filter_map(move |at| {
        let (x, y) = (at.x - shown.x, at.y - shown.y + skipped);
        cells.cell((x, y)).map(|cell| (cell, at))
    })
}

/// Copies the cells from that row on, as far as the place reaches.
pub(super) fn copy_cells(cells: &Buffer, frame: &mut Buffer, place: Rect, skipped: u16) {
    for (cell, at) in pairs(cells, place, skipped) {
        if let Some(there) = frame.cell_mut(at) {
            *there = cell.clone();
        }
    }
}

/// Leaves the place to bytes that are written there.
pub(super) fn skip_cells(frame: &mut Buffer, place: Rect) {
    for at in place.positions() {
        if let Some(cell) = frame.cell_mut(at) {
            cell.reset();
            cell.set_diff_option(CellDiffOption::Skip);
        }
    }
}

fn kitty(image: DynamicImage, wanted: &Wanted) -> Option<Graphic> {
    let mut id = [0; 4];
    getrandom::fill(&mut id).ok()?;
    // Zero is no number of a picture.
    let id = u32::from_ne_bytes(id).max(1);
    let protocol = Protocol::Kitty(Kitty::new(image, wanted.size, id, wanted.tmux, false).ok()?);
    let mut cells = Buffer::empty(Rect::from(wanted.size));
    Image::new(&protocol).render(cells.area, &mut cells);
    // What sends the picture stands before the first placeholder.
    let first = cells.cell_mut(Position::ORIGIN)?;
    let symbol = first.symbol().to_owned();
    let (transmit, placeholder) = symbol.split_at(symbol.find(PLACEHOLDER)?);
    first.set_symbol(placeholder).set_diff_option(CellDiffOption::ForcedWidth(NonZeroU16::MIN));
    Some(Graphic::Kitty { id, transmit: transmit.to_owned(), cells, transmitted: AtomicBool::new(false) })
}

/// Each cell its upper pixel over its lower one. What is transparent is black.
fn half_blocks(image: &DynamicImage, size: Size, true_color: bool) -> Buffer {
    let (width, height) = (u32::from(size.width), u32::from(size.height) * 2);
    let mut pixels = RgbaImage::from_pixel(width, height, Rgba([0, 0, 0, u8::MAX]));
    imageops::overlay(&mut pixels, &image.resize_exact(width, height, FilterType::Triangle).to_rgba8(), 0, 0);
    let color = |x: u16, y: u32| {
        let [red, green, blue, _] = pixels.get_pixel_checked(u32::from(x), y).map_or([0; 4], |pixel| pixel.0);
        if true_color { Color::Rgb(red, green, blue) } else { nearest(red, green, blue) }
    };
    let mut cells = Buffer::empty(Rect::from(size));
    for at in cells.area.positions() {
        let (upper, lower) = (color(at.x, u32::from(at.y) * 2), color(at.x, u32::from(at.y) * 2 + 1));
        if let Some(cell) = cells.cell_mut(at) {
            cell.set_char('▀').set_fg(upper).set_bg(lower);
        }
    }
    cells
}

/// The nearest of the 216 colours that every terminal with 256 has alike.
fn nearest(red: u8, green: u8, blue: u8) -> Color {
    let step = |value: u8| {
        let far = |(_, step): &(u8, u8)| step.abs_diff(value);
        (0..).zip(STEPS).min_by_key(far).map_or(0, |(at, _)| at)
    };
    Color::Indexed(16 + 36 * step(red) + 6 * step(green) + step(blue))
}
