//! The command line: what can be said there, within which ranges, and its help.
//! Must not know what becomes of it. Bounds: the ranges stand at each option.

mod client;
mod doctor;
mod environment;
mod examples;
mod file;
mod key;
mod peer;
#[cfg(test)]
mod tests;
mod value;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use client::{ClientCommand, SendArgs, TailArgs};
pub(crate) use doctor::DoctorArgs;
pub(crate) use file::LineError;
pub(crate) use key::{ExportArgs, ImportArgs, KeyCommand, PassphraseArgs, ProtectArgs, ShowArgs, VerifyArgs};
pub(crate) use peer::PeerArgs;

/// Serverless group chat: finds its neighbours, and talks with every old whispering gopher.
///
/// Without a command it chats: what you type goes to everyone, and what others say is shown.
#[derive(Debug, Parser)]
#[command(name = "whisper", version, after_help = examples::WHISPER)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) chat: PeerArgs,

    /// Where history and settings are kept [env: WHISPER_DATA_DIR] [default: `whispernet` in the XDG data directory, or
    /// `whispernet-2`, ... where another peer uses it]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data_dir: Option<PathBuf>,
}

impl Cli {
    /// What can be said.
    pub(crate) fn definition() -> clap::Command {
        environment::without_empty(Self::command())
    }

    /// What is wrong with an option in the environment, where `error` may come from there: it names the option alone.
    pub(crate) fn fault_of_environment(error: &clap::Error) -> Option<String> {
        let by_value = matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation);
        if by_value { environment::fault(&Self::definition()) } else { None }
    }

    /// Whether it is to be done whatever is in the config file: it tells of the program, or of what is wrong.
    pub(crate) const fn is_about_the_program(&self) -> bool {
        use Command as C;
        matches!(self.command, Some(C::Config(_) | C::Completions(_) | C::Man(_) | C::Doctor(_)))
    }

    /// Reads a command line. Before a command only `--data-dir` may stand: what else is there would be a chat's, which the command is not.
    ///
    /// # Errors
    /// It asks for what cannot be, or for help.
    pub(crate) fn read(line: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut definition = Self::definition();
        let matches = definition.try_get_matches_from_mut(line)?;
        if let Some(command) = matches.subcommand_name() {
            let given = |arg: &&Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
            let misplaced = definition.get_arguments().filter(|arg| !arg.is_global_set()).find(given);
            if let Some(option) = misplaced.and_then(Arg::get_long) {
                let text = format!("'--{option}' stands before '{command}': write it after");
                return Err(definition.error(ErrorKind::ArgumentConflict, text));
            }
        }
        Self::from_arg_matches(&matches)
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Chat in this terminal (also without this word)
    #[command(after_help = examples::CHAT)]
    Chat(Box<PeerArgs>),
    /// Run a peer without a face on the terminal
    #[command(after_help = examples::SERVE)]
    Serve(Box<PeerArgs>),
    /// Show the key of this peer, keep it safe, or verify another one's
    #[command(subcommand, after_help = examples::KEY)]
    Key(KeyCommand),
    /// Print a config file with all that can be set, or where one is looked for
    #[command(subcommand, after_help = examples::CONFIG)]
    Config(ConfigCommand),
    /// Print what completes commands and options in a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    #[command(after_help = examples::MAN)]
    Man(ManArgs),
    /// Look for what keeps this peer from others, and tell what to do
    #[command(after_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    #[command(flatten)]
    Client(ClientCommand),
}

/// What to print about the config file.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print a config file with all that can be set, as it is without one
    #[command(after_help = examples::CONFIG_DEFAULT)]
    Default,
    /// Print where the config file is looked for
    #[command(after_help = examples::CONFIG_PATH)]
    Path,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// For which shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// What is wrong with a command line, without the page that clap makes of it.
pub(crate) fn in_one_line(error: &clap::Error) -> String {
    let page = error.to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return without_subcommand(&page);
    }
    let page = page.strip_prefix("error: ").unwrap_or(&page);
    let is_news = |part: &&str| !part.starts_with("Usage:") && !part.starts_with("For more information");
    let joined = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    page.split("\n\n").filter(is_news).map(joined).chain(["see --help".to_owned()]).collect::<Vec<_>>().join("; ")
}

/// The same for a command that needs another one after it, of which clap gives the whole help.
fn without_subcommand(page: &str) -> String {
    let usage = page.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap_or_default();
    let command = usage.split(" [").next().unwrap_or_default().trim_end_matches(" <COMMAND>");
    let names = page.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // Further lines of what one does stand further in.
    let names = names.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    format!("'{command}' needs one of these after it: {}; see --help", names.collect::<Vec<_>>().join(", "))
}
