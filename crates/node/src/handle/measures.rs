//! What whoever looks after a peer measures: counts, how much is held beside how much may be, and how far each reader lags.
//! Must not know how it is shown. Bounds: [`LINKS_MAX`] links; as many faces as there are.

use std::cmp::Reverse;
use std::sync::atomic::Ordering;

pub use whispernet_core::bound::{Bound, Unit};

use super::Handle;
use crate::shared::{EVENTS_MAX, JOBS_MAX};
use crate::{network, writer};

/// Most links that are measured one by one: those that lag most (there are as many outgoing ones at most).
pub const LINKS_MAX: usize = 256;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Measures {
    /// How often what happened, since the start.
    pub counters: Vec<Counter>,
    /// What is held of all that has a bound.
    pub bounds: Vec<Bound>,
    /// Who reads the log, and how far each lags: links, the one that lags most first, then the store, then faces.
    pub cursors: Vec<Cursor>,
    /// Outgoing links beyond [`LINKS_MAX`].
    pub links_left_out: usize,
}

/// How often something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its name in [`Status::counters`](super::Status::counters).
    pub name: &'static str,
    /// What is counted, in one or more sentences.
    pub meaning: &'static str,
    /// How often, since the start.
    pub count: u64,
}

/// A reader of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Who reads.
    pub reader: ReaderOf,
    /// How many messages it has yet to read.
    pub lag: u64,
}

/// Who reads the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderOf {
    /// The outgoing link to this `IP:PORT`.
    Link(String),
    /// The store.
    Store,
    /// A face.
    Face {
        /// What it is.
        kind: &'static str,
        /// Tells it from others; used again when it is gone.
        number: usize,
    },
}

impl Handle {
    /// Measures. Looks at files, and waits while one is being written: not for threads that others wait for.
    #[must_use]
    pub fn measures(&self) -> Measures {
        let shared = &self.shared;
        let files = shared.files().held();
        let mut bounds = vec![
            bytes(
                "bytes of unfinished objects",
                shared.partial_bytes.load(Ordering::Relaxed),
                network::PARTIAL_BYTES_MAX as u64,
            ),
            bytes("bytes of the history on disk", self.history_bytes(), writer::HISTORY_BYTES_MAX),
            bytes("bytes of files on disk", files.bytes, files.quota_bytes),
            bytes("bytes of files on disk that wait as offers", files.offer_bytes, files.quota_bytes),
            Bound::new("jobs that wait for the store", shared.jobs_waiting.load(Ordering::Relaxed), JOBS_MAX),
            Bound::new("events that wait for a face", shared.events.len(), EVENTS_MAX),
        ];
        let faces = shared.faces.all();
        let node = shared.node();
        let log = node.log();
        bounds.extend(node.bounds());
        bounds.extend(node.watermarks());
        let mut links: Vec<_> = node.links().into_iter().filter(|link| !link.incoming).collect();
        links.sort_by_key(|link| Reverse(link.lag));
        let links_left_out = links.len().saturating_sub(LINKS_MAX);
        links.truncate(LINKS_MAX);
        let mut cursors: Vec<_> = links
            .into_iter()
            .map(|link| Cursor { reader: ReaderOf::Link(link.addr.to_string()), lag: link.lag })
            .collect();
        if shared.history {
            cursors.push(Cursor { reader: ReaderOf::Store, lag: log.count(log.committed(), log.end()) });
        }
        cursors.extend(faces.into_iter().map(|(number, kind, next)| Cursor {
            reader: ReaderOf::Face { kind, number },
            lag: log.count(next, log.end()),
        }));
        let counters = node.counters().explained().chain(shared.counts.explained());
        let counters = counters.map(|(name, meaning, count)| Counter { name, meaning, count }).collect();
        Measures { counters, bounds, cursors, links_left_out }
    }

    /// Of the database with its journal; 0 where there is none.
    fn history_bytes(&self) -> u64 {
        let Some(path) = &self.shared.database else { return 0 };
        let of = |suffix: &str| {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            std::fs::metadata(name).map_or(0, |file| file.len())
        };
        of("") + of("-wal")
    }
}

/// Bytes on disk, which on a small machine may be more than memory can count.
fn bytes(what: &'static str, is: u64, most: u64) -> Bound {
    let fitting = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    Bound::bytes(what, fitting(is), fitting(most))
}
