//! The simulator: real nodes of the core in virtual time, on a network, clocks and disks that a seed breaks.
//! Knows the core alone; no socket, no thread, and no clock but in its command, so that a seed is a run.
//! Bounds: `NODES_MAX` hosts.

mod command;
pub(crate) mod dice;
mod disk;
mod env;
mod faults;
mod forge;
mod guard;
mod heard;
mod host;
mod impostor;
mod liveness;
mod meet;
mod network;
mod plan;
mod queue;
mod said;
mod scenario;
mod shape;
mod shrink;
mod stranger;
mod trace;
mod verdicts;
mod view;
mod world;

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use command::{SimArgs, run};
pub use scenario::{MINUTES_MAX, NODES_MAX, Plant, Scenario, Shape, Trouble};
pub use shrink::shrink;

use view::{Dropped, Failure};
use world::World;

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Of everything that happened, in order, and of every byte that a node was given.
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
    pub scenario: Scenario,
    /// Which rule is broken, in a word.
    pub rule: &'static str,
    /// Where and what.
    pub what: String,
    /// Things that had happened.
    pub events: u64,
    /// The last events of the hosts concerned, one a line.
    pub trace: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, rule, what, events, trace } = self;
        write!(f, "seed {}: broken after {events} events ({rule}): {what}\n  {scenario}\n{trace}", scenario.seed)
    }
}

impl std::error::Error for Broken {}

/// Runs one scenario: its minutes of faults, then calm.
///
/// # Errors
/// [`Broken`] at the first thing that must not be, a panic of the core's included.
pub fn simulate(scenario: &Scenario) -> Result<Report, Box<Broken>> {
    let mut world = World::new(scenario);
    // What a panic leaves behind is looked at, and no longer run.
    let ran = catch_unwind(AssertUnwindSafe(|| world.run().and_then(|()| world.check_end())));
    let ran = ran.unwrap_or_else(|panic| Err(Failure::now("panic", words(panic.as_ref()), Vec::new())));
    let env = &world.env;
    if let Err(Failure { rule, what, hosts, began }) = ran {
        let at = env.queue.now().since_start().as_secs_f64();
        let who: Vec<String> = hosts.iter().map(|host| format!("h{host} ({})", world.hosts[*host].plan.addr)).collect();
        let what = format!("at {at:.6}: {}: {what}", who.join(" and "));
        let (scenario, events) = (scenario.clone(), env.trace.count());
        return Err(Box::new(Broken { scenario, rule, what, events, trace: env.trace.of(&hosts, began) }));
    }
    let dropped = world.hosts.iter().filter_map(|host| host.node.as_ref()).map(|node| Dropped::of(node).all()).sum();
    Ok(Report {
        hash: env.trace.hash(),
        events: env.trace.count(),
        messages: env.said.len(),
        received: env.received,
        share: world.share(),
        dropped,
    })
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
