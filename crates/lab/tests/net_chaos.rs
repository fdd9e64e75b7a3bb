//! A few real peers, less than a minute of faults: what was acknowledged is everywhere in the end. `whisper-lab chaos` runs more of
//! them, for longer. Where this machine gives a test no namespaces or no TAP devices, it says so and passes.

mod program;

#[test]
fn what_was_acknowledged_is_everywhere_in_the_end() {
    // Fixed: a failure of the run on somebody's change should be about that change. The long runs take others.
    program::run("chaos", &["--peers", "5", "--minutes", "0.4", "--apart", "30", "--within", "90", "--seed", "3"]);
}
