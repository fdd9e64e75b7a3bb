//! Figures of the real program, from outside: what a user of this machine gets.
//! Must not know how a peer works. Bounds: each run by its arguments.

mod connect;
pub mod copy;
mod deliveries;
mod figure;
pub mod figures;
mod first_screen;
mod hops;
mod idle;
mod latency;
mod load;
mod memory;
mod page;
mod peer;
mod rig;
mod script;
mod signed;
mod slow;
mod sockets;
mod start;
mod tally;
mod target;
mod throughput;
mod typing;
mod usage;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};

use self::load::{Load, numbers};
use self::page::PageArgs;
use self::peer::Options;
use self::sockets::SocketsArgs;
use self::target::Kind;
use self::typing::TypingArgs;

use crate::print;

/// What to measure, and on which program.
#[derive(Args, Debug)]
pub struct MeasureArgs {
    /// The program to measure; measure a release build.
    #[arg(long, default_value = "target/release/whisper", global = true)]
    whisper: PathBuf,
    /// Measure a peer of the classic protocol that runs already instead, whatever program it is. It must dial what messages
    /// name, and have no flood limit.
    #[arg(long, value_name = "IP:PORT", global = true)]
    peer: Option<SocketAddr>,
    /// The process of that peer, for its CPU time and memory.
    #[arg(long, requires = "peer", global = true)]
    pid: Option<u32>,
    /// Start the program with its history, on all CPUs; without, it runs on one, and the driver on another.
    #[arg(long, global = true)]
    history: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Time from the start of the process to `listening on`.
    Start {
        /// How many starts.
        #[arg(long, default_value_t = 40, value_parser = numbers(1..=10_000))]
        runs: usize,
    },
    /// Time of a message from a raw sender through peers in a row to a raw receiver.
    Hops {
        /// How many peers.
        #[arg(long, default_value_t = 3, value_parser = numbers(1..=100))]
        peers: usize,
        /// How many messages.
        #[arg(long, default_value_t = 5_000, value_parser = numbers(1..=10_000_000))]
        messages: usize,
        /// Messages a second.
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
        rate: u32,
    },
    /// Messages a second and CPU time a message, as much as goes, beside the limit relay.
    Throughput(Load),
    /// Signed messages a second and CPU time a message, beside checks of their signatures alone.
    Signed(Load),
    /// Time from writing a message to reading it, at a steady rate, beside the limit relay.
    Latency {
        #[command(flatten)]
        load: Load,
        /// Messages a second.
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
        rate: u32,
    },
    /// What the other receivers get once one of them reads no more.
    Slow(Load),
    /// Memory as ever more messages are seen.
    Memory {
        /// How many messages in all.
        #[arg(long, default_value_t = 3_000_000, value_parser = numbers(1..=1_000_000_000))]
        messages: usize,
        /// Measure a peer in its terminal UI, and one without it.
        #[arg(long)]
        screen: bool,
    },
    /// Memory of links that say nothing, and how messages pass beside them.
    Idle {
        /// How many links; beside them there is the source's and one more.
        #[arg(long, default_value_t = idle::LINKS, value_parser = numbers(1..=1_000_000))]
        links: usize,
    },
    /// Time from the start of the process to the first picture of the terminal UI.
    FirstScreen {
        /// How many starts.
        #[arg(long, default_value_t = 20, value_parser = numbers(1..=10_000))]
        runs: usize,
    },
    /// Time from a key to the screen of the terminal UI, while messages come.
    Typing(TypingArgs),
    /// Bytes and times of the page in a real browser, and how it bears messages and a long history.
    Page(PageArgs),
    /// What as many WebSockets as may be are told, some of which are slow.
    Sockets(SocketsArgs),
    /// Links that come, say one thing, and go.
    Connect {
        /// How many.
        #[arg(long, default_value_t = 20_000, value_parser = numbers(1..=10_000_000))]
        links: usize,
        /// How many of them at once.
        #[arg(long, default_value_t = 32, value_parser = numbers(1..=10_000))]
        at_once: usize,
    },
}

/// Measures, and prints a line a figure. The exit status is 1 where something was lost, came twice, out of order or altered.
///
/// # Errors
/// The program cannot be run, or does not do what it should.
pub fn run(args: &MeasureArgs) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Start { .. }
        | What::Hops { .. }
        | What::FirstScreen { .. }
        | What::Typing(_)
        | What::Page(_)
        | What::Sockets(_)
        | What::Memory { screen: true, .. }
            if args.peer.is_some() =>
        {
            bail!("--peer: this figure is of our own peers")
        }
        What::Start { runs } => start::measure(&args.whisper, *runs)?,
        What::Hops { peers, messages, rate } => hops::measure(&args.whisper, *peers, *messages, *rate)?,
        What::FirstScreen { runs } => first_screen::measure(&args.whisper, *runs)?,
        // These need a CPU for the program and one for the terminal that shows it.
        What::Typing(typing) => {
            if !typing::measure(&args.whisper, args.history, typing)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        What::Page(page) => {
            if !page::measure(&args.whisper, page)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        What::Sockets(sockets) => {
            if !sockets::measure(&args.whisper, args.history, sockets)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        What::Memory { messages, screen: true } => {
            print::line(memory::measure_screen(&args.whisper, args.history, &args.kind(&[]), *messages)?)?;
        }
        driven => {
            if !args.history && !matches!(driven, What::Signed(_)) {
                target::stand_aside()?;
            }
            if !args.drive(driven)? {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl MeasureArgs {
    /// Whether the peer did all that it should.
    fn drive(&self, what: &What) -> anyhow::Result<bool> {
        let kind = self.kind(&[]);
        match what {
            What::Throughput(load) => load.print(throughput::measure, &kind),
            What::Signed(load) => {
                let Kind::Whisper { program, options } = kind else {
                    bail!("--peer: this figure is of our own peers");
                };
                // On all cores: signatures are checked on each.
                let kind = Kind::Whisper { program, options: Options { pinned: false, ..options } };
                let signed = signed::measure(&kind, load)?;
                print::line(format_args!("{} B, {} receivers: {signed}", load.body, load.receivers))?;
                Ok(signed.deliveries.are_whole())
            }
            What::Latency { load, rate } => load.print(|kind, load| latency::measure(kind, load, *rate), &kind),
            What::Slow(load) => load.print(slow::measure, &kind),
            What::Memory { messages, .. } => {
                print::line(memory::measure(&kind, *messages)?)?;
                Ok(true)
            }
            What::Idle { links } => {
                let idle = idle::measure(&self.kind(idle::OPTIONS), *links)?;
                print::line(&idle)?;
                Ok(idle.outcome.deliveries.are_whole())
            }
            What::Connect { links, at_once } => {
                let connect = connect::measure(&kind, *links, *at_once)?;
                print::line(&connect)?;
                Ok(connect.deliveries.are_whole())
            }
            What::Start { .. }
            | What::Hops { .. }
            | What::FirstScreen { .. }
            | What::Typing(_)
            | What::Page(_)
            | What::Sockets(_) => Ok(true),
        }
    }

    fn kind(&self, more: &[&str]) -> Kind {
        match self.peer {
            Some(addr) => Kind::Running(addr, self.pid),
            None => Kind::whisper(self.whisper.clone(), self.history, more),
        }
    }
}

impl Kind {
    fn whisper(program: PathBuf, history: bool, more: &[&str]) -> Self {
        let history_word = if history { "on" } else { "off" };
        let arguments = ["--history", history_word].iter().chain(more).map(|word| (*word).to_owned()).collect();
        Self::Whisper { program, options: Options { arguments, pinned: !history } }
    }
}
