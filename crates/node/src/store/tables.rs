//! The small tables: the nick, peers, the user's blocks, the bans of flood control, and what is known of keys. Read whole at the start.
//! Must not know what a peer or a ban does. Bounds: `PEERS_MAX`, `BLOCKS_MAX`, `BANS_MAX`, and the core's `KEYS_MAX`.

use rusqlite::{Connection, Row, params};

use whispernet_core::trust::{KEYS_MAX, Record};

use super::row::seq_to_sql;
use super::{StoreError, Writer, people};

/// Most peers remembered.
pub const PEERS_MAX: usize = 4_096;
/// Most blocks of the user.
pub const BLOCKS_MAX: usize = 4_096;
/// Most bans of flood control.
pub const BANS_MAX: usize = 4_096;

/// A peer that we had, or want, a link to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// `IP:PORT` where it listens.
    pub addr: String,
    /// The nick it used last; empty where none is known.
    pub nick: String,
    /// It behaves like the old daemon.
    pub daemon: bool,
    /// When a link was up last, in milliseconds since the UNIX epoch; 0 where none was.
    pub linked_at: i64,
    /// The last `seq` it was sent.
    pub cursor: Option<u64>,
    /// Disconnected by the user.
    pub held: bool,
    /// Asked for by the user.
    pub wanted: bool,
}

/// An address that flood control gives no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// The IP.
    pub ip: String,
    /// The Addr it named, where others share the IP; else empty.
    pub name: String,
    /// When it ends, in milliseconds since the UNIX epoch.
    pub until: i64,
    /// How often it was banned before: each time doubles the time.
    pub level: u32,
}

/// All small tables, as a start finds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// The nick used last.
    pub nick: Option<String>,
    /// By address.
    pub peers: Vec<Peer>,
    /// `IP` or `IP:PORT`, in order.
    pub blocks: Vec<String>,
    /// By IP and name.
    pub bans: Vec<Ban>,
    /// What is known of keys, by key.
    pub trust: Vec<Record>,
}

impl Tables {
    pub(super) fn load(conn: &Connection) -> Result<Self, StoreError> {
        fn all<T>(
            conn: &Connection,
            sql: &str,
            read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
        ) -> rusqlite::Result<Vec<T>> {
            conn.prepare(sql)?.query_map([], read)?.collect()
        }
        Ok(Self {
            nick: conn.query_row("SELECT nick FROM state", [], |row| row.get(0))?,
            peers: all(conn, "SELECT addr, nick, daemon, linked_at, cursor, held, wanted FROM peers", |row| {
                Ok(Peer {
                    addr: row.get(0)?,
                    nick: row.get(1)?,
                    daemon: row.get(2)?,
                    linked_at: row.get(3)?,
                    cursor: row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned),
                    held: row.get(5)?,
                    wanted: row.get(6)?,
                })
            })?,
            blocks: all(conn, "SELECT who FROM blocks", |row| row.get(0))?,
            bans: all(conn, "SELECT ip, name, until, level FROM bans", |row| {
                Ok(Ban { ip: row.get(0)?, name: row.get(1)?, until: row.get(2)?, level: row.get(3)? })
            })?,
            trust: people::load(conn)?,
        })
    }
}

fn put_peer(conn: &Connection, peer: &Peer) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO peers (addr, nick, daemon, linked_at, cursor, held, wanted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        peer.addr,
        peer.nick,
        peer.daemon,
        peer.linked_at,
        peer.cursor.map(seq_to_sql),
        peer.held,
        peer.wanted,
    ])
    .map(drop)
}

fn put_block(conn: &Connection, who: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO blocks (who) VALUES (?1)")?.execute([who]).map(drop)
}

fn put_ban(conn: &Connection, ban: &Ban) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO bans (ip, name, until, level) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![ban.ip, ban.name, ban.until, ban.level])
        .map(drop)
}

/// The small tables. Every call is one transaction, durable on return.
impl Writer {
    /// Puts these in the place of all that the small tables hold; what is over a bound is left out.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn put_tables(&mut self, tables: &Tables) -> Result<(), StoreError> {
        let tx = self.begin()?;
        tx.execute("UPDATE state SET nick = ?1", [&tables.nick])?;
        tx.execute_batch("DELETE FROM peers; DELETE FROM blocks; DELETE FROM bans; DELETE FROM trust")?;
        tables.peers.iter().take(PEERS_MAX).try_for_each(|peer| put_peer(&tx, peer))?;
        tables.blocks.iter().take(BLOCKS_MAX).try_for_each(|who| put_block(&tx, who))?;
        tables.bans.iter().take(BANS_MAX).try_for_each(|ban| put_ban(&tx, ban))?;
        tables.trust.iter().take(KEYS_MAX).try_for_each(|record| people::put(&tx, record))?;
        Ok(tx.commit()?)
    }

    /// Remembers the nick.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn set_nick(&mut self, nick: &str) -> Result<(), StoreError> {
        self.conn.execute("UPDATE state SET nick = ?1", [nick])?;
        Ok(())
    }

    /// Adds or replaces peers, by address. Over the bound those that were linked least recently go, and those that the user held or asked
    /// for last of all.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn put_peers(&mut self, peers: &[Peer]) -> Result<(), StoreError> {
        let tx = self.begin()?;
        peers.iter().try_for_each(|peer| put_peer(&tx, peer))?;
        tx.prepare_cached(
            "DELETE FROM peers WHERE addr IN (SELECT addr FROM peers
             ORDER BY held OR wanted DESC, linked_at DESC LIMIT -1 OFFSET ?1)",
        )?
        .execute([PEERS_MAX as i64])?;
        Ok(tx.commit()?)
    }

    /// Forgets a peer. Returns whether it was there.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn remove_peer(&mut self, addr: &str) -> Result<bool, StoreError> {
        Ok(self.conn.execute("DELETE FROM peers WHERE addr = ?1", [addr])? > 0)
    }

    /// Adds a block of the user.
    ///
    /// # Errors
    /// `TooMany` where it is a new one over the bound; `Full`, `Io`, `Broken`.
    pub fn put_block(&mut self, who: &str) -> Result<(), StoreError> {
        let tx = self.begin()?;
        put_block(&tx, who)?;
        let count: i64 = tx.query_row("SELECT count(*) FROM blocks", [], |row| row.get(0))?;
        if count > BLOCKS_MAX as i64 {
            return Err(StoreError::TooMany { max: BLOCKS_MAX });
        }
        Ok(tx.commit()?)
    }

    /// Takes a block back. Returns whether it was there.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn remove_block(&mut self, who: &str) -> Result<bool, StoreError> {
        Ok(self.conn.execute("DELETE FROM blocks WHERE who = ?1", [who])? > 0)
    }

    /// Adds or replaces a ban, by IP and name. Over the bound the one that ends first goes.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn put_ban(&mut self, ban: &Ban) -> Result<(), StoreError> {
        let tx = self.begin()?;
        put_ban(&tx, ban)?;
        tx.prepare_cached(
            "DELETE FROM bans WHERE (ip, name) IN
             (SELECT ip, name FROM bans ORDER BY until DESC LIMIT -1 OFFSET ?1)",
        )?
        .execute([BANS_MAX as i64])?;
        Ok(tx.commit()?)
    }

    /// Lifts a ban. Returns whether it was there.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn remove_ban(&mut self, ip: &str, name: &str) -> Result<bool, StoreError> {
        Ok(self.conn.execute("DELETE FROM bans WHERE ip = ?1 AND name = ?2", [ip, name])? > 0)
    }
}
