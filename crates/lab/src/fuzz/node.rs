//! A whole node, fed any sequence of operations by a shell as careless as the real one may be: after each operation its bounds
//! hold, what it asks for makes sense, and log and streams are what `said` says. Must not know sockets or clocks.
//! Bounds: the input's operations.

mod config;
mod input;
mod said;
mod shell;
mod signed;
mod store;
mod verify;

use arbitrary::{Arbitrary, Unstructured};

use input::{OPS_MAX, Op, Setup};
use shell::Shell;

/// Where this is in the environment, operations are printed as they are carried out.
const SHOW: &str = "WHISPER_FUZZ_SHOW";

/// Checks a node on the operations that `input` stands for.
pub fn node(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let Ok(setup) = Setup::arbitrary(&mut input) else { return };
    let show = std::env::var_os(SHOW).is_some();
    if show {
        eprintln!("{setup:?}");
    }
    let mut shell = Shell::new(setup);
    shell.look();
    for _ in 0..OPS_MAX {
        if input.is_empty() {
            break;
        }
        let Ok(op) = Op::arbitrary(&mut input) else { break };
        if show {
            eprintln!("{op:?}");
        }
        shell.apply(op);
        shell.look();
    }
    shell.finish();
}
