//! What is said here: paced to what other peers accept, given an ID and a place in the log.
//! Must not know who said it. Bounds: those of what waits, [`CLIENTS_MAX`].

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::compose::Composed;
use super::judge::BODY_BYTES_MAX;
use super::output::{Output, SayToken, Told};
use super::pending::{Pending, Queue};
use super::sent_file::SentFile;
use super::{IdKind, Node};
use crate::bound::Bound;
use crate::budget::{Bucket, Budget, Rate, Rates};
use crate::counters::Count;
use crate::flood::{AUTHOR_BYTES, AUTHOR_MESSAGES};
use crate::id::ID_BYTES_MAX;
use crate::identity::{ExtFault, Form, classify};
use crate::log::Marks;
use crate::time::{Instant, Now};
use crate::trust::Change;

/// Clients' tags that are remembered in memory.
const CLIENTS_MAX: usize = 10_000;
/// Entries that one turn of reading may append: 128 KiB of the shortest messages, with room to spare.
const TURN_ENTRIES_MAX: u64 = 8_192;
/// Places reserved at a time. Gaps are harmless, and while the disk takes no reservation these are all there are: with so many
/// the chat goes on for as long as anybody may need to mend it. No round number: the store chooses by `seq` which part of its
/// index to settle, and runs that began at like places would settle the same part each time.
pub const SEQ_BLOCK: u64 = 17_382_510;

const _: () = assert!(SEQ_BLOCK >= 2 * TURN_ENTRIES_MAX);

/// Our own pace: nine tenths of what others accept, so that jitter on the way never makes it too fast for them.
const OWN_MESSAGES: Rate =
    Rate { milli_per_second: AUTHOR_MESSAGES.milli_per_second * 9 / 10, burst: AUTHOR_MESSAGES.burst * 9 / 10 };
/// See [`OWN_MESSAGES`].
const OWN_BYTES: Rate =
    Rate { milli_per_second: AUTHOR_BYTES.milli_per_second * 9 / 10, burst: AUTHOR_BYTES.burst * 9 / 10 };
/// What comes from elsewhere in our name, as our old words do after a loss of the store and as a forger's words do, goes on to others
/// no faster than what our pace leaves of what they accept of us: they would hold us to blame for it.
const ECHO: Rates = Rates {
    messages: Rate {
        milli_per_second: AUTHOR_MESSAGES.milli_per_second - OWN_MESSAGES.milli_per_second,
        burst: AUTHOR_MESSAGES.burst - OWN_MESSAGES.burst,
    },
    bytes: Rate {
        milli_per_second: AUTHOR_BYTES.milli_per_second - OWN_BYTES.milli_per_second,
        burst: AUTHOR_BYTES.burst - OWN_BYTES.burst,
    },
};
/// Why something is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SayRefused {
    /// There is nothing to say.
    Empty,
    /// The Body has so many bytes, over [`BODY_BYTES_MAX`].
    TooLong(usize),
    /// So many are waiting already.
    Busy(usize),
    /// It answers what can be no ID.
    BadReply,
    /// Only signed messages can answer others, and ours are not.
    ReplyUnsigned,
    /// There is nothing in the file.
    FileEmpty,
    /// The file has so many bytes, over [`FILE_SEND_BYTES_MAX`](super::FILE_SEND_BYTES_MAX).
    FileTooLarge(u64),
    /// Others would not believe what is told of the file.
    BadFile(ExtFault),
}

/// Something to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The text: 1 byte to [`BODY_BYTES_MAX`].
    pub body: String,
    /// A tag of the client's choice: the same tag again is the same message.
    pub client: Option<String>,
    /// The ID of the message that this one answers: 1 to [`ID_BYTES_MAX`] bytes.
    pub reply: Option<String>,
    /// A file that goes with them.
    pub file: Option<SentFile>,
}

/// What is to be done about what waits.
enum Next {
    /// This is said now.
    Say(Pending),
    /// This was said before: its place and ID.
    Repeated(SayToken, u64, String),
    /// Nothing, for now.
    Wait,
}

/// What waits to be said, and who said what.
pub(super) struct Mouth {
    pending: Queue,
    messages: Bucket,
    bytes: Bucket,
    echo: Budget,
    next_token: u64,
    /// By client's tag: where its message stands.
    clients: BTreeMap<String, (u64, String)>,
    clients_by_age: VecDeque<String>,
    /// By place, until the store has it: the client's tag.
    tags: BTreeMap<u64, String>,
}

impl Mouth {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            pending: Queue::default(),
            messages: Bucket::full(OWN_MESSAGES, now),
            bytes: Bucket::full(OWN_BYTES, now),
            echo: Budget::full(ECHO, now),
            next_token: 0,
            clients: BTreeMap::new(),
            clients_by_age: VecDeque::new(),
            tags: BTreeMap::new(),
        }
    }

    /// What it holds.
    pub(super) fn bounds(&self) -> [Bound; 5] {
        let [words, files] = self.pending.bounds();
        [
            words,
            files,
            Bound::new("clients' tags", self.clients.len(), CLIENTS_MAX),
            Bound::new("clients' tags by age", self.clients_by_age.len(), CLIENTS_MAX),
            Bound::new("tags until they are stored", self.tags.len(), CLIENTS_MAX),
        ]
    }

    /// Takes what is next, where its pace (`is_paced`) and the store (`is_paused`) allow.
    fn next(&mut self, now: Instant, is_paced: bool, is_paused: bool) -> Next {
        let mut chosen = None;
        for pending in self.pending.next() {
            let known = pending.words.client.as_ref().and_then(|client| self.clients.get(client).cloned());
            let bytes = pending.bytes;
            let may = !is_paced || self.messages.has(1, OWN_MESSAGES, now) && self.bytes.has(bytes, OWN_BYTES, now);
            if known.is_some() || may && !is_paused {
                chosen = Some((pending.token, known));
                break;
            }
        }
        let Some((token, known)) = chosen else { return Next::Wait };
        let Some(pending) = self.pending.take(token) else { return Next::Wait };
        if let Some((seq, id)) = known {
            return Next::Repeated(token, seq, id);
        }
        if is_paced {
            self.messages.take(1);
            self.bytes.take(pending.bytes);
        }
        Next::Say(pending)
    }

    /// Whether something of `bytes` that came from elsewhere in our name may go on to others.
    pub(super) fn passes_echo(&mut self, bytes: usize, now: Instant) -> bool {
        self.echo.charge(bytes as u64, ECHO, now)
    }

    fn remember(&mut self, client: String, seq: u64, id: &str) {
        if self.clients_by_age.len() >= CLIENTS_MAX
            && let Some(oldest) = self.clients_by_age.pop_front()
        {
            self.clients.remove(&oldest);
        }
        self.clients_by_age.push_back(client.clone());
        self.clients.insert(client.clone(), (seq, id.to_string()));
        if self.tags.len() >= CLIENTS_MAX {
            self.tags.pop_first();
        }
        self.tags.insert(seq, client);
    }
}

/// Places that no later run uses, since the store has noted them.
pub(super) struct SeqReserve {
    until: u64,
    asked: bool,
}

impl SeqReserve {
    pub(super) const fn new(first: u64) -> Self {
        Self { until: first.saturating_add(SEQ_BLOCK), asked: false }
    }
}

impl Node {
    /// Says this now, or when its pace allows. An [`Output::Said`] with the token follows, now or later.
    ///
    /// # Errors
    /// [`SayRefused`].
    pub fn say(&mut self, now: Now, words: Words, out: &mut Vec<Output>) -> Result<SayToken, SayRefused> {
        self.check_words(&words)?;
        let waited = self.mouth.pending.len();
        if !self.mouth.pending.has_room(&words) {
            return Err(SayRefused::Busy(waited));
        }
        self.mouth.next_token = self.mouth.next_token.saturating_add(1);
        let token = SayToken(self.mouth.next_token);
        // What can never be there at once is said as soon as all that can is.
        let bytes = self.cost(&words.body, words.reply.as_deref(), words.file.as_ref()).min(OWN_BYTES.burst);
        self.mouth.pending.push(Pending { token, words, bytes });
        self.say_due(now, out);
        let waiting = self.mouth.pending.len();
        if waited == 0 && waiting > 0 {
            out.push(Output::Tell(Told::Paced { waiting }));
        }
        Ok(token)
    }

    /// Whether this may be said at all, however busy we are.
    ///
    /// # Errors
    /// [`SayRefused`], but not `Busy`.
    pub fn check_words(&self, words: &Words) -> Result<(), SayRefused> {
        if words.body.is_empty() {
            return Err(SayRefused::Empty);
        }
        if words.body.len() > BODY_BYTES_MAX {
            return Err(SayRefused::TooLong(words.body.len()));
        }
        if let Some(reply) = &words.reply {
            if !(1..=ID_BYTES_MAX).contains(&reply.len()) {
                return Err(SayRefused::BadReply);
            }
            if self.config.id != IdKind::Signed {
                return Err(SayRefused::ReplyUnsigned);
            }
        }
        if let Some(file) = &words.file {
            self.check_sent_file(file, words.reply.as_deref())?;
        }
        Ok(())
    }

    /// Says what waits, as far as the pace allows.
    pub(super) fn say_due(&mut self, now: Now, out: &mut Vec<Output>) {
        loop {
            let is_paused = self.is_paused();
            match self.mouth.next(now.instant, self.config.flood_limit, is_paused) {
                Next::Say(pending) => self.say_now(now, pending, out),
                Next::Repeated(token, seq, id) => out.push(Output::Said { token, seq, id, repeated: true }),
                Next::Wait => return,
            }
        }
    }

    fn say_now(&mut self, now: Now, pending: Pending, out: &mut Vec<Output>) {
        let reply = pending.words.reply.as_deref();
        if let Some(Ok(Form::Signed(token))) = reply.map(|id| classify(id.as_bytes())) {
            // Whom the user answers is no stranger.
            let change = self.trust.spoke_to(now.wall, token.key());
            if change != Change::default() {
                out.push(Output::SaveTrust(change));
            }
        }
        let file = pending.words.file.as_ref();
        let Composed { id, raw } = self.compose(&pending.words.body, reply, file, now);
        let seq = self.append_own(now, &id, Marks { file: file.is_some(), ..Marks::default() }, &raw);
        self.followed.add(seq, raw.len(), file);
        self.counters.add(Count::Said);
        if let Some(client) = pending.words.client {
            self.mouth.remember(client, seq, &id);
        }
        out.push(Output::Said { token: pending.token, seq, id, repeated: false });
        self.reserve_ahead(out);
    }

    /// When the next of what waits may be said. What ends a pause says it at once.
    #[must_use]
    pub fn next_say(&self, now: Instant) -> Option<Instant> {
        if self.is_paused() {
            return None;
        }
        let mouth = &self.mouth;
        let when = |pending: &Pending| {
            mouth.messages.when(1, OWN_MESSAGES).max(mouth.bytes.when(pending.bytes, OWN_BYTES)).max(now)
        };
        mouth.pending.next().map(when).min()
    }

    /// How many wait for their pace.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.mouth.pending.len()
    }

    /// The tag of the client that said the entry `seq`, until that is committed.
    #[must_use]
    pub fn client_of(&self, seq: u64) -> Option<&str> {
        self.mouth.tags.get(&seq).map(String::as_str)
    }

    /// Entries before `seq` are on disk.
    pub fn committed(&mut self, now: Now, seq: u64, out: &mut Vec<Output>) {
        self.log.commit(seq);
        self.mouth.tags = self.mouth.tags.split_off(&seq);
        self.go_on(now, out);
    }

    /// Whether the store commits. Where it does not, memory is all there is.
    pub fn set_stored(&mut self, stored: bool) {
        self.log.set_stored(stored);
    }

    /// Whether reading from links must pause: the store is too far behind, or the next places are not reserved yet.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.log.is_full() || self.log.end().saturating_add(TURN_ENTRIES_MAX) > self.seqs.until
    }

    /// Asks for more places before they run out.
    pub(super) fn reserve_ahead(&mut self, out: &mut Vec<Output>) {
        let seqs = &mut self.seqs;
        if seqs.asked || self.log.end().saturating_add(SEQ_BLOCK / 2) < seqs.until {
            return;
        }
        seqs.asked = true;
        out.push(Output::Reserve(seqs.until.saturating_add(SEQ_BLOCK)));
    }

    /// The request for more places got lost: the next step asks again.
    pub const fn reserve_again(&mut self) {
        self.seqs.asked = false;
    }

    /// No later run uses a `seq` below `until`.
    pub fn reserved(&mut self, now: Now, until: u64, out: &mut Vec<Output>) {
        self.seqs.asked = false;
        self.seqs.until = self.seqs.until.max(until);
        self.go_on(now, out);
    }

    /// A pause may be over.
    fn go_on(&mut self, now: Now, out: &mut Vec<Output>) {
        self.settle_due(now, out);
        self.say_due(now, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Decoder;
    use crate::node::{Config, IdKind, Past};

    /// 128 KiB of the shortest messages that there are.
    fn turn(n: &mut u32) -> String {
        let mut bytes = String::new();
        while bytes.len() < 128 * 1024 {
            bytes.push_str(&alloc::format!("{{\"ID\":\"{n:x}\",\"Body\":\"b\"}}"));
            *n += 1;
        }
        bytes
    }

    #[test]
    fn a_turn_of_reading_never_goes_beyond_what_is_reserved() {
        let now = Now::default();
        let addr = "127.0.0.1:5000".parse().unwrap();
        let config = Config {
            addr,
            bound: addr.ip(),
            own: Vec::new(),
            nick: "me".into(),
            id: IdKind::Random,
            key: crate::identity::SecretKey::from_seed(&[1; 32]),
            rotation: None,
            network: crate::identity::Network::OPEN,
            inbound_max: 1,
            backlog: 0,
            flood_limit: false,
            discovery: false,
            stored: true,
            first_seq: 1,
            fingerprint_key: [0; 16],
            seen_max: 100_000,
            log: crate::log::Limits::default(),
        };
        let mut node = Node::new(config, Past::default(), [0; 32], now);
        node.seqs.until = 20_000;
        let (mut out, mut decoder, mut n) = (Vec::new(), Decoder::default(), 0);
        let link = node.accepted(now, "127.0.0.1:9000".parse().unwrap(), &mut out).unwrap();
        while !node.is_paused() {
            node.receive(now, link, &mut decoder, turn(&mut n).as_bytes(), &mut out);
        }
        assert!((10_000..=20_000).contains(&node.log.end()), "{}", node.log.end());
        assert_eq!(out.iter().filter(|output| matches!(output, Output::Reserve(_))).count(), 1);
        node.say(now, Words { body: "waits".into(), ..Words::default() }, &mut out).unwrap();
        assert_eq!((node.pending(), node.deadline(now.instant)), (1, None), "it would wake for nothing");
        node.reserved(now, 40_000, &mut out);
        assert_eq!((node.pending(), node.is_paused()), (0, false));
    }
}
