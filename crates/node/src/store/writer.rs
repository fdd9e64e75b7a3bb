//! The one connection that writes: appends batches, reserves numbers, deletes what is over the quota.
//! Must not know when: its owner's thread decides. Bounds: each call's work by its argument.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::known::Verdict;
use super::row::{REPLACED, seq_to_sql};
use super::{Row, StoreError, known};

/// Rows deleted between two looks at the size: about a hundred pages.
const PRUNE_SLICE_ROWS: usize = 256;

/// The one connection that writes. After an error it stays usable: what failed was rolled back as a whole.
pub struct Writer {
    pub(super) conn: Connection,
}

impl Writer {
    pub(super) fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Lets this run use every `seq` up to and with `until`; durable on return. Never lowers what was reserved.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn reserve_seq(&mut self, until: u64) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("UPDATE state SET seq_reserved = max(seq_reserved, ?1)")?
            .execute([seq_to_sql(until)])?;
        Ok(())
    }

    /// Copies what is committed from the write-ahead log into the database, as far as no reader holds that up: what is there then
    /// survives the loss of that log.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`. Nothing is lost: the log has it all.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        Ok(self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    /// Gives back what was reserved above `used`, at a clean end: the next run goes on where this one ended.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn release_seq(&mut self, used: u64) -> Result<(), StoreError> {
        self.conn.execute("UPDATE state SET seq_reserved = min(seq_reserved, ?1)", [seq_to_sql(used)])?;
        Ok(())
    }

    /// Appends `rows`, all or none, durable on return. A row whose ID is there already is left out, unless it says that it takes the place
    /// of another ([`About::replaces`](crate::event::About::replaces)) and no copy that is as rich is there: then the poorer ones that say
    /// the same are no longer shown. Returns how many were added.
    /// `seq` grows from row to row and from call to call: the search index and all cursors rely on it.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn append(&mut self, rows: &[Row]) -> Result<usize, StoreError> {
        let tx = self.begin()?;
        let verdicts = known::new_among(&tx, rows)?;
        let mut added = 0;
        {
            let mut entry = tx.prepare_cached("INSERT INTO entries (seq, fingerprint, flags) VALUES (?1, ?2, ?3)")?;
            let mut message = tx.prepare_cached(
                "INSERT INTO messages (seq, id, addr, nick, body, time, received, client, file, raw)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?;
            let mut about = tx.prepare_cached("INSERT INTO abouts (seq, about) VALUES (?1, ?2)")?;
            let unwritten = |error: serde_json::Error| StoreError::Io(error.to_string());
            let mut replaced = Vec::new();
            for (row, verdict) in rows.iter().zip(verdicts) {
                let Verdict::New(poorer) = verdict else { continue };
                replaced.extend(poorer);
                added += 1;
                let seq = seq_to_sql(row.seq);
                let file = row.file.as_ref().map(serde_json::to_string).transpose().map_err(unwritten)?;
                entry.execute(params![seq, row.fingerprint.cast_signed(), row.flags()])?;
                message.execute(params![
                    seq,
                    row.id,
                    row.addr,
                    row.nick,
                    row.body,
                    row.time,
                    row.received,
                    row.client,
                    file,
                    row.raw,
                ])?;
                if let Some(json) = row.about_to_keep().map_err(unwritten)? {
                    about.execute(params![seq, json])?;
                }
            }
            let mut replace = tx.prepare_cached("UPDATE entries SET flags = flags | ?2 WHERE seq = ?1")?;
            for seq in replaced {
                replace.execute([seq, REPLACED])?;
            }
        }
        if let [first, ..] = rows
            && let [.., last] = rows
        {
            known::settle(&tx, first.seq, last.seq)?;
        }
        tx.commit()?;
        Ok(added)
    }

    /// Deletes the oldest rows, at most `rows_max`, until the pages in use are within `quota_bytes`. Returns how many rows went; call
    /// again while it is not 0. The file does not shrink: its free pages are used again.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn prune(&mut self, quota_bytes: u64, rows_max: usize) -> Result<u64, StoreError> {
        if bytes_used(&self.conn)? <= quota_bytes {
            return Ok(0);
        }
        let tx = self.begin()?;
        let mut deleted = 0;
        while deleted < rows_max && bytes_used(&tx)? > quota_bytes {
            let slice = delete_oldest(&tx, PRUNE_SLICE_ROWS.min(rows_max - deleted))?;
            if slice == 0 {
                break;
            }
            deleted += slice;
        }
        if deleted > 0 {
            tx.prepare_cached("UPDATE state SET pruned = 1")?.execute([])?;
        }
        tx.commit()?;
        Ok(deleted as u64)
    }

    /// Marks the run as ended well, and closes.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`: the next [`open`](super::open) will call the run unclean.
    pub fn close(self) -> Result<(), StoreError> {
        self.conn.execute("UPDATE state SET running = 0", [])?;
        self.conn.close().map_err(|(_, error)| error.into())
    }
}

fn bytes_used(conn: &Connection) -> Result<u64, StoreError> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = pragma("page_count")? - pragma("freelist_count")?;
    Ok((pages * pragma("page_size")?).max(0).cast_unsigned())
}

fn delete_oldest(tx: &Transaction<'_>, rows: usize) -> Result<usize, StoreError> {
    let ends: (Option<i64>, Option<i64>) = tx
        .prepare_cached("SELECT min(seq), max(seq) FROM (SELECT seq FROM entries ORDER BY seq LIMIT ?1)")?
        .query_row([rows as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)) = ends else { return Ok(0) };
    tx.prepare_cached("DELETE FROM search WHERE rowid IN (SELECT seq FROM entries WHERE seq <= ?1)")?
        .execute([last])?;
    tx.prepare_cached("DELETE FROM messages WHERE seq <= ?1")?.execute([last])?;
    tx.prepare_cached("DELETE FROM abouts WHERE seq <= ?1")?.execute([last])?;
    let deleted = tx.prepare_cached("DELETE FROM entries WHERE seq <= ?1")?.execute([last])?;
    known::forget(tx, first.cast_unsigned(), last.cast_unsigned())?;
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use whispernet_core::rank::Rank;

    use super::*;
    use crate::event::About;
    use crate::store::{Reader, open};

    fn row(seq: u64) -> Row {
        Row {
            seq,
            fingerprint: seq,
            id: format!("id-{seq}"),
            addr: "127.0.0.1:55555".into(),
            nick: "phil".into(),
            body: "x".repeat(2_000),
            time: None,
            received: 0,
            own: false,
            replay: false,
            hello: false,
            public: true,
            file: None,
            client: None,
            rank: Rank::WithFile,
            about: About::default(),
            raw: vec![b'x'; 2_000],
        }
    }

    #[test]
    fn a_full_disk_takes_nothing_back_and_ends() {
        let dir = tempfile::tempdir().unwrap();
        let opened = open(dir.path(), 0, [0; 16]).unwrap();
        let (mut writer, reader) = (opened.writer, Reader::open(&opened.path).unwrap());
        let limit = |writer: &Writer, pages: i64| {
            writer.conn.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0)).unwrap()
        };
        let rows: Vec<Row> = (2..200).map(row).collect();
        writer.append(&[row(1)]).unwrap();
        let pages = limit(&writer, 1);

        for _ in 0..2 {
            assert!(matches!(writer.append(&rows), Err(StoreError::Full)));
            assert_eq!(reader.newest_seq().unwrap(), 1);
        }
        limit(&writer, pages + 10_000);
        assert_eq!(writer.append(&rows).unwrap(), rows.len());
        while writer.index_some(50).unwrap() {}

        limit(&writer, 1);
        let more: Vec<Row> = (200..400).map(row).collect();
        assert!(matches!(writer.append(&more), Err(StoreError::Full)));
        writer.reserve_seq(4_096).unwrap();
        writer.close().unwrap();
    }
}
