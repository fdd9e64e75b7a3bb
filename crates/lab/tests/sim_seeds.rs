//! A fixed set of seeds, each another mix of faults. `whisper-lab sim --seed N --seeds N` runs fresh ones.

use whispernet_lab::sim::simulate;

/// Runs `seed` with so many hosts and so many virtual minutes of faults.
#[track_caller]
fn check(seed: u64, nodes: usize, minutes: u64) {
    match simulate(seed, nodes, minutes) {
        Ok(report) => {
            println!("seed {seed}: {report}");
            assert!(report.share > 20.0, "hosts hear of one another: {report}");
        }
        Err(broken) => panic!("{broken}"),
    }
}

#[test]
fn a_hundred_hosts_1() {
    check(1, 100, 3);
}

#[test]
fn a_hundred_hosts_2() {
    check(2, 100, 3);
}

#[test]
fn a_hundred_hosts_3() {
    check(3, 100, 3);
}

/// Few hosts are quick: many mixes of faults.
#[test]
fn few_hosts() {
    (200..240).for_each(|seed| check(seed, 4, 5));
}

#[test]
fn some_hosts() {
    (300..304).for_each(|seed| check(seed, 25, 5));
}

/// Seeds, hosts and minutes that once broke something: a resumed link that forgot what an earlier run had written, a second
/// greeting that nobody heeded, a refilled memory that took the forgotten for new, a slack of clocks longer than memory, a
/// deadline that stood still.
const FOUND: [(u64, usize, u64); 8] =
    [(116, 4, 5), (211, 4, 5), (394, 4, 5), (7409, 2, 10), (2, 30, 10), (4, 8, 8), (5, 8, 8), (12, 8, 8)];

#[test]
fn what_was_found() {
    FOUND.into_iter().for_each(|(seed, nodes, minutes)| check(seed, nodes, minutes));
}
