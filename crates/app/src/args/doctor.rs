//! What can be said after `doctor` and `web`. Must not know what either does. Bounds: none.

use clap::Args;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// One JSON object with all checks
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `web`: there are none.
#[derive(Debug, Args)]
pub(crate) struct WebArgs {}
