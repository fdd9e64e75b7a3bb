//! A connection that only reads. Several may exist, beside the writer and without waiting for it.
//! Must not know who reads. Bounds: each answer by its argument and by the constants here.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use whispernet_core::rank::Rank;

use super::open::newest_seq;
use super::row::{COLUMNS, POOR, REPLACED, rank, seq_to_sql};
use super::search::{Range, find};
use super::{Row, StoreError, StoredEntry, known, schema};
use crate::event::Message;
use crate::handle::Query;

/// Most messages in one answer.
const MESSAGES_MAX: usize = 500;
/// Most chat that [`Reader::tail`] goes back for: the largest backlog that can be set.
const TAIL_CHAT_MAX: usize = 1_000;
/// Most rows that [`Reader::tail`] gives.
const TAIL_ROWS_MAX: usize = 2 * TAIL_CHAT_MAX;
/// Bytes of messages in them: a start must not wait for files.
const TAIL_BYTES_MAX: usize = 8 << 20;
/// Most fingerprints at once: what the peer's memory of seen IDs holds. 8 MB.
const FINGERPRINTS_MAX: usize = 1_000_000;
/// Entries that [`Reader::poor`] goes back for: what comes in a richer copy does so soon after.
const POOR_ENTRIES_MAX: usize = 100_000;

/// A connection that only reads.
pub struct Reader {
    pub(super) conn: Connection,
}

/// The newest fingerprints, to know again what was seen before the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprints {
    /// With the rank of each copy, oldest first.
    pub values: Vec<(u64, Rank)>,
    /// When the row of the oldest of them was taken in, in milliseconds since the UNIX epoch.
    pub oldest_received: Option<i64>,
    /// There are older ones in the history, or were before it was pruned.
    pub older: bool,
}

/// A copy of a message that a richer one may take the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poor {
    /// Place in the history.
    pub seq: u64,
    /// Keyed hash of the ID.
    pub fingerprint: u64,
    /// How rich it is.
    pub rank: Rank,
    /// The author's Addr as it stood on the wire.
    pub addr: String,
    /// The text.
    pub body: String,
}

impl Reader {
    /// Opens the database at `path` ([`Opened::path`](super::Opened::path)), which a [`Writer`](super::Writer) has open. Takes well under a millisecond.
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        schema::prepare_reader(&conn)?;
        Ok(Self { conn })
    }

    /// What `query` asks for; ascending, without greetings, and without what a richer copy has come of.
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn messages(&self, query: &Query) -> Result<Vec<Message>, StoreError> {
        let range = Range {
            after: seq_to_sql(query.since.unwrap_or(0)),
            before: seq_to_sql(query.before.unwrap_or(u64::MAX)),
            newest_first: query.since.is_none(),
            limit: query.limit.clamp(1, MESSAGES_MAX),
        };
        let text = query.search.as_deref().filter(|text| !text.is_empty());
        // One state of the store, or a row could move from the unindexed to the indexed between the two.
        let tx = self.conn.unchecked_transaction()?;
        let mut rows = find(&tx, &range, text)?;
        if range.newest_first {
            rows.reverse();
        }
        Ok(rows.into_iter().map(Message::from).collect())
    }

    /// Entries after `seq`, of every kind, oldest first: at most `rows_max`, and `bytes_max` of raw bytes, but always the first, so that
    /// a link gets on.
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn raw_after(&self, seq: u64, bytes_max: usize, rows_max: usize) -> Result<Vec<StoredEntry>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT e.seq, e.flags, m.addr, m.raw
             FROM entries e CROSS JOIN messages m ON m.seq = e.seq WHERE e.seq > ?1 ORDER BY e.seq",
        )?;
        let mut rows = select.query([seq_to_sql(seq)])?;
        let mut entries = Vec::new();
        let mut bytes = 0_usize;
        while entries.len() < rows_max {
            let Some(row) = rows.next()? else { break };
            let raw = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
            bytes = bytes.saturating_add(raw.len());
            if bytes > bytes_max && !entries.is_empty() {
                break;
            }
            let addr = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            entries.push(StoredEntry::new(row.get(0)?, row.get(1)?, addr, raw));
        }
        Ok(entries)
    }

    /// The newest rows of every kind, oldest first and without a gap, to be entries of the log again: so many that `chat` (at most 1,000)
    /// of them are public chat without files; fewer where that takes 2,000 rows or 8 MiB.
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn tail(&self, chat: usize) -> Result<Vec<Row>, StoreError> {
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS}, m.raw FROM entries e CROSS JOIN messages m ON m.seq = e.seq ORDER BY e.seq DESC"
        ))?;
        let mut found = select.query([])?;
        let (mut tail, mut chat, mut bytes) = (Vec::new(), chat.min(TAIL_CHAT_MAX), 0_usize);
        while chat > 0 && tail.len() < TAIL_ROWS_MAX {
            let Some(row) = found.next()?.map(|row| Row::read(&self.conn, row)).transpose()? else { break };
            bytes = bytes.saturating_add(row.raw.len());
            if bytes > TAIL_BYTES_MAX {
                break;
            }
            chat -= usize::from(row.public && !row.hello && row.file.is_none());
            tail.push(row);
        }
        tail.reverse();
        Ok(tail)
    }

    /// The fingerprints of the newest `limit` (at most 1,000,000) entries.
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn fingerprints(&self, limit: usize) -> Result<Fingerprints, StoreError> {
        let limit = limit.min(FINGERPRINTS_MAX);
        let tx = self.conn.unchecked_transaction()?;
        let mut select = tx.prepare("SELECT seq, fingerprint, flags FROM entries ORDER BY seq DESC LIMIT ?1")?;
        let mut rows = select.query([limit as i64])?;
        let mut values = Vec::new();
        let mut oldest = i64::MAX;
        while let Some(row) = rows.next()? {
            oldest = row.get(0)?;
            values.push((row.get::<_, i64>(1)?.cast_unsigned(), rank(row.get(2)?)));
        }
        values.reverse();
        let oldest_received =
            tx.query_row("SELECT received FROM messages WHERE seq = ?1", [oldest], |row| row.get(0)).optional()?;
        let older = tx.query_row(
            "SELECT pruned OR EXISTS (SELECT 1 FROM entries WHERE seq < ?1) FROM state",
            [oldest],
            |row| row.get(0),
        )?;
        Ok(Fingerprints { values, oldest_received, older })
    }

    /// The newest `limit` rows that richer copies may come of and none has come of, oldest first: among the newest 100,000 entries.
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn poor(&self, limit: usize) -> Result<Vec<Poor>, StoreError> {
        let mut select = self.conn.prepare(&format!(
            "SELECT e.seq, e.fingerprint, e.flags, m.addr, m.body
             FROM (SELECT seq, fingerprint, flags FROM entries ORDER BY seq DESC LIMIT {POOR_ENTRIES_MAX}) e
             CROSS JOIN messages m ON m.seq = e.seq
             WHERE e.flags & {POOR} <> 0 AND e.flags & {REPLACED} = 0 ORDER BY e.seq DESC LIMIT ?1"
        ))?;
        let found = select.query_map([limit.min(POOR_ENTRIES_MAX) as i64], |row| {
            Ok(Poor {
                seq: row.get::<_, i64>(0)?.cast_unsigned(),
                fingerprint: row.get::<_, i64>(1)?.cast_unsigned(),
                rank: rank(row.get(2)?),
                addr: row.get(3)?,
                body: row.get(4)?,
            })
        })?;
        let mut poor = found.collect::<rusqlite::Result<Vec<_>>>()?;
        poor.reverse();
        Ok(poor)
    }

    /// Whether a message with this fingerprint and ID is in the history.
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn knows(&self, fingerprint: u64, id: &str) -> Result<bool, StoreError> {
        Ok(known::is_known(&self.conn, fingerprint, id)?)
    }

    /// `seq` and ID of the newest message said with this client tag at or after `since_ms` (UNIX time in milliseconds).
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn by_client(&self, client: &str, since_ms: i64) -> Result<Option<(u64, String)>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT seq, id FROM messages WHERE client = ?1 AND received >= ?2
             ORDER BY received DESC LIMIT 1",
        )?;
        let found = select
            .query_row(params![client, since_ms], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))
            .optional()?;
        Ok(found)
    }

    /// The newest `seq` in the history; 0 where it is empty.
    ///
    /// # Errors
    /// `Io`, `Broken`.
    pub fn newest_seq(&self) -> Result<u64, StoreError> {
        Ok(newest_seq(&self.conn)?.cast_unsigned())
    }
}
