//! How many messages a second a peer relays, and what each costs it. Must not know how. Bounds: the load.

use std::fmt;

use anyhow::{Context, ensure};

use super::deliveries::Deliveries;
use super::load::{Load, Told, median};
use super::rig::{Plan, Rig};
use super::script::Script;
use super::target::Kind;

/// Deliveries of a run, about.
const DELIVERIES: usize = 24_000_000;

/// What one run came to.
pub(super) struct Throughput {
    /// Messages a second that came, to each receiver.
    pub(super) per_second: f64,
    /// CPU time of the peer, in microseconds a message.
    pub(super) micros: Option<f64>,
    /// Of all runs, warm-ups included.
    pub(super) deliveries: Deliveries,
}

pub(super) fn measure(kind: &Kind, load: &Load) -> anyhow::Result<Throughput> {
    let runs = (0..load.runs).map(|_| one(kind, load)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut deliveries = Deliveries::default();
    runs.iter().for_each(|run| deliveries += run.deliveries);
    let middle = median(runs, |run| run.micros.unwrap_or(1e6 / run.per_second)).context("no run")?;
    // What is lost in any run is told.
    Ok(Throughput { deliveries, ..middle })
}

fn one(kind: &Kind, load: &Load) -> anyhow::Result<Throughput> {
    let mut rig = Rig::new(kind, load.receivers)?;
    let messages = load.messages(DELIVERIES);
    // What a fresh process touches for the first time it touches once: that is not the cost of a message.
    let warm = Script::new(rig.author, load.body, (messages / 10).max(1));
    let mut deliveries = rig.run(&warm, Plan::default(), |_, _| {})?.deliveries;
    let script = Script::new(rig.author, load.body, messages);
    let outcome = rig.run(&script, Plan::default(), |_, _| {})?;
    deliveries += outcome.deliveries;
    let came = outcome.deliveries.came() as f64 / load.receivers as f64;
    ensure!(came > 0.0, "nothing that was said has come: {deliveries}");
    let micros = outcome.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / messages as f64);
    Ok(Throughput { per_second: came / outcome.elapsed.as_secs_f64(), micros, deliveries })
}

impl Told for Throughput {
    fn are_whole(&self) -> bool {
        self.deliveries.are_whole()
    }
}

impl fmt::Display for Throughput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, deliveries, .. } = self;
        write!(f, "{per_second:.0} messages a second")?;
        if let Some(micros) = self.micros {
            write!(f, ", {micros:.3} us of CPU each (one core: {:.0} a second)", 1e6 / micros)?;
        }
        write!(f, "; {deliveries}")
    }
}
