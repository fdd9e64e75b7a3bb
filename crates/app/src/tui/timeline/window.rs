//! The messages that are held: a stretch of the history. Where it reaches the end, it grows with what comes.
//! Must not know rows. Bounds: [`WINDOW_MAX`] messages, [`WINDOW_BYTES_MAX`]; apart from these [`TAIL_MAX`] of the newest.

use std::collections::{BTreeMap, HashMap, VecDeque};

use whispernet_node::event::Message;

use super::reading::Reading;
use super::{PAGE_MESSAGES, Want};

/// Messages in memory (a guess: ten pages).
pub(super) const WINDOW_MAX: usize = 1_000;
/// Bytes of them in memory (a guess: twice what so many long ones have).
const WINDOW_BYTES_MAX: usize = 8 << 20;
/// Newest messages that are kept while the window is elsewhere, so that the way back to them needs no reading.
const TAIL_MAX: usize = 200;
/// Bytes of these.
const TAIL_BYTES_MAX: usize = 1 << 20;
/// Other `seq`s that a message is known by (copies come in four ranks at most).
const FORMER_MAX: usize = 4;
const _: () = assert!(2 * PAGE_MESSAGES < WINDOW_MAX && TAIL_MAX < WINDOW_MAX);

/// A message where it stands.
pub(super) struct Entry {
    /// What it is ordered by: the `seq` of the first copy that was held.
    pub(super) place: u64,
    /// The richest copy.
    pub(super) message: Message,
    /// The `seq`s of poorer copies.
    former: Vec<u64>,
}

impl Entry {
    fn new(message: Message) -> Self {
        let former = message.about.replaces.into_iter().collect();
        Self { place: message.seq, message, former }
    }

    fn bytes(&self) -> usize {
        let Message { id, addr, nick, body, about, .. } = &self.message;
        size_of::<Self>()
            + 2 * id.len()
            + addr.len()
            + nick.len()
            + body.len()
            + about.warning.as_ref().map_or(0, String::len)
    }

    fn seqs(&self) -> impl Iterator<Item = u64> {
        [self.place, self.message.seq].into_iter().chain(self.former.iter().copied())
    }

    /// Takes a richer copy. The `seq` that it is not known by any more, where there were too many.
    fn enrich(&mut self, message: Message) -> Option<u64> {
        self.former.push(self.message.seq);
        self.message = message;
        (self.former.len() > FORMER_MAX).then(|| self.former.remove(0)).filter(|gone| *gone != self.place)
    }
}

/// On which side of the window something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// What was said earlier.
    Older,
    /// What was said later.
    Newer,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is new here.
    Added,
    /// It took the place of a poorer copy.
    Replaced,
    /// It was here.
    Known,
}

/// See the module.
pub(super) struct Window {
    entries: VecDeque<Entry>,
    /// Where each `seq` stands that a held message is or was known by.
    places: BTreeMap<u64, u64>,
    /// Where the message of each ID stands. Never iterated.
    ids: HashMap<String, u64>,
    bytes: usize,
    /// Everything between these two that the history has is held; exclusive.
    from: u64,
    to: u64,
    beginning: bool,
    end: bool,
    /// The newest ones, without a gap, while the window has not the end.
    tail: VecDeque<Entry>,
    tail_bytes: usize,
    newest: u64,
    pub(super) reading: Reading,
}

impl Window {
    pub(super) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            places: BTreeMap::new(),
            ids: HashMap::new(),
            bytes: 0,
            from: u64::MAX,
            to: 0,
            beginning: false,
            end: true,
            tail: VecDeque::new(),
            tail_bytes: 0,
            newest: 0,
            reading: Reading::default(),
        }
    }

    /// The messages, ascending by place.
    pub(super) const fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// How many stand before `place`.
    pub(super) fn before(&self, place: u64) -> usize {
        self.entries.partition_point(|entry| entry.place < place)
    }

    pub(super) fn at(&self, place: u64) -> Option<&Entry> {
        self.entries.get(self.before(place)).filter(|entry| entry.place == place)
    }

    /// Where the message stands that is or was known by this `seq`.
    pub(super) fn place(&self, seq: u64) -> Option<u64> {
        self.places.get(&seq).copied()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Entry> {
        self.ids.get(id).and_then(|place| self.at(*place))
    }

    /// Whether it holds the first message ever.
    pub(super) const fn has_beginning(&self) -> bool {
        self.beginning
    }

    /// Whether it holds the newest message.
    pub(super) const fn has_end(&self) -> bool {
        self.end
    }

    /// The newest `seq` that was ever here.
    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    pub(super) fn knows(&self, seq: u64) -> bool {
        self.places.contains_key(&seq) || self.in_tail(seq).is_some()
    }

    fn in_tail(&self, seq: u64) -> Option<usize> {
        let is_beyond = self.tail.front().is_none_or(|first| seq < first.place);
        // Where nothing was enriched, the newest is the first to be compared.
        if is_beyond { None } else { self.tail.iter().rposition(|entry| entry.seqs().any(|known| known == seq)) }
    }

    /// Takes what came. `keep`: the side that stays where the window is full.
    pub(super) fn push(&mut self, message: Message, keep: Side) -> Taken {
        let seq = message.seq;
        let is_newest = seq > self.newest;
        self.newest = self.newest.max(seq);
        if !is_newest && self.knows(seq) {
            return Taken::Known;
        }
        if let Some(poorer) = message.about.replaces {
            if let Some(place) = self.place(poorer) {
                self.enrich(place, message);
                return Taken::Replaced;
            }
            if let Some(at) = self.in_tail(poorer) {
                self.tail[at].enrich(message);
                return Taken::Known;
            }
        }
        if !self.end {
            self.push_tail(Entry::new(message));
            return Taken::Added;
        }
        if self.from == u64::MAX {
            self.from = seq;
        }
        self.to = self.to.max(seq);
        self.insert(Entry::new(message));
        self.trim(keep);
        Taken::Added
    }

    /// Puts the one before the tail to it; gives it back where there is no room.
    fn lead_tail(&mut self, entry: Entry) -> Option<Entry> {
        let bytes = self.tail_bytes + entry.bytes();
        if self.tail.len() >= TAIL_MAX || bytes > TAIL_BYTES_MAX {
            return Some(entry);
        }
        self.tail_bytes = bytes;
        self.tail.push_front(entry);
        None
    }

    fn push_tail(&mut self, entry: Entry) {
        self.tail_bytes += entry.bytes();
        let at = self.tail.partition_point(|other| other.place < entry.place);
        self.tail.insert(at, entry);
        while self.tail.len() > TAIL_MAX || (self.tail_bytes > TAIL_BYTES_MAX && self.tail.len() > 1) {
            let Some(gone) = self.tail.pop_front() else { return };
            self.tail_bytes -= gone.bytes();
            self.retire(gone);
        }
    }

    /// Lets go of a message that was held. In the history it stands where its richest copy came, and it will not be read again where it
    /// stood: if what is held goes on to there, it goes there.
    fn retire(&mut self, mut entry: Entry) {
        let seq = entry.message.seq;
        if entry.place == seq || self.knows(seq) {
            return;
        }
        entry.place = seq;
        if !self.entries.is_empty() && self.from < seq && seq <= self.to {
            self.insert(entry);
        } else if self.tail.front().is_some_and(|first| first.place < seq) {
            self.push_tail(entry);
        }
    }

    /// Takes the answer to what was asked. Whether anything changed.
    pub(super) fn page(&mut self, want: Want, messages: Vec<Message>) -> bool {
        let is_last = messages.len() < PAGE_MESSAGES;
        let (first, last) = (messages.first().map(|first| first.seq), messages.last().map(|last| last.seq));
        let newest = messages.iter().map(|message| message.seq).max().unwrap_or(0);
        match want {
            Want::Older { before } => {
                if before < self.from {
                    return false;
                }
                self.add(messages);
                self.beginning = is_last || first.is_some_and(|first| first >= self.from);
                self.from = self.from.min(first.unwrap_or(before));
                self.to = self.to.max(last.unwrap_or(0));
                self.trim(Side::Older);
            }
            Want::Newer { since } => {
                if since > self.to || self.end {
                    return false;
                }
                self.add(messages);
                let is_stuck = last.is_none_or(|last| last <= self.to);
                self.to = self.to.max(last.unwrap_or(0));
                let meets_tail = self.tail.front().is_none_or(|first| self.to.saturating_add(1) >= first.place);
                // What came last may not be in the history yet: it is asked again, but not for ever.
                if is_last || is_stuck {
                    if meets_tail || self.reading.is_in_vain() {
                        self.join();
                    }
                } else if meets_tail && !self.tail.is_empty() {
                    self.join();
                }
                self.trim(Side::Newer);
            }
        }
        self.newest = self.newest.max(newest);
        true
    }

    fn add(&mut self, messages: Vec<Message>) {
        for message in messages {
            if self.places.contains_key(&message.seq) {
                continue;
            }
            match message.about.replaces.and_then(|poorer| self.place(poorer)) {
                Some(place) => self.enrich(place, message),
                None => self.insert(Entry::new(message)),
            }
        }
    }

    /// The tail goes on where the window ends.
    pub(super) fn join(&mut self) {
        for entry in std::mem::take(&mut self.tail) {
            self.to = self.to.max(entry.message.seq);
            if entry.seqs().any(|seq| self.places.contains_key(&seq)) {
                self.add(vec![entry.message]);
            } else {
                self.insert(entry);
            }
        }
        self.tail_bytes = 0;
        self.end = true;
    }

    /// Begins anew at the newest messages. `false`: they have to be read.
    pub(super) fn go_to_tail(&mut self) -> bool {
        if !self.end && !self.tail.is_empty() {
            self.clear();
            let from = self.tail.front().map_or(u64::MAX, |first| first.place);
            self.join();
            self.from = from;
        }
        self.end
    }

    /// Begins anew, empty, where `want` reads.
    pub(super) fn begin_at(&mut self, want: Want) {
        if self.end {
            while let Some(entry) = self.entries.pop_back() {
                if let Some(entry) = self.lead_tail(entry) {
                    self.entries.push_back(entry);
                    break;
                }
            }
        }
        self.clear();
        match want {
            Want::Older { before: u64::MAX } => {}
            Want::Older { before } => (self.from, self.to) = (before, before.saturating_sub(1)),
            Want::Newer { since } => {
                (self.from, self.to) = (since.saturating_add(1), since);
                self.beginning = since == 0;
            }
        }
    }

    fn clear(&mut self) {
        self.places.clear();
        self.ids.clear();
        (self.bytes, self.from, self.to, self.beginning, self.end) = (0, u64::MAX, 0, false, false);
        for entry in std::mem::take(&mut self.entries) {
            self.retire(entry);
        }
    }

    /// What lies beyond the window on a side.
    pub(super) const fn beyond(&self, side: Side) -> Option<Want> {
        match side {
            Side::Older if !self.beginning => Some(Want::Older { before: self.from }),
            Side::Newer if !self.end => Some(Want::Newer { since: self.to }),
            Side::Older | Side::Newer => None,
        }
    }

    fn insert(&mut self, entry: Entry) {
        self.bytes += entry.bytes();
        self.places.extend(entry.seqs().map(|seq| (seq, entry.place)));
        self.ids.insert(entry.message.id.clone(), entry.place);
        let is_last = self.entries.back().is_none_or(|last| last.place < entry.place);
        let at = if is_last { self.entries.len() } else { self.before(entry.place) };
        self.entries.insert(at, entry);
    }

    fn enrich(&mut self, place: u64, message: Message) {
        let at = self.before(place);
        let Some(entry) = self.entries.get_mut(at).filter(|entry| entry.place == place) else { return };
        self.newest = self.newest.max(message.seq);
        if self.end {
            self.to = self.to.max(message.seq);
        }
        self.ids.insert(message.id.clone(), place);
        self.bytes -= entry.bytes();
        if let Some(gone) = entry.enrich(message) {
            self.places.remove(&gone);
        }
        self.bytes += entry.bytes();
        self.places.extend(entry.seqs().map(|seq| (seq, place)));
    }

    fn forget(&mut self, entry: &Entry) {
        self.bytes -= entry.bytes();
        for seq in entry.seqs() {
            self.places.remove(&seq);
        }
        if self.ids.get(&entry.message.id) == Some(&entry.place) {
            self.ids.remove(&entry.message.id);
        }
    }

    fn is_over(&self) -> bool {
        self.entries.len() > WINDOW_MAX || (self.bytes > WINDOW_BYTES_MAX && self.entries.len() > 1)
    }

    /// Lets go of what is too much on the side that does not stay.
    fn trim(&mut self, keep: Side) {
        match keep {
            Side::Newer => self.trim_older(),
            Side::Older => self.trim_newer(),
        }
    }

    fn trim_older(&mut self) {
        while self.is_over() {
            let Some(entry) = self.entries.pop_front() else { return };
            self.forget(&entry);
            let Some(first) = self.entries.front() else { return };
            self.from = first.place;
            self.beginning = false;
            self.retire(entry);
        }
    }

    fn trim_newer(&mut self) {
        let mut leads = self.end;
        while self.is_over() {
            let Some(entry) = self.entries.pop_back() else { return };
            self.forget(&entry);
            let Some(last) = self.entries.back() else { return };
            self.to = last.place;
            self.end = false;
            let left = if leads { self.lead_tail(entry) } else { Some(entry) };
            leads = leads && left.is_none();
            if let Some(entry) = left {
                self.retire(entry);
            }
        }
    }
}
