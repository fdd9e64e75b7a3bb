//! Pictures amid the text: their size from the file's head, the rest by a thread, and cells or graphics where they are wanted.
//! Must not know what they show, nor who sent them. Bounds: [`JOBS_MAX`] wait, [`SHOWN_MAX`] and [`SHOWN_BYTES_MAX`] are kept,
//! [`COLUMNS_MAX`] by [`ROWS_MAX`] cells each; those of `files::picture` for what is read.

mod cache;
mod decode;
mod draw;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use self::cache::Cache;
use self::decode::Decoder;
use self::draw::{Graphic, Picture};
use super::events::{Answers, Shared};
use super::surroundings::Surroundings;
use crate::files::picture;

/// Widest picture, in cells.
const COLUMNS_MAX: u16 = 60;
/// Highest picture, in cells: what leaves room for words on a usual terminal.
const ROWS_MAX: u16 = 16;
/// Sizes of files that are remembered.
const SIZES_MAX: usize = 256;
/// Pictures that wait to be decoded; what is still wanted is asked for again with the next frame.
const JOBS_MAX: usize = 4;
/// Pictures that are kept, decoded.
const SHOWN_MAX: usize = 16;
/// And how much they may take in memory, in bytes as they are written to the terminal.
const SHOWN_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Pixels of a cell where the terminal does not tell: one to two, as most fonts have it.
const CELL_USUAL: (u16, u16) = (10, 20);
/// Largest cell believed.
const CELL_PIXELS_MAX: u16 = 64;

/// Asks whether pictures are shown the way of kitty, how large a cell is, and whether there are sixels; who does not know one of
/// them does not answer it.
pub(super) const QUERY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c";
/// The answer to the first of these, between `ESC _ G` and its end.
pub(super) const KITTY_ANSWER: &str = "i=31;OK";

/// How pictures are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// As well as the terminal can.
    #[default]
    Auto,
    /// Not at all: their files are not even looked at.
    Off,
    /// By characters, two pixels each.
    HalfBlocks,
    /// As sixels, whatever the terminal says.
    Sixel,
    /// The way of kitty, whatever the terminal says.
    Kitty,
    /// The way of iTerm2, whatever the terminal says.
    Iterm,
}

/// What bytes a picture becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    HalfBlocks,
    Sixel,
    Kitty,
    Iterm,
}

/// What a picture was made for; where anything of it changes, it is made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    path: PathBuf,
    size: Size,
    cell: (u16, u16),
    way: Way,
    tmux: bool,
    true_color: bool,
}

/// The pictures of a screen.
pub(crate) struct Gallery {
    setting: Pictures,
    surroundings: Surroundings,
    /// As the terminal tells it without being asked.
    cell: Option<(u16, u16)>,
    answers: Answers,
    sizes: VecDeque<(PathBuf, Option<(u32, u32)>)>,
    cache: Cache,
    decoder: Decoder,
    /// Those in the frame that is being drawn.
    placed: Vec<Placed>,
    /// What the terminal is to forget.
    forgotten: Vec<u8>,
}

/// A picture in a frame.
struct Placed {
    place: Rect,
    picture: Arc<Picture>,
    /// Nothing of it is cut off.
    whole: bool,
}

/// Bytes of our own that show a picture at that place.
#[derive(Clone)]
pub(super) struct Shown {
    /// Where.
    pub(super) place: Rect,
    /// What, with the cursor at its first cell.
    pub(super) bytes: Arc<str>,
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place && Arc::ptr_eq(&self.bytes, &other.bytes)
    }
}

impl Gallery {
    pub(super) fn new(setting: Pictures, surroundings: Surroundings, shared: Arc<Shared>) -> Self {
        Self {
            setting,
            surroundings,
            cell: None,
            answers: Answers::default(),
            sizes: VecDeque::new(),
            cache: Cache::default(),
            decoder: Decoder::new(shared),
            placed: Vec::new(),
            forgotten: Vec::new(),
        }
    }

    /// Whether the terminal is to be asked what it can.
    pub(super) fn asks(&self) -> bool {
        let may = !matches!(self.setting, Pictures::Off | Pictures::HalfBlocks);
        may && (self.surroundings.half_blocks || self.setting != Pictures::Auto)
    }

    /// What is known of the terminal now.
    pub(super) fn learn(&mut self, answers: Answers, cell: Option<(u16, u16)>) {
        self.answers = answers;
        self.cell = cell;
    }

    /// How many rows the picture takes where there are so many columns; `None` where it is not shown: pictures are off, or the file
    /// is no PNG, JPEG, GIF or WebP within the bounds. Reads the head of the file the first time it is asked.
    #[cfg(test)]
    pub(crate) fn rows(&mut self, path: &Path, columns: u16) -> Option<u16> {
        self.size(path, columns).map(|size| size.height)
    }

    fn size(&mut self, path: &Path, columns: u16) -> Option<Size> {
        if self.setting == Pictures::Off || columns == 0 {
            return None;
        }
        let known = self.sizes.iter().find(|(known, _)| known == path).map(|(_, size)| *size);
        let pixels = known.unwrap_or_else(|| {
            let pixels = picture::size(path);
            if self.sizes.len() == SIZES_MAX {
                self.sizes.pop_front();
            }
            self.sizes.push_back((path.to_owned(), pixels));
            pixels
        });
        pixels.map(|pixels| size_in_cells(pixels, self.cell_pixels(), columns))
    }

    fn cell_pixels(&self) -> (u16, u16) {
        let told = self.cell.or(self.answers.cell);
        told.map_or(CELL_USUAL, |(width, height)| (width.clamp(1, CELL_PIXELS_MAX), height.clamp(1, CELL_PIXELS_MAX)))
    }

    fn way(&self) -> Option<Way> {
        let (answers, here) = (self.answers, self.surroundings);
        let cell_is_known = self.cell.or(answers.cell).is_some();
        match self.setting {
            Pictures::Off => None,
            Pictures::Sixel => Some(Way::Sixel),
            Pictures::Kitty => Some(Way::Kitty),
            Pictures::Iterm => Some(Way::Iterm),
            // Without the size of a cell, nobody knows how far a graphic reaches.
            Pictures::Auto if cell_is_known && here.iterm => Some(Way::Iterm),
            Pictures::Auto if cell_is_known && here.answers_hold && answers.kitty && !here.tmux => Some(Way::Kitty),
            Pictures::Auto if cell_is_known && here.answers_hold && answers.sixels => Some(Way::Sixel),
            Pictures::Auto | Pictures::HalfBlocks => here.half_blocks.then_some(Way::HalfBlocks),
        }
    }

    /// Draws the picture into this part of the frame, where `skipped` of its rows are above; its width is that of the place, as it was
    /// told to [`Self::rows`]. While it is being decoded, nothing is there; a frame is asked for when it is.
    ///
    /// Whatever is drawn over it later in the same frame is seen.
    pub(crate) fn draw(&mut self, frame: &mut Buffer, place: Rect, skipped: u16, path: &Path) {
        let (Some(size), Some(way)) = (self.size(path, place.width), self.way()) else { return };
        let Surroundings { tmux, true_color, .. } = self.surroundings;
        let wanted = Wanted { path: path.to_owned(), size, cell: self.cell_pixels(), way, tmux, true_color };
        while let Some((wanted, picture)) = self.decoder.done() {
            self.forgotten.extend(self.cache.add(wanted, picture).iter().flat_map(|old| old.forget(tmux)));
        }
        match self.cache.find(&wanted) {
            None => self.decoder.ask(wanted),
            Some(picture) => {
                let place = place.intersection(frame.area);
                picture.draw_cells(frame, place, skipped);
                let whole = skipped == 0 && place.width >= size.width && place.height >= size.height;
                let place = Rect { width: place.width.min(size.width), height: place.height.min(size.height), ..place };
                self.placed.push(Placed { place, picture, whole });
            }
        }
    }

    /// Ends a frame: those that are whole, and that nothing was drawn over, become graphics. What is to be written before its cells,
    /// and what after them.
    pub(super) fn settle(&mut self, frame: &mut Buffer) -> (Vec<u8>, Vec<Shown>) {
        let mut before = std::mem::take(&mut self.forgotten);
        let mut shown = Vec::new();
        for Placed { place, picture, whole } in std::mem::take(&mut self.placed) {
            if !whole || !picture.is_untouched(frame, place) {
                continue;
            }
            match &picture.graphic {
                None => {}
                Some(Graphic::Kitty { transmit, cells, transmitted, .. }) => {
                    draw::copy_cells(cells, frame, place, 0);
                    if !transmitted.swap(true, std::sync::atomic::Ordering::SeqCst) {
                        before.extend(transmit.bytes());
                    }
                }
                Some(Graphic::Written(bytes)) => {
                    draw::skip_cells(frame, place);
                    shown.push(Shown { place, bytes: bytes.clone() });
                }
            }
        }
        (before, shown)
    }

    /// The terminal may have forgotten what it was told.
    pub(super) fn tell_again(&self) {
        self.cache.pictures().for_each(Picture::tell_again);
    }
}

/// In proportion, never larger than it is, within the columns and the bounds.
fn size_in_cells((width, height): (u32, u32), cell: (u16, u16), columns: u16) -> Size {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (cell_width, cell_height) = (u64::from(cell.0), u64::from(cell.1));
    let width_max = u64::from(columns.clamp(1, COLUMNS_MAX)) * cell_width;
    let height_max = u64::from(ROWS_MAX) * cell_height;
    let (shown_width, shown_height) = if width <= width_max && height <= height_max {
        (width, height)
    } else if width * height_max > height * width_max {
        (width_max, height * width_max / width)
    } else {
        (width * height_max / height, height_max)
    };
    let cells = |pixels: u64, cell: u64| u16::try_from(pixels.div_ceil(cell).max(1)).unwrap_or(1);
    Size { width: cells(shown_width, cell_width), height: cells(shown_height, cell_height) }
}

#[cfg(test)]
mod tests;
