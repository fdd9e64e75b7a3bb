//! Which IDs are in the history: a look-up by fingerprint that costs a batch few pages.
//! Must not know where an ID came from. Bounds: `FRESH_ROWS` wait in the small table, `STALE_ROWS` are left of what was deleted.
//!
//! Fingerprints are random: put straight into an index of millions, each row would write a page of its own. They go into `fresh`,
//! which stays small, and a hand that goes round the space of fingerprints, so far for each row, moves what it meets into
//! `known`: neighbours at a time. Deleted rows leave `known` the same way; until then they lead to no message.

use rusqlite::{Connection, params};

use super::Row;
use super::row::seq_to_sql;

/// Rows in one turn of the hand, so the most that `fresh` holds: 131,072. Measured in pages written: fewer, and the arcs of `known` have
/// more pages than rows; more, and `fresh` has.
const FRESH_ROWS_BITS: u32 = 17;
/// Deleted rows in one turn, so the most that `known` holds in vain: 1,048,576, some 17 MB. An arc is read as a whole, hence long turns.
const STALE_ROWS_BITS: u32 = 20;

const IS_KNOWN: &str = "
    SELECT 1 FROM fresh CROSS JOIN messages m USING (seq) WHERE fingerprint = ?1 AND m.id = ?2
    UNION ALL
    SELECT 1 FROM known CROSS JOIN messages m USING (seq) WHERE fingerprint = ?1 AND m.id = ?2";

/// Whether a row with this fingerprint and ID is there.
pub(super) fn is_known(conn: &Connection, fingerprint: u64, id: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached(IS_KNOWN)?.exists(params![fingerprint.cast_signed(), id])
}

/// Which of `rows` are new, and adds those. In order of their fingerprints: neighbours lie on the same pages.
pub(super) fn new_among(conn: &Connection, rows: &[Row]) -> rusqlite::Result<Vec<bool>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|place| rows.get(*place).map(|row| (row.fingerprint.cast_signed(), row.seq)));
    let mut new = vec![false; rows.len()];
    let mut known = conn.prepare_cached(IS_KNOWN)?;
    let mut add = conn.prepare_cached("INSERT INTO fresh (fingerprint, seq) VALUES (?1, ?2)")?;
    // Those of the same fingerprint that were found new, which `IS_KNOWN` cannot find: their messages come later.
    let mut same: Vec<&Row> = Vec::new();
    for place in order {
        let (Some(row), Some(new)) = (rows.get(place), new.get_mut(place)) else { continue };
        same.retain(|other| other.fingerprint == row.fingerprint);
        let fingerprint = row.fingerprint.cast_signed();
        if same.iter().any(|other| other.id == row.id) || known.exists(params![fingerprint, row.id])? {
            continue;
        }
        add.execute(params![fingerprint, seq_to_sql(row.seq)])?;
        same.push(row);
        *new = true;
    }
    Ok(new)
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
