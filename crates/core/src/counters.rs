//! How often what happened. Must not know why. Bounds: one number a name.

macro_rules! counters {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Count { $($(#[doc = $doc])* $variant,)* }

        impl Count {
            /// Every one of them, with its name as users see it.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $name),)*];

            /// What it counts, in words.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)*).trim_ascii(),)* }
            }

            /// That of what is dropped for a fault with this name.
            #[must_use]
            pub fn dropped(fault: &str) -> Option<Self> {
                let is_its = |(_, name): &&(Self, &str)| name.strip_prefix("dropped_") == Some(fault);
                Self::ALL.iter().find(is_its).map(|(count, _)| *count)
            }
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
    /// A signed ID with nothing in it.
    TokenEmpty = "dropped_token_empty",
    /// A signed ID with padding.
    TokenPadded = "dropped_token_padded",
    /// A signed ID that is no base64url.
    TokenNotBase64 = "dropped_token_not_base64",
    /// A signed ID with bits after its last byte.
    TokenTrailingBits = "dropped_token_trailing_bits",
    /// A signed ID that is too short.
    TokenShort = "dropped_token_short",
    /// A signed ID that is too long.
    TokenLong = "dropped_token_long",
    /// A signed ID with flags that have no meaning.
    TokenFlags = "dropped_token_flags",
    /// A Timestamp that is not the signed one.
    CopyTimestamp = "dropped_copy_timestamp",
    /// An Ext beside an ID that was signed without one.
    CopyExtUnsigned = "dropped_copy_ext_unsigned",
    /// An Ext that is not the signed one.
    CopyExtHash = "dropped_copy_ext_hash",
    /// Another nick than in Ext.
    CopyNick = "dropped_copy_nick",
    /// Another FileType than in Ext.
    CopyFileType = "dropped_copy_file_type",
    /// A file that no Ext names.
    CopyFileUnsigned = "dropped_copy_file_unsigned",
    /// A file beside a signed ID that is no Base64.
    CopyFileNotBase64 = "dropped_copy_file_not_base64",
    /// A file of another size than in Ext.
    CopyFileSize = "dropped_copy_file_size",
    /// A file of another hash than in Ext.
    CopyFileHash = "dropped_copy_file_hash",
    /// Too much beside a signed ID that nobody signed.
    CopyUnsigned = "dropped_copy_unsigned_bytes",
    /// A copy with more to it than the one before, and with another Addr or Body.
    CopyAltered = "dropped_copy_altered",
    /// An Ext over its bound.
    ExtLong = "dropped_ext_long",
    /// An Ext that is nested too deep.
    ExtDeep = "dropped_ext_deep",
    /// A signed Ext that is no JSON.
    ExtNotJson = "dropped_ext_not_json",
    /// A signed Ext with a member of the wrong type.
    ExtMember = "dropped_ext_member",
    /// A signed Ext with a nick out of its bounds.
    ExtNick = "dropped_ext_nick",
    /// A signed Ext with a file name out of its bounds.
    ExtFileName = "dropped_ext_file_name",
    /// A signed Ext with a file type out of its bounds.
    ExtFileType = "dropped_ext_file_type",
    /// A signed Ext with a file size out of its bounds.
    ExtFileSize = "dropped_ext_file_size",
    /// A signed Ext with a reply that can be no ID.
    ExtReply = "dropped_ext_reply",
    /// A signed Ext with a statement of another key that is none.
    ExtRotate = "dropped_ext_rotate",
    /// A signature that does not hold.
    BadSignature = "dropped_bad_signature",
    /// Signatures that held.
    Verified = "signatures_verified",
    /// Copies with more to them than the ones that came before.
    Upgraded = "upgraded",
    /// Signed more than a day ago, or ahead of our clock: kept here.
    OddTime = "withheld_odd_time",
    /// Statements of another key beyond what is looked at.
    RotationBusy = "rotations_ignored",
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
    /// Links refused or closed because their address is blocked, banned or held.
    Blocked = "closed_blocked",
    /// Incoming links refused because there were too many, or evicted for others.
    Crowded = "closed_crowded",
    /// Links that the other side ended, or the network did.
    Ended = "closed_closed",
    /// Links closed because one object took too long.
    Slow = "closed_slow",
    /// Links closed because unfinished objects took too much memory.
    Memory = "closed_memory",
    /// Links closed because the user disconnected them.
    Disconnected = "closed_user",
    /// Links closed in the middle of a message that is no longer to be had.
    Lag = "closed_lag",
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

    /// All of them by name and meaning.
    pub fn explained(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        Count::ALL.iter().map(|(count, name)| (*name, count.meaning(), self.get(*count)))
    }
}
