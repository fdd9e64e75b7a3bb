//! The program `whisper` as a library, so that fuzz targets reach what it makes of strangers' bytes; `main.rs` only calls [`main`].
//! Must not know how anything is done. Bounds: one line of standard error for each failure.

mod args;
mod client;
mod desk;
mod doctor;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod http;
mod key;
mod line;
mod manual;
mod nearest;
mod page;
mod paths;
mod session;
mod settings;
mod shown;
mod slash;
mod tui;
mod whom;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use whispernet_node::config::StartError;

use args::{Cli, Command, ConfigCommand, LineError, ManArgs};
use session::Face;
use settings::Ui;

/// Exit status of a command line that asks for what cannot be.
const USAGE: u8 = 2;

/// Reads the command line and does what it says; returns the exit status that scripts rely on.
#[must_use]
pub fn main() -> ExitCode {
    let line = std::env::args_os().collect::<Vec<_>>();
    let (cli, ui) = match read(&line) {
        Ok(read) => read,
        Err(LineError::Line(help)) if !help.use_stderr() => {
            return match help.print().and_then(|()| io::stdout().flush()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    complain(&format!("standard output cannot be written: {error}"));
                    ExitCode::FAILURE
                }
                // Where standard output is closed nobody wants help.
                _ => ExitCode::SUCCESS,
            };
        }
        Err(error) => {
            match error {
                LineError::Line(error) => {
                    complain(&Cli::fault_of_environment(&error).unwrap_or_else(|| args::in_one_line(&error)));
                }
                LineError::File(error) => complain(&error.to_string()),
            }
            return ExitCode::from(USAGE);
        }
    };
    match run(cli, ui) {
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

/// The command line over the config file, and how the terminal UI is set up.
fn read(line: &[OsString]) -> Result<(Cli, Ui), LineError> {
    let cli = Cli::read(line).map_err(LineError::Line)?;
    let loaded = settings::load(&Cli::keys()).map_err(LineError::File);
    match loaded.and_then(|settings| Ok((Cli::read_over(line, &settings)?, settings.ui))) {
        // Who asks how to write it, or what is wrong, must be told, whatever is in it.
        Err(LineError::File(_)) if cli.is_about_the_program() => Ok((cli, Ui::default())),
        read => read,
    }
}

fn run(cli: Cli, ui: Ui) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Some(Command::Config(ConfigCommand::Default)) => return done(manual::print(settings::DEFAULT.as_bytes())),
        Some(Command::Config(ConfigCommand::Path)) => return done(config_path()),
        Some(Command::Completions(args)) => return done(manual::print(&manual::completions(args.shell))),
        Some(Command::Man(ManArgs { out: None })) => return done(manual::print(&manual::page()?)),
        Some(Command::Man(ManArgs { out: Some(folder) })) => return done(manual::pages(folder)),
        _ => {}
    }
    let data_dir = paths::data_dir(cli.data_dir)?;
    let (options, face) = match cli.command {
        None | Some(Command::Config(_) | Command::Completions(_) | Command::Man(_)) => (Box::new(cli.chat), Face::Chat),
        Some(Command::Chat(options)) => (options, Face::Chat),
        Some(Command::Serve(options)) => (options, Face::Serve),
        Some(Command::Doctor(args)) => return doctor::run(&args, paths::path(&data_dir)),
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
    let ended = runtime.block_on(session::run(&options, ui, face, config, home));
    // Threads that wait for standard input or for a slow look-up must not hold up the end.
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

fn done(result: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}

/// Where the config file is looked for, to standard output; whether there is one, to standard error.
fn config_path() -> anyhow::Result<()> {
    let (path, _) =
        settings::path().context("there is no home directory to look in: name a file with WHISPER_CONFIG")?;
    manual::print(format!("{}\n", path.display()).as_bytes())?;
    if !path.is_file() {
        complain("there is no such file: `whisper config default` prints one to begin with");
    }
    Ok(())
}
