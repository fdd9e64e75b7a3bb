//! One entry of the log as it lies on disk, and the SQL that reads it.
//! Must not know which rows are wanted. Bounds: none of its own; what is appended was bounded when it came in.

use whispernet_core::rank::Rank;

use crate::event::{About, File, Message, Via};

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Place in the history: above that of every row before it, at most 2^53 - 1.
    pub seq: u64,
    /// Keyed hash of the ID, made with [`Opened::fingerprint_key`](super::Opened::fingerprint_key).
    pub fingerprint: u64,
    /// The ID on the wire.
    pub id: String,
    /// The author's Addr as it stood on the wire.
    pub addr: String,
    /// The author's nick; empty where there is none.
    pub nick: String,
    /// The text.
    pub body: String,
    /// When the author says it was said, in milliseconds since the UNIX epoch.
    pub time: Option<i64>,
    /// When it was taken in, in milliseconds since the UNIX epoch.
    pub received: i64,
    /// Said at this peer.
    pub own: bool,
    /// Said before the link it came by was up.
    pub replay: bool,
    /// A greeting rather than chat: kept for links that lag, never shown from here.
    pub hello: bool,
    /// May go on classic links.
    pub public: bool,
    /// The file that came with it.
    pub file: Option<File>,
    /// The tag of the client that said it.
    pub client: Option<String>,
    /// How rich a copy it is; [`Rank::WithFile`] for all that cannot come in a richer one.
    pub rank: Rank,
    /// What is known of its author.
    pub about: About,
    /// The JSON object as it came, without a newline.
    pub raw: Vec<u8>,
}

/// What a link that lags needs of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Place in the history.
    pub seq: u64,
    /// The author's Addr as it stood on the wire.
    pub addr: String,
    /// Said at this peer.
    pub own: bool,
    /// A greeting rather than chat.
    pub hello: bool,
    /// May go on classic links.
    pub public: bool,
    /// Said before the link it came by was up.
    pub replay: bool,
    /// A file came with it.
    pub has_file: bool,
    /// The JSON object as it came, without a newline.
    pub raw: Vec<u8>,
}

// The bits of `entries.flags`. They are on disk: their meaning never changes.
const OWN: i64 = 1;
const REPLAY: i64 = 2;
pub(super) const HELLO: i64 = 4;
const PUBLIC: i64 = 8;
const FILE: i64 = 16;

/// What [`Row::read`] expects, up to `raw`, which each query adds: it is last, for it may be megabytes on pages of its own.
pub(super) const COLUMNS: &str = "e.seq, e.fingerprint, e.flags, m.id, m.addr, m.nick, m.body, \
                                  m.time, m.received, m.client, m.file";
pub(super) const NICK_COLUMN: usize = 5;
pub(super) const BODY_COLUMN: usize = 6;

/// A `seq` as SQL has it; what no row can have is taken as the largest.
pub(super) fn seq_to_sql(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

impl Row {
    pub(super) fn flags(&self) -> i64 {
        [
            (self.own, OWN),
            (self.replay, REPLAY),
            (self.hello, HELLO),
            (self.public, PUBLIC),
            (self.file.is_some(), FILE),
        ]
        .iter()
        .filter(|(set, _)| *set)
        .fold(0, |flags, (_, bit)| flags | bit)
    }

    /// Reads [`COLUMNS`] and `raw`.
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let flags: i64 = row.get(2)?;
        let file = match row.get_ref(10)?.as_str_or_null()? {
            Some(json) => Some(serde_json::from_str(json).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(10, rusqlite::types::Type::Text, Box::new(error))
            })?),
            None => None,
        };
        Ok(Self {
            seq: row.get::<_, i64>(0)?.cast_unsigned(),
            fingerprint: row.get::<_, i64>(1)?.cast_unsigned(),
            id: row.get(3)?,
            addr: row.get(4)?,
            nick: row.get(NICK_COLUMN)?,
            body: row.get(BODY_COLUMN)?,
            time: row.get(7)?,
            received: row.get(8)?,
            own: flags & OWN != 0,
            replay: flags & REPLAY != 0,
            hello: flags & HELLO != 0,
            public: flags & PUBLIC != 0,
            file,
            client: row.get(9)?,
            rank: Rank::WithFile,
            about: About::default(),
            raw: row.get(11)?,
        })
    }
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        let via = if row.own { Via::Own } else { Via::Classic };
        Self {
            seq: row.seq,
            id: row.id,
            addr: row.addr,
            nick: row.nick,
            body: row.body,
            time: row.time,
            received: row.received,
            via,
            about: row.about,
            replay: row.replay,
            hello: row.hello,
            file: row.file,
        }
    }
}

impl StoredEntry {
    pub(super) fn new(seq: i64, flags: i64, addr: &str, raw: &[u8]) -> Self {
        Self {
            seq: seq.cast_unsigned(),
            addr: addr.to_owned(),
            own: flags & OWN != 0,
            hello: flags & HELLO != 0,
            public: flags & PUBLIC != 0,
            replay: flags & REPLAY != 0,
            has_file: flags & FILE != 0,
            raw: raw.to_owned(),
        }
    }
}
