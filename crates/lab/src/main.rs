//! `whisper-lab`: runs one instrument of the lab.
//! Knows only the command line; each instrument lives in its own module of the library.
//! Holds nothing that grows.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use whispernet_lab::double::{self, DoubleArgs};
use whispernet_lab::measure::{self, MeasureArgs};
use whispernet_lab::sim::{self, SimArgs};

/// Instruments for whispernet.
#[derive(Parser)]
#[command(name = "whisper-lab", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the double of an old peer on this terminal.
    Double(DoubleArgs),
    /// Simulate a network of real cores in virtual time, and break it by a seed.
    Sim(SimArgs),
    /// Measure the real program from outside.
    Measure(MeasureArgs),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Double(args) => double::run(args),
        Command::Sim(args) => sim::run(&args),
        Command::Measure(args) => measure::run(&args),
    }
}
