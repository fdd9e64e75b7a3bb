//! A fixed set of seeds, each another mix of faults. `whisper-lab sim --seed N --seeds N` runs fresh ones.

use whispernet_lab::sim::simulate;

/// A hundred hosts, for minutes of virtual time.
const NODES: usize = 100;

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
    check(1, NODES, 3);
}

#[test]
fn a_hundred_hosts_2() {
    check(2, NODES, 3);
}

/// Few hosts are quick: many mixes of faults.
#[test]
fn few_hosts() {
    for seed in 100..120 {
        check(seed, 4, 5);
    }
}

#[test]
fn some_hosts() {
    for seed in 200..204 {
        check(seed, 25, 5);
    }
}
