//! Whether a file is a picture that may be shown, and how large it is.
//! Must not decode it. Bounds: [`FILE_BYTES_MAX`], [`SIDE_PIXELS_MAX`], [`ALLOCATION_BYTES_MAX`].

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use image::{ImageFormat, ImageReader, Limits};

/// Longest file that is looked at: more than any that is received on a classic link.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Longest side: 8K and a little.
const SIDE_PIXELS_MAX: u32 = 8_192;
/// What decoding may take: 16 million pixels in colour.
const ALLOCATION_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What is decoded, whatever a file calls itself.
const FORMATS: [ImageFormat; 4] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];

/// Width and height in pixels, from the head of the file; `None` where it is none of [`FORMATS`] within the bounds.
pub(crate) fn size(path: &Path) -> Option<(u32, u32)> {
    let (width, height) = reader(path)?.into_dimensions().ok()?;
    let fits = |side| (1..=SIDE_PIXELS_MAX).contains(&side);
    (fits(width) && fits(height)).then_some((width, height))
}

/// What decodes it within the bounds; `None` as above.
pub(crate) fn reader(path: &Path) -> Option<ImageReader<BufReader<impl Read + Seek>>> {
    let file = File::open(path).ok()?;
    let known = file.metadata().ok()?;
    if !known.is_file() || known.len() > FILE_BYTES_MAX {
        return None;
    }
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().ok()?;
    if !FORMATS.contains(&reader.format()?) {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_PIXELS_MAX);
    limits.max_image_height = Some(SIDE_PIXELS_MAX);
    limits.max_alloc = Some(ALLOCATION_BYTES_MAX);
    reader.limits(limits);
    Some(reader)
}
