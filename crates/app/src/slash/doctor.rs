//! The command that looks for faults: the checks of `whisper doctor`, of this peer. Must not know how they are made.
//! Bounds: those of the checks.

use crate::client::Presence;
use crate::desk::Desk;
use crate::doctor;

/// Each check in one line. Who asks from elsewhere is told nothing of a terminal that is not theirs.
pub(super) async fn look(desk: &Desk) -> Vec<String> {
    let (status, data_dir, terminal) = (desk.handle.status(), desk.data_dir.clone(), desk.at_terminal);
    let looking = tokio::task::spawn_blocking(move || {
        let peer = Presence::Here(Box::new(status));
        doctor::lines(&doctor::findings(&doctor::Facts::collect(peer, &data_dir, terminal)))
    });
    looking.await.unwrap_or_else(|_| vec!["the checks failed: this is a fault of whisper".to_owned()])
}
