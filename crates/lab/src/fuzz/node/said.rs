//! What must hold of the log and of each link's stream, seen from outside: entries grow, are good messages and come once;
//! streams are whole messages of the log in its order, each once, none left out. Must not know how the node is driven.
//! Bounds: the input's operations.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use whispernet_core::addr;
use whispernet_core::codec;
use whispernet_core::id;
use whispernet_core::log::{Entry, Marks, Note};
use whispernet_core::node::BODY_BYTES_MAX;
use whispernet_core::rank::Rank;

use super::super::reference::{self, Decoded};
use super::signed::Truths;
use crate::double::framing::Framer;
use crate::double::message::{Message, Shape};

/// An entry of the log, of this run or an earlier one.
struct Fact {
    seq: u64,
    raw: Vec<u8>,
    author: Option<SocketAddr>,
    marks: Marks,
    rank: Rank,
    /// It is of this run, or on disk.
    kept: bool,
    /// How many entries before it nobody saw.
    unseen: usize,
}

/// All entries that there ever were.
#[derive(Default)]
pub(super) struct History {
    facts: Vec<Fact>,
    /// By ID: places among the facts.
    places: BTreeMap<String, Vec<usize>>,
    /// What was signed.
    pub(super) truths: Truths,
    /// Entries that left memory before anybody could look at them.
    unseen: usize,
    /// The first `seq` of this run.
    run_first: u64,
    /// The next `seq`.
    pub(super) looked: u64,
}

/// One stream, as the other side reads it.
pub(super) struct Stream {
    addr: SocketAddr,
    framer: Framer,
    /// The log's end when the link came up: what is older is backlog.
    began: u64,
    /// The newest entry that it was sent.
    last: Option<u64>,
    greetings: BTreeSet<u64>,
    /// It may miss something: it was told so.
    pub(super) misses: bool,
}

impl Stream {
    pub(super) fn new(addr: SocketAddr, began: u64) -> Self {
        Self { addr, framer: Framer::default(), began, last: None, greetings: BTreeSet::new(), misses: false }
    }
}

impl History {
    /// A run begins whose first entry is `first`; `on_disk` says what is left of those before.
    pub(super) fn begin_run(&mut self, first: u64, on_disk: impl Fn(u64) -> bool) {
        assert!(first >= self.looked, "a run begins at {first}, and the last one came to {}", self.looked);
        (self.run_first, self.looked) = (first, first);
        self.facts.iter_mut().for_each(|fact| fact.kept &= on_disk(fact.seq));
    }

    /// Takes a new entry in. An ID that is among the last `remembered` must not come again.
    pub(super) fn entry(
        &mut self,
        (entry, note): (&Entry, Option<&Note>),
        raw: &[u8],
        (own, nick): (SocketAddr, &str),
        remembered: usize,
    ) {
        assert_eq!(entry.seq, self.looked, "the next entry");
        self.looked += 1;
        let outcome = reference::decode(raw);
        let [object] = outcome.objects.as_slice() else { panic!("entry {} is no one message", entry.seq) };
        assert_eq!((outcome.error, &object.raw[..]), (None, raw), "an entry is a clean message");
        check_form(object);
        let author = addr::parse(&object.addr);
        let ext = codec::parse(raw, |object| object.ext().decode().into_owned()).ok().flatten().unwrap_or_default();
        if entry.marks.own {
            self.truths.note(&object.id, &object.addr, &object.body, &ext, false);
            assert_eq!((author, object.nick.as_str()), (Some(own), nick), "said here");
        }
        self.truths.check(entry, object, &ext);
        let places = self.places.entry(object.id.clone()).or_default();
        let replaces = note.and_then(|note| note.replaces);
        if let Some(replaced) = replaces {
            // What was not on disk at a restart is forgotten.
            let before = places.iter().rev().map(|place| &self.facts[*place]).find(|fact| fact.kept);
            let fits = before.is_some_and(|before| before.seq == replaced && before.rank < entry.rank);
            assert!(fits || self.unseen > 0, "{} takes the place of {replaced}, which is none of its", entry.seq);
        } else if let Some(before) = places.last().filter(|place| self.facts[**place].kept) {
            let since = self.facts.len() - before + self.unseen - self.facts[*before].unseen;
            assert!(since >= remembered, "{} is taken in twice, {since} entries apart", object.id);
        }
        places.push(self.facts.len());
        let unseen = self.unseen;
        let Entry { seq, marks, rank, .. } = *entry;
        self.facts.push(Fact { seq, raw: raw.to_vec(), author, marks, rank, kept: true, unseen });
    }

    /// Entries left memory before anybody could look at them.
    pub(super) fn skip_to(&mut self, seq: u64) {
        self.unseen += seq.saturating_sub(self.looked) as usize;
        self.looked = self.looked.max(seq);
    }

    /// The bytes of an entry, counted round and round.
    pub(super) fn raw(&self, which: u8) -> Option<&[u8]> {
        let place = usize::from(which).checked_rem(self.facts.len())?;
        Some(&self.facts[place].raw)
    }

    pub(super) fn body(&self, seq: u64, id: &str) -> Option<String> {
        let place = self.places.get(id)?.iter().find(|place| self.facts[**place].seq == seq)?;
        let object = reference::decode(&self.facts[*place].raw).objects.pop()?;
        self.facts[*place].marks.own.then_some(object.body)
    }

    /// The other side of a link reads `bytes`.
    pub(super) fn read(&self, stream: &mut Stream, bytes: &[u8]) {
        stream.framer.push(bytes);
        let mut framer = std::mem::take(&mut stream.framer);
        while let Some(value) = framer.next_value().expect("what goes out is JSON") {
            let message = Message::decode(value, Shape::Daemon).expect("an old daemon reads what goes out");
            self.message(stream, &message.id, value.trim_ascii_start());
        }
        stream.framer = framer;
    }

    fn message(&self, stream: &mut Stream, id: &str, raw: &[u8]) {
        let places = self.places.get(id).unwrap_or_else(|| panic!("{id} goes out and is not in the log"));
        // An ID that was forgotten may have come again with other words.
        let mut facts = places.iter().map(|place| &self.facts[*place]).filter(|fact| fact.raw == raw).peekable();
        assert!(facts.peek().is_some(), "{id} does not go out as it is in the log");
        let is_greeting = |fact: &&Fact| fact.marks.own && fact.marks.hello && fact.marks.withheld;
        let last = stream.last;
        let later = |fact: &&Fact| fact.kept && !is_greeting(fact) && last.is_none_or(|last| fact.seq > last);
        // A greeting goes ahead of the log, once. One of an earlier run may come back as a message.
        let greeting = facts.clone().find(|fact| is_greeting(fact) && fact.seq >= self.run_first).map(|fact| fact.seq);
        let greeting = greeting.filter(|seq| !stream.greetings.contains(seq));
        // Which of two copies it is cannot be told, nor what should have gone out between them.
        stream.misses |= facts.clone().filter(later).count() + usize::from(greeting.is_some()) > 1;
        if let Some(greeting) = greeting {
            stream.greetings.insert(greeting);
            return;
        }
        let fact = facts.find(later);
        let Some(fact) = fact else { panic!("{id} goes out twice, or out of order, after {last:?}") };
        assert!(!fact.marks.withheld, "{id} is not for links");
        assert!(fact.seq < stream.began || fact.author != Some(stream.addr), "{id} goes back to its author");
        if let Some(left_out) = self.left_out(stream, fact.seq) {
            panic!("entry {left_out} is left out of the link to {} before {}", stream.addr, fact.seq);
        }
        stream.last = Some(fact.seq);
    }

    /// The first entry before `seq` that the stream should have had.
    fn left_out(&self, stream: &Stream, seq: u64) -> Option<u64> {
        if stream.misses {
            return None;
        }
        let first = stream.began.max(stream.last.map_or(0, |last| last + 1));
        let from = self.facts.partition_point(|fact| fact.seq < first);
        let between = self.facts[from..].iter().take_while(|fact| fact.seq < seq);
        let due = |fact: &&Fact| !fact.marks.withheld && !fact.marks.hidden && fact.author != Some(stream.addr);
        between.filter(due).map(|fact| fact.seq).next()
    }

    /// All has been written that there was to write: nothing may be missing.
    pub(super) fn check_end(&self, stream: &Stream) {
        if let Some(left_out) = self.left_out(stream, u64::MAX) {
            panic!("entry {left_out} never went to {}", stream.addr);
        }
    }
}

fn check_form(object: &Decoded) {
    assert!((1..=512).contains(&object.id.len()), "the ID's length");
    assert!((1..=BODY_BYTES_MAX).contains(&object.body.len()), "the Body's length");
    if let Some(hash) = object.id.strip_prefix("hash:sha256:") {
        let digits = match object.timestamp {
            None | Some(0) => vec![String::new(), "0".to_owned()],
            Some(time) => vec![time.to_string()],
        };
        let fits =
            |digits: &String| id::hashed(&object.addr, &object.body, digits).ends_with(&hash.to_ascii_lowercase());
        assert!(hash.len() == 64 && digits.iter().any(fits), "a hash that does not hold is in the log");
    }
}
