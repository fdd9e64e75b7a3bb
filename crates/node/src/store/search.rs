//! Finding text: a trigram index built behind the writer, and a walk over the rows that it cannot answer for.
//! Must not know how rows are shown. Bounds: the index is asked for `INDEXED_CHARS_MAX` characters; the rest is compared.

use rusqlite::{Connection, Params};

use super::row::{BODY_COLUMN, COLUMNS, NICK_COLUMN, UNSHOWN};
use super::{Row, StoreError, Writer};

/// Characters that make one entry of the index: shorter texts are not in it.
const TRIGRAM_CHARS: usize = 3;
/// Characters of a search that the index is asked for: each costs a cursor in it.
const INDEXED_CHARS_MAX: usize = 64;
const _: () = assert!(INDEXED_CHARS_MAX >= TRIGRAM_CHARS);

/// A stretch of the history, read from one end.
pub(super) struct Range {
    /// Only those above this `seq`.
    pub(super) after: i64,
    /// Only those below this `seq`.
    pub(super) before: i64,
    pub(super) newest_first: bool,
    pub(super) limit: usize,
}

/// A text that is searched for, letters compared without case.
pub(super) struct Needle {
    lower: String,
    /// The text being looked at, in lower case; kept for its memory.
    hay: String,
}

/// Puts `text` into `into` in lower case. The index is given the same: by its own rules, `\u{130}` and the capitals of some scripts
/// have no lower case.
fn lower(text: &str, into: &mut String) {
    into.clear();
    if text.is_ascii() {
        into.push_str(text);
        into.make_ascii_lowercase();
    } else {
        into.extend(text.chars().flat_map(char::to_lowercase));
    }
}

impl Needle {
    fn new(text: &str) -> Self {
        let mut lower = String::new();
        self::lower(text, &mut lower);
        Self { lower, hay: String::new() }
    }

    fn is_in(&mut self, text: &str) -> bool {
        lower(text, &mut self.hay);
        self.hay.contains(&self.lower)
    }

    /// An FTS5 string that every match satisfies: in quotes no character has a meaning but the quote. The index knows no NUL, which would
    /// also end the expression. `None`: too short for the index.
    fn to_fts(&self) -> Option<String> {
        let mut fts = String::from('"');
        let mut chars = 0;
        for char in self.lower.chars().filter(|char| *char != '\0').take(INDEXED_CHARS_MAX) {
            fts.push(char);
            if char == '"' {
                fts.push('"');
            }
            chars += 1;
        }
        fts.push('"');
        (chars >= TRIGRAM_CHARS).then_some(fts)
    }
}

/// The chat in `range`, with `text` in body or nick where it is given. Greetings are left out, and what a richer copy has come of.
pub(super) fn find(conn: &Connection, range: &Range, text: Option<&str>) -> Result<Vec<Row>, StoreError> {
    let mut found = Vec::new();
    let Some(mut needle) = text.map(Needle::new) else {
        walk(conn, range, None, &mut found)?;
        return Ok(found);
    };
    let Some(fts) = needle.to_fts() else {
        walk(conn, range, Some(&mut needle), &mut found)?;
        return Ok(found);
    };
    let indexed = seq_indexed(conn)?;
    // The rows that the index has not reached are the newest.
    let unindexed = Range { after: range.after.max(indexed), ..*range };
    if range.newest_first {
        walk(conn, &unindexed, Some(&mut needle), &mut found)?;
    }
    look_up(conn, range, &fts, &mut needle, &mut found)?;
    if !range.newest_first {
        walk(conn, &unindexed, Some(&mut needle), &mut found)?;
    }
    Ok(found)
}

/// Goes through the rows one by one.
fn walk(conn: &Connection, range: &Range, needle: Option<&mut Needle>, found: &mut Vec<Row>) -> Result<(), StoreError> {
    let order = range.order();
    let sql = format!(
        "SELECT {COLUMNS}, x'' FROM entries e CROSS JOIN messages m ON m.seq = e.seq
         WHERE e.seq > ?1 AND e.seq < ?2 AND e.flags & {UNSHOWN} = 0 ORDER BY e.seq {order}"
    );
    collect(conn, &sql, (range.after, range.before), needle, range.limit, found)
}

/// Goes through what the index names.
fn look_up(
    conn: &Connection,
    range: &Range,
    fts: &str,
    needle: &mut Needle,
    found: &mut Vec<Row>,
) -> Result<(), StoreError> {
    let order = range.order();
    let sql = format!(
        "SELECT {COLUMNS}, x'' FROM search
         CROSS JOIN entries e ON e.seq = search.rowid CROSS JOIN messages m ON m.seq = e.seq
         WHERE search MATCH ?3 AND search.rowid > ?1 AND search.rowid < ?2 AND e.flags & {UNSHOWN} = 0
         ORDER BY search.rowid {order}"
    );
    collect(conn, &sql, (range.after, range.before, fts), Some(needle), range.limit, found)
}

fn collect(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    mut needle: Option<&mut Needle>,
    limit: usize,
    found: &mut Vec<Row>,
) -> Result<(), StoreError> {
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    while found.len() < limit {
        let Some(row) = rows.next()? else { break };
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let wanted = match &mut needle {
            Some(needle) => needle.is_in(text(BODY_COLUMN)?) || needle.is_in(text(NICK_COLUMN)?),
            None => true,
        };
        if wanted {
            found.push(Row::read(conn, row)?);
        }
    }
    Ok(())
}

fn seq_indexed(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT seq_indexed FROM state")?.query_row([], |row| row.get(0))
}

impl Range {
    fn order(&self) -> &'static str {
        if self.newest_first { "DESC" } else { "ASC" }
    }
}

impl Writer {
    /// Takes up to `rows_max` (at least 1) more rows into the search index. Returns whether there may be more to do.
    ///
    /// # Errors
    /// `Full`, `Io`, `Broken`.
    pub fn index_some(&mut self, rows_max: usize) -> Result<bool, StoreError> {
        let (from, rows_max) = (seq_indexed(&self.conn)?, rows_max.max(1) as i64);
        let (rows, until): (i64, Option<i64>) = self
            .conn
            .prepare_cached(
                "SELECT count(*), max(seq) FROM
                     (SELECT seq FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?2)",
            )?
            .query_row([from, rows_max], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some(until) = until else { return Ok(false) };
        let tx = self.begin()?;
        {
            let mut select = tx.prepare_cached(&format!(
                "SELECT m.seq, m.body, m.nick FROM entries e CROSS JOIN messages m ON m.seq = e.seq
                 WHERE e.seq > ?1 AND e.seq <= ?2 AND e.flags & {UNSHOWN} = 0 ORDER BY e.seq"
            ))?;
            let mut insert = tx.prepare_cached("INSERT INTO search (rowid, body, nick) VALUES (?1, ?2, ?3)")?;
            let mut rows = select.query([from, until])?;
            let [mut body, mut nick] = [const { String::new() }; 2];
            while let Some(row) = rows.next()? {
                let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
                lower(text(1)?, &mut body);
                lower(text(2)?, &mut nick);
                insert.execute((row.get::<_, i64>(0)?, &body, &nick))?;
            }
        }
        tx.prepare_cached("UPDATE state SET seq_indexed = ?1")?.execute([until])?;
        tx.commit()?;
        Ok(rows == rows_max)
    }
}
