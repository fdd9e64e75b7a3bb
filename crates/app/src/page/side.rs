//! What stands beside the conversation, for the template and for the script alike: peers, blocks, oneself.
//! Must not know HTML. Bounds: those of the node's lists.

use jiff::tz::TimeZone;
use serde::Serialize;
use whispernet_node::handle::Handle;

use super::peer::{Blocked, Peer};
use crate::shown::safe;

/// All of it as it is now.
#[derive(Serialize)]
pub(crate) struct Side {
    /// Changes at each start of the peer.
    pub(super) run: String,
    /// One's own; safe to show.
    pub(super) nick: String,
    /// Peers with a link.
    pub(super) connected: usize,
    /// Of one's own messages, how many wait for their turn.
    pub(super) waiting: usize,
    /// Why the history is not being kept, where it should be.
    pub(super) disk_problem: Option<String>,
    pub(super) peers: Vec<Peer>,
    pub(super) blocks: Vec<Blocked>,
}

impl Side {
    /// As it is now.
    pub(crate) fn of(handle: &Handle) -> Self {
        let status = handle.status();
        let zone = TimeZone::system();
        Self {
            run: status.run,
            nick: safe::nick(&status.nick),
            connected: status.peers.iter().filter(|peer| peer.state == "connected").count(),
            waiting: handle.waiting().messages,
            disk_problem: (!matches!(status.disk.as_str(), "ok" | "off"))
                .then(|| safe::line(&status.disk).into_owned()),
            peers: Peer::list(handle, status.peers),
            blocks: handle.blocks().into_iter().map(|block| Blocked::of(handle, block, &zone)).collect(),
        }
    }
}
