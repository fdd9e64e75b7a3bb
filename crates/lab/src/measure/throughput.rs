//! How many messages a second a peer relays, and what each costs it. Must not know how. Bounds: the load.

use std::fmt;

use anyhow::Context;

use super::load::{Load, median};
use super::rig::{Outcome, Plan, Rig};
use super::script::Script;
use super::target::Kind;

/// Deliveries of a run, about.
const DELIVERIES: usize = 24_000_000;

/// What one run came to.
pub(super) struct Throughput {
    /// Messages a second into the peer.
    pub(super) per_second: f64,
    /// CPU time of the peer, in microseconds a message.
    pub(super) micros: Option<f64>,
    pub(super) messages: usize,
    pub(super) outcome: Outcome,
}

pub(super) fn measure(kind: &Kind, load: &Load) -> anyhow::Result<Throughput> {
    let runs = (1..=load.runs).map(|run| one(kind, load, u32::try_from(run)?)).collect::<anyhow::Result<Vec<_>>>()?;
    let lost: usize = runs.iter().map(|run| run.outcome.lost).sum();
    let mut middle = median(runs, |run| run.micros.unwrap_or(run.outcome.elapsed.as_secs_f64())).context("no run")?;
    // What is lost in any run is told.
    middle.outcome.lost = lost;
    Ok(middle)
}

fn one(kind: &Kind, load: &Load, run: u32) -> anyhow::Result<Throughput> {
    let mut rig = Rig::new(kind, load.receivers)?;
    let messages = load.messages(DELIVERIES);
    // What a fresh process touches for the first time it touches once: that is not the cost of a message.
    let warm = Script::new(0, rig.author, load.body, (messages / 10).max(1));
    rig.run(&warm, Plan::default(), |_, _| {})?;
    let script = Script::new(run, rig.author, load.body, messages);
    let outcome = rig.run(&script, Plan::default(), |_, _| {})?;
    let micros = outcome.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / messages as f64);
    Ok(Throughput { per_second: messages as f64 / outcome.elapsed.as_secs_f64(), micros, messages, outcome })
}

impl fmt::Display for Throughput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, messages, outcome, .. } = self;
        write!(f, "{per_second:.0} messages a second")?;
        if let Some(micros) = self.micros {
            write!(f, ", {micros:.3} us of CPU each (one core: {:.0} a second)", 1e6 / micros)?;
        }
        let Outcome { lost, twice, out_of_order, .. } = outcome;
        write!(f, "; {messages} said, {lost} lost, {twice} twice, {out_of_order} out of order")
    }
}
