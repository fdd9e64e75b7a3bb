//! What is measured of the terminal UI, in small; the figures themselves are for release builds.

mod program;

#[test]
fn typing_is_timed_while_messages_come() {
    program::run("measure", &["typing", "--seconds", "2", "--rate", "500", "--burst", "2000", "--bursts", "1"]);
}

#[test]
fn the_first_picture_is_timed() {
    program::run("measure", &["first-screen", "--runs", "1"]);
}

#[test]
fn memory_is_measured_beside_a_peer_without_a_screen() {
    program::run("measure", &["memory", "--screen", "--messages", "2000"]);
}
