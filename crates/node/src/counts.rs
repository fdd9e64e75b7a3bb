//! How often the shell had to leave something out. The core counts what it drops itself. Must not know why.
//! Bounds: one number a name.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counts {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy)]
        pub(crate) enum Count { $($(#[doc = $doc])* $variant,)* }

        impl Count {
            /// Every one of them, with its name as users see it, and its meaning.
            const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$variant, $name, concat!($($doc,)*).trim_ascii()),)*];
        }
    };
}

counts! {
    /// Events other than messages that a face lagged behind on and did not get.
    EventMissed = "dropped_event_missed",
    /// Jobs that found the queue of the store full: they are asked for again.
    JobRefused = "store_jobs_refused",
    /// Messages that the history forgot, the oldest first, to keep to its bound.
    Forgotten = "history_forgotten",
    /// Files that waited as offers and made room for others.
    OfferRemoved = "files_removed_offers",
    /// Files that were taken and made room for others.
    TakenRemoved = "files_removed_taken",
    /// Links that the system could not accept.
    AcceptFailed = "accept_failed",
}

/// The counts so far.
#[derive(Default)]
pub(crate) struct Counts([AtomicU64; Count::ALL.len()]);

impl Counts {
    /// Counts `n`.
    pub(crate) fn add(&self, count: Count, n: u64) {
        // Each stands for itself: no order among them is promised.
        self.0[count as usize].fetch_add(n, Ordering::Relaxed);
    }

    /// All of them by name and meaning.
    pub(crate) fn explained(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        Count::ALL
            .iter()
            .map(|(count, name, meaning)| (*name, *meaning, self.0[*count as usize].load(Ordering::Relaxed)))
    }
}
