//! One node and raw links to it.

use std::collections::BTreeMap;
use std::time::Duration;

use whispernet_core::codec::{Decoder, parse};
use whispernet_core::counters::Count;
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::log::{Chunk, Cursor, Entry, Marks, Read};
use whispernet_core::node::{Cause, Change, Config, LinkId, Node, Output, Past, SayToken, Told};
use whispernet_core::rank::Rank;
use whispernet_core::time::{Now, UnixMillis};

use super::{addr, at, config, words};

/// Where the node of most tests listens.
pub(crate) const OWN: &str = "127.0.0.1:5000";

pub(crate) struct Solo {
    pub(crate) node: Node,
    pub(crate) now: Now,
    /// What it asked for and was not looked at yet.
    pub(crate) out: Vec<Output>,
    decoders: BTreeMap<LinkId, Decoder>,
}

impl Solo {
    pub(crate) fn new() -> Self {
        Self::with(config(OWN))
    }

    pub(crate) fn with(config: Config) -> Self {
        Self::with_past(config, Past::default())
    }

    pub(crate) fn with_past(config: Config, past: Past<'_>) -> Self {
        let now = at(0);
        Self { node: Node::new(config, past, [3; 32], now), now, out: Vec::new(), decoders: BTreeMap::new() }
    }

    /// Accepts a connection that must be welcome.
    pub(crate) fn accept(&mut self, remote: &str) -> LinkId {
        self.try_accept(remote).unwrap()
    }

    pub(crate) fn try_accept(&mut self, remote: &str) -> Option<LinkId> {
        let id = self.node.accepted(self.now, addr(remote), &mut self.out)?;
        self.decoders.insert(id, Decoder::default());
        Some(id)
    }

    /// The other side of `link` has written `bytes`.
    pub(crate) fn send(&mut self, link: LinkId, bytes: impl AsRef<[u8]>) {
        let decoder = self.decoders.get_mut(&link).unwrap();
        self.node.receive(self.now, link, decoder, bytes.as_ref(), &mut self.out);
    }

    /// The user connects to `to`, and the dial succeeds.
    pub(crate) fn dial(&mut self, to: &str) -> LinkId {
        self.node.connect(self.now, addr(to), &mut self.out).unwrap();
        assert!(self.out.contains(&Output::Dial(addr(to))), "{to} is dialled");
        self.dialled(to).unwrap()
    }

    /// The dial of `to`, asked for before, succeeds.
    pub(crate) fn dialled(&mut self, to: &str) -> Option<LinkId> {
        self.out.retain(|output| *output != Output::Dial(addr(to)));
        self.node.dialled(self.now, addr(to), &mut self.out)
    }

    /// The network cuts `link`.
    pub(crate) fn cut(&mut self, link: LinkId) {
        self.node.link_down(self.now, link, Cause::Closed, &mut self.out);
    }

    /// All that `link` is to be sent by now, written at once.
    pub(crate) fn read(&mut self, link: LinkId) -> String {
        let mut bytes = Vec::new();
        while self.write(link, usize::MAX, &mut bytes) {}
        String::from_utf8(bytes).unwrap()
    }

    /// Writes one chunk, or at most so many bytes of it. Whether there was one.
    pub(crate) fn write(&mut self, link: LinkId, bytes_max: usize, to: &mut Vec<u8>) -> bool {
        let mut chunk = Chunk::default();
        let read = self.node.read(self.now, link, 64 * 1024, &mut chunk);
        assert_ne!(read, Read::Behind);
        let bytes = chunk.slices().collect::<Vec<_>>().concat();
        let written = bytes.len().min(bytes_max);
        to.extend_from_slice(&bytes[..written]);
        self.node.written(link, &chunk, written);
        read == Read::Chunk
    }

    /// What an earlier run has seen, all of it unsigned.
    pub(crate) fn remember(&mut self, seen: impl IntoIterator<Item = Fingerprint>, since: UnixMillis, more: bool) {
        self.node.remember(seen.into_iter().map(|print| (print, Rank::WithFile)), since, more);
    }

    /// Checks the signatures that wait, at most so many; returns how many those were.
    pub(crate) fn check_some(&mut self, checks_max: usize) -> usize {
        let claims = self.node.take_checks(self.now, checks_max);
        let results: Vec<_> = claims.iter().map(|(check, claim)| (*check, claim.holds())).collect();
        self.node.checked(self.now, &results, &mut self.out);
        results.len()
    }

    /// Checks all of them.
    pub(crate) fn check(&mut self) -> usize {
        self.check_some(usize::MAX)
    }

    pub(crate) fn say(&mut self, body: &str) -> SayToken {
        self.node.say(self.now, words(body), &mut self.out).unwrap()
    }

    /// Time goes on by so many milliseconds, and the node is woken whenever it asked for that.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = at(self.now.instant.since_start().as_millis() as u64 + millis);
        let mut wakes = 0;
        while let Some(due) = self.node.deadline(self.now.instant).filter(|due| *due <= end.instant) {
            let passed = due.since(self.now.instant).max(Duration::from_micros(1));
            self.now = Now { instant: self.now.instant.after(passed), wall: self.now.wall.after(passed) };
            self.node.wake(self.now, &mut self.out);
            wakes += 1;
            assert!(wakes < 1_000_000, "it wakes for nothing, again and again");
        }
        self.now = end;
        self.node.wake(self.now, &mut self.out);
    }

    pub(crate) fn take(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }

    /// Whether it has asked for `output`.
    pub(crate) fn wants(&self, output: &Output) -> bool {
        self.out.contains(output)
    }

    pub(crate) fn closed(&self, link: LinkId) -> bool {
        self.wants(&Output::Close(link))
    }

    /// The addresses that it has asked to dial.
    pub(crate) fn dials(&self) -> Vec<String> {
        let dial = |output: &Output| match output {
            Output::Dial(addr) => Some(addr.to_string()),
            _ => None,
        };
        self.out.iter().filter_map(dial).collect()
    }

    /// What the user was told of links.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let change = |output: &Output| match output {
            Output::Tell(Told::Link { change, .. }) => Some(*change),
            _ => None,
        };
        self.out.iter().filter_map(change).collect()
    }

    pub(crate) fn count(&self, count: Count) -> u64 {
        self.node.counters().get(count)
    }

    /// What is in its log but for its own hellos: the Body and the marks of each.
    pub(crate) fn logged(&self) -> Vec<(String, Marks)> {
        let own_hello = |(entry, _): &(&Entry, &[u8])| entry.marks.own && entry.marks.hello;
        let entries = self.node.log().entries(0).filter(|entry| !own_hello(entry));
        let body = |raw: &[u8]| parse(raw, |object| object.body().decode().into_owned()).unwrap().unwrap();
        entries.map(|(entry, raw)| (body(raw), entry.marks)).collect()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.logged().into_iter().map(|(body, _)| body).collect()
    }

    /// All that a face or the store may read.
    pub(crate) fn read_log(&self) -> String {
        let mut chunk = Chunk::default();
        self.node.read_log(Cursor::at(self.node.log().floor()), usize::MAX, |_| true, &mut chunk);
        String::from_utf8(chunk.slices().collect::<Vec<_>>().concat()).unwrap()
    }
}
