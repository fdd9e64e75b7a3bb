//! What can be said after `doctor` and `web`. Must not know what either does. Bounds: none.

use clap::Args;

const DOCTOR_EXAMPLES: &str = "\
Examples:
  whisper doctor                                   each check with what was found and what to do
  whisper doctor --json | jq '.checks[].state'     the same for a program

It asks the running peer and this machine alone: nothing leaves the machine.
Exit status: 0 where nothing is at fault (there may be warnings), 1 where something is.";

const WEB_EXAMPLES: &str = "\
Examples:
  whisper web                   print the link
  xdg-open \"$(whisper web)\"    open it

The link works once, within a minute: who has it is let in.";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// One JSON object with all checks
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `web`: there are none.
#[derive(Debug, Args)]
#[command(after_help = WEB_EXAMPLES)]
pub(crate) struct WebArgs {}
