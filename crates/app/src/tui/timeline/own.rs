//! What the user says until it is in the log, to how many links it went, and files on their way. Must not know rows.
//! Bounds: [`PENDING_MAX`] that wait or failed, [`DELIVERIES_MAX`] that went, [`MOVING_MAX`] files.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use whispernet_node::event::{Progress, Work};

use super::Key;
use crate::files::size;
use crate::shown::safe;

/// Messages that wait for the log or failed; the oldest go first (a guess: nobody types faster).
const PENDING_MAX: usize = 256;
/// Own messages of which is known how far they went.
const DELIVERIES_MAX: usize = 1_000;
/// Files on their way that are shown.
const MOVING_MAX: usize = 8;
/// Below these stand files on their way.
const MOVING_FROM: u64 = 1 << 63;

/// Something that the user said.
pub(super) struct Pending {
    number: u64,
    client: u64,
    pub(super) body: String,
    state: State,
}

/// How it stands.
enum State {
    /// It waits.
    Waiting,
    /// It is in the history under this `seq`, and not told of yet.
    Said(u64),
    /// It was told of, and the answer is still to come.
    Told,
    /// Why it was not said, and what to do.
    Failed(String),
}

impl Pending {
    pub(super) const fn key(&self) -> Key {
        Key(u64::MAX, self.number)
    }

    /// Why it was not said, where it was not.
    pub(super) fn failure(&self) -> Option<&str> {
        if let State::Failed(why) = &self.state { Some(why) } else { None }
    }

    const fn is_shown(&self) -> bool {
        !matches!(self.state, State::Told)
    }
}

/// A file on its way.
pub(super) struct Moving {
    number: u64,
    progress: Progress,
    /// When it was first told of, with how much done.
    since_ms: i64,
    since_bytes: u64,
    at_ms: i64,
}

impl Moving {
    pub(super) const fn key(&self) -> Key {
        Key(u64::MAX, self.number)
    }

    /// How far it is, in one line, safe to show.
    pub(super) fn words(&self) -> String {
        let Progress { what, name, peer, done, total } = &self.progress;
        let (work, towards) = match what {
            Work::Hash => ("reading", "of"),
            Work::Send => ("sending", "to"),
            Work::Receive => ("receiving", "from"),
        };
        let name = if name.is_empty() { "a file".into() } else { safe::line(name) };
        let mut words = format!("{work} {name}");
        if let Some(peer) = peer {
            words.push_str(&format!(" {towards} {}", safe::addr(peer)));
        }
        if *total == 0 {
            words.push_str(&format!(": {}", size(*done)));
        } else {
            let percent = u128::from(*done).saturating_mul(100) / u128::from(*total);
            words.push_str(&format!(": {}% of {}", percent.min(100), size(*total)));
        }
        if let Some(rate) = self.rate() {
            words.push_str(&format!(", {}/s", size(rate)));
            let left = total.saturating_sub(*done).div_ceil(rate);
            if left > 0 {
                words.push_str(&format!(", {} left", seconds(left)));
            }
        }
        words
    }

    /// Bytes a second, where some time has gone and something was done.
    fn rate(&self) -> Option<u64> {
        let took_ms = u64::try_from(self.at_ms.saturating_sub(self.since_ms)).ok().filter(|took| *took > 0)?;
        let moved = self.progress.done.saturating_sub(self.since_bytes);
        Some(moved.saturating_mul(1_000) / took_ms).filter(|rate| *rate > 0)
    }
}

/// A time for people.
pub(super) fn seconds(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Own {
    number: u64,
    pending: VecDeque<Pending>,
    moving: VecDeque<Moving>,
    deliveries: BTreeMap<u64, u64>,
    next_in: Option<Duration>,
}

impl Own {
    pub(super) fn say(&mut self, client: u64, body: &str) {
        self.number += 1;
        self.pending.push_back(Pending { number: self.number, client, body: body.to_owned(), state: State::Waiting });
        if self.pending.len() > PENDING_MAX {
            self.pending.pop_front();
        }
    }

    /// What is to be seen of it.
    pub(super) fn pending(&self) -> impl DoubleEndedIterator<Item = &Pending> {
        self.pending.iter().filter(|pending| pending.is_shown())
    }

    pub(super) const fn moving(&self) -> &VecDeque<Moving> {
        &self.moving
    }

    /// How long the first one waits; whether that reads otherwise now.
    pub(super) fn paced(&mut self, next_in: Option<Duration>) -> bool {
        let before = self.pace();
        self.next_in = next_in;
        self.pace() != before
    }

    /// Why the first one waits, in words.
    pub(super) fn pace(&self) -> Option<String> {
        let whole = self.next_in.map(|next_in| next_in.as_secs() + u64::from(next_in.subsec_nanos() > 0))?;
        Some(format!("paced: waits {}", seconds(whole)))
    }

    /// It is in the history; `told`: and among the messages, or where these are not held.
    pub(super) fn submitted(&mut self, client: u64, seq: u64, told: bool) {
        if told {
            self.pending.retain(|pending| pending.client != client);
        } else if let Some(pending) = self.pending.iter_mut().find(|pending| pending.client == client) {
            pending.state = State::Said(seq);
        }
    }

    pub(super) fn failed(&mut self, client: u64, why: &str) -> Option<Key> {
        let pending = self.pending.iter_mut().find(|pending| pending.client == client)?;
        pending.state = State::Failed(safe::line(why).into_owned());
        Some(pending.key())
    }

    pub(super) fn forget(&mut self, client: u64) {
        self.pending.retain(|pending| pending.client != client);
    }

    pub(super) fn take_failed(&mut self) -> Option<String> {
        let at = self.pending.iter().rposition(|pending| pending.failure().is_some())?;
        self.pending.remove(at).map(|pending| pending.body)
    }

    /// A message of the user's came from the log: it is pending no longer.
    pub(super) fn told(&mut self, seq: u64, body: &str) {
        self.went(seq, 0);
        if let Some(at) =
            self.pending.iter().position(|pending| matches!(pending.state, State::Said(said) if said == seq))
        {
            self.pending.remove(at);
        } else if let Some(first) = self
            .pending
            .iter_mut()
            .find(|pending| matches!(pending.state, State::Waiting) && pending.body.trim_end() == body.trim_end())
        {
            first.state = State::Told;
        }
    }

    /// To so many links.
    pub(super) fn went(&mut self, seq: u64, links: u64) {
        let so_far = self.deliveries.entry(seq).or_default();
        *so_far = (*so_far).max(links);
        if self.deliveries.len() > DELIVERIES_MAX {
            self.deliveries.pop_first();
        }
    }

    /// To how many links it went; `None`: it was said before this face was there.
    pub(super) fn links(&self, seq: u64) -> Option<u64> {
        self.deliveries.get(&seq).copied()
    }

    /// The key of the file that it is about.
    pub(super) fn progress(&mut self, progress: &Progress, at_ms: i64) -> Option<Key> {
        let is_it = |moving: &Moving| {
            let Progress { what, name, peer, .. } = &moving.progress;
            (what, name, peer) == (&progress.what, &progress.name, &progress.peer)
        };
        let at = self.moving.iter().position(is_it);
        let is_done = progress.total > 0 && progress.done >= progress.total;
        match at {
            Some(at) if is_done => {
                self.moving.remove(at);
                None
            }
            None if is_done => None,
            Some(at) => {
                let moving = self.moving.get_mut(at)?;
                moving.progress = progress.clone();
                moving.at_ms = at_ms;
                Some(moving.key())
            }
            None => {
                self.number += 1;
                let (number, since_bytes) = (MOVING_FROM + self.number, progress.done);
                let moving = Moving { number, progress: progress.clone(), since_ms: at_ms, since_bytes, at_ms };
                self.moving.push_back(moving);
                if self.moving.len() > MOVING_MAX {
                    self.moving.pop_front();
                }
                None
            }
        }
    }
}
