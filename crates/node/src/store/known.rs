//! Which IDs are in the history: a look-up by fingerprint that costs a batch few pages.
//! Must not know where an ID came from. Bounds: `FRESH_ROWS` wait in the small table, `STALE_ROWS` are left of what was deleted.
//!
//! Fingerprints are random: put straight into an index of millions, each row would write a page of its own. They go into `fresh`,
//! which stays small, and a hand that goes round the space of fingerprints, so far for each row, moves what it meets into
//! `known`: neighbours at a time. Deleted rows leave `known` the same way; until then they lead to no message.
//!
//! The lowest bits of a fingerprint say nothing, and are 0; in rows of earlier versions they are as random as the others. So a
//! look-up is for all of its neighbours that have the same upper bits.

use rusqlite::{Connection, params};
use whispernet_core::fingerprint::SPARE_BITS;
use whispernet_core::rank::Rank;

use super::Row;
use super::row::{rank, seq_to_sql};

/// Rows in one turn of the hand, so the most that `fresh` holds: 131,072. Measured in pages written: fewer, and the arcs of `known` have
/// more pages than rows; more, and `fresh` has.
const FRESH_ROWS_BITS: u32 = 17;
/// Deleted rows in one turn, so the most that `known` holds in vain: 1,048,576, some 17 MB. An arc is read as a whole, hence long turns.
const STALE_ROWS_BITS: u32 = 20;

const IS_KNOWN: &str = "
    SELECT 1 FROM fresh CROSS JOIN messages m USING (seq) WHERE fingerprint BETWEEN ?1 AND ?2 AND m.id = ?3
    UNION ALL
    SELECT 1 FROM known CROSS JOIN messages m USING (seq) WHERE fingerprint BETWEEN ?1 AND ?2 AND m.id = ?3";

/// All copies of one message, and whether each says the same as the one at hand.
const COPIES: &str = "
    SELECT e.seq, e.flags, m.addr = ?4 AND m.body = ?5
    FROM fresh CROSS JOIN messages m USING (seq) CROSS JOIN entries e USING (seq)
    WHERE fresh.fingerprint BETWEEN ?1 AND ?2 AND m.id = ?3
    UNION ALL
    SELECT e.seq, e.flags, m.addr = ?4 AND m.body = ?5
    FROM known CROSS JOIN messages m USING (seq) CROSS JOIN entries e USING (seq)
    WHERE known.fingerprint BETWEEN ?1 AND ?2 AND m.id = ?3";

/// What becomes of a row that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is there already.
    Known,
    /// It is new, and the richer copy of what is at these places, if any.
    New(Vec<i64>),
}

/// The least and the largest number that a fingerprint can stand under.
const fn span(fingerprint: u64) -> (i64, i64) {
    ((fingerprint & !SPARE_BITS).cast_signed(), (fingerprint | SPARE_BITS).cast_signed())
}

/// Whether a row with this fingerprint and ID is there.
pub(super) fn is_known(conn: &Connection, fingerprint: u64, id: &str) -> rusqlite::Result<bool> {
    let (from, to) = span(fingerprint);
    conn.prepare_cached(IS_KNOWN)?.exists(params![from, to, id])
}

/// Which of `rows` are new, and adds those. In order of their fingerprints: neighbours lie on the same pages.
pub(super) fn new_among(conn: &Connection, rows: &[Row]) -> rusqlite::Result<Vec<Verdict>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|place| rows.get(*place).map(|row| (span(row.fingerprint), row.seq)));
    let mut verdicts = vec![Verdict::Known; rows.len()];
    let mut add = conn.prepare_cached("INSERT INTO fresh (fingerprint, seq) VALUES (?1, ?2)")?;
    // Those of the same fingerprint that were found new, which no look-up can find: their messages come later.
    let mut same: Vec<&Row> = Vec::new();
    for place in order {
        let (Some(row), Some(verdict)) = (rows.get(place), verdicts.get_mut(place)) else { continue };
        same.retain(|other| span(other.fingerprint) == span(row.fingerprint));
        *verdict = judge(conn, row, same.iter().copied().filter(|other| other.id == row.id))?;
        if *verdict != Verdict::Known {
            add.execute(params![row.fingerprint.cast_signed(), seq_to_sql(row.seq)])?;
            same.push(row);
        }
    }
    Ok(verdicts)
}

/// Whether `row` is new, beside its `copies` that are about to be added. One that takes the place of another is, unless there is one
/// that is as rich. The others are found by what they say: the one that it names may never have been stored, and the one before that
/// have been.
fn judge<'a>(conn: &Connection, row: &Row, mut copies: impl Iterator<Item = &'a Row>) -> rusqlite::Result<Verdict> {
    if row.about.replaces.is_none() {
        let is_there = copies.next().is_some() || is_known(conn, row.fingerprint, &row.id)?;
        return Ok(if is_there { Verdict::Known } else { Verdict::New(Vec::new()) });
    }
    let says_the_same = |other: &Row| other.addr == row.addr && other.body == row.body;
    let mut found: Vec<(i64, Rank, bool)> =
        copies.map(|other| (seq_to_sql(other.seq), other.rank, says_the_same(other))).collect();
    let (from, to) = span(row.fingerprint);
    let mut select = conn.prepare_cached(COPIES)?;
    let stored = select.query_map(params![from, to, row.id, row.addr, row.body], |copy| {
        Ok((copy.get(0)?, rank(copy.get(1)?), copy.get(2)?))
    })?;
    for copy in stored {
        found.push(copy?);
    }
    if found.iter().any(|(_, rank, _)| *rank >= row.rank) {
        return Ok(Verdict::Known);
    }
    Ok(Verdict::New(found.into_iter().filter_map(|(seq, _, same)| same.then_some(seq)).collect()))
}

/// Goes on with the hand, after the rows `first` to `last` were added.
pub(super) fn settle(conn: &Connection, first: u64, last: u64) -> rusqlite::Result<()> {
    for (from, to) in arcs(first, last, FRESH_ROWS_BITS).into_iter().flatten() {
        conn.prepare_cached(
            "INSERT INTO known (fingerprint, seq)
             SELECT fingerprint, seq FROM fresh WHERE fingerprint BETWEEN ?1 AND ?2 ORDER BY 1, 2",
        )?
        .execute([from, to])?;
        conn.prepare_cached("DELETE FROM fresh WHERE fingerprint BETWEEN ?1 AND ?2")?.execute([from, to])?;
    }
    Ok(())
}

/// Goes on with the hand, after the rows `first` to `last` and all before them were deleted.
pub(super) fn forget(conn: &Connection, first: u64, last: u64) -> rusqlite::Result<()> {
    let oldest = seq_to_sql(last);
    for (from, to) in arcs(first, last, STALE_ROWS_BITS).into_iter().flatten() {
        conn.prepare_cached("DELETE FROM known WHERE fingerprint BETWEEN ?1 AND ?2 AND seq <= ?3")?
            .execute([from, to, oldest])?;
    }
    Ok(())
}

/// The fingerprints, both ends included, that the hand meets for the rows `first` to `last`, with 2^`turn_bits` rows to a turn.
/// By `seq` alone, so that the hand's place need not be kept.
fn arcs(first: u64, last: u64, turn_bits: u32) -> [Option<(i64, i64)>; 2] {
    let stride = 1 << (u64::BITS - turn_bits);
    if last.saturating_sub(first) >> turn_bits > 0 {
        return [Some((i64::MIN, i64::MAX)), None];
    }
    let from = first.wrapping_mul(stride).cast_signed();
    let to = last.wrapping_mul(stride).wrapping_add(stride - 1).cast_signed();
    if from <= to { [Some((from, to)), None] } else { [Some((from, i64::MAX)), Some((i64::MIN, to))] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(arcs: [Option<(i64, i64)>; 2]) -> u128 {
        arcs.into_iter().flatten().map(|(from, to)| u128::from(to.abs_diff(from)) + 1).sum()
    }

    #[test]
    fn arcs_join_and_a_turn_meets_every_fingerprint() {
        let turn = 1 << FRESH_ROWS_BITS;
        for batch in [1, 7, 5_000, turn - 1, turn, turn + 1, 3 * turn] {
            let (mut seq, mut met) = (turn - 3, 0);
            while met < 1 << 64 {
                met += length(arcs(seq, seq + batch - 1, FRESH_ROWS_BITS));
                let (before, after) = (seq + batch - 1, seq + batch);
                if batch < turn {
                    let end = arcs(before, before, FRESH_ROWS_BITS)[0].unwrap().1;
                    let next = arcs(after, after, FRESH_ROWS_BITS)[0].unwrap().0;
                    assert_eq!(end.wrapping_add(1), next);
                }
                seq = after;
            }
            assert!(seq - (turn - 3) < turn + batch, "a turn took more than its rows");
        }
        assert_eq!(arcs(0, u64::MAX, 17), [Some((i64::MIN, i64::MAX)), None]);
    }
}
