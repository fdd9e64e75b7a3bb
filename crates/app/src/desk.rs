//! What a command acts on: the peer that runs, and where its faces are. Must not know which face asks. Bounds: none.

use std::path::PathBuf;

use whispernet_node::handle::Handle;

use crate::http::Web;

/// A running peer as its own faces know it. Clones mean the same peer.
#[derive(Clone)]
pub(crate) struct Desk {
    /// The door to the peer.
    pub(crate) handle: Handle,
    /// Where it keeps things.
    pub(crate) data_dir: PathBuf,
    /// The web interface and the API; `None`: off.
    pub(crate) web: Option<Web>,
    /// Whether who asks sits at this machine as its user, so that a command may name the files on it. Who holds the API's token may not:
    /// a file can be sent to all, or put where it is run.
    pub(crate) at_terminal: bool,
}
