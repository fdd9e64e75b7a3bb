//! One seed is one run, to the last byte; another seed is another.

use std::collections::BTreeSet;
use std::process::Command;

use whispernet_lab::sim::{Scenario, simulate};

#[test]
fn the_same_seed_is_the_same_run() {
    for (seed, nodes, minutes, forgers) in [(1, 20, 3, 0), (2, 20, 3, 0), (3, 8, 8, 30), (4, 60, 1, 0)] {
        let scenario = Scenario { forgers, ..Scenario::new(seed, nodes, minutes) };
        // Its hash is over all that happened and every byte that a node was given.
        let first = simulate(&scenario).expect("nothing breaks");
        assert_eq!(simulate(&scenario).expect("nothing breaks"), first, "{scenario}");
        assert!(first.events > 1_000);
    }
}

#[test]
fn another_seed_is_another_run() {
    let hash = |seed| simulate(&Scenario::new(seed, 5, 2)).expect("nothing breaks").hash;
    assert_eq!((1..6).map(hash).collect::<BTreeSet<u64>>().len(), 5);
}

/// What the command prints, of runs that hold and of one that breaks, is the same in another process.
#[test]
fn the_command_prints_the_same_again() {
    for (more, succeeds) in [("", true), ("--forgers 30", true), ("--plant cut-writes", false)] {
        let run = || {
            let args = format!("sim --seed 1 --seeds 3 --nodes 6 --minutes 4 --shrink-for 0s {more}");
            let mut command = Command::new(env!("CARGO_BIN_EXE_whisper-lab"));
            command.args(args.split_whitespace()).output().expect("the lab's program runs")
        };
        let (first, second) = (run(), run());
        assert_eq!(first.status.success(), succeeds, "{more}");
        assert!(first.stdout == second.stdout, "{more}: not the same bytes");
        assert!(first.stdout.len() > 100, "{more}");
    }
}
