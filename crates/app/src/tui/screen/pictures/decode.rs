//! From a file to a picture, on a thread of its own: what others sent is slow, wrong or worse.
//! Must not know where the picture is shown. Bounds: [`FILE_BYTES_MAX`], [`SIDE_PIXELS_MAX`], [`ALLOCATION_BYTES_MAX`]; of a GIF the
//! first frame.

use std::fs::File;
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use super::super::events::Shared;
use super::super::modes::DECODER_THREAD;
use super::draw::Picture;
use super::{JOBS_MAX, Wanted};

/// Longest file that is looked at: more than any that is received on a classic link.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Longest side: 8K and a little.
const SIDE_PIXELS_MAX: u32 = 8_192;
/// What decoding may take: 16 million pixels in colour.
const ALLOCATION_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What is decoded, whatever a file calls itself.
const FORMATS: [ImageFormat; 4] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];

/// Width and height in pixels, from the head of the file; `None` where it is none of [`FORMATS`] within the bounds.
pub(super) fn size(path: &Path) -> Option<(u32, u32)> {
    let (width, height) = open(path)?.into_dimensions().ok()?;
    let fits = |side| (1..=SIDE_PIXELS_MAX).contains(&side);
    (fits(width) && fits(height)).then_some((width, height))
}

/// The whole picture.
pub(super) fn decode(path: &Path) -> Option<DynamicImage> {
    open(path)?.decode().ok()
}

fn open(path: &Path) -> Option<ImageReader<BufReader<impl Read + std::io::Seek>>> {
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

/// What the thread is to do, and what it has done.
type Work = (SyncSender<Wanted>, Receiver<(Wanted, Picture)>);

/// The thread that decodes, begun with the first picture.
pub(super) struct Decoder {
    shared: Arc<Shared>,
    thread: Option<Work>,
    /// What it has to do.
    asked: Vec<Wanted>,
}

impl Decoder {
    /// A frame is asked for whenever a picture is done.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, thread: None, asked: Vec::new() }
    }

    /// Has that made, unless it is being made or too much waits.
    pub(super) fn ask(&mut self, wanted: Wanted) {
        if self.asked.len() >= JOBS_MAX || self.asked.contains(&wanted) {
            return;
        }
        if self.thread.is_none() {
            self.thread = start(self.shared.clone());
        }
        if let Some((jobs, _)) = &self.thread
            && jobs.try_send(wanted.clone()).is_ok()
        {
            self.asked.push(wanted);
        }
    }

    /// One that is done.
    pub(super) fn done(&mut self) -> Option<(Wanted, Picture)> {
        let (_, done) = self.thread.as_ref()?;
        match done.try_recv() {
            Ok((wanted, picture)) => {
                self.asked.retain(|asked| *asked != wanted);
                Some((wanted, picture))
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.thread = None;
                self.asked.clear();
                None
            }
        }
    }
}

fn start(shared: Arc<Shared>) -> Option<Work> {
    let (jobs, taken) = sync_channel::<Wanted>(JOBS_MAX);
    let (tell, done) = sync_channel(JOBS_MAX);
    let work = move || {
        while let Ok(wanted) = taken.recv() {
            // A decoder that fails has met a file that it was not made for, and nothing else is wrong.
            let made = catch_unwind(AssertUnwindSafe(|| Picture::make(&decode(&wanted.path)?, &wanted))).ok().flatten();
            let picture = made.unwrap_or_else(|| Picture::failed(wanted.size));
            if tell.send((wanted, picture)).is_err() {
                return;
            }
            shared.ask_for_a_frame();
        }
    };
    // Without room for a thread there are no pictures.
    thread::Builder::new().name(DECODER_THREAD.to_owned()).spawn(work).ok()?;
    Some((jobs, done))
}
