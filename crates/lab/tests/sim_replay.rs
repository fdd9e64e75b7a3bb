//! One seed is one run, to the last event; another seed is another.

use whispernet_lab::sim::simulate;

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 1..4 {
        let first = simulate(seed, 20, 3).expect("nothing breaks");
        assert_eq!(simulate(seed, 20, 3).expect("nothing breaks"), first, "seed {seed}");
        assert!(first.events > 1_000);
    }
}

#[test]
fn another_seed_is_another_run() {
    let hashes: std::collections::BTreeSet<u64> =
        (1..6).map(|seed| simulate(seed, 5, 2).expect("nothing breaks").hash).collect();
    assert_eq!(hashes.len(), 5);
}
