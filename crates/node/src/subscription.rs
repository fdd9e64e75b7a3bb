//! What one face is told: the log by a cursor of its own, and everything else as it happens.
//! Must not know the face. Bounds: one batch of messages, [`EVENTS_MAX`] events; a face that lags reads on from the store, and misses only what is no
//! message once it lags by more than that.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use whispernet_core::log::{Chunk, Cursor, Entry, Read};

use crate::counts::Count;
use crate::damage;
use crate::event::{Event, Level};
use crate::faces::Place;
use crate::handle::Query;
use crate::message;
use crate::shared::{EVENTS_MAX, Shared};
use crate::store::Reader;

/// Bytes of messages read at a time.
const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Messages read from the store at a time.
const STORE_ROWS_MAX: usize = 500;

/// Events as one face reads them: a cursor of its own. A face that lags holds up nobody.
pub struct Subscription {
    shared: Arc<Shared>,
    /// Whether messages are among them.
    messages: bool,
    cursor: Cursor,
    /// Messages that are read, and not yet handed over.
    ready: VecDeque<Event>,
    /// What else has happened, each with where the log ended then: messages before that come first.
    told: VecDeque<(u64, Event)>,
    events: broadcast::Receiver<(u64, Event)>,
    end: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
    /// Where it says how far it has come; `None` without messages.
    place: Option<Place>,
}

impl Subscription {
    pub(crate) fn new(shared: &Arc<Shared>, since: Option<u64>) -> Self {
        let events = shared.events.subscribe();
        let end = shared.end.subscribe();
        let stop = shared.stop.subscribe();
        let place = shared.faces.enter("face");
        let cursor = Cursor::at(since.map_or_else(|| shared.node().log().end(), |seq| seq.saturating_add(1)));
        Self {
            shared: Arc::clone(shared),
            messages: true,
            cursor,
            ready: VecDeque::new(),
            told: VecDeque::new(),
            events,
            end,
            stop,
            place: Some(place),
        }
    }

    /// Says in measures which face this is.
    #[must_use]
    pub fn named(self, kind: &'static str) -> Self {
        if let Some(place) = &self.place {
            place.name(kind);
        }
        self
    }

    /// The same without messages, for who shows none: then they cost nothing.
    #[must_use]
    pub fn without_messages(self) -> Self {
        Self { messages: false, cursor: Cursor::at(u64::MAX), ready: VecDeque::new(), place: None, ..self }
    }

    /// The next event; `None` when the peer has stopped. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            self.take_events();
            self.tell_place();
            if let Some(event) = self.next_ready() {
                return Some(event);
            }
            self.end.mark_unchanged();
            match self.read_log() {
                Read::Chunk => continue,
                Read::Behind => {
                    self.read_store().await;
                    continue;
                }
                Read::UpToDate => {}
            }
            if let Some((_, event)) = self.told.pop_front() {
                return Some(event);
            }
            if *self.stop.borrow() {
                return None;
            }
            tokio::select! {
                event = self.events.recv() => match event {
                    // Messages that came before it are to be read first.
                    Ok(told) => self.told.push_back(told),
                    Err(RecvError::Lagged(missed)) => return Some(self.missed_events(missed)),
                    Err(RecvError::Closed) => return None,
                },
                // The senders live as long as this.
                _ = self.end.changed(), if self.messages => {}
                _ = self.stop.changed() => {}
            }
        }
    }

    /// What is next of what was read and told: whichever happened first. Nothing where messages are still to be read before
    /// it can be known.
    fn next_ready(&mut self) -> Option<Event> {
        let message_first = match (self.ready.front(), self.told.front()) {
            (Some(Event::Message(message) | Event::Upgrade(message)), Some((end, _))) => message.seq < *end,
            (Some(_), _) => true,
            (None, Some((end, _))) if self.cursor.seq >= *end => false,
            (None, _) => return None,
        };
        if message_first { self.ready.pop_front() } else { self.told.pop_front().map(|(_, event)| event) }
    }

    /// What it has yet to hand over begins here.
    fn tell_place(&self) {
        let next = match self.ready.front() {
            Some(Event::Message(message) | Event::Upgrade(message)) => message.seq,
            _ => self.cursor.seq,
        };
        if let Some(place) = &self.place {
            place.comes_to(next);
        }
    }

    /// Events that have happened so far.
    fn take_events(&mut self) {
        while self.told.len() < EVENTS_MAX {
            match self.events.try_recv() {
                Ok(told) => self.told.push_back(told),
                Err(TryRecvError::Lagged(missed)) => {
                    let event = self.missed_events(missed);
                    self.told.push_back((0, event));
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn read_log(&mut self) -> Read {
        let shown = |entry: &Entry| !(entry.marks.hidden || entry.marks.own && entry.marks.hello);
        let mut chunk = Chunk::default();
        let read = self.shared.node().read_log(self.cursor, BATCH_BYTES_MAX, shown, &mut chunk);
        if read == Read::Chunk {
            let messages = chunk.entries().filter_map(|(entry, raw)| message::event(&chunk, entry, raw));
            self.ready.extend(messages.map(Event::from));
            self.cursor = chunk.next();
        }
        read
    }

    /// What has left memory is read from the store; without one, it is skipped.
    async fn read_store(&mut self) {
        let floor = self.shared.node().log().floor();
        let query = Query {
            since: Some(self.cursor.seq.saturating_sub(1)),
            before: Some(floor),
            limit: STORE_ROWS_MAX,
            search: None,
        };
        let Some(path) = self.shared.database.clone().filter(|_| self.shared.history) else {
            return self.skip_to(floor);
        };
        let read = tokio::task::spawn_blocking(move || Reader::open(&path)?.messages(&query)).await;
        let Ok(Ok(messages)) = read.map(|read| damage::watch(&self.shared, read)) else { return self.skip_to(floor) };
        let more = messages.len() >= STORE_ROWS_MAX;
        self.cursor = match messages.last() {
            Some(last) if more => Cursor::at(last.seq.saturating_add(1)),
            _ => Cursor::at(floor),
        };
        self.ready.extend(messages.into_iter().map(Event::from));
    }

    fn missed_events(&self, missed: u64) -> Event {
        self.shared.counts.add(Count::EventMissed, missed);
        Event::Notice { level: Level::Warn, text: format!("{missed} events went by unseen") }
    }

    fn skip_to(&mut self, floor: u64) {
        let count = self.shared.node().log().count(self.cursor.seq, floor);
        self.cursor = Cursor::at(floor);
        if count > 0 {
            self.ready.push_back(Event::Skip { count });
        }
    }
}
