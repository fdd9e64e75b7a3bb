//! The command `web`: a link that opens the page of the running peer.
//! Must not know who opens it. Bounds: those of launch codes.

use std::path::Path;

use super::Failure;
use super::api::Api;
use crate::shown::safe;

/// A fresh link of the peer of that data directory.
pub(super) fn link(data_dir: &Path) -> Result<String, Failure> {
    match Api::find(data_dir) {
        Ok(api) => api.launch().map(|link| safe::line(&link).into_owned()),
        Err(Failure::NoPeer(_)) if whispernet_node::is_in_use(data_dir) => Err(Failure::Error(format!(
            "the peer of {} serves no web interface: start it without `--http off`",
            data_dir.display()
        ))),
        Err(failure) => Err(failure),
    }
}
