//! After a failure: smaller runs that break the same rule, as long as one is found and there is time.
//! Must not know the rules. Bounds: the time it is given; each step leaves out something that no later one brings back.

use clap::ValueEnum;

use super::scenario::{Scenario, Trouble};
use super::{Broken, simulate};

/// Other seeds that are tried with a smaller number of hosts: it is another network anyway.
const SEEDS_TRIED: u64 = 6;
/// Hosts up to which that is quick.
const FEW_NODES: usize = 12;
/// Lines that are enough for most failures.
const LINES: [u64; 5] = [0, 1, 5, 25, 125];

/// The shortest run that breaks the same rule as `found`, of those that could be tried while `goes_on`.
pub fn shrink(found: Broken, mut goes_on: impl FnMut() -> bool) -> Broken {
    let mut shortest = found.clone();
    let mut current = found;
    'smaller: loop {
        for candidate in smaller(&current.scenario) {
            if !goes_on() {
                return shortest;
            }
            let Err(broken) = simulate(&candidate) else { continue };
            // One that takes longer, though with less, leads away from a short trace.
            if broken.rule == current.rule && broken.events <= current.events.saturating_mul(5) / 4 {
                current = *broken;
                if current.events <= shortest.events {
                    shortest = current.clone();
                }
                continue 'smaller;
            }
        }
        return shortest;
    }
}

/// Runs with a little less in them, those that leave out most first.
fn smaller(scenario: &Scenario) -> Vec<Scenario> {
    let mut all = Vec::new();
    let nodes = scenario.nodes;
    for fewer in [2, 3, nodes / 4, nodes / 2, nodes * 3 / 4, nodes.saturating_sub(1)] {
        if (2..nodes).contains(&fewer) {
            let tried = if fewer <= FEW_NODES { SEEDS_TRIED } else { 1 };
            let seeds = (0..tried).map(|n| scenario.seed.wrapping_add(n));
            all.extend(seeds.map(|seed| Scenario { seed, nodes: fewer, ..scenario.clone() }));
        }
    }
    for fewer in [1, scenario.minutes / 2, scenario.minutes.saturating_sub(1)] {
        if (1..scenario.minutes).contains(&fewer) {
            all.push(Scenario { minutes: fewer, ..scenario.clone() });
        }
    }
    if scenario.forgers > 0 {
        all.push(Scenario { forgers: 0, ..scenario.clone() });
        all.push(Scenario { forgers: scenario.forgers / 2, ..scenario.clone() });
    }
    let mut without = |troubles: &[Trouble]| {
        let mut less = scenario.clone();
        less.without.extend(troubles);
        if less != *scenario {
            all.push(less);
        }
    };
    let every = Trouble::value_variants();
    without(every);
    every.chunks(every.len().div_ceil(4)).for_each(&mut without);
    every.iter().for_each(|trouble| without(&[*trouble]));
    let fewer = LINES.into_iter().filter(|lines| *lines < scenario.lines_max);
    all.extend(fewer.map(|lines_max| Scenario { lines_max, ..scenario.clone() }));
    all
}
