//! What tells of the command line: completions for shells, manual pages. Must not know what commands do.
//! Bounds: the definition of the command line.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use clap_complete::Shell;

use crate::args::Cli;

const NAME: &str = "whisper";

/// What completes commands and options in a shell.
pub(crate) fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::definition(), NAME, &mut script);
    script
}

/// The manual page, in roff.
///
/// # Errors
/// None that memory would not have.
pub(crate) fn page() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    // As the generator of all pages has it, so that both tell the same.
    let mut definition = Cli::definition().disable_help_subcommand(true);
    definition.build();
    clap_mangen::Man::new(definition).render(&mut page)?;
    Ok(page)
}

/// Writes a manual page for each command into a folder, which is made where it is not there.
///
/// # Errors
/// The folder cannot be made or written.
pub(crate) fn pages(folder: &Path) -> anyhow::Result<()> {
    let failed = || format!("the manual pages cannot be written to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    clap_mangen::generate_to(Cli::definition(), folder).with_context(failed)
}

/// Writes to standard output. Where that is closed, nobody wants more of it.
///
/// # Errors
/// It cannot be written otherwise.
pub(crate) fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output cannot be written")
        }
        _ => Ok(()),
    }
}
