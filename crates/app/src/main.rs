//! `whisper`: the program; all that it does is in the library beside it.
//! Must not know more. Bounds: the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    whisper_app::main()
}
