//! One entry of the log as it lies on disk, and the SQL that reads it.
//! Must not know which rows are wanted. Bounds: none of its own; what is appended was bounded when it came in.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;
use whispernet_core::rank::Rank;

use crate::event::{About, File, Message, Trust, Via};

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
/// A richer copy of the message has come: this one is still relayed, and no longer shown.
pub(super) const REPLACED: i64 = 32;
/// [`Rank::Bare`].
const BARE: i64 = 64;
/// [`Rank::WithExt`]. With neither of these two it is [`Rank::WithFile`], as is all that was kept before there were any.
const WITH_EXT: i64 = 128;
/// A richer copy may come.
pub(super) const POOR: i64 = BARE | WITH_EXT;
/// Not part of the history that is shown.
pub(super) const UNSHOWN: i64 = HELLO | REPLACED;

const ABOUT: &str = "SELECT about FROM abouts WHERE seq = ?1";

/// What [`Row::read`] expects, up to `raw`, which each query adds: it is last, for it may be megabytes on pages of its own.
pub(super) const COLUMNS: &str = "e.seq, e.fingerprint, e.flags, m.id, m.addr, m.nick, m.body, \
                                  m.time, m.received, m.client, m.file";
pub(super) const NICK_COLUMN: usize = 5;
pub(super) const BODY_COLUMN: usize = 6;

/// A `seq` as SQL has it; what no row can have is taken as the largest.
pub(super) fn seq_to_sql(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// How rich a copy these flags tell of.
pub(super) fn rank(flags: i64) -> Rank {
    match (flags & BARE != 0, flags & WITH_EXT != 0) {
        (true, _) => Rank::Bare,
        (false, true) => Rank::WithExt,
        (false, false) => Rank::WithFile,
    }
}

/// Of a message of which there is nothing to tell.
fn silent(own: bool) -> About {
    About { trust: if own { Trust::Own } else { Trust::Unsigned }, ..About::default() }
}

fn parse<T: DeserializeOwned>(column: usize, json: &str) -> rusqlite::Result<T> {
    serde_json::from_str(json)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

impl Row {
    pub(super) fn flags(&self) -> i64 {
        [
            (self.own, OWN),
            (self.replay, REPLAY),
            (self.hello, HELLO),
            (self.public, PUBLIC),
            (self.file.is_some(), FILE),
            (self.rank == Rank::Bare, BARE),
            (self.rank == Rank::WithExt, WITH_EXT),
        ]
        .iter()
        .filter(|(set, _)| *set)
        .fold(0, |flags, (_, bit)| flags | bit)
    }

    /// What `abouts` holds of it; `None` where there is no more to tell than who said it.
    pub(super) fn about_to_keep(&self) -> serde_json::Result<Option<String>> {
        let told = self.about != silent(self.own);
        told.then(|| serde_json::to_string(&self.about)).transpose()
    }

    /// Reads [`COLUMNS`] and `raw`, and on the same connection what is known of the author.
    pub(super) fn read(conn: &Connection, row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let (seq, flags): (i64, i64) = (row.get(0)?, row.get(2)?);
        let file = row.get_ref(10)?.as_str_or_null()?.map(|json| parse(10, json)).transpose()?;
        let about: Option<String> = conn.prepare_cached(ABOUT)?.query_row([seq], |row| row.get(0)).optional()?;
        let about = about.map(|json| parse(0, &json)).transpose()?;
        Ok(Self {
            seq: seq.cast_unsigned(),
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
            rank: rank(flags),
            about: about.unwrap_or_else(|| silent(flags & OWN != 0)),
            raw: row.get(11)?,
        })
    }
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        let via = if row.own { Via::Own } else { Via::Classic };
        let mut about = row.about;
        if row.own {
            // What was said before there were signatures has nothing beside it.
            about.trust = Trust::Own;
        }
        Self {
            seq: row.seq,
            id: row.id,
            addr: row.addr,
            nick: row.nick,
            body: row.body,
            time: row.time,
            received: row.received,
            via,
            about,
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
