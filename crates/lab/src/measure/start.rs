//! How long a peer takes to listen, from nothing. Must not know why. Bounds: the number of runs.

use std::path::Path;

use super::figure::Figure;
use super::peer::Peer;
use crate::print;

pub(super) fn measure(whisper: &Path, runs: usize) -> anyhow::Result<()> {
    print::line(format_args!("start to `listening on`, new data directory: {}", times(whisper, runs)?))?;
    Ok(())
}

pub(super) fn times(whisper: &Path, runs: usize) -> anyhow::Result<Figure> {
    Ok(Figure::of((0..runs).map(|_| Ok(Peer::start(whisper)?.started_in)).collect::<anyhow::Result<Vec<_>>>()?))
}
