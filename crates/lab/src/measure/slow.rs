//! What the others get once one receiver reads no more. Must not know how a peer copes. Bounds: the load.

use std::fmt;
use std::time::Duration;

use anyhow::ensure;

use super::deliveries::Deliveries;
use super::load::{Load, Told};
use super::rig::{Plan, Rig};
use super::script::Script;
use super::target::Kind;
use super::usage;

/// Messages before the first receiver stops, as a share of all: one in so many.
const STOPS_AFTER_ONE_IN: usize = 4;
/// Deliveries of a run, about: many times what memory and sockets hold for the one that stopped.
const DELIVERIES: usize = 60_000_000;

pub(super) struct Slow {
    /// Of what the others should have got.
    pub(super) delivered_percent: f64,
    pub(super) longest_pause: Duration,
    pub(super) per_second: f64,
    /// Growth of the peer's memory, in bytes.
    pub(super) growth: Option<u64>,
}

pub(super) fn measure(kind: &Kind, load: &Load) -> anyhow::Result<Slow> {
    ensure!(load.receivers > 1, "--receivers 1: one stops, and what the others get is measured");
    let mut rig = Rig::new(kind, load.receivers)?;
    let messages = load.messages(DELIVERIES);
    // Fills what a peer keeps of the newest messages, so that growth is only what the stopped receiver costs.
    let warm = Script::new(rig.author, load.body, (messages / STOPS_AFTER_ONE_IN).max(1));
    rig.run(&warm, Plan::default(), |_, _| {})?;
    let memory = |rig: &Rig| rig.target.pid.map(usage::memory).transpose();
    let before = memory(&rig)?;
    let script = Script::new(rig.author, load.body, messages);
    let plan = Plan { stop_first_after: Some(messages / STOPS_AFTER_ONE_IN), ..Plan::default() };
    let outcome = rig.run(&script, plan, |_, _| {})?;
    let growth = memory(&rig)?.zip(before).map(|(after, before)| after.saturating_sub(before));
    let Deliveries { owed, .. } = outcome.deliveries;
    ensure!(owed == messages * (load.receivers - 1), "the first receiver has not got so much as to stop");
    let came = outcome.deliveries.came() as f64;
    Ok(Slow {
        delivered_percent: came * 100.0 / owed as f64,
        longest_pause: outcome.longest_pause,
        per_second: came / (load.receivers - 1) as f64 / outcome.elapsed.as_secs_f64(),
        growth,
    })
}

impl Told for Slow {
    /// What a peer drops for the others is what is measured, and no failure to measure it.
    fn are_whole(&self) -> bool {
        true
    }
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delivered_percent, longest_pause, per_second, .. } = self;
        write!(
            f,
            "the others got {delivered_percent:.1}%, longest pause {longest_pause:.1?}, {per_second:.0} messages a second"
        )?;
        self.growth.map_or(Ok(()), |growth| write!(f, ", memory grew by {:.1} MiB", growth as f64 / f64::from(1 << 20)))
    }
}
