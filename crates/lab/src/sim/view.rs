//! What must hold of one host at every step: what it shows, what it keeps, and what it may hold at most.
//! Must not know how the host came to it. Bounds: the run's length.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::bound::Bound;
use whispernet_core::codec;
use whispernet_core::counters::Count;
use whispernet_core::log::{Chunk, Cursor, Entry, Note, Read};
use whispernet_core::node::Node;
use whispernet_core::rank::Rank;
use whispernet_core::state::State;
use whispernet_core::time::Instant;

use super::disk::Disk;
use super::heard::{Author, Heard};
use super::plan::{CLOCKS_APART_MAX, HostId, HostPlan, SEEN_ALL};
use super::said::{Facts, MessageId, Registry, Said, Texts};

/// Uncommitted bytes that one turn may add after the last look at the bound: a pipe, and the lookups that end.
const TURN_BYTES_MAX: usize = 192 * 1024;
/// A signature is checked within this time after its message came, but where many wait.
const CHECKED_WITHIN: Duration = Duration::from_secs(10);
/// Longest object that a simulated host says or a stranger sends.
const OBJECT_BYTES_MAX: usize = 64 * 1024;

/// Looks between two at the bounds that take longer to count: each link and each address moves them by one.
const LOOKS_PER_COUNT: u64 = 8;

/// Something that must not be.
#[derive(Debug)]
pub(super) struct Failure {
    /// Which rule is broken, in a word: two failures of one rule may have one cause.
    pub(super) rule: &'static str,
    pub(super) what: String,
    pub(super) hosts: Vec<HostId>,
    /// When it began, where that was long before it was found.
    pub(super) began: Option<Instant>,
}

impl Failure {
    /// Something that was found as it happened.
    pub(super) const fn now(rule: &'static str, what: String, hosts: Vec<HostId>) -> Self {
        Self { rule, what, hosts, began: None }
    }
}

/// Whether all is as it must be.
pub(super) type Checked = Result<(), Failure>;

/// A message that a host has shown and, where it is stored, will still know after a restart.
pub(super) struct Kept {
    pub(super) seq: u64,
    /// How rich a copy it is.
    pub(super) rank: Rank,
    /// How many entries came before it.
    number: u64,
    pub(super) at: Instant,
    /// When it was shown first, where clocks that jump had it forgotten.
    first_at: Instant,
    /// It goes on to others.
    pub(super) relayed: bool,
    /// A store was there to keep it when it came.
    pub(super) stored: bool,
    /// It was no replay when it came.
    pub(super) live: bool,
    /// The copy that it took the place of, or one on disk that was forgotten in memory.
    earlier: Option<Box<Self>>,
}

impl Kept {
    /// It, and the copies before it.
    pub(super) fn copies(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |kept| kept.earlier.as_deref())
    }
}

/// A host at one moment.
pub(super) struct Sight<'a> {
    pub(super) plan: &'a HostPlan,
    pub(super) disk: &'a Disk,
    pub(super) node: &'a Node,
    pub(super) now: Instant,
    /// Its wall clock stands where somebody moved it.
    pub(super) moved: bool,
}

/// What the simulator knows about a host.
#[derive(Default)]
pub(super) struct View {
    host: HostId,
    pub(super) has: BTreeMap<MessageId, Kept>,
    /// What it may lack, or have no richer copy of: dropped by flood control, or lost where no store kept it.
    pub(super) excused: BTreeSet<MessageId>,
    /// From which entry on a peer gets everything, across links and restarts.
    pub(super) covered: BTreeMap<SocketAddr, u64>,
    pub(super) started: Instant,
    /// Entries left memory before they could be looked at: nothing stores them.
    pub(super) unseen: bool,
    /// The same, in this run.
    ever_unseen: bool,
    /// When its store worked again, last in this run.
    pub(super) stored_since: Option<Instant>,
    /// Who was taken in lately, and how often.
    heard: Heard,
    /// What others signed, was taken in live and is not yet held against their budgets: each with its bytes.
    pub(super) fresh: Vec<(MessageId, usize)>,
    chunk: Chunk,
    /// Entries of all runs.
    entries: u64,
    /// What its user asked it to say and it has not said yet.
    pub(super) asked: BTreeSet<String>,
    /// Its wall clock jumped once: what was said when is no longer sure.
    pub(super) clock_moved: bool,
    /// The next entry to look at.
    looked: u64,
    /// Entries of the last while, and when they came.
    lately: VecDeque<(u64, Instant)>,
    run_first: u64,
    looks: u64,
}

impl View {
    pub(super) fn new(host: HostId) -> Self {
        Self { host, ..Self::default() }
    }

    fn fail(&self, rule: &'static str, what: String) -> Checked {
        Err(Failure::now(rule, what, vec![self.host]))
    }

    /// A run begins: what is not on disk is gone. `leapt`: its clock has, so far that links do not resume.
    pub(super) fn begin_run(&mut self, first_seq: u64, disk: &Disk, leapt: bool, now: Instant) -> Checked {
        if first_seq < self.looked {
            return self.fail("seq", format!("this run begins at {first_seq}, the last one came to {}", self.looked));
        }
        self.looked = first_seq;
        self.run_first = first_seq;
        self.started = now;
        (self.ever_unseen, self.stored_since) = (false, None);
        self.heard = Heard::default();
        self.asked.clear();
        self.lately.clear();
        let lost: Vec<MessageId> =
            self.has.iter().filter(|(_, kept)| !disk.has(kept.seq)).map(|(message, _)| *message).collect();
        for message in lost {
            let mut kept = self.has.remove(&message);
            while let Some(gone) = kept.take_if(|kept| !disk.has(kept.seq)) {
                // What a working store had not committed yet must come again; what no store kept need not.
                if !gone.stored {
                    self.excused.insert(message);
                }
                kept = gone.earlier.map(|earlier| *earlier);
            }
            self.has.extend(kept.map(|kept| (message, kept)));
        }
        self.covered.retain(|addr, _| !leapt && disk.has_cursor(addr));
        Ok(())
    }

    /// Looks at what was appended since the last look, and at the bounds.
    pub(super) fn look(&mut self, sight: &Sight<'_>, said: &mut Registry) -> Checked {
        let log = sight.node.log();
        if log.floor() > self.looked {
            if log.is_stored() {
                return self.fail("store", format!("entries from {} left memory unseen by the store", self.looked));
            }
            self.looked = log.floor();
            (self.unseen, self.ever_unseen) = (true, true);
        }
        if self.looked < log.end() {
            let mut chunk = std::mem::take(&mut self.chunk);
            while sight.node.read_log(Cursor::at(self.looked), usize::MAX, |_| true, &mut chunk) == Read::Chunk {
                for (entry, raw) in chunk.entries() {
                    self.entry(sight, (entry, chunk.note(entry.seq)), raw, said)?;
                }
            }
            chunk.clear();
            self.chunk = chunk;
            if self.looked != log.end() {
                return self.fail("seq", format!("the log ends at {} and its entries at {}", log.end(), self.looked));
            }
        }
        self.bounds(sight.plan, sight.node)
    }

    fn entry(
        &mut self,
        sight: &Sight<'_>,
        (entry, note): (&Entry, Option<&Note>),
        raw: &[u8],
        said: &mut Registry,
    ) -> Checked {
        let Sight { plan, disk, node, now, moved } = *sight;
        let (seq, stored) = (entry.seq, node.log().is_stored());
        if seq != self.looked {
            return self.fail("seq", format!("entry {seq} where {} was to come", self.looked));
        }
        self.looked = seq + 1;
        self.entries += 1;
        let Ok(Some((texts, timed))) = codec::parse(raw, |object| (Texts::of(object), object.time().is_some())) else {
            return self.fail("form", format!("entry {seq} is no message: {}", String::from_utf8_lossy(raw)));
        };
        if texts.bytes != raw.len() {
            return self.fail("form", format!("entry {seq} is more than one message"));
        }
        if entry.marks.own {
            if !entry.marks.hello && !self.asked.remove(&texts.body) {
                return self.fail("unsaid", format!("said what its user did not: {}", texts.body));
            }
            let (by, chat) = (Some(self.host), !entry.marks.hello);
            said.say(Facts { by, chat, at: now, odd: moved, ..Facts::default() }, &texts, raw);
        }
        let Some(message) = said.find_copy(raw, &texts) else {
            return self.fail("unsaid", format!("shows what nobody said: {}", String::from_utf8_lossy(raw)));
        };
        self.belief(entry, said.get(message), &texts, said)?;
        let facts = said.get(message).facts;
        let signed = said.get(message).token().is_some();
        // Where clocks cannot be trusted, whether a message is older than memory cannot be told.
        let exact = !self.clock_moved && !facts.odd;
        let replaces = note.and_then(|note| note.replaces);
        let there = self.has.get(&message);
        if let Some(replaced) = replaces {
            let fits = there.map(|kept| kept.seq == replaced && kept.rank < entry.rank);
            if fits != Some(true) && !self.ever_unseen {
                let there = there.map(|kept| (kept.seq, kept.rank));
                let what = format!("puts {seq}, {:?}, in the place of {replaced}; there is {there:?}", entry.rank);
                return self.fail("copies", what);
            }
        } else if let Some(kept) = there {
            let remembered = kept.seq >= self.run_first && seq - kept.seq < plan.seen_max as u64 / 2;
            // The store is asked about what is timed; what is not looks new once it is forgotten, and so does what an
            // author ahead of us said while memory spanned less than twice that.
            let lately = now.since(kept.at) < CLOCKS_APART_MAX * 2;
            // What came while the store could not be asked is taken in once what its link brought before is checked.
            let asked = (timed || signed) && self.stored_since.is_none_or(|at| now.since(at) > CHECKED_WITHIN);
            if remembered || (asked && stored && exact && !lately && disk.has(kept.seq)) {
                return self.fail("twice", format!("shows message {message} twice, as {} and {seq}", kept.seq));
            }
        }
        let relayed = !entry.marks.withheld && !entry.marks.hidden;
        let young = facts.chat && now.since(facts.at) < CLOCKS_APART_MAX;
        if self.remembers_long(plan, seq, now) && !relayed && exact && young {
            return self.fail("old", format!("takes message {message}, said at {:?}, for an old one", facts.at));
        }
        let live = !entry.marks.replay;
        if live && !entry.marks.own && replaces.is_none() {
            self.heard.note(Author::of(said.get(message)), now);
            self.fresh.extend(signed.then_some((message, raw.len())));
        }
        let (rank, number) = (entry.rank, self.entries);
        let before = self.has.remove(&message);
        let first_at = before.as_ref().map_or(now, |kept| kept.first_at);
        if replaces.is_none() && before.as_ref().is_some_and(|before| before.rank > rank) {
            // It had a richer one, which no store kept, and has forgotten it.
            self.excused.insert(message);
        }
        let earlier = before.filter(|before| replaces.is_some() || disk.has(before.seq)).map(Box::new);
        self.has.insert(message, Kept { seq, rank, number, at: now, first_at, relayed, stored, live, earlier });
        Ok(())
    }

    /// How rich a copy an entry is said to be, and how far its author is believed. Nobody but its owner speaks under a host's key.
    fn belief(&self, entry: &Entry, said: &Said, texts: &Texts, all: &Registry) -> Checked {
        let rank = if entry.marks.own { Rank::WithFile } else { said.rank(texts) };
        if entry.rank != rank {
            return self.fail("copies", format!("takes {} for {:?}, and it is {rank:?}", entry.seq, entry.rank));
        }
        let owner = said.token().and_then(|token| all.owner(&token.key()));
        let believed = ![State::Own, State::Unsigned].contains(&entry.state);
        let fits = match (said.token(), owner) {
            _ if entry.marks.own => entry.state == State::Own,
            (None, _) => entry.state == State::Unsigned,
            (Some(_), None) => believed,
            (Some(_), Some(owner)) if owner == self.host => said.facts.by == Some(owner) && entry.state == State::Own,
            (Some(_), Some(owner)) => said.facts.by == Some(owner) && believed,
        };
        let what = || format!("takes {} of {owner:?} for {:?}: {texts:?}", entry.seq, entry.state);
        if fits { Ok(()) } else { self.fail("forged", what()) }
    }

    /// Whether the memory of seen IDs spans so long that what was said within [`CLOCKS_APART_MAX`] must seem new, whatever
    /// the clocks say: half of it spans twice as much as all that a message's time may be off.
    fn remembers_long(&mut self, plan: &HostPlan, seq: u64, now: Instant) -> bool {
        const SPAN: Duration = CLOCKS_APART_MAX.saturating_mul(4);
        self.lately.push_back((seq, now));
        while self.lately.pop_front_if(|(_, at)| now.since(*at) > SPAN).is_some() {}
        let first = self.lately.front().map_or(seq, |(first, _)| *first);
        now.since(self.started) > SPAN && seq - first < plan.seen_max as u64 / 2
    }

    fn bounds(&mut self, plan: &HostPlan, node: &Node) -> Checked {
        let (log, limits) = (node.log(), plan.log);
        let uncommitted_max = limits.uncommitted_bytes + TURN_BYTES_MAX;
        let bytes_max = limits.tail_bytes + limits.segment_bytes + OBJECT_BYTES_MAX + uncommitted_max;
        let (floor, committed) = (log.floor(), log.committed());
        if log.is_stored() && floor > committed {
            let what = format!("memory begins at {floor}, and the store has what is before {committed}");
            return self.fail("store", what);
        }
        if log.is_stored() && log.uncommitted_bytes() > limits.uncommitted_bytes && !node.is_paused() {
            return self.fail("bound", "reads on with too much that is not committed".to_owned());
        }
        self.looks += 1;
        let all = if self.looks.is_multiple_of(LOOKS_PER_COUNT) { node.bounds() } else { Vec::new() };
        let own = [
            Bound::new("uncommitted bytes", if log.is_stored() { log.uncommitted_bytes() } else { 0 }, uncommitted_max),
            Bound::new("bytes of the log", log.bytes(), bytes_max),
            Bound::new("seen IDs", node.seen_len(), plan.seen_max),
        ];
        match all.iter().chain(&own).find(|bound| bound.is_broken()) {
            Some(Bound { what, is, most, .. }) => self.fail("bound", format!("{what}: {is}, and {most} is the bound")),
            None => Ok(()),
        }
    }

    /// Messages that were handed to the node, of which it dropped some: those that it may lack now are excused. What a host signed is
    /// never over its budget unless much of it was taken in: nobody else can use that up.
    pub(super) fn excuse(&mut self, dropped: Dropped, delivered: &[MessageId], said: &Registry, now: Instant) {
        if dropped == Dropped::default() {
            return;
        }
        for message in delivered {
            if self.has_full(*message) {
                continue;
            }
            let of = said.get(*message);
            let own_budget = of.token().is_some() && of.facts.by.is_some();
            if dropped.anything > 0 || !own_budget || self.heard.may_be_over_budget(Author::of(of), now) {
                self.excused.insert(*message);
            }
        }
    }

    /// Whether it has the richest copy.
    pub(super) fn has_full(&self, message: MessageId) -> bool {
        self.has.get(&message).is_some_and(|kept| kept.rank == Rank::WithFile)
    }

    /// Whether a richer copy of what it has as `kept` may have been taken for one that was seen before memory begins.
    pub(super) fn may_stay_poor(&self, plan: &HostPlan, kept: &Kept, odd: bool) -> bool {
        let forgets = plan.seen_max < SEEN_ALL;
        forgets && (self.clock_moved || odd || self.entries - kept.number >= plan.seen_max as u64 / 2)
    }

    /// The one place where the log has a message that goes on to others.
    pub(super) fn relayed_as(&self, message: MessageId) -> Option<u64> {
        self.has
            .get(&message)
            .filter(|kept| kept.relayed && kept.at == kept.first_at && kept.earlier.is_none())
            .map(|kept| kept.seq)
    }

    /// Whether this run took `message` in after `since`, itself begun before.
    pub(super) fn appended_after(&self, message: MessageId, since: Instant) -> bool {
        self.started < since && self.has.get(&message).is_some_and(|kept| kept.first_at > since)
    }

    /// The store is gone: what it has not committed may never get there, and who lags behind this run's beginning is not
    /// told what he misses.
    pub(super) fn unstored(&mut self, committed: u64) {
        let run_first = self.run_first;
        self.covered.values_mut().for_each(|covered| *covered = run_first.max(*covered));
        for mut kept in self.has.values_mut() {
            kept.stored &= kept.seq < committed;
            while let Some(earlier) = kept.earlier.as_deref_mut() {
                earlier.stored &= earlier.seq < committed;
                kept = earlier;
            }
        }
    }

    pub(super) const fn end(&self) -> u64 {
        self.looked
    }
}

/// How many messages a node dropped for want of something: nothing else may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    /// Of their authors' budgets.
    over_budget: u64,
    /// Of anything else.
    pub(super) anything: u64,
}

impl Dropped {
    pub(super) fn of(node: &Node) -> Self {
        let count = |count| node.counters().get(count);
        Self { over_budget: count(Count::OverBudget), anything: count(Count::HorizonBusy) }
    }

    /// So many, and none for want of budget.
    pub(super) const fn other(anything: u64) -> Self {
        Self { over_budget: 0, anything }
    }

    pub(super) const fn since(self, before: Self) -> Self {
        Self { over_budget: self.over_budget - before.over_budget, anything: self.anything - before.anything }
    }

    pub(super) const fn all(self) -> u64 {
        self.over_budget + self.anything
    }
}

/// Messages that the node dropped because they are not as they should be, or too many.
pub(super) fn struck(node: &Node) -> u64 {
    node.counters().get(Count::Strike)
}
