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
}
