//! From a file to a picture, on a thread of its own: what others sent is slow, wrong or worse.
//! Must not know where the picture is shown. Bounds: those of [`picture`]; of a GIF the first frame.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use image::DynamicImage;

use super::super::events::Shared;
use super::super::modes::DECODER_THREAD;
use super::draw::Picture;
use super::{JOBS_MAX, Wanted};
use crate::files::picture;

/// The whole picture.
pub(super) fn decode(path: &Path) -> Option<DynamicImage> {
    picture::reader(path)?.decode().ok()
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
