//! `whisper-lab`: runs one instrument of the lab.
//! Knows only the command line; each instrument lives in its own module of the library.
//! Holds nothing that grows.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use whispernet_lab::chaos::{self, ChaosArgs};
use whispernet_lab::double::{self, DoubleArgs};
use whispernet_lab::faults::{self, FaultsArgs};
use whispernet_lab::guide::{self, GuideArgs};
use whispernet_lab::kill::{self, KillArgs};
use whispernet_lab::measure::copy::CopyArgs;
use whispernet_lab::measure::figures::FiguresArgs;
use whispernet_lab::measure::{self, MeasureArgs};
use whispernet_lab::pictures::{self, PicturesArgs};
use whispernet_lab::print;
use whispernet_lab::sim::{self, SimArgs};

/// Instruments for whispernet.
#[derive(Parser)]
#[command(name = "whisper-lab", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What nobody is left to clear away.
const AFTER_A_SIGNAL: &str = "A signal ends it at once, and its peers with it where setpriv is there; its folders stay among the \
                              temporary files.";

#[derive(Subcommand)]
enum Command {
    /// Run the double of an old peer on this terminal.
    Double(DoubleArgs),
    /// Simulate a network of real cores in virtual time, and break it by a seed.
    Sim(SimArgs),
    /// Run real peers on a network of their own, and break it, and them, by a seed.
    #[command(after_help = AFTER_A_SIGNAL)]
    Chaos(ChaosArgs),
    /// Kill a peer in the middle of traffic, again and again.
    #[command(after_help = AFTER_A_SIGNAL)]
    Kill(KillArgs),
    /// Let each write of a peer fail in its turn.
    #[command(after_help = AFTER_A_SIGNAL)]
    WriteFaults(FaultsArgs),
    /// Measure the real program from outside.
    Measure(MeasureArgs),
    /// Measure everything that the README tells, and print it as a table.
    Figures(FiguresArgs),
    /// Play the first five minutes of newcomers, and write the guide with their screens.
    Guide(GuideArgs),
    /// Take the pictures of the page that the docs show.
    Pictures(PicturesArgs),
    /// The limit relay that measurements compare with: copies one source to all receivers, and does not look.
    Copy(CopyArgs),
}

fn main() -> anyhow::Result<ExitCode> {
    run(Cli::parse().command).or_else(|error| if print::is_unread(&error) { Ok(ExitCode::FAILURE) } else { Err(error) })
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Double(args) => double::run(args),
        Command::Chaos(args) => chaos::run(&args),
        Command::Kill(args) => kill::run(&args),
        Command::WriteFaults(args) => faults::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::Measure(args) => measure::run(&args),
        Command::Figures(args) => measure::figures::run(&args),
        Command::Guide(args) => guide::run(&args),
        Command::Pictures(args) => pictures::run(&args),
        Command::Copy(args) => measure::copy::run(&args).map(|()| ExitCode::SUCCESS),
    }
}
