//! How often what happened. Must not know why. Bounds: one number a name.

macro_rules! counters {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Count { $($(#[$doc])* $variant,)* }

        impl Count {
            /// Every one of them, with its name as users see it.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $name),)*];
        }
    };
}

counters! {
    /// Messages taken in: new, and appended to the log.
    Accepted = "accepted",
    /// Messages said here.
    Said = "said",
    /// Copies of messages seen before.
    Duplicate = "duplicate",
    /// Without a Body, or with an empty one.
    NoBody = "dropped_no_body",
    /// Without an ID, or with an empty one.
    NoId = "dropped_no_id",
    /// Body over its bound.
    LongBody = "dropped_long_body",
    /// ID over its bound.
    LongId = "dropped_long_id",
    /// Nick over its bound.
    LongNick = "dropped_long_nick",
    /// A hash that does not fit.
    BadHash = "dropped_bad_hash",
    /// Over its author's budget.
    OverBudget = "dropped_over_budget",
    /// Dropped messages that the link which brought them is to blame for.
    Strike = "flood_strikes",
    /// In our name, from elsewhere, and too many to pass on: kept here.
    OwnName = "withheld_own_name",
    /// Older than memory while too many such were being looked up.
    HorizonBusy = "dropped_horizon_busy",
    /// Found in the store: seen long ago.
    SeenLongAgo = "duplicate_old",
    /// Links closed for malformed bytes.
    Malformed = "closed_malformed",
    /// Links closed for a flood.
    Flood = "closed_flood",
    /// Incoming links refused or closed because their address is blocked, banned or held.
    Blocked = "closed_blocked",
    /// Incoming links refused because there were too many, or evicted for others.
    Crowded = "closed_crowded",
    /// Addrs named by the wire that may not be dialled.
    Undiallable = "addr_undiallable",
    /// Addrs named by the wire that found the queue full.
    DialQueueFull = "addr_queue_full",
    /// Dials that failed.
    DialFailed = "dial_failed",
    /// Datagrams heard that named a peer.
    Beacon = "beacon",
    /// Datagrams that are no beacon, come from elsewhere, or come too often.
    BadBeacon = "beacon_ignored",
    /// Messages that a link lagged behind on and that were no longer to be had.
    Skipped = "skipped",
}

/// The counts so far.
#[derive(Clone, Debug)]
pub struct Counters([u64; Count::ALL.len()]);

impl Default for Counters {
    fn default() -> Self {
        Self([0; Count::ALL.len()])
    }
}

impl Counters {
    /// Counts one.
    pub fn add(&mut self, count: Count) {
        self.add_many(count, 1);
    }

    /// Counts `n`.
    pub fn add_many(&mut self, count: Count, n: u64) {
        if let Some(value) = self.0.get_mut(count as usize) {
            *value = value.saturating_add(n);
        }
    }

    /// How often it happened.
    #[must_use]
    pub fn get(&self, count: Count) -> u64 {
        self.0.get(count as usize).copied().unwrap_or_default()
    }

    /// All of them by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Count::ALL.iter().map(|(count, name)| (*name, self.get(*count)))
    }
}
