//! The command that opens the page: a link for a browser of this machine. Must not know who shows it. Bounds: those of launch codes.

use crate::desk::Desk;

/// A fresh link, or why there is none.
pub(super) fn link(desk: &Desk) -> String {
    match &desk.web {
        _ if !desk.at_terminal => "POST /api/v1/launch makes a link; /web does in the terminal of the chat".to_owned(),
        Some(web) => format!("{} opens the page, once and within a minute", web.launch_link()),
        None => "the web interface is off: start without `--http off` to have it".to_owned(),
    }
}
