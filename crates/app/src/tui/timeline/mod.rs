//! What was said, as rows of a terminal: which messages are held, what is on the screen, and what is to be read from the history.
//! Must not know the terminal, the clock or the `Handle`. Bounds: those of its parts.

mod block;
mod extras;
mod find;
mod flow;
mod moves;
mod note;
mod own;
mod paint;
mod reading;
mod style;
mod view;
mod window;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::tz::TimeZone;
use whispernet_node::event::{Level, Message, PeerChange, Progress, Trust, Via};
use whispernet_node::handle::Query;

pub(crate) use extras::Extras;

use crate::shown::safe;
use block::{Block, Look};
use find::Needle;
use note::Notes;
use own::Own;
pub(super) use style::Palette;
use view::Anchor;
use window::{Taken, Window};

/// Files of which is known whether they are kept; beyond, all are asked for anew (a guess: one for each message that is held).
const FILES_MAX: usize = 1_000;

/// Messages that stay unfolded; beyond, the earliest is folded again (a guess: more than one goes back to).
const UNFOLDED_MAX: usize = 256;

/// Messages of one page of the history: what `Want::query` asks for.
pub(crate) const PAGE_MESSAGES: usize = 100;

/// A page of the history that is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// The newest ones before this `seq`.
    Older {
        /// Exclusive.
        before: u64,
    },
    /// The oldest ones after this `seq`.
    Newer {
        /// Exclusive.
        since: u64,
    },
}

impl Want {
    /// What to ask the history for.
    pub(crate) fn query(self) -> Query {
        let page = Query { limit: PAGE_MESSAGES, ..Query::default() };
        match self {
            Self::Older { before } => Query { before: Some(before), ..page },
            Self::Newer { since } => Query { since: Some(since), ..page },
        }
    }
}

/// Where to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scroll {
    /// So many rows down; up where it is negative.
    Rows(i32),
    /// So many screens down; up where it is negative.
    Pages(i32),
    /// To the first message ever.
    Top,
    /// To the newest one, and on with what comes.
    Bottom,
    /// To this message, which is selected.
    Message(u64),
}

/// Which message to select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Select {
    /// None.
    Nothing,
    /// The one above; where none is selected, the last one on the screen.
    Previous,
    /// The one below; none after the last.
    Next,
}

/// Whether the bytes of a file are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// They wait for the user to take them.
    Offered,
    /// They are kept for good.
    Accepted {
        /// Width and height of the picture that they are, in pixels; `None`: none that is shown.
        picture: Option<(u32, u32)>,
    },
    /// They are not here, or not any more.
    NotKept,
}

/// What came and was not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unread {
    /// Joins, notices, greetings.
    pub(crate) events: u64,
    /// Messages of others, mentions among them.
    pub(crate) messages: u64,
    /// Those that name the user.
    pub(crate) mentions: u64,
}

/// Where an item stands among all: a message at its place, what came after it by a number above 0, what is below all at the very end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u64, u64);

impl Key {
    /// Of a message.
    const fn of(place: u64) -> Self {
        Self(place, 0)
    }
}

/// The list of messages.
pub(crate) struct Timeline {
    window: Window,
    notes: Notes,
    own: Own,
    /// Whether files are here, by hash. Never iterated.
    files: HashMap<String, Keeping>,
    /// The user's nick as others may write it, and key.
    me: Option<Needle>,
    key: String,
    look: Look,
    /// What is laid out.
    blocks: BTreeMap<Key, Block>,
    rows_laid_out: usize,
    #[cfg(test)]
    laid_out: usize,
    anchor: Anchor,
    /// Columns and rows of the last draw.
    size: (u16, u16),
    /// The first and the last item on the screen.
    shown: Option<(Key, Key)>,
    /// Where the selected message stands.
    selected: Option<u64>,
    /// Messages that are shown in full, however long they are.
    unfolded: BTreeSet<u64>,
    focused: bool,
    unread: Unread,
    /// The first message that was not seen when it came, and whether it has been since.
    fresh: Option<u64>,
    fresh_seen: bool,
}

impl Timeline {
    /// An empty list that follows the newest message. It wants the newest page at once (`wants`).
    pub(crate) fn new(zone: TimeZone, colors: bool) -> Self {
        let look = Look {
            width: 0,
            zone,
            palette: Palette { colors },
            nick: String::new(),
            me: None,
            term: None,
            picture_rows: 0,
        };
        Self {
            window: Window::new(),
            notes: Notes::default(),
            own: Own::default(),
            files: HashMap::new(),
            me: None,
            key: String::new(),
            look,
            blocks: BTreeMap::new(),
            rows_laid_out: 0,
            #[cfg(test)]
            laid_out: 0,
            anchor: Anchor::End,
            size: (0, 0),
            shown: None,
            selected: None,
            unfolded: BTreeSet::new(),
            focused: true,
            unread: Unread::default(),
            fresh: None,
            fresh_seen: false,
        }
    }

    /// Who the user is: mentions of this nick are marked from now on. The key is in hex.
    pub(crate) fn set_me(&mut self, nick: &str, key: &str) {
        self.me = Needle::word(nick);
        self.look.me = Needle::word(&safe::line(nick));
        self.look.nick = nick.to_owned();
        self.key = key.to_owned();
        self.forget_rows();
    }

    /// Takes a message: an event (`live`), or what the face begins with. One that is here already is left as it is. Greetings become
    /// notes. An upgrade may come this way too.
    pub(crate) fn push(&mut self, message: Message, live: bool) {
        if message.hello {
            let key = self.notes.join(self.window.newest(), &message);
            self.forget_rows_of(key);
            if live {
                self.notice();
            }
            return;
        }
        let (seq, is_own) = (message.seq, self.is_own(&message));
        let is_known = self.window.knows(seq);
        if message.via == Via::Own && live && !is_known {
            self.own.told(seq, &message.body);
            if self.fresh_seen {
                self.fresh = None;
            }
        }
        if live && !is_own && !is_known && message.about.replaces.is_none() && !self.is_watched() {
            self.unread.messages += 1;
            self.unread.mentions += u64::from(self.is_mention(&message));
            if self.fresh.is_none() || self.fresh_seen {
                (self.fresh, self.fresh_seen) = (Some(seq), false);
            }
        }
        if !live {
            self.notes.let_pass(seq, message.received);
        }
        match self.window.push(message, self.side_to_keep()) {
            // What answers it shows a part of it.
            Taken::Replaced => self.forget_rows(),
            Taken::Added | Taken::Known => {}
        }
    }

    /// Takes a richer copy: it takes the place of the one that it replaces.
    pub(crate) fn upgrade(&mut self, message: Message) {
        self.push(message, true);
    }

    /// Whether it names the user, or answers one of the user's messages: somebody else's, said now.
    pub(crate) fn is_mention(&self, message: &Message) -> bool {
        let answers = |id: &String| self.window.by_id(id).is_some_and(|entry| self.is_own(&entry.message));
        !(message.replay || message.hello || self.is_own(message))
            && (self.me.as_ref().is_some_and(|me| me.is_in(&message.body)) || message.about.reply.iter().any(answers))
    }

    fn is_own(&self, message: &Message) -> bool {
        let is_my_key = message.about.key.as_ref().is_some_and(|key| *key == self.key);
        message.via == Via::Own || message.about.trust == Trust::Own || is_my_key
    }

    /// Adds words that are no message, in one line or several.
    pub(crate) fn note(&mut self, at_ms: i64, level: Level, text: &str) {
        self.notes.say(self.window.newest(), at_ms, level, text);
        self.notice();
    }

    /// Adds a note of a link; several alike in a row become one.
    pub(crate) fn peer(&mut self, at_ms: i64, change: &PeerChange) {
        let key = self.notes.link(self.window.newest(), at_ms, change);
        self.forget_rows_of(key);
        self.notice();
    }

    fn notice(&mut self) {
        self.unread.events += u64::from(!self.is_watched());
    }

    /// Shows what the user says before it is in the log. `client`: a number of the caller's, for what becomes of it.
    pub(crate) fn pending(&mut self, client: u64, body: &str) {
        self.own.say(client, body);
    }

    /// How long the first of what is pending waits for its pace; `None`: it does not.
    pub(crate) fn paced(&mut self, next_in: Option<Duration>) {
        if self.own.paced(next_in) {
            for key in self.own.pending().map(|pending| pending.key()).collect::<Vec<_>>() {
                self.forget_rows_of(key);
            }
        }
    }

    /// It is in the history.
    pub(crate) fn submitted(&mut self, client: u64, seq: u64) {
        let told = self.window.knows(seq) || !self.window.has_end();
        self.own.submitted(client, seq, told);
    }

    /// It was not said. It stays, marked, until `take_failed`. `why`: what happened and what to do.
    pub(crate) fn failed(&mut self, client: u64, why: &str) {
        if let Some(key) = self.own.failed(client, why) {
            self.forget_rows_of(key);
        }
    }

    /// It is among the messages, whatever else became of it.
    pub(crate) fn forget_pending(&mut self, client: u64) {
        self.own.forget(client);
    }

    /// Takes the newest of what failed off the list: its Body, for another try.
    pub(crate) fn take_failed(&mut self) -> Option<String> {
        self.own.take_failed()
    }

    /// To how many links a message of the user's went.
    pub(crate) fn delivered(&mut self, seq: u64, links: u64) {
        self.own.went(seq, links);
        if let Some(place) = self.window.place(seq) {
            self.forget_rows_of(Key::of(place));
        }
    }

    /// Shows how far a file has come, below all messages, until it is done.
    pub(crate) fn progress(&mut self, progress: &Progress, at_ms: i64) {
        if let Some(key) = self.own.progress(progress, at_ms) {
            self.forget_rows_of(key);
        }
    }

    /// Whether the bytes of a file are here, by its hash; `Extras::files` names those that are on the screen. Whether
    /// it looks different now.
    pub(crate) fn file(&mut self, hash: &str, keeping: Keeping) -> bool {
        if self.files.len() >= FILES_MAX && !self.files.contains_key(hash) {
            self.files.clear();
        }
        let changed = self.files.insert(hash.to_owned(), keeping) != Some(keeping);
        if changed {
            self.forget_rows();
        }
        changed
    }

    /// Rows for each picture that is kept; 0: none.
    pub(crate) fn set_pictures(&mut self, rows: u16) {
        if self.look.picture_rows != rows {
            self.look.picture_rows = rows;
            self.forget_rows();
        }
    }

    /// Marks a text wherever it stands, letters compared without case.
    pub(crate) fn highlight(&mut self, term: Option<&str>) {
        self.look.term = term.and_then(|term| Needle::text(&safe::line(term)));
        self.forget_rows();
    }

    /// What came and was not seen: while the terminal had no focus, or the list was scrolled away from its end.
    pub(crate) const fn unread(&self) -> Unread {
        self.unread
    }

    /// Whether the terminal has the user's attention.
    pub(crate) const fn focus(&mut self, focused: bool) {
        self.focused = focused;
    }

    /// Whether what comes is seen at once.
    fn is_watched(&self) -> bool {
        self.focused && self.is_at_end()
    }

    /// What is on the screen has been seen, where the user looks at it and it is the end.
    fn see(&mut self) {
        if self.is_watched() {
            self.unread = Unread::default();
            self.fresh_seen = true;
        }
    }
}

#[cfg(test)]
mod tests;
