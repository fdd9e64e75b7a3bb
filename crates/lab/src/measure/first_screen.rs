//! How long it takes from nothing to the first picture of the terminal UI. Must not know why. Bounds: the number of runs.

use std::path::Path;
use std::sync::Arc;

use super::figure::Figure;
use crate::clock;
use crate::print;
use crate::terminal::chat::{Chat, Start};

/// The goal for what a person takes for at once (the design's).
const GOAL_MILLIS: u32 = 200;

pub(super) fn measure(whisper: &Path, runs: usize) -> anyhow::Result<()> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let dir = Arc::new(tempfile::tempdir()?);
        for times in [&mut first, &mut again] {
            let began = clock::moment();
            let start = Start { dir: Some(Arc::clone(&dir)), ..Start::new("newcomer") };
            // With the cursor, which is drawn last: from here on one can type.
            let mut chat = Chat::start(whisper, &start)?;
            times.push(began.elapsed());
            chat.terminal.keys("/quit<Enter>")?;
            chat.terminal.exit()?;
        }
    }
    for (what, times) in [("new data directory", first), ("one used before", again)] {
        print::line(format_args!("start to the first picture, {what} (goal {GOAL_MILLIS} ms): {}", Figure::of(times)))?;
    }
    Ok(())
}
