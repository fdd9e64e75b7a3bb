//! The page of who is in: messages, the box to write in, peers and blocks.
//! Must not know who is in, only what their forms must bring back. Bounds: `MESSAGES_SHOWN`; the lists are those of the node.

use askama::Template;
use jiff::tz::TimeZone;
use whispernet_node::event::Message;
use whispernet_node::handle::{Handle, Query, Status};
use whispernet_node::key::PublicKey;

use super::mark::{self, LEGEND, Mark};
use super::message::{Day, Ground, Quoted, Row, days};
use super::peer::{Blocked, Peer};
use super::qr::Code;
use super::side::Side;
use super::text::Span;
use crate::slash::{COMMANDS, Command};

/// Messages on a page.
const MESSAGES_SHOWN: usize = 50;

/// Which part of the history to show; by itself the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Which {
    /// The newest of those before this `seq`.
    pub(crate) before: Option<u64>,
    /// The oldest of those after this `seq`.
    pub(crate) since: Option<u64>,
    /// Only those with this in Body or nick.
    pub(crate) search: Option<String>,
    /// The `seq` of a message that is being answered.
    pub(crate) reply: Option<u64>,
}

/// What to show beside what the peer knows.
#[derive(Default)]
pub(crate) struct View {
    /// What each form must bring back; empty for a program.
    pub(crate) form_token: String,
    pub(crate) which: Which,
    /// What was done, line by line.
    pub(crate) told: Vec<String>,
    /// What went wrong, in one line.
    pub(crate) problem: Option<String>,
    /// What was written and not sent.
    pub(crate) draft: String,
}

/// The page.
#[derive(Template)]
#[template(path = "chat.html")]
pub(crate) struct Chat {
    form_token: String,
    told: Vec<String>,
    problem: Option<String>,
    draft: String,
    status: Status,
    side: Side,
    days: Vec<Day>,
    search: Option<String>,
    /// Where to go on, where there is more.
    older: Option<u64>,
    newer: Option<u64>,
    /// Whether these are the newest.
    at_end: bool,
    /// Whether one reads on from their beginning.
    from_top: bool,
    answering: Option<Quoted>,
    digits: Vec<String>,
    code: Option<Code>,
    marks: [Mark; 4],
    models: Models,
}

/// What the script makes messages, peers and blocks after, so that they look as the server makes them.
struct Models {
    row: Row,
    peer: Peer,
    block: Blocked,
    marks: [Mark; 6],
    commands: &'static [Command],
}

impl Chat {
    /// The page as it is now.
    pub(crate) async fn of(handle: &Handle, view: View) -> Self {
        let View { form_token, which, told, mut problem, draft } = view;
        let page = match read(handle, &which).await {
            Ok(page) => page,
            Err(error) => {
                problem.get_or_insert(error);
                History::default()
            }
        };
        let answering = match which.reply {
            Some(seq) => find(handle, seq).await,
            None => None,
        };
        let status = handle.status();
        let zone = TimeZone::system();
        let key = PublicKey::parse(&status.key);
        let digits = key.as_ref().map(PublicKey::digits).unwrap_or_default();
        Self {
            days: days(
                &page.messages,
                &Ground { zone: &zone, nick: &status.nick, is_kept: &|hash| handle.kept(hash).is_some() },
            ),
            older: page.older,
            newer: page.newer,
            at_end: page.newer.is_none() && which.search.is_none(),
            from_top: which.since.is_some() || which.search.is_some(),
            search: which.search,
            answering: answering.as_ref().map(Quoted::of),
            side: Side::of(handle),
            digits: digits.split(' ').map(str::to_owned).collect(),
            code: key.and_then(|key| Code::of(&key.qr_text())),
            marks: LEGEND,
            models: Models {
                row: Row::model(),
                peer: Peer::default(),
                block: Blocked::default(),
                marks: mark::ALL,
                commands: &COMMANDS,
            },
            form_token,
            told,
            problem,
            draft,
            status,
        }
    }

    fn searches(&self) -> bool {
        self.search.is_some()
    }
}

/// A part of the history.
#[derive(Default)]
struct History {
    messages: Vec<Message>,
    older: Option<u64>,
    newer: Option<u64>,
}

async fn read(handle: &Handle, which: &Which) -> Result<History, String> {
    let search = which.search.clone().filter(|text| !text.is_empty());
    // One more, to know whether there is more.
    let query = Query { since: which.since, before: which.before, limit: MESSAGES_SHOWN + 1, search };
    let messages = handle.messages(query).await.map_err(|error| error.to_string())?;
    Ok(part(messages, which))
}

/// What is shown of what was read, and where to go on.
fn part(mut messages: Vec<Message>, which: &Which) -> History {
    let is_more = messages.len() > MESSAGES_SHOWN;
    let forward = which.since.is_some();
    if is_more {
        messages.remove(if forward { messages.len() - 1 } else { 0 });
    }
    let first = messages.first().map(|message| message.seq);
    let last = messages.last().map(|message| message.seq);
    let older = if forward { first.or(which.since) } else { first.filter(|_| is_more) };
    let newer = if forward { last.filter(|_| is_more) } else { last.filter(|_| which.before.is_some()) };
    History { messages, older, newer }
}

/// The message with that `seq`.
async fn find(handle: &Handle, seq: u64) -> Option<Message> {
    let query = Query { since: Some(seq.checked_sub(1)?), limit: 1, ..Query::default() };
    handle.messages(query).await.ok()?.into_iter().find(|message| message.seq == seq)
}

/// The ID of the message with that `seq`, for what answers it.
pub(crate) async fn id_of(handle: &Handle, seq: u64) -> Option<String> {
    find(handle, seq).await.map(|message| message.id)
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::{About, Via};

    use super::*;

    fn messages(seqs: std::ops::Range<u64>) -> Vec<Message> {
        let message = |seq| Message {
            seq,
            id: seq.to_string(),
            addr: String::new(),
            nick: String::new(),
            body: String::new(),
            time: None,
            received: 0,
            via: Via::Classic,
            about: About::default(),
            replay: false,
            hello: false,
            file: None,
        };
        seqs.map(message).collect()
    }

    #[test]
    fn pages_lead_on_where_there_is_more() {
        let check = |which: Which, found: std::ops::Range<u64>, shown: (usize, Option<u64>, Option<u64>)| {
            let part = part(messages(found.clone()), &which);
            assert_eq!((part.messages.len(), part.older, part.newer), shown, "{which:?} of {found:?}");
        };
        let newest = Which::default;
        let before = |seq| Which { before: Some(seq), ..Which::default() };
        let since = |seq| Which { since: Some(seq), ..Which::default() };
        check(newest(), 0..0, (0, None, None));
        check(newest(), 1..51, (50, None, None));
        check(newest(), 1..52, (50, Some(2), None));
        check(before(60), 9..60, (50, Some(10), Some(59)));
        check(before(5), 1..5, (4, None, Some(4)));
        check(before(1), 1..1, (0, None, None));
        check(since(9), 10..61, (50, Some(10), Some(59)));
        check(since(9), 10..20, (10, Some(10), None));
        check(since(9), 10..10, (0, Some(9), None));
    }
}
