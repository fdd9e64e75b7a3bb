//! What each outgoing link gets next: its greeting, then the log by its cursor, from the store where it lags.
//! Must not know how it is written. Bounds: a chunk; one fetch a link at a time.

use alloc::vec::Vec;

use super::Node;
use super::ahead::Ahead;
use super::followed::position;
use super::links::{LinkId, Outgoing};
use super::output::{Cause, Output, Told};
use crate::counters::Count;
use crate::fingerprint::Fingerprint;
use crate::log::{Chunk, Cursor, Entry, Marks, Read};
use crate::time::Now;

/// An entry as the store gives it back.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Its place.
    pub seq: u64,
    /// Its author's Addr, as it stood on the wire.
    pub addr: &'a str,
    /// Who gets it.
    pub marks: Marks,
    /// The message as it came, without a newline.
    pub raw: &'a [u8],
}

/// What the store is asked for: entries after this `seq`, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Exclusive.
    pub after: u64,
}

/// Whether an entry is part of a backlog.
pub(super) const fn is_backlog(marks: Marks) -> bool {
    !(marks.hello || marks.file || marks.hidden || marks.withheld)
}

impl Node {
    fn wants(&self, link: &Outgoing, seq: u64, author: Fingerprint, marks: Marks) -> bool {
        if marks.withheld {
            return false;
        }
        if seq >= link.backlog_end {
            return author != link.author;
        }
        // An old daemon stops its broadcasts for good at an Addr that it cannot dial, so it is told of none that we cannot.
        let harmless = !link.daemon || marks.own || self.outgoing.values().any(|other| other.author == author);
        is_backlog(marks) && harmless
    }

    /// What the outgoing link `id` may be sent next, about `bytes_max` bytes; write it and report [`Node::written`].
    /// `Behind`: ask [`Node::fetch`].
    pub fn read(&mut self, now: Now, id: LinkId, bytes_max: usize, chunk: &mut Chunk) -> Read {
        let Some(link) = self.outgoing.get(&id) else {
            chunk.reset(Cursor::default());
            return Read::UpToDate;
        };
        if link.greet && link.fetching.is_none() && link.ahead.is_none() && link.cursor.written == 0 {
            let greeting = self.greeting(now);
            if let Some(link) = self.outgoing.get_mut(&id) {
                link.ahead = Some(Ahead::greeting(greeting));
                link.greet = false;
            }
        }
        let Some(link) = self.outgoing.get(&id) else { return Read::UpToDate };
        chunk.reset(link.cursor);
        if let Some(ahead) = &link.ahead {
            ahead.begin(chunk);
        }
        let read = if link.fetching.is_some() {
            Read::UpToDate
        } else {
            let author = (link.cursor.seq >= link.backlog_end).then_some(link.author);
            let wants = |entry: &Entry| self.wants(link, entry.seq, entry.author, entry.marks);
            self.log.read(link.cursor, bytes_max, author, wants, chunk)
        };
        if chunk.is_empty() { read } else { Read::Chunk }
    }

    /// `bytes` of `chunk` were written on the link `id`.
    pub fn written(&mut self, id: LinkId, chunk: &Chunk, bytes: usize) {
        let Some(link) = self.outgoing.get_mut(&id) else { return };
        link.pace.took(bytes);
        let from = position(link);
        let mut ahead = link.ahead.take_if(|_| chunk.ahead() > 0);
        let (next, left) = (link.cursor.seq, chunk.ahead());
        link.trail.wrote(bytes, |taken| match &ahead {
            Some(ahead) if taken < left => {
                let (seq, ended) = ahead.after(taken);
                (seq.unwrap_or(next), ended)
            }
            _ => {
                let ended = ahead.as_ref().map_or(0, |ahead| ahead.after(left).1);
                let (cursor, entries) = chunk.place(taken);
                (cursor.seq, ended.saturating_add(entries))
            }
        });
        if bytes < left {
            if let Some(ahead) = &mut ahead {
                ahead.wrote(bytes);
            }
            link.ahead = ahead;
        } else {
            link.cursor = chunk.after(bytes);
        }
        self.followed.passed(link, from, position(link));
    }

    /// The link `id` has come to entries that left memory. `Some`: read them from the store and report
    /// [`Node::fetched`]. `None`: they are gone, or a fetch is under way; read again.
    pub fn fetch(&mut self, now: Now, id: LinkId, out: &mut Vec<Output>) -> Option<Fetch> {
        let link = self.outgoing.get(&id).filter(|link| link.fetching.is_none())?;
        let after = link.cursor.seq.saturating_sub(1);
        if !self.log.is_stored() {
            self.skip(now, id, out);
            return None;
        }
        let memory_begins = self.log.floor();
        self.outgoing.get_mut(&id)?.fetching = Some(memory_begins);
        Some(Fetch { after })
    }

    /// The cursor moves on to where memory begins.
    fn skip(&mut self, now: Now, id: LinkId, out: &mut Vec<Output>) {
        let floor = self.log.floor();
        let Some(link) = self.outgoing.get_mut(&id) else { return };
        if link.cursor.written > 0 {
            // Half a message was written, and the other half is gone.
            return self.close_outgoing(now, id, Cause::Lag, out);
        }
        let count = self.log.count(link.cursor.seq, floor);
        link.cursor = Cursor::at(floor.max(link.cursor.seq));
        if count > 0 {
            out.push(Output::Tell(Told::Skipped { addr: link.addr, count }));
            self.counters.add_many(Count::Skipped, count);
        }
    }

    /// What the store has after the place that [`Node::fetch`] named; `None` where it failed.
    pub fn fetched(&mut self, now: Now, id: LinkId, entries: Option<&[Stored<'_>]>, out: &mut Vec<Output>) {
        let Some(link) = self.outgoing.get_mut(&id) else { return };
        let Some(memory_begins) = link.fetching.take() else { return };
        let Some(entries) = entries else { return self.skip(now, id, out) };
        let written = link.cursor.written;
        if written > 0 && entries.first().is_none_or(|entry| entry.seq != link.cursor.seq) {
            return self.close_outgoing(now, id, Cause::Lag, out);
        }
        let Some(link) = self.outgoing.get(&id) else { return };
        let wanted = entries.iter().enumerate().filter(|(place, entry)| {
            let begun = *place == 0 && written > 0;
            begun || self.wants(link, entry.seq, self.author(entry.addr), entry.marks)
        });
        let ahead = Ahead::fetched(wanted.map(|(_, entry)| *entry), written);
        let Some(link) = self.outgoing.get_mut(&id) else { return };
        // Where there is nothing, there was nothing up to where memory began when the store was asked.
        link.cursor = Cursor::at(entries.last().map_or(memory_begins, |entry| entry.seq.saturating_add(1)));
        link.ahead = ahead;
    }

    /// Entries of the log for a reader without a link: the store, or a face. `wants` chooses.
    pub fn read_log(
        &self,
        cursor: Cursor,
        bytes_max: usize,
        wants: impl FnMut(&Entry) -> bool,
        chunk: &mut Chunk,
    ) -> Read {
        chunk.reset(cursor);
        self.log.read(cursor, bytes_max, None, wants, chunk)
    }
}
