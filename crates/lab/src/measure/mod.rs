//! Figures of the real program, from outside: what a user of this machine gets.
//! Must not know how a peer works. Bounds: each run by its arguments.

mod figure;
mod hops;
mod peer;
mod start;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

/// What to measure, and on which program.
#[derive(Args, Debug)]
pub struct MeasureArgs {
    /// The program to measure; measure a release build.
    #[arg(long, default_value = "target/release/whisper")]
    whisper: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Time from the start of the process to `listening on`.
    Start {
        /// How many starts.
        #[arg(long, default_value_t = 40)]
        runs: usize,
    },
    /// Time of a message from a raw sender through peers in a row to a raw receiver.
    Hops {
        /// How many peers.
        #[arg(long, default_value_t = 3)]
        peers: usize,
        /// How many messages.
        #[arg(long, default_value_t = 5_000)]
        messages: usize,
        /// Messages a second.
        #[arg(long, default_value_t = 1_000)]
        rate: u32,
    },
}

/// Measures, and prints a line a figure.
///
/// # Errors
/// The program cannot be run, or does not do what it should.
pub fn run(args: &MeasureArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Start { runs } => start::measure(&args.whisper, runs)?,
        What::Hops { peers, messages, rate } => hops::measure(&args.whisper, peers, messages, rate)?,
    }
    Ok(ExitCode::SUCCESS)
}
