//! Memory as ever more messages are seen. Must not know what is kept. Bounds: the number of messages.

use std::fmt;
use std::path::Path;

use anyhow::{Context, ensure};

use super::rig::{Outcome, Plan, Rig};
use super::script::Script;
use super::target::Kind;
use super::usage;
use crate::terminal::chat::{Chat, Start};

/// Messages between two looks.
const STEP: usize = 250_000;
/// The same where the terminal UI is beside it.
const SCREEN_STEP: usize = 100_000;
/// Bytes of a Body: as few as there are, so that it is the IDs that count.
const BODY_BYTES: usize = 1;

pub(super) struct Memory {
    /// Messages seen, and resident memory in bytes.
    pub(super) steps: Vec<(usize, u64)>,
}

pub(super) fn measure(kind: &Kind, messages: usize) -> anyhow::Result<Memory> {
    in_steps(kind, messages, STEP)
}

fn in_steps(kind: &Kind, messages: usize, step_messages: usize) -> anyhow::Result<Memory> {
    let mut rig = Rig::new(kind, 1)?;
    let pid = rig.target.pid.context("whose memory? Give --pid")?;
    let mut steps = vec![(0, usage::memory(pid)?)];
    for step in 1..=messages.div_ceil(step_messages) {
        let script = Script::new(rig.author, BODY_BYTES, step_messages);
        let Outcome { deliveries, .. } = rig.run(&script, Plan::default(), |_, _| {})?;
        ensure!(deliveries.are_whole(), "not all was relayed: {deliveries}");
        steps.push((step * step_messages, usage::memory(pid)?));
    }
    Ok(Memory { steps })
}

/// Memory of a peer in its terminal UI, and of one without it: what the peer itself holds grows with the IDs that it has seen.
pub(super) struct Beside {
    screen: Memory,
    peer: Memory,
}

/// Measures both. `kind`: the one without.
pub(super) fn measure_screen(whisper: &Path, history: bool, kind: &Kind, messages: usize) -> anyhow::Result<Beside> {
    let history = if history { "on" } else { "off" };
    let options = ["--flood-limit", "off", "--history", history];
    let chat = Chat::start(whisper, &Start { options: &options, ..Start::new("reader") })?;
    let pid = u32::try_from(chat.terminal.pid()?.as_raw_nonzero().get())?;
    let step = SCREEN_STEP.min(messages);
    let screen = in_steps(&Kind::Running(chat.addr, Some(pid)), messages, step)?;
    drop(chat);
    Ok(Beside { screen, peer: in_steps(kind, messages, step)? })
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let pairs = || self.screen.steps.iter().zip(&self.peer.steps);
        for ((seen, screen), (_, peer)) in pairs() {
            let (screen, peer) = (mebibytes(*screen), mebibytes(*peer));
            let more = screen - peer;
            writeln!(
                f,
                "{seen:>9} messages seen: {screen:7.1} MiB, without a screen {peer:7.1} MiB, so {more:6.1} for it"
            )?;
        }
        let shares = pairs().skip(1).map(|((_, screen), (_, peer))| mebibytes(*screen) - mebibytes(*peer));
        let (least, most) =
            shares.fold((f64::MAX, f64::MIN), |(least, most), share| (least.min(share), most.max(share)));
        write!(f, "for the screen from {least:.1} to {most:.1} MiB, however many were seen")
    }
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
