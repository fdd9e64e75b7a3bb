//! What happened, in short: a hash over all of it, and the newest of it to print.
//! Must not know why it is kept. Bounds: [`KEPT_MAX`] lines.

use std::collections::VecDeque;
use std::fmt::{self, Write};

use whispernet_core::time::Instant;

use super::plan::HostId;

/// Events kept to be printed.
const KEPT_MAX: usize = 500_000;
/// Events printed after a failure.
const PRINTED_MAX: usize = 400;
/// Of those, before what led to it began.
const PRINTED_BEFORE: usize = 10;

/// One thing that happened.
#[derive(Clone, Copy)]
pub(super) struct Line {
    at: Instant,
    host: HostId,
    /// The host at the other end, if any.
    other: Option<HostId>,
    what: &'static str,
    numbers: [u64; 2],
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>14.6} h{:<3} ", self.at.since_start().as_secs_f64(), self.host)?;
        match self.other {
            Some(other) => write!(f, "h{other:<3} ")?,
            None => f.write_str("     ")?,
        }
        write!(f, "{} {} {}", self.what, self.numbers[0], self.numbers[1])
    }
}

/// The record of a run.
#[derive(Default)]
pub(super) struct Trace {
    kept: VecDeque<Line>,
    hash: u64,
    count: u64,
}

impl Trace {
    /// Notes that `what` happened at `host`.
    pub(super) fn note(
        &mut self,
        at: Instant,
        host: HostId,
        other: Option<HostId>,
        what: &'static str,
        numbers: [u64; 2],
    ) {
        let line = Line { at, host, other, what, numbers };
        let micros = at.since_start().as_micros();
        self.mix(&micros.to_le_bytes());
        self.mix(&host.to_le_bytes());
        self.mix(&other.map_or(u64::MAX, |other| other as u64).to_le_bytes());
        self.mix(what.as_bytes());
        self.mix(&numbers[0].to_le_bytes());
        self.mix(&numbers[1].to_le_bytes());
        self.count += 1;
        if self.kept.len() >= KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(line);
    }

    /// FNV-1a: the same on every machine, and there is nobody to be guarded against.
    fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Takes bytes that a node was given into the hash: eight at a time, since there are many.
    pub(super) fn mix_bytes(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            self.hash = (self.hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
        }
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The last events of `hosts`, one a line; or as many from a little before `began`.
    pub(super) fn of(&self, hosts: &[HostId], began: Option<Instant>) -> String {
        let concerned = |line: &&Line| {
            hosts.contains(&line.host) && line.other.is_none_or(|other| hosts.len() < 2 || hosts.contains(&other))
        };
        let lines: Vec<&Line> = self.kept.iter().filter(concerned).collect();
        let first = match began {
            Some(began) => lines.partition_point(|line| line.at < began).saturating_sub(PRINTED_BEFORE),
            None => lines.len().saturating_sub(PRINTED_MAX),
        };
        lines.iter().skip(first).take(PRINTED_MAX).fold(String::new(), |mut text, line| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{line}");
            text
        })
    }
}
