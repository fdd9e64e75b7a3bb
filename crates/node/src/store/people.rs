//! What is known of keys: a row each, as JSON. Must not know what any of it decides.
//! Bounds: the core's `KEYS_MAX` rows; each holds what the core's bounds let it.

use data_encoding::HEXLOWER;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use whispernet_core::identity::PublicKey;
use whispernet_core::time::UnixMillis;
use whispernet_core::trust::{Change, Former, KEYS_MAX, Nick, Record, Standing};

use super::{StoreError, Writer};

/// A [`Record`] without its key, as it is written. It is on disk: names never change their meaning, and one that is added has a default.
#[derive(Serialize, Deserialize)]
struct Kept {
    first: i64,
    last: i64,
    days: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    established: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    spoken_to: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    petname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blocked: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    nicks: Vec<KeptNick>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<KeptFormer>,
}

#[derive(Serialize, Deserialize)]
struct KeptNick {
    nick: String,
    standing: KeptStanding,
    first: i64,
    last: i64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeptStanding {
    New,
    Changed,
    Pinned,
    Accepted,
}

#[derive(Serialize, Deserialize)]
struct KeptFormer {
    /// In hex.
    key: String,
    at: i64,
}

impl From<&Record> for Kept {
    fn from(record: &Record) -> Self {
        let nick = |nick: &Nick| KeptNick {
            nick: nick.nick.clone(),
            standing: nick.standing.into(),
            first: nick.first.0,
            last: nick.last.0,
        };
        let former = |former: &Former| KeptFormer { key: former.key.to_string(), at: former.at.0 };
        Self {
            first: record.first.0,
            last: record.last.0,
            days: record.days,
            established: record.established,
            spoken_to: record.spoken_to,
            petname: record.petname.clone(),
            verified: record.verified.map(|at| at.0),
            blocked: record.blocked.map(|at| at.0),
            nicks: record.nicks.iter().map(nick).collect(),
            former: record.former.iter().map(former).collect(),
        }
    }
}

impl Kept {
    /// The record of `key`; `None` where a key before it is none.
    fn of(self, key: PublicKey) -> Option<Record> {
        let nick = |nick: KeptNick| Nick {
            nick: nick.nick,
            standing: nick.standing.into(),
            first: UnixMillis(nick.first),
            last: UnixMillis(nick.last),
        };
        let former = |former: KeptFormer| {
            let key = HEXLOWER.decode(former.key.as_bytes()).ok()?.try_into().ok()?;
            Some(Former { key: PublicKey::new(key), at: UnixMillis(former.at) })
        };
        Some(Record {
            key,
            first: UnixMillis(self.first),
            last: UnixMillis(self.last),
            days: self.days,
            established: self.established,
            spoken_to: self.spoken_to,
            petname: self.petname,
            verified: self.verified.map(UnixMillis),
            blocked: self.blocked.map(UnixMillis),
            nicks: self.nicks.into_iter().map(nick).collect(),
            former: self.former.into_iter().map(former).collect::<Option<_>>()?,
        })
    }
}

impl From<Standing> for KeptStanding {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::New => Self::New,
            Standing::Changed => Self::Changed,
            Standing::Pinned => Self::Pinned,
            Standing::Accepted => Self::Accepted,
        }
    }
}

impl From<KeptStanding> for Standing {
    fn from(standing: KeptStanding) -> Self {
        match standing {
            KeptStanding::New => Self::New,
            KeptStanding::Changed => Self::Changed,
            KeptStanding::Pinned => Self::Pinned,
            KeptStanding::Accepted => Self::Accepted,
        }
    }
}

/// All records, by key. One that cannot be read is left out: it is the memory of one key, and a store that failed for it would be set
/// aside, with all of the history and every other key.
pub(super) fn load(conn: &Connection) -> rusqlite::Result<Vec<Record>> {
    let mut select = conn.prepare("SELECT key, record FROM trust ORDER BY key")?;
    let mut rows = select.query([])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, json) = (row.get_ref(0)?.as_bytes()?, row.get_ref(1)?.as_bytes()?);
        let kept: Option<Kept> = serde_json::from_slice(json).ok();
        let key = key.try_into().ok().map(PublicKey::new);
        records.extend(kept.zip(key).and_then(|(kept, key)| kept.of(key)));
    }
    Ok(records)
}

pub(super) fn put(conn: &Connection, record: &Record) -> Result<(), StoreError> {
    let json = serde_json::to_string(&Kept::from(record)).map_err(|error| StoreError::Io(error.to_string()))?;
    conn.prepare_cached(
        "INSERT INTO trust (key, record) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET record = excluded.record",
    )?
    .execute(params![record.key.bytes(), json])?;
    Ok(())
}

impl Writer {
    /// Keeps what changed about keys, in one transaction, durable on return.
    ///
    /// # Errors
    /// `TooMany` where it is a new key over the bound, which the core keeps itself: none that is here goes for it, since the user may
    /// have decided something about any. [`Writer::put_tables`] brings both together again. `Full`, `Io`, `Broken`.
    pub fn put_trust(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let mut grew = false;
        for change in changes {
            if let Some(key) = &change.forget {
                tx.prepare_cached("DELETE FROM trust WHERE key = ?1")?.execute([key.bytes()])?;
            }
            if let Some(record) = &change.save {
                grew |= !tx.prepare_cached("SELECT 1 FROM trust WHERE key = ?1")?.exists([record.key.bytes()])?;
                put(&tx, record)?;
            }
        }
        if grew && tx.query_row("SELECT count(*) FROM trust", [], |row| row.get::<_, i64>(0))? > KEYS_MAX as i64 {
            return Err(StoreError::TooMany { max: KEYS_MAX });
        }
        Ok(tx.commit()?)
    }
}
