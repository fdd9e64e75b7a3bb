//! A fixed set of seeds, each another mix of faults. `whisper-lab sim --for 10m` runs fresh ones.

use whispernet_lab::sim::{Scenario, Shape, simulate};

/// Runs `scenario`, and looks whether hosts heard of one another at all.
#[track_caller]
fn check(scenario: &Scenario) {
    match simulate(scenario) {
        Ok(report) => {
            println!("{scenario}: {report}");
            assert!(report.share > 20.0, "hosts hear of one another: {report}");
        }
        Err(broken) => panic!("{broken}"),
    }
}

/// As many hosts as no full mesh can hold, and all that the seed has against them.
#[test]
fn five_hundred_hosts() {
    check(&Scenario::new(2, 500, 1));
}

#[test]
fn a_hundred_hosts() {
    check(&Scenario::new(2, 100, 3));
}

/// Few hosts are quick: many mixes of faults.
#[test]
fn few_hosts() {
    (200..230).for_each(|seed| check(&Scenario::new(seed, 4, 5)));
}

#[test]
fn some_hosts() {
    (300..304).for_each(|seed| check(&Scenario::new(seed, 20, 4)));
}

/// Nearly a third of all that hosts meet forges, alters, strips and repeats what they sign.
#[test]
fn few_hosts_among_forgers() {
    (200..220).for_each(|seed| check(&Scenario { forgers: 30, ..Scenario::new(seed, 6, 5) }));
}

#[test]
fn some_hosts_among_forgers() {
    [2, 7].into_iter().for_each(|seed| check(&Scenario { forgers: 30, ..Scenario::new(seed, 20, 4) }));
}

#[test]
fn all_on_one_machine_and_all_in_one_mesh() {
    for (seed, nodes, shape) in [(1, 6, Shape::Machine), (2, 12, Shape::Machine), (3, 24, Shape::Flat)] {
        check(&Scenario { shape: Some(shape), ..Scenario::new(seed, nodes, 3) });
    }
}

/// Runs of the size that the seed has, each of which found faults that were put into core by hand: IDs not marked as seen, or
/// before they were judged; places used twice; resume lost, or without a step back; clocks that fell back; budgets, bans and
/// bounds not kept; relaying to the author; writes cut short; a deadline that stood still.
#[test]
fn what_finds_faults() {
    [1, 2, 3, 4, 5, 15].into_iter().for_each(|seed| check(&Scenario::of_seed(seed)));
    check(&Scenario::new(8, 4, 10));
}
