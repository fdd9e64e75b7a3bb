//! The command: which runs, one after another, and what is printed of them. What one run prints is the same each time.
//! Must not know what a run does. Bounds: the seeds or the time that it is given.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::scenario::{MINUTES_MAX, NODES_MAX, Plant, Scenario, Shape, Trouble};
use super::{Broken, shrink, simulate};
use crate::clock;
use crate::print;

/// Virtual minutes where only the hosts are given.
const MINUTES: u64 = 5;

/// What to simulate.
#[derive(Args, Clone, Debug)]
pub struct SimArgs {
    /// The first seed; with --for a fresh one by default, else 1
    #[arg(long)]
    seed: Option<u64>,
    /// How many seeds, one after another
    #[arg(long, default_value_t = 1, conflicts_with = "for")]
    seeds: u64,
    /// Runs one seed after another for so long: 90s, 10m, 8h
    #[arg(long = "for", id = "for", value_parser = duration)]
    lasts: Option<Duration>,
    /// Hosts, 2 to 1,000; by default as the seed has it
    #[arg(long)]
    nodes: Option<usize>,
    /// Virtual minutes in which things break, up to 600; by default as the seed has it, or 5 with --nodes
    #[arg(long)]
    minutes: Option<u64>,
    /// Lines that users say while things break, at most
    #[arg(long, default_value_t = u64::MAX, hide_default_value = true)]
    lines_max: u64,
    /// How the hosts lie to one another; by default as the seed has it
    #[arg(long)]
    shape: Option<Shape>,
    /// Impostors and old peers beyond those that the seed has, in percent of the hosts, up to 100
    #[arg(long, default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u8).range(0..=100))]
    forgers: u8,
    /// Troubles to do without, parted by commas
    #[arg(long, value_delimiter = ',')]
    without: Vec<Trouble>,
    /// A fault to put in, to see that it is found
    #[arg(long)]
    plant: Option<Plant>,
    /// Goes on after a failure
    #[arg(long)]
    keep_going: bool,
    /// How long to look for a shorter run after a failure; 0s: not at all
    #[arg(long, default_value = "60s", value_parser = duration)]
    shrink_for: Duration,
}

impl SimArgs {
    fn scenario(&self, seed: u64) -> Scenario {
        let mut scenario = Scenario::of_seed(seed);
        if let Some(nodes) = self.nodes {
            (scenario.nodes, scenario.minutes) = (nodes, MINUTES);
        }
        scenario.minutes = self.minutes.unwrap_or(scenario.minutes);
        scenario.lines_max = self.lines_max;
        scenario.forgers = usize::from(self.forgers);
        (scenario.shape, scenario.plant) = (self.shape, self.plant);
        scenario.without = self.without.iter().copied().collect();
        scenario
    }
}

/// Reads a number with its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[number.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err("a number with s, m or h, as in 10m".to_owned()),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    seconds.map(Duration::from_secs).ok_or_else(|| format!("{number} is no number of that size"))
}

/// Runs the seeds that the command line names, and prints a line for each. A failure is printed with its seed and with the
/// shortest run that broke the same rule.
///
/// # Errors
/// Where there are more or fewer hosts or minutes than can be.
pub fn run(args: &SimArgs) -> anyhow::Result<ExitCode> {
    let sizes = args.nodes.is_none_or(|nodes| (2..=NODES_MAX).contains(&nodes));
    anyhow::ensure!(sizes, "--nodes: 2 to {NODES_MAX} can be simulated");
    let times = args.minutes.is_none_or(|minutes| (1..=MINUTES_MAX).contains(&minutes));
    anyhow::ensure!(times, "--minutes: 1 to {MINUTES_MAX} can be simulated");
    let began = clock::moment();
    let fresh = || if args.lasts.is_some() { clock::unix_seconds().unsigned_abs() * 1_000 } else { 1 };
    let first = args.seed.unwrap_or_else(fresh);
    let (mut ran, mut broken) = (0, Vec::new());
    loop {
        let goes_on = args.lasts.map_or(ran < args.seeds, |lasts| ran == 0 || began.elapsed() < lasts);
        if !goes_on {
            break;
        }
        let scenario = args.scenario(first.wrapping_add(ran));
        ran += 1;
        match simulate(&scenario) {
            Ok(report) => {
                let Scenario { seed, nodes, minutes, .. } = scenario;
                print::line(format_args!("seed {seed}, {nodes} hosts, {minutes} minutes: {report}"))?;
            }
            Err(found) => {
                broken.push(found.scenario.seed);
                tell(*found, args.shrink_for)?;
                if !args.keep_going {
                    break;
                }
            }
        }
    }
    if args.lasts.is_some() || ran > 1 {
        print::line(format_args!("{ran} seeds from {first} on, {} broken: {broken:?}", broken.len()))?;
    }
    if args.lasts.is_some() {
        print::line(format_args!("in {} s", began.elapsed().as_secs()))?;
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints a failure, and the shortest run like it.
fn tell(found: Broken, lasts: Duration) -> io::Result<()> {
    print::line(format_args!("{found}"))?;
    if lasts.is_zero() {
        return Ok(());
    }
    let (before, began) = (found.scenario.clone(), clock::moment());
    let shortest = shrink(found, || began.elapsed() < lasts);
    if shortest.scenario == before {
        print::line(format_args!("no shorter run breaks the same rule"))?;
    } else {
        print::line(format_args!("the shortest run found that breaks the same rule:\n{shortest}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, seconds) in [("90s", Some(90)), ("10m", Some(600)), ("2h", Some(7_200)), ("0s", Some(0))] {
            assert_eq!(duration(text).ok().map(|duration| duration.as_secs()), seconds, "{text}");
        }
        for text in ["", "10", "m", "1d", "-1s", "99999999999999999999h", "9999999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
