//! What was said, as rows of a terminal: which messages are held, what is on the screen, and what is to be read from the history.
//! Must not know the terminal, the clock or the `Handle`. Bounds: those of its parts.

mod extras;

use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use whispernet_node::event::{Level, Message, PeerChange, Progress};
use whispernet_node::handle::Query;

pub(crate) use extras::Extras;

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
    Accepted,
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

/// The list of messages.
pub(crate) struct Timeline {}

#[expect(unused_variables, clippy::unused_self, clippy::needless_pass_by_value, reason = "the signatures come first")]
impl Timeline {
    /// An empty list that follows the newest message. It wants the newest page at once (`wants`).
    pub(crate) fn new(zone: TimeZone, colors: bool) -> Self {
        Self {}
    }

    /// Who the user is: mentions of this nick are marked from now on. The key is in hex.
    pub(crate) fn set_me(&mut self, nick: &str, key: &str) {}

    /// Takes a message: an event (`live`), or what the face begins with. One that is here already is left as it is. Greetings become
    /// notes. An upgrade may come this way too.
    pub(crate) fn push(&mut self, message: Message, live: bool) {}

    /// Takes a richer copy: it takes the place of the one that it replaces.
    pub(crate) fn upgrade(&mut self, message: Message) {}

    /// Whether it names the user, or answers one of the user's messages: somebody else's, said now.
    pub(crate) fn is_mention(&self, message: &Message) -> bool {
        false
    }

    /// Adds words that are no message, in one line or several.
    pub(crate) fn note(&mut self, at_ms: i64, level: Level, text: &str) {}

    /// Adds a note of a link; several alike in a row become one.
    pub(crate) fn peer(&mut self, at_ms: i64, change: &PeerChange) {}

    /// Shows what the user says before it is in the log. `client`: a number of the caller's, for what becomes of it.
    pub(crate) fn pending(&mut self, client: u64, body: &str) {}

    /// How long the first of what is pending waits for its pace; `None`: it does not.
    pub(crate) fn paced(&mut self, next_in: Option<Duration>) {}

    /// It is in the history.
    pub(crate) fn submitted(&mut self, client: u64, seq: u64) {}

    /// It was not said. It stays, marked, until `take_failed`. `why`: what happened and what to do.
    pub(crate) fn failed(&mut self, client: u64, why: &str) {}

    /// Takes the newest of what failed off the list: its Body, for another try.
    pub(crate) fn take_failed(&mut self) -> Option<String> {
        None
    }

    /// To how many links a message of the user's went.
    pub(crate) fn delivered(&mut self, seq: u64, links: u64) {}

    /// Shows how far a file has come, below all messages, until it is done.
    pub(crate) fn progress(&mut self, progress: &Progress, at_ms: i64) {}

    /// Whether the bytes of a file are here, by its hash; `Extras::files` names those that are on the screen and not known.
    pub(crate) fn file(&mut self, hash: &str, keeping: Keeping) {}

    /// Rows for each picture that is kept; 0: none.
    pub(crate) fn set_pictures(&mut self, rows: u16) {}

    /// The page to read now, told once: it is answered by `page` or `no_page`. To be asked after each draw.
    pub(crate) fn wants(&mut self) -> Option<Want> {
        None
    }

    /// Takes a page: all that `want.query()` gave, ascending.
    pub(crate) fn page(&mut self, want: Want, messages: Vec<Message>) {}

    /// It could not be read: it is wanted again when the user scrolls.
    pub(crate) fn no_page(&mut self, want: Want) {}

    /// Moves.
    pub(crate) fn scroll(&mut self, scroll: Scroll) {}

    /// Selects.
    pub(crate) fn select(&mut self, select: Select) {}

    /// The selected message.
    pub(crate) fn selected(&self) -> Option<&Message> {
        None
    }

    /// A message that is held in memory, by its `seq` or that of a copy that it took the place of.
    pub(crate) fn message(&self, seq: u64) -> Option<&Message> {
        None
    }

    /// Whether the newest is on the screen, and what comes will be.
    pub(crate) fn is_at_end(&self) -> bool {
        true
    }

    /// What came and was not seen: while the terminal had no focus, or the list was scrolled away from its end.
    pub(crate) fn unread(&self) -> Unread {
        Unread::default()
    }

    /// Whether the terminal has the user's attention.
    pub(crate) fn focus(&mut self, focused: bool) {}

    /// Marks a text wherever it stands, letters compared without case.
    pub(crate) fn highlight(&mut self, term: Option<&str>) {}

    /// Draws what is to be seen into `area`.
    pub(crate) fn draw(&mut self, area: Rect, buf: &mut Buffer, out: &mut Extras) {}
}
