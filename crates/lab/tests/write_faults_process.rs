//! Some of the writes of a peer fail, with the disk full or broken: nothing acknowledged is lost. `whisper-lab write-faults` lets all of
//! them fail. Where this machine lets strace trace nothing, it says so and passes.

mod program;

#[test]
fn writes_that_fail_take_nothing_that_was_acknowledged() {
    program::run("write-faults", &["--stride", "23"]);
}
