//! How long a peer takes to listen, from nothing. Must not know why. Bounds: the number of runs.

use std::path::Path;

use super::figure::Figure;
use super::peer::Peer;

pub(super) fn measure(whisper: &Path, runs: usize) -> anyhow::Result<()> {
    let times = (0..runs).map(|_| Ok(Peer::start(whisper)?.started_in)).collect::<anyhow::Result<Vec<_>>>()?;
    println!("start to `listening on`, new data directory: {}", Figure::of(times));
    Ok(())
}
