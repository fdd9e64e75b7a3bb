//! The simulator: real nodes of the core in virtual time, on a network and disks that a seed breaks.
//! Knows the core alone; no clock, no socket, no thread, so that a seed is a run. Bounds: `NODES_MAX` hosts.

pub(crate) mod dice;
mod disk;
mod env;
mod faults;
mod host;
mod liveness;
mod network;
mod plan;
mod queue;
mod said;
mod stranger;
mod trace;
mod view;
mod world;

use std::fmt;
use std::process::ExitCode;

use clap::Args;

use plan::NODES_MAX;
use view::Failure;
use world::World;

/// What to simulate.
#[derive(Args, Clone, Copy, Debug)]
pub struct SimArgs {
    /// The first seed
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many seeds, one after another
    #[arg(long, default_value_t = 1)]
    pub seeds: u64,
    /// Hosts, 2 to 1,000
    #[arg(long, default_value_t = 100)]
    pub nodes: usize,
    /// Virtual minutes in which things break
    #[arg(long, default_value_t = 10)]
    pub minutes: u64,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Of everything that happened, in order.
    pub hash: u64,
    /// Things that happened.
    pub events: u64,
    /// Different messages, greetings included.
    pub messages: usize,
    /// Bytes that nodes were given.
    pub received: u64,
    /// What hosts have of all that their users said, in percent: hosts that were down or alone missed something, and those
    /// without a store forgot it.
    pub share: f64,
    /// Messages that some node dropped for want of budget or room.
    pub dropped: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hash, events, messages, received, share, dropped } = self;
        let mib = *received as f64 / f64::from(1 << 20);
        write!(
            f,
            "{events} events, {messages} messages, {mib:.1} MiB, {share:.1}% held, {dropped} dropped, hash {hash:016x}"
        )
    }
}

/// Something that must not be, and what led to it.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The run.
    pub seed: u64,
    /// Where and what.
    pub what: String,
    /// The last events of the hosts concerned, one a line.
    pub trace: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}\n{}", self.seed, self.what, self.trace)
    }
}

impl std::error::Error for Broken {}

/// Runs one seed: `nodes` hosts (2 to 1,000), `minutes` of faults, then calm.
///
/// # Errors
/// [`Broken`] at the first thing that must not be.
pub fn simulate(seed: u64, nodes: usize, minutes: u64) -> Result<Report, Broken> {
    let mut world = World::new(seed, nodes, minutes);
    let ran = world.run().and_then(|()| world.check_end());
    let env = &world.env;
    if let Err(Failure { what, hosts, began }) = ran {
        let at = env.queue.now().since_start().as_secs_f64();
        let who: Vec<String> = hosts.iter().map(|host| format!("h{host} ({})", world.hosts[*host].plan.addr)).collect();
        let what = format!("at {at:.6}: {}: {what}", who.join(" and "));
        return Err(Broken { seed, what, trace: env.trace.of(&hosts, began) });
    }
    let dropped = world.hosts.iter().filter_map(|host| host.node.as_ref()).map(view::dropped).sum();
    Ok(Report {
        hash: env.trace.hash(),
        events: env.trace.count(),
        messages: env.said.len(),
        received: env.received,
        share: world.share(),
        dropped,
    })
}

/// Runs the seeds that the command line names, and prints a line for each; a failure ends it.
///
/// # Errors
/// [`Broken`], and where there are more or fewer hosts than can be.
pub fn run(args: SimArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!((2..=NODES_MAX).contains(&args.nodes), "--nodes {}: 2 to {NODES_MAX} can be simulated", args.nodes);
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        match simulate(seed, args.nodes, args.minutes) {
            Ok(report) => println!("seed {seed}: {report}"),
            Err(broken) => {
                println!("{broken}");
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
