//! The lines of a pipe, as they come, and a copy of them in a file.
//! Must not know what they mean. Bounds: `LINES_MAX` lines are kept; later ones are only copied.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Most lines kept: a peer says a few when it starts, and one for each message where it is asked to.
const LINES_MAX: usize = 1 << 20;

/// The lines of a pipe.
#[derive(Default)]
pub struct Lines {
    read: Mutex<Text>,
    changed: Condvar,
}

#[derive(Default)]
struct Text {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// Reads `pipe` until it ends; what is no UTF-8 becomes U+FFFD. `copy`: a file that the lines are added to.
    ///
    /// # Errors
    /// There is no thread to be had, or the file cannot be written.
    pub fn of(pipe: impl Read + Send + 'static, copy: Option<&Path>) -> io::Result<Arc<Self>> {
        let lines = Arc::<Self>::default();
        let reader = Arc::clone(&lines);
        let mut copy = copy.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
        thread::Builder::new().name("lines".into()).spawn(move || {
            for line in BufReader::new(pipe).split(b'\n') {
                // A pipe that cannot be read has ended for us.
                let Ok(line) = line else { break };
                let line = String::from_utf8_lossy(&line).into_owned();
                write_copy(&mut copy, &line);
                let mut text = reader.text();
                if text.lines.len() < LINES_MAX {
                    text.lines.push(line);
                }
                drop(text);
                reader.changed.notify_all();
            }
            reader.text().ended = true;
            reader.changed.notify_all();
        })?;
        Ok(lines)
    }

    fn text(&self) -> MutexGuard<'_, Text> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All lines so far.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.text().lines.clone()
    }

    /// Waits until `find` finds something; each line is shown to it once. `None` where the pipe or the time has ended.
    pub fn find<T>(&self, limit: Duration, mut find: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let (mut found, mut looked_at) = (None, 0);
        let waits = |text: &mut Text| {
            while let Some(line) = text.lines.get(looked_at).filter(|_| found.is_none()) {
                looked_at += 1;
                found = find(line);
            }
            found.is_none() && !text.ended
        };
        drop(self.changed.wait_timeout_while(self.text(), limit, waits));
        found
    }

    /// Whether the pipe was closed within `limit`.
    #[must_use]
    pub fn ends_within(&self, limit: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.text(), limit, |text| !text.ended);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

fn write_copy(copy: &mut Option<File>, line: &str) {
    if let Some(file) = copy
        && writeln!(file, "{line}").is_err()
    {
        // The copy is for whoever looks for a cause; the run goes on without.
        *copy = None;
    }
}
