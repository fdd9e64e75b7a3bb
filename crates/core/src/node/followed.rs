//! How far our own messages are on their way: which peers have taken each, and how much of a long one each link has. Must not know what is
//! told of it. Bounds: [`FOLLOWED_MAX`] messages, [`OUTGOING_MAX`] peers each.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::Node;
use super::ahead::Ahead;
use super::links::{OUTGOING_MAX, Outgoing};
use super::sent_file::SentFile;
use crate::fingerprint::Fingerprint;

/// Own messages that are followed, the newest (a guess: as many as one looks at).
const FOLLOWED_MAX: usize = 64;
/// A message of more bytes takes a while on a slow link (128 KiB: 10 s at 100 kbit/s).
const LONG_BYTES: usize = 128 * 1024;

/// What became known of how far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its place.
    pub seq: u64,
    /// How many peers have taken all of it by now, each counted once.
    pub links: u64,
}

/// How much of a file of ours a link has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Of the peer.
    pub addr: SocketAddr,
    /// Bytes of the file, about: what is on its way as Base64 is counted back.
    pub done: u64,
}

struct Own {
    seq: u64,
    /// Of peers that have taken it: their Addr.
    peers: Vec<Fingerprint>,
    is_news: bool,
    file: Option<OwnFile>,
}

/// What is long.
struct OwnFile {
    name: String,
    size: u64,
    /// Where in the message its contents begin.
    start: usize,
}

/// Those that are followed, oldest first.
#[derive(Default)]
pub(super) struct Followed {
    own: VecDeque<Own>,
    has_news: bool,
}

impl Followed {
    /// Follows the message `seq` of `bytes`, which is newer than all before it.
    pub(super) fn add(&mut self, seq: u64, bytes: usize, file: Option<&SentFile>) {
        if self.own.len() >= FOLLOWED_MAX {
            self.own.pop_front();
        }
        let file = file.filter(|_| bytes > LONG_BYTES).map(|file| OwnFile {
            name: file.facts.name.clone(),
            size: file.facts.size,
            // They come last, before a quote and a bracket.
            start: bytes.saturating_sub(file.contents.len()).saturating_sub(2),
        });
        self.own.push_back(Own { seq, peers: Vec::new(), is_news: false, file });
    }

    /// Whether one of them may lie from `from` up to `before`. Asked at each write: it costs two comparisons.
    fn may_be_within(&self, from: u64, before: u64) -> bool {
        self.own.back().is_some_and(|own| own.seq >= from) && self.own.front().is_some_and(|own| own.seq < before)
    }

    fn get(&self, seq: u64) -> Option<&Own> {
        let place = self.own.partition_point(|own| own.seq < seq);
        self.own.get(place).filter(|own| own.seq == seq)
    }

    /// A link that stood at `from` has come to `before`.
    pub(super) fn passed(&mut self, link: &Outgoing, from: u64, before: u64) {
        if !self.may_be_within(from, before) {
            return;
        }
        let first = self.own.partition_point(|own| own.seq < from);
        let passed = self.own.iter_mut().skip(first).take_while(|own| own.seq < before);
        // A backlog has no files; its other messages are given to all.
        for own in passed.filter(|own| own.file.is_none() || own.seq >= link.backlog_end) {
            if own.peers.len() < OUTGOING_MAX && !own.peers.contains(&link.author) {
                own.peers.push(link.author);
                own.is_news = true;
                self.has_news = true;
            }
        }
    }
}

/// The entry that a link has yet to take, or is taking.
pub(super) fn position(link: &Outgoing) -> u64 {
    link.ahead.as_ref().and_then(Ahead::next).map_or(link.cursor.seq, |(seq, _)| seq)
}

impl Node {
    /// Whether [`Node::take_deliveries`] has something.
    #[must_use]
    pub const fn has_deliveries(&self) -> bool {
        self.followed.has_news
    }

    /// Which of our own messages came to more peers since this was asked last, oldest first.
    pub fn take_deliveries(&mut self) -> Vec<Delivery> {
        self.followed.has_news = false;
        let news = self.followed.own.iter_mut().filter_map(|own| {
            let is_news = core::mem::take(&mut own.is_news);
            is_news.then_some(Delivery { seq: own.seq, links: own.peers.len() as u64 })
        });
        news.collect()
    }

    /// Name and size of the file of our own message `seq`, where it is one that takes a while and is still followed.
    #[must_use]
    pub fn long_file(&self, seq: u64) -> Option<(&str, u64)> {
        let file = self.followed.get(seq)?.file.as_ref()?;
        Some((&file.name, file.size))
    }

    /// How much of the file of our own message `seq` each link has taken that gets it.
    #[must_use]
    pub fn sending(&self, seq: u64) -> Vec<Sending> {
        let Some(own) = self.followed.get(seq) else { return Vec::new() };
        let Some(file) = &own.file else { return Vec::new() };
        let of_link = |link: &Outgoing| {
            let position = position(link);
            let done = if own.peers.contains(&link.author) {
                file.size
            } else if position > seq || seq < link.backlog_end {
                return None;
            } else if link.ahead.is_none() && link.cursor.seq == seq {
                let base64 = link.cursor.written.saturating_sub(file.start) as u64;
                // What is left is the end of the object.
                (base64.saturating_mul(3) / 4).min(file.size.saturating_sub(1))
            } else {
                0
            };
            Some(Sending { addr: link.addr, done })
        };
        self.outgoing.values().filter_map(of_link).collect()
    }
}
