//! Kill -9 in the middle of traffic, round after round: nothing acknowledged is lost, nothing comes twice, no seq is given out
//! again, and the database is whole. Must not know how a peer works. Bounds: the number of rounds.

mod rounds;
mod traffic;

use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use clap::builder::RangedU64ValueParser;

use self::rounds::Rounds;
use crate::clock;
use crate::print;

/// How often to kill what.
#[derive(Args, Debug)]
pub struct KillArgs {
    /// The program to kill.
    #[arg(long, default_value = "target/release/whisper")]
    pub whisper: PathBuf,
    /// How many times.
    #[arg(long, default_value_t = 200, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub rounds: usize,
    /// Chooses the moments [default: others each time; it is printed]
    #[arg(long)]
    pub seed: Option<u64>,
}

/// Runs the rounds, and prints what they came to.
///
/// # Errors
/// The program cannot be run, or something was not as it must be.
pub fn run(args: &KillArgs) -> anyhow::Result<ExitCode> {
    let seed = args.seed.unwrap_or_else(|| RandomState::new().hash_one(0));
    print::line(format_args!("seed {seed}"))?;
    let began = clock::moment();
    let mut rounds = Rounds::new(&args.whisper, seed)?;
    for round in 0..args.rounds {
        rounds.round(round).with_context(|| format!("seed {seed}, round {round}"))?;
    }
    let totals = rounds.finish().with_context(|| format!("seed {seed}, after {} rounds", args.rounds))?;
    print::line(format_args!(
        "{} kills in {:.1} s: all of {} acknowledged messages kept, {} in the history, none twice, no seq twice, database whole",
        args.rounds,
        began.elapsed().as_secs_f64(),
        totals.acknowledged,
        totals.kept
    ))?;
    Ok(ExitCode::SUCCESS)
}
