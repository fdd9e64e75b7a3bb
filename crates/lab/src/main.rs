//! `whisper-lab`: runs one instrument of the lab.
//! Knows only the command line; each instrument lives in its own module of the library.
//! Holds nothing that grows.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use whispernet_lab::double::{self, DoubleArgs};

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
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Double(args) => double::run(args),
    }
}
