//! Pictures in frames, by each of the ways to show them.

use std::fs;
use std::io::Cursor;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, RgbaImage};
use ratatui::style::Style;
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

/// Longest wait for a decoder.
const PATIENCE: Duration = Duration::from_secs(60);
const AREA: Rect = Rect { x: 0, y: 0, width: 40, height: 20 };

/// A gallery with files to show.
struct Hall {
    folder: TempDir,
    shared: Arc<Shared>,
    gallery: Gallery,
}

impl Hall {
    fn open(setting: Pictures) -> Self {
        let shared = Arc::new(Shared::default());
        let here = Surroundings { half_blocks: true, true_color: true, answers_hold: true, ..Surroundings::default() };
        let mut gallery = Gallery::new(setting, here, shared.clone());
        gallery.learn(Answers::default(), Some((10, 20)));
        Self { folder: tempfile::tempdir().unwrap(), shared, gallery }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// 100 by 80 pixels: ten columns, four rows.
    fn picture(&self) -> PathBuf {
        self.file("picture", &encoded(100, 80, ImageFormat::Png))
    }

    fn frame(&mut self, show: impl FnOnce(&mut Gallery, &mut Buffer)) -> (Buffer, Vec<u8>, Vec<Shown>) {
        let mut frame = Buffer::empty(AREA);
        show(&mut self.gallery, &mut frame);
        let (before, shown) = self.gallery.settle(&mut frame);
        (frame, before, shown)
    }

    /// Frames until the picture is decoded.
    async fn decode(&mut self, path: &Path) {
        self.frame(|gallery, frame| gallery.draw(frame, AREA, 0, path));
        timeout(PATIENCE, self.shared.frame_asked_for()).await.unwrap();
    }
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::ImageRgba8(RgbaImage::from_pixel(width, height, image::Rgba([200, 100, 0, 255])));
    let mut bytes = Cursor::new(Vec::new());
    match format {
        ImageFormat::Jpeg => DynamicImage::ImageRgb8(image.to_rgb8()).write_to(&mut bytes, format).unwrap(),
        _ => image.write_to(&mut bytes, format).unwrap(),
    }
    bytes.into_inner()
}

/// Where anything stands.
fn drawn(frame: &Buffer) -> Option<Rect> {
    let at = |position: &ratatui::layout::Position| frame[*position] != ratatui::buffer::Cell::EMPTY;
    frame.area.positions().filter(at).map(|at| Rect::new(at.x, at.y, 1, 1)).reduce(Rect::union)
}

#[test]
fn sizes_keep_the_proportion_and_the_bounds() {
    let check = |pixels, columns, expected: (u16, u16)| {
        let size = size_in_cells(pixels, (10, 20), columns);
        assert_eq!((size.width, size.height), expected, "of {pixels:?} in {columns}");
    };
    check((1, 1), 80, (1, 1));
    check((100, 80), 80, (10, 4));
    check((101, 81), 80, (11, 5));
    check((1_000, 200), 50, (50, 5));
    check((8_192, 1), 80, (60, 1));
    check((1, 8_192), 80, (1, 16));
    check((8_192, 8_192), 80, (32, 16));
    check((100, 80), 1, (1, 1));
    check((0, 0), 0, (1, 1));
    assert_eq!(size_in_cells((8_192, 8_192), (1, 1), u16::MAX), Size::new(16, 16));
}

#[test]
fn rows_come_from_the_head_of_what_is_a_picture_by_its_content() {
    let mut hall = Hall::open(Pictures::Auto);
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let path = hall.file(&format!("{format:?}.txt"), &encoded(100, 80, format));
        assert_eq!(hall.gallery.rows(&path, 80), Some(4), "{format:?}");
        assert_eq!(hall.gallery.rows(&path, 5), Some(2), "{format:?}");
        assert_eq!(hall.gallery.rows(&path, 0), None);
    }
    let mut huge = encoded(100, 80, ImageFormat::Png);
    // The width in the head of a PNG, and its checksum.
    huge[16..20].copy_from_slice(&8_193_u32.to_be_bytes());
    let bmp = [b"BM".as_slice(), &[0; 100]].concat();
    for (name, bytes) in
        [("empty.png", b"".as_slice()), ("text.png", b"no picture"), ("huge.png", &huge), ("other.png", &bmp)]
    {
        let path = hall.file(name, bytes);
        assert_eq!(hall.gallery.rows(&path, 80), None, "{name}");
    }
    assert_eq!(hall.gallery.rows(Path::new("/nonexistent"), 80), None);
    assert_eq!(hall.gallery.rows(Path::new("/"), 80), None);
    let path = hall.picture();
    assert_eq!(Hall::open(Pictures::Off).gallery.rows(&path, 80), None);
}

#[tokio::test]
async fn half_blocks_stay_in_their_place_and_scroll() {
    let mut hall = Hall::open(Pictures::HalfBlocks);
    let path = hall.picture();
    hall.decode(&path).await;
    for (place, skipped, expected) in [
        (Rect::new(3, 5, 30, 4), 0, Some(Rect::new(3, 5, 10, 4))),
        (Rect::new(3, 5, 30, 9), 0, Some(Rect::new(3, 5, 10, 4))),
        (Rect::new(3, 5, 30, 2), 0, Some(Rect::new(3, 5, 10, 2))),
        (Rect::new(3, 0, 30, 9), 3, Some(Rect::new(3, 0, 10, 1))),
        (Rect::new(3, 0, 30, 9), 4, None),
        (Rect::new(3, 0, 30, 9), u16::MAX, None),
        (Rect::new(3, 18, 30, 9), 0, Some(Rect::new(3, 18, 10, 2))),
        (Rect::new(35, 18, 30, 9), 0, Some(Rect::new(35, 18, 5, 2))),
        (Rect::new(100, 100, 30, 9), 0, None),
    ] {
        let (frame, before, shown) = hall.frame(|gallery, frame| gallery.draw(frame, place, skipped, &path));
        assert_eq!(drawn(&frame), expected, "in {place:?} without {skipped}");
        assert!(before.is_empty() && shown.is_empty(), "cells alone");
    }
}

#[tokio::test]
async fn a_graphic_stands_where_its_picture_is_whole_and_uncovered() {
    for setting in [Pictures::Sixel, Pictures::Iterm] {
        let mut hall = Hall::open(setting);
        let path = hall.picture();
        hall.decode(&path).await;
        let place = Rect::new(3, 5, 20, 4);
        let (frame, _, shown) = hall.frame(|gallery, frame| gallery.draw(frame, place, 0, &path));
        assert_eq!(shown.iter().map(|shown| shown.place).collect::<Vec<_>>(), [Rect::new(3, 5, 10, 4)]);
        assert!(frame.content.iter().all(|cell| cell.symbol() == " "), "the cells are left to it");
        let (_, _, again) = hall.frame(|gallery, frame| gallery.draw(frame, place, 0, &path));
        assert!(again == shown, "the same bytes, which need not be written again");
        for (place, skipped) in [(Rect::new(3, 5, 20, 3), 0), (Rect::new(3, 0, 20, 3), 1), (Rect::new(35, 5, 20, 4), 0)]
        {
            let (frame, _, shown) = hall.frame(|gallery, frame| gallery.draw(frame, place, skipped, &path));
            assert!(shown.is_empty() && drawn(&frame).is_some(), "half blocks in {place:?}");
        }
        let (frame, _, shown) = hall.frame(|gallery, frame| {
            gallery.draw(frame, place, 0, &path);
            frame.set_string(4, 6, "popup", Style::default());
        });
        assert!(shown.is_empty(), "nothing is drawn over a popup");
        assert_eq!((frame[(4, 6)].symbol(), frame[(3, 6)].symbol()), ("p", "▀"));
    }
}

#[tokio::test]
async fn kitty_gets_a_picture_once_and_again_when_it_may_have_forgotten() {
    let mut hall = Hall::open(Pictures::Kitty);
    let path = hall.picture();
    hall.decode(&path).await;
    let mut draw = || hall.frame(|gallery, frame| gallery.draw(frame, Rect::new(3, 5, 20, 4), 0, &path));
    let (frame, before, shown) = draw();
    assert!(before.starts_with(b"\x1b_G") && before.ends_with(b"\x1b\\") && shown.is_empty());
    assert_eq!(drawn(&frame), Some(Rect::new(3, 5, 10, 4)));
    let placeholders = frame.content.iter().filter(|cell| cell.symbol().starts_with('\u{10eeee}')).count();
    assert_eq!(placeholders, 40);
    assert!(frame.content.iter().all(|cell| !cell.symbol().contains(char::is_control)), "what sends it is no cell's");
    assert!(draw().1.is_empty());
    hall.gallery.tell_again();
    let (_, before, _) = hall.frame(|gallery, frame| gallery.draw(frame, Rect::new(3, 5, 20, 4), 0, &path));
    assert!(!before.is_empty());
}

#[tokio::test]
async fn what_cannot_be_decoded_after_all_says_so() {
    let mut hall = Hall::open(Pictures::Sixel);
    let mut cut = encoded(400, 80, ImageFormat::Png);
    cut.truncate(60);
    let path = hall.file("cut.png", &cut);
    assert_eq!(hall.gallery.rows(&path, 80), Some(4));
    hall.decode(&path).await;
    let (frame, _, shown) = hall.frame(|gallery, frame| gallery.draw(frame, AREA, 0, &path));
    assert!(shown.is_empty());
    let text = (0..AREA.width).map(|x| frame[(x, 0)].symbol()).collect::<String>();
    assert!(text.starts_with("(this picture cannot be shown)"), "{text}");
}

#[tokio::test]
async fn old_pictures_go_and_kitty_is_told() {
    let mut hall = Hall::open(Pictures::Kitty);
    let mut forgotten = 0;
    for number in 0..=SHOWN_MAX {
        let path = hall.file(&format!("{number}"), &encoded(10, 20, ImageFormat::Png));
        hall.decode(&path).await;
        let (_, before, _) = hall.frame(|gallery, frame| gallery.draw(frame, AREA, 0, &path));
        forgotten += String::from_utf8(before).unwrap().matches("a=d,d=I").count();
    }
    assert_eq!((hall.gallery.cache.pictures().count(), forgotten), (SHOWN_MAX, 1));
}

#[test]
fn the_terminal_decides_where_nothing_is_set() {
    let here = Surroundings { half_blocks: true, answers_hold: true, ..Surroundings::default() };
    let all = Answers { kitty: true, sixels: true, cell: Some((8, 16)), ..Answers::default() };
    let check = |setting, surroundings, answers, expected| {
        let mut gallery = Gallery::new(setting, surroundings, Arc::new(Shared::default()));
        gallery.learn(answers, None);
        assert_eq!(gallery.way(), expected, "{setting:?} in {surroundings:?} with {answers:?}");
    };
    check(Pictures::Auto, here, all, Some(Way::Kitty));
    check(Pictures::Auto, here, Answers { kitty: false, ..all }, Some(Way::Sixel));
    check(Pictures::Auto, here, Answers { kitty: false, sixels: false, ..all }, Some(Way::HalfBlocks));
    check(Pictures::Auto, here, Answers { cell: None, ..all }, Some(Way::HalfBlocks));
    check(Pictures::Auto, Surroundings { tmux: true, ..here }, all, Some(Way::Sixel));
    check(Pictures::Auto, Surroundings { answers_hold: false, ..here }, all, Some(Way::HalfBlocks));
    check(Pictures::Auto, Surroundings { iterm: true, answers_hold: false, ..here }, all, Some(Way::Iterm));
    check(Pictures::Auto, Surroundings::default(), Answers::default(), None);
    check(Pictures::Kitty, here, Answers::default(), Some(Way::Kitty));
    check(Pictures::HalfBlocks, here, all, Some(Way::HalfBlocks));
    check(Pictures::Off, here, all, None);
}
