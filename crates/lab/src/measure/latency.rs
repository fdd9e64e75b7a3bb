//! How long a message takes through a peer. Must not know why. Bounds: a time for each delivery.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::deliveries::Deliveries;
use super::figure::Figure;
use super::load::{Load, Told};
use super::rig::{Plan, Rig};
use super::script::Script;
use super::target::Kind;

/// Seconds of a run.
const SECONDS: usize = 4;

/// Times that are kept: 24 bytes each.
const DELIVERIES_MAX: usize = 50_000_000;

pub(super) struct Latency {
    pub(super) figure: Figure,
    pub(super) deliveries: Deliveries,
}

pub(super) fn measure(kind: &Kind, load: &Load, rate: u32) -> anyhow::Result<Latency> {
    let mut rig = Rig::new(kind, load.receivers)?;
    let messages = load.messages.unwrap_or(usize::try_from(rate)?.saturating_mul(SECONDS)).max(1);
    let deliveries = messages.saturating_mul(load.receivers);
    ensure!(deliveries <= DELIVERIES_MAX, "{deliveries} deliveries: a run has {DELIVERIES_MAX} at most");
    let plan = Plan { per_second: Some(rate), ..Plan::default() };
    let warm = Script::new(rig.author, load.body, (messages / 10).max(1));
    rig.run(&warm, plan, |_, _| {})?;
    let script = Script::new(rig.author, load.body, messages);
    let mut arrived = Vec::with_capacity(messages * load.receivers);
    let outcome = rig.run(&script, plan, |number, at| arrived.push((number, at)))?;
    ensure!(outcome.deliveries.came() > 0, "nothing that was said has come");
    Ok(Latency { deliveries: outcome.deliveries, figure: Figure::of(times(rate, outcome.began, &arrived)) })
}

/// From when each message was due to when it came: a source that was held up counts, too.
fn times(rate: u32, began: Instant, arrived: &[(usize, Instant)]) -> Vec<Duration> {
    let pause = Duration::from_secs(1) / rate;
    let time = |(number, at): &(usize, Instant)| {
        at.saturating_duration_since(began + pause.saturating_mul(u32::try_from(*number).unwrap_or(u32::MAX)))
    };
    arrived.iter().map(time).collect()
}

impl Told for Latency {
    fn are_whole(&self) -> bool {
        self.deliveries.are_whole()
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.figure, self.deliveries)
    }
}
