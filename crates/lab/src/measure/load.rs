//! How much is said to a peer, and the figures of it and of the limit relay side by side. Must not know what is measured.
//! Bounds: [`SCRIPT_BYTES_MAX`] a run.

use std::fmt::Display;
use std::ops::RangeInclusive;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::target::Kind;
use crate::print;

/// Bytes of all messages of a run; the driver holds them in memory.
const SCRIPT_BYTES_MAX: usize = 1 << 30;
/// A message is so much longer than its Body, about.
const AROUND_BODY_BYTES: usize = 70;

/// Numbers that an option takes.
pub(super) fn numbers(range: RangeInclusive<u64>) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(range)
}

/// The size of a run.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Load {
    /// Bytes of each Body.
    #[arg(long, default_value_t = 64, value_parser = numbers(1..=1 << 20))]
    pub(super) body: usize,
    /// How many receivers.
    #[arg(long, default_value_t = 8, value_parser = numbers(1..=1_000))]
    pub(super) receivers: usize,
    /// How many messages; by default as many as take a second or two.
    #[arg(long, value_parser = numbers(1..=100_000_000))]
    pub(super) messages: Option<usize>,
    /// Runs with a fresh peer each; the median is told.
    #[arg(long, default_value_t = 5, value_parser = numbers(1..=1_000))]
    pub(super) runs: usize,
}

impl Load {
    pub(super) const fn new(body: usize, receivers: usize) -> Self {
        Self { body, receivers, messages: None, runs: 5 }
    }

    /// How many messages, where about `deliveries` of short ones are wanted.
    pub(super) fn messages(&self, deliveries: usize) -> usize {
        let length = self.body + AROUND_BODY_BYTES;
        let wanted = deliveries / (self.receivers + 4) / (1 + self.body / 512);
        self.messages.unwrap_or(wanted).clamp(1, SCRIPT_BYTES_MAX / length)
    }

    /// Prints what `measure` says of the peer and of the limit relay. Whether the peer did all that it should.
    pub(super) fn print<F: Told>(
        &self,
        measure: impl Fn(&Kind, &Self) -> anyhow::Result<F>,
        kind: &Kind,
    ) -> anyhow::Result<bool> {
        let Self { body, receivers, .. } = self;
        let peer = measure(kind, self)?;
        print::line(format_args!("{body} B, {receivers} receivers, peer: {peer}"))?;
        print::line(format_args!("{body} B, {receivers} receivers, copy: {}", measure(&Kind::Copy, self)?))?;
        Ok(peer.are_whole())
    }
}

/// What was measured.
pub(super) trait Told: Display {
    /// Whether all came that should have, once, in order and as it was said.
    fn are_whole(&self) -> bool;
}

/// The one in the middle.
pub(super) fn median<T>(mut runs: Vec<T>, by: impl Fn(&T) -> f64) -> Option<T> {
    runs.sort_by(|a, b| by(a).total_cmp(&by(b)));
    let middle = runs.len() / 2;
    runs.into_iter().nth(middle)
}
