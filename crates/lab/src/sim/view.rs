//! What must hold of one host at every step: what it shows, what it keeps, and what it may hold at most.
//! Must not know how the host came to it. Bounds: the run's length.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::addr;
use whispernet_core::bound::Bound;
use whispernet_core::codec;
use whispernet_core::counters::Count;
use whispernet_core::log::Entry;
use whispernet_core::node::Node;
use whispernet_core::time::Instant;

use super::disk::Disk;
use super::plan::{CLOCKS_APART_MAX, HostId, HostPlan};
use super::said::{Facts, MessageId, Registry};

/// Uncommitted bytes that one turn may add after the last look at the bound: a pipe, and the lookups that end.
const TURN_BYTES_MAX: usize = 192 * 1024;
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
    pub(super) at: Instant,
    /// When it was shown first, where clocks that jump had it forgotten.
    first_at: Instant,
    /// It goes on to others.
    pub(super) relayed: bool,
    /// A store was there to keep it when it came.
    pub(super) stored: bool,
    /// It was no replay when it came.
    pub(super) live: bool,
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
    /// What it may lack: dropped by flood control, or lost where no store kept it.
    pub(super) excused: BTreeSet<MessageId>,
    /// From which entry on a peer gets everything, across links and restarts.
    pub(super) covered: BTreeMap<SocketAddr, u64>,
    pub(super) started: Instant,
    /// Entries left memory before they could be looked at: nothing stores them.
    pub(super) unseen: bool,
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
        self.asked.clear();
        self.lately.clear();
        let lost: Vec<MessageId> =
            self.has.iter().filter(|(_, kept)| !disk.has(kept.seq)).map(|(message, _)| *message).collect();
        for message in lost {
            // What a working store had not committed yet must come again; what no store kept need not.
            if self.has.remove(&message).is_some_and(|kept| !kept.stored) {
                self.excused.insert(message);
            }
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
            self.unseen = true;
        }
        if self.looked < log.end() {
            let first = self.looked;
            for (entry, raw) in log.entries(first) {
                self.entry(sight, entry, raw, said)?;
            }
            if self.looked != log.end() {
                return self.fail("seq", format!("the log ends at {} and its entries at {}", log.end(), self.looked));
            }
        }
        self.bounds(sight.plan, sight.node)
    }

    fn entry(&mut self, sight: &Sight<'_>, entry: &Entry, raw: &[u8], said: &mut Registry) -> Checked {
        let Sight { plan, disk, node, now, moved } = *sight;
        let (seq, stored) = (entry.seq, node.log().is_stored());
        if seq != self.looked {
            return self.fail("seq", format!("entry {seq} where {} was to come", self.looked));
        }
        self.looked = seq + 1;
        let facts = codec::parse(raw, |object| {
            (
                object.id().bytes().into_owned(),
                addr::parse(&object.addr().decode()),
                object.time().is_some(),
                object.body().decode().into_owned(),
                object.raw().len(),
            )
        });
        let Ok(Some((id, author, timed, body, length))) = facts else {
            return self.fail("form", format!("entry {seq} is no message: {}", String::from_utf8_lossy(raw)));
        };
        if length != raw.len() {
            return self.fail("form", format!("entry {seq} is more than one message"));
        }
        if entry.marks.own {
            if !entry.marks.hello && !self.asked.remove(&body) {
                return self.fail("unsaid", format!("said what its user did not: {body}"));
            }
            let facts = Facts { addr: author, chat: !entry.marks.hello, at: now, odd: moved };
            said.say(&id, facts, raw);
        }
        let Some(message) = said.find(&id).filter(|message| said.get(*message).is_spelt(raw)) else {
            return self.fail("unsaid", format!("shows what nobody said: {}", String::from_utf8_lossy(raw)));
        };
        let facts = said.get(message).facts;
        // Where clocks cannot be trusted, whether a message is older than memory cannot be told.
        let exact = !self.clock_moved && !facts.odd;
        if let Some(kept) = self.has.get(&message) {
            let remembered = kept.seq >= self.run_first && seq - kept.seq < plan.seen_max as u64 / 2;
            // The store is asked about what is timed; what is not looks new once it is forgotten, and so does what an
            // author ahead of us said while memory spanned less than twice that.
            let lately = now.since(kept.at) < CLOCKS_APART_MAX * 2;
            if remembered || (timed && stored && exact && !lately && disk.has(kept.seq)) {
                return self.fail("twice", format!("shows message {message} twice, as {} and {seq}", kept.seq));
            }
        }
        let relayed = !entry.marks.withheld && !entry.marks.hidden;
        let young = facts.chat && now.since(facts.at) < CLOCKS_APART_MAX;
        if self.remembers_long(plan, seq, now) && !relayed && exact && young {
            return self.fail("old", format!("takes message {message}, said at {:?}, for an old one", facts.at));
        }
        let first_at = self.has.get(&message).map_or(now, |kept| kept.first_at);
        self.has.insert(message, Kept { seq, at: now, first_at, relayed, stored, live: !entry.marks.replay });
        Ok(())
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
            Some(Bound { what, is, most }) => self.fail("bound", format!("{what}: {is}, and {most} is the bound")),
            None => Ok(()),
        }
    }

    /// Messages that were handed to the node and may have been dropped: those that it does not have are excused.
    pub(super) fn excuse(&mut self, delivered: &[MessageId]) {
        self.excused.extend(delivered.iter().filter(|message| !self.has.contains_key(message)));
    }

    /// The one place where the log has a message that goes on to others.
    pub(super) fn relayed_as(&self, message: MessageId) -> Option<u64> {
        self.has.get(&message).filter(|kept| kept.relayed && kept.at == kept.first_at).map(|kept| kept.seq)
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
        for kept in self.has.values_mut().filter(|kept| kept.seq >= committed) {
            kept.stored = false;
        }
    }

    pub(super) const fn end(&self) -> u64 {
        self.looked
    }
}

/// Messages that the node dropped for want of budget or room: nothing else may be missing.
pub(super) fn dropped(node: &Node) -> u64 {
    [Count::OverBudget, Count::HorizonBusy].iter().map(|count| node.counters().get(*count)).sum()
}

/// Messages that the node dropped because they are not as they should be, or too many.
pub(super) fn struck(node: &Node) -> u64 {
    node.counters().get(Count::Strike)
}
