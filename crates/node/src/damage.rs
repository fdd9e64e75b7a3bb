//! Looks through the database for damage, in a thread of its own: after an unclean end, and where a read has met some.
//! What is broken, the store's thread replaces. Must not know who reads. Bounds: one look at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use crate::event::Level;
use crate::shared::Shared;
use crate::store::{self, StoreError};
use crate::writer::Job;

/// Passes a read's result on; where it met damage, the whole database is looked through.
pub(crate) fn watch<T>(shared: &Arc<Shared>, read: Result<T, StoreError>) -> Result<T, StoreError> {
    if matches!(read, Err(StoreError::Broken(_))) {
        look(shared);
    }
    read
}

/// Begins to look, unless somebody does already.
pub(crate) fn look(shared: &Arc<Shared>) {
    if shared.checking.swap(true, Ordering::AcqRel) {
        return;
    }
    let looking = Arc::clone(shared);
    let spawned = thread::Builder::new().name("check".to_owned()).spawn(move || {
        look_through(&looking);
        looking.checking.store(false, Ordering::Release);
    });
    if spawned.is_err() {
        // The next read that meets damage tries again.
        shared.checking.store(false, Ordering::Release);
    }
}

fn look_through(shared: &Shared) {
    let Some(path) = &shared.database else { return };
    // What is found may be of a database that is replaced meanwhile.
    let replacements = shared.replacements.load(Ordering::Acquire);
    match store::check(path) {
        Ok(()) => {}
        Err(StoreError::Broken(reason)) => shared.job_in_time(Job::Broken { reason, replacements }),
        Err(error) => shared.notice(Level::Warn, format!("the history could not be looked through: {error}")),
    }
}
