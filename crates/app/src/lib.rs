//! The program `whisper` as a library, so that fuzz targets reach what it makes of strangers' bytes; `main.rs` only calls [`main`].
//! Must not know how anything is done. Bounds: one line of standard error for each failure.

mod args;
mod client;
mod desk;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod http;
mod key;
mod line;
mod page;
mod paths;
mod session;
mod settings;
mod shown;
mod slash;
mod tui;
mod whom;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use whispernet_node::config::StartError;

use args::{Cli, Command};
use session::Face;

/// Exit status of a command line that asks for what cannot be.
const USAGE: u8 = 2;

/// Reads the command line and does what it says; returns the exit status that scripts rely on.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            complain(&args::in_one_line(&error));
            return ExitCode::from(USAGE);
        }
        Err(help) => {
            // Where standard output is closed nobody wants help.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    match run(cli) {
        Ok(status) => status,
        Err(error) => {
            complain(&format!("{error:#}"));
            match error.downcast_ref() {
                Some(StartError::Usage(_)) => ExitCode::from(USAGE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn complain(text: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "whisper: {}", shown::safe::line(text));
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let data_dir = paths::data_dir(cli.data_dir)?;
    let (options, face) = match cli.command {
        None => (Box::new(cli.chat), Face::Chat),
        Some(Command::Chat(options)) => (options, Face::Chat),
        Some(Command::Serve(options)) => (options, Face::Serve),
        Some(Command::Key(command)) => return key::run(&command, paths::path(&data_dir)),
        Some(Command::Client(command)) => return Ok(client::run(&command, paths::path(&data_dir))),
    };
    let config = options.config(data_dir);
    // Before anything runs that a question would hold up.
    let home = key::home(&config, options.passphrase_file.as_deref())?;
    // One thread for the faces: the node runs its network on another.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the program cannot wait for events on this system")?;
    let ended = runtime.block_on(session::run(&options, face, config, home));
    // Threads that wait for standard input or for a slow look-up must not hold up the end.
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}
