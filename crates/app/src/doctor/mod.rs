//! `whisper doctor` and `/doctor`: what keeps a peer from others, and what to do. Facts are collected first; what they mean is worked out
//! apart. Must not know who asks. Bounds: `ADDRESSES_SHOWN_MAX` addresses, 2 s for the one connection; nothing leaves the machine.

mod disk;
mod facts;
mod finding;
mod network;
mod surroundings;

use std::path::Path;
use std::process::ExitCode;

pub(crate) use facts::Facts;
pub(crate) use finding::{Finding, lines};

use self::finding::{State, json, pages};
use crate::args::DoctorArgs;
use crate::{client, manual};

/// Looks at the peer of that data directory and at this machine, and prints what was found. The exit status tells whether
/// something is at fault.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn run(args: &DoctorArgs, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let findings = findings(&Facts::collect(client::presence(data_dir), data_dir, true));
    let text = if args.json { json(&findings) } else { pages(&findings) };
    manual::print(text.as_bytes())?;
    let fault = findings.iter().any(|finding| finding.state == State::Fault);
    Ok(if fault { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What the facts mean, in the order in which a reader needs it.
pub(crate) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut findings = network::findings(facts);
    findings.extend(disk::findings(facts));
    findings.extend(surroundings::findings(facts));
    findings
}
