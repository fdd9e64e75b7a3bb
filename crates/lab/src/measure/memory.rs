//! Memory as ever more messages are seen. Must not know what is kept. Bounds: the number of messages.

use std::fmt;

use anyhow::{Context, ensure};

use super::rig::{Outcome, Plan, Rig};
use super::script::Script;
use super::target::Kind;
use super::usage;

/// Messages between two looks.
const STEP: usize = 250_000;
/// Bytes of a Body: as few as there are, so that it is the IDs that count.
const BODY_BYTES: usize = 1;

pub(super) struct Memory {
    /// Messages seen, and resident memory in bytes.
    pub(super) steps: Vec<(usize, u64)>,
}

pub(super) fn measure(kind: &Kind, messages: usize) -> anyhow::Result<Memory> {
    let mut rig = Rig::new(kind, 1)?;
    let pid = rig.target.pid.context("whose memory? Give --pid")?;
    let mut steps = vec![(0, usage::memory(pid)?)];
    for step in 1..=messages.div_ceil(STEP) {
        let script = Script::new(rig.author, BODY_BYTES, STEP);
        let Outcome { deliveries, .. } = rig.run(&script, Plan::default(), |_, _| {})?;
        ensure!(deliveries.are_whole(), "not all was relayed: {deliveries}");
        steps.push((step * STEP, usage::memory(pid)?));
    }
    Ok(Memory { steps })
}

impl Memory {
    /// Bytes a message seen, from `from` to `to` messages.
    pub(super) fn per_message(&self, from: usize, to: usize) -> Option<f64> {
        let at = |count| self.steps.iter().find(|(seen, _)| *seen == count).map(|(_, bytes)| *bytes as f64);
        Some((at(to)? - at(from)?) / (to - from) as f64)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (seen, bytes) in &self.steps {
            writeln!(f, "{seen:>9} messages seen: {:7.1} MiB", *bytes as f64 / f64::from(1 << 20))?;
        }
        let (Some((first, _)), Some((last, _))) = (self.steps.first(), self.steps.last()) else { return Ok(()) };
        write!(f, "{:.1} bytes a message over all", self.per_message(*first, *last).unwrap_or_default())
    }
}
