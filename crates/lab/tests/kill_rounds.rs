//! Kill -9 in the middle of traffic, round after round on one data directory. `WHISPER_KILL_ROUNDS` rounds, 12 by default;
//! `WHISPER_KILL_SEED` repeats the moments of another run.

mod program;

#[test]
fn kill_9_in_the_middle_of_traffic_loses_nothing_acknowledged() {
    let rounds = std::env::var("WHISPER_KILL_ROUNDS").unwrap_or_else(|_| "12".to_owned());
    let seed = std::env::var("WHISPER_KILL_SEED").ok();
    let seed = seed.iter().flat_map(|seed| ["--seed", seed]);
    program::run("kill", &["--rounds", &rounds].into_iter().chain(seed).collect::<Vec<_>>());
}
