//! What is on the screen: where its first row stands among all rows, and how that changes. Rows are laid out where they are looked at.
//! Must not know what is said. Bounds: [`BLOCKS_MAX`] items and [`ROWS_MAX`] rows laid out, more on taller screens.

use jiff::civil::Date;

use super::block::{Block, Facts};
use super::window::Entry;
use super::{Key, Timeline};
use whispernet_node::event::{Level, Message};

/// Items that stay laid out (a guess: some screens).
const BLOCKS_MAX: usize = 512;
/// Rows of these; one item may have more.
const ROWS_MAX: usize = 20_000;

/// A row: which item, and which of its rows from 0, those above it among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) row: usize,
}

/// What stays on the screen when rows come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The last row is at the bottom.
    End,
    /// This row of an item is at the top; negative: so many above its first.
    Top(Key, i64),
    /// The row that holds this grapheme of an item is at the top: the width has changed since.
    Text(Key, usize),
    /// This item is in the middle, once there is enough around it.
    Middle(Key),
}

/// What stands above an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Above {
    pub(super) edge: Option<Edge>,
    pub(super) day: Option<Date>,
    pub(super) fresh: bool,
}

/// Where the list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// With the first message ever.
    Beginning,
    /// With what is held.
    Earlier,
}

impl Above {
    pub(super) fn rows(self) -> usize {
        usize::from(self.edge.is_some()) + usize::from(self.day.is_some()) + usize::from(self.fresh)
    }
}

/// The first row on the screen, and how many rows above it are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Top {
    pub(super) place: Place,
    pub(super) blank: usize,
}

impl Timeline {
    fn entry_after(&self, key: Key) -> Option<&Entry> {
        let entries = self.window.entries();
        entries.get(entries.partition_point(|entry| Key::of(entry.place) <= key))
    }

    fn entry_before(&self, key: Key) -> Option<&Entry> {
        let at = self.window.before(key.0) + usize::from(key.1 > 0 && self.window.at(key.0).is_some());
        at.checked_sub(1).and_then(|at| self.window.entries().get(at))
    }

    /// Whether a note that stands there is between messages that are held.
    fn shows_note(&self, key: Key) -> bool {
        let entries = self.window.entries();
        let (Some(first), Some(last)) = (entries.front(), entries.back()) else { return true };
        (self.window.has_beginning() || key.0 >= first.place) && (self.window.has_end() || key.0 <= last.place)
    }

    fn below_all(&self) -> impl DoubleEndedIterator<Item = Key> {
        let pending = self.own.pending().map(|pending| pending.key());
        let all = pending.chain(self.own.moving().iter().map(|moving| moving.key()));
        let shown = if self.window.has_end() { usize::MAX } else { 0 };
        all.filter(move |_| shown > 0)
    }

    /// The item below.
    pub(super) fn next(&self, key: Key) -> Option<Key> {
        let notes = self.notes.all();
        let note = notes.range(notes.partition_point(|note| note.key() <= key)..).map(|note| note.key());
        let entry = self.entry_after(key).map(|entry| Key::of(entry.place));
        let note = note.into_iter().find(|key| self.shows_note(*key));
        entry.into_iter().chain(note).min().or_else(|| self.below_all().find(|below| *below > key))
    }

    /// The item above.
    pub(super) fn previous(&self, key: Key) -> Option<Key> {
        if let Some(below) = self.below_all().rev().find(|below| *below < key) {
            return Some(below);
        }
        let entry = self.entry_before(key).map(|entry| Key::of(entry.place));
        let notes = self.notes.all().range(..self.notes.before(key)).rev();
        let note = notes.map(|note| note.key()).find(|key| self.shows_note(*key));
        entry.into_iter().chain(note).max()
    }

    /// The first item.
    pub(super) fn first(&self) -> Option<Key> {
        self.next(Key(0, 0))
    }

    pub(super) fn last(&self) -> Option<Key> {
        self.previous(Key(u64::MAX, u64::MAX))
    }

    fn exists(&self, key: Key) -> bool {
        self.previous(key).map_or_else(|| self.first(), |above| self.next(above)) == Some(key)
    }

    /// The item itself, or where it is gone the next one.
    fn nearest(&self, key: Key) -> Option<Key> {
        if self.exists(key) { Some(key) } else { self.next(key).or_else(|| self.last()) }
    }

    fn day(&self, key: Key) -> Option<Date> {
        if key.1 == 0 {
            return self.window.at(key.0).map(|entry| self.look.day(&entry.message));
        }
        let note = self.notes.all().get(self.notes.before(key)).filter(|note| note.key() == key)?;
        Some(self.look.day_at(note.at_ms))
    }

    /// What stands above an item.
    pub(super) fn above(&self, key: Key) -> Above {
        let previous = self.previous(key);
        let edge = if self.window.has_beginning() { Edge::Beginning } else { Edge::Earlier };
        let is_edge = previous.is_none() && (self.window.has_beginning() || !self.window.entries().is_empty());
        let day = self.day(key);
        Above {
            edge: is_edge.then_some(edge),
            day: day.filter(|_| previous.and_then(|previous| self.day(previous)) != day),
            fresh: key.1 == 0 && self.fresh.is_some_and(|fresh| fresh == key.0),
        }
    }

    /// Sees to it that an item is laid out.
    pub(super) fn lay_out(&mut self, key: Key) {
        if self.blocks.contains_key(&key) {
            return;
        }
        let height = usize::from(self.size.1);
        if self.blocks.len() >= BLOCKS_MAX.max(2 * height) || self.rows_laid_out >= ROWS_MAX.max(4 * height) {
            self.forget_rows();
        }
        let block = self.block(key).unwrap_or_default();
        self.rows_laid_out += block.rows.len();
        #[cfg(test)]
        {
            self.laid_out += 1;
        }
        self.blocks.insert(key, block);
    }

    /// Everything looks different now.
    pub(super) fn forget_rows(&mut self) {
        self.blocks.clear();
        self.rows_laid_out = 0;
    }

    /// This item looks different now.
    pub(super) fn forget_rows_of(&mut self, key: Key) {
        if let Some(block) = self.blocks.remove(&key) {
            self.rows_laid_out -= block.rows.len();
        }
    }

    fn block(&self, key: Key) -> Option<Block> {
        if key.1 == 0 {
            let message = &self.window.at(key.0)?.message;
            return Some(self.look.message(message, &self.facts(message)));
        }
        if key.0 < u64::MAX {
            let note = self.notes.all().get(self.notes.before(key)).filter(|note| note.key() == key)?;
            return Some(self.look.note(Some(note.at_ms), note.level, &note.lines()));
        }
        if let Some(pending) = self.own.pending().find(|pending| pending.key() == key) {
            let pace = self.own.pace();
            return Some(self.look.pending(&pending.body, pending.failure(), pace.as_deref()));
        }
        let moving = self.own.moving().iter().find(|moving| moving.key() == key)?;
        Some(self.look.note(None, Level::Info, &[moving.words()]))
    }

    fn facts<'a>(&'a self, message: &Message) -> Facts<'a> {
        let answered = message.about.reply.as_deref().map(|id| self.window.by_id(id).map(|entry| &entry.message));
        Facts {
            is_own: self.is_own(message),
            answered,
            links: self.own.links(message.seq),
            keeping: message.file.as_ref().and_then(|file| self.files.get(&file.hash).copied()),
            is_unfolded: self.unfolded.contains(&message.seq),
        }
    }

    /// How many rows stand above an item, and how many it has with these.
    pub(super) fn rows(&mut self, key: Key) -> (usize, usize) {
        self.lay_out(key);
        let above = self.above(key).rows();
        (above, above + self.blocks.get(&key).map_or(0, |block| block.rows.len()))
    }

    /// So many rows up, and how many there were.
    pub(super) fn up(&mut self, from: Place, rows: usize) -> (Place, usize) {
        let (mut place, mut left) = (from, rows);
        while left > place.row {
            let Some(key) = self.previous(place.key) else {
                return (Place { row: 0, ..place }, rows - (left - place.row));
            };
            left -= place.row;
            let (_, all) = self.rows(key);
            // An item without rows is passed at once.
            (place, left) =
                if all == 0 { (Place { key, row: 0 }, left) } else { (Place { key, row: all - 1 }, left - 1) };
        }
        place.row -= left;
        (place, rows)
    }

    /// So many rows down, and how many there were.
    pub(super) fn down(&mut self, from: Place, rows: usize) -> (Place, usize) {
        let (mut place, mut left) = (from, rows);
        loop {
            let (_, all) = self.rows(place.key);
            let below = all.saturating_sub(place.row + 1);
            if left <= below {
                place.row += left;
                return (place, rows);
            }
            let Some(key) = self.next(place.key) else {
                place.row += below;
                return (place, rows - (left - below));
            };
            left -= below + 1;
            place = Place { key, row: 0 };
        }
    }

    /// The first row on the screen where the last one is at the bottom.
    fn top_of_end(&mut self) -> Option<Top> {
        let height = usize::from(self.size.1);
        let key = self.last()?;
        let row = self.rows(key).1.saturating_sub(1);
        let (place, moved) = self.up(Place { key, row }, height.saturating_sub(1));
        Some(Top { place, blank: height.saturating_sub(moved + 1) })
    }

    /// The first row of the screen. Where it shows that the end is reached, the list follows it from now on.
    pub(super) fn top(&mut self) -> Option<Top> {
        let height = usize::from(self.size.1);
        if height == 0 {
            return None;
        }
        let place = match self.anchor {
            Anchor::End => return self.top_of_end(),
            Anchor::Top(key, row) => {
                let key = self.nearest(key)?;
                let (above, all) = self.rows(key);
                let row = row.saturating_add(i64::try_from(above).unwrap_or(0));
                match usize::try_from(row) {
                    Ok(row) => Place { key, row: row.min(all.saturating_sub(1)) },
                    Err(_) => self.up(Place { key, row: 0 }, usize::try_from(-row).unwrap_or(0)).0,
                }
            }
            Anchor::Text(key, at) => {
                let key = self.nearest(key)?;
                let (above, all) = self.rows(key);
                let rows = self.blocks.get(&key).map_or(&[][..], |block| &block.rows);
                let row = above + rows.partition_point(|row| row.at <= at).saturating_sub(1);
                Place { key, row: row.min(all.saturating_sub(1)) }
            }
            Anchor::Middle(key) => {
                let key = self.nearest(key)?;
                let (row, _) = self.rows(key);
                self.up(Place { key, row }, height / 3).0
            }
        };
        let (_, below) = self.down(place, height - 1);
        if below < height - 1 {
            let top = self.top_of_end();
            match (self.anchor, top) {
                _ if self.window.has_end() => self.anchor = Anchor::End,
                (Anchor::Top(..) | Anchor::Text(..), Some(top)) => self.anchor_at(top.place),
                _ => {}
            }
            return top;
        }
        if let Anchor::Middle(_) = self.anchor {
            self.anchor_at(place);
        }
        Some(Top { place, blank: 0 })
    }

    /// This row is at the top from now on.
    pub(super) fn anchor_at(&mut self, place: Place) {
        let (above, _) = self.rows(place.key);
        let row = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
        self.anchor = Anchor::Top(place.key, row(place.row) - row(above));
    }

    /// Moves the screen by so many rows.
    pub(super) fn move_by(&mut self, rows: i64) {
        let Some(top) = self.top() else { return };
        let count = usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX);
        let (place, moved) = if rows < 0 { self.up(top.place, count) } else { self.down(top.place, count) };
        if moved > 0 && (rows < 0 || self.anchor != Anchor::End) {
            self.anchor_at(place);
            // Beyond the end there is nothing to see.
            self.settle();
        }
    }

    /// Follows the end from now on, where the last row is on the screen.
    pub(super) fn settle(&mut self) {
        let Some(top) = self.top() else { return };
        let (_, below) = self.down(top.place, usize::from(self.size.1));
        if below < usize::from(self.size.1) && self.window.has_end() {
            self.anchor = Anchor::End;
        }
    }

    /// The width changes: the same text stays at the top.
    pub(super) fn resize(&mut self, width: u16, height: u16) {
        let before = std::mem::replace(&mut self.size, (width, height));
        if before.0 == width {
            return;
        }
        if let Anchor::Top(key, row) = self.anchor
            && let Some(row) = usize::try_from(row).ok().and_then(|row| self.blocks.get(&key)?.rows.get(row))
        {
            self.anchor = Anchor::Text(key, row.at);
        }
        self.look.width = width;
        self.forget_rows();
    }

    /// The last row on the screen that has anything.
    pub(super) fn bottom(&mut self, top: Top) -> Place {
        let height = usize::from(self.size.1);
        self.down(top.place, height.saturating_sub(1 + top.blank)).0
    }

    /// Moves the screen as little as it takes to show an item.
    pub(super) fn reveal(&mut self, key: Key) {
        let Some(top) = self.top() else { return };
        let height = usize::from(self.size.1);
        let (above, all) = self.rows(key);
        let first = Place { key, row: above };
        let last = Place { key, row: all.saturating_sub(1).max(above) };
        let bottom = self.bottom(top);
        if first < top.place {
            self.anchor_at(first);
        } else if last > bottom {
            let (place, _) = self.up(last, height - 1);
            self.anchor_at(place.min(first));
        }
    }
}
