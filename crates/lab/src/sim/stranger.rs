//! Raw participants: one that repeats all it hears, one that floods, one that forges, one that sends no JSON.
//! Must not know nodes: it has bytes for links. Bounds: [`HEARD_MAX`] messages, [`OUTBOX_BYTES_MAX`] bytes a link.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};

use whispernet_core::time::Instant;
use whispernet_core::{addr, codec};

use super::dice::Dice;
use super::host::EPOCH_MILLIS;
use super::network::PipeId;
use super::plan::HostId;
use super::said::{MessageId, Registry};

/// Messages that an echo remembers.
const HEARD_MAX: usize = 400;
/// Bytes that wait for a link, beyond which nothing is added.
const OUTBOX_BYTES_MAX: usize = 96 * 1024;
/// Messages of one flood: over the burst that an author has, and over the strikes that a link has.
const FLOOD: usize = 1_300;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A relay without a memory: everything twice.
    Echo,
    /// Much of what must be dropped.
    Flooder,
    /// Addrs, IDs and forms that are not as they should be.
    Forger,
    /// Ends with bytes that are no message.
    Malformer,
}

/// Bytes that no honest peer sends.
const MALFORMED: [&[u8]; 10] = [
    b"[]",
    b"nonsense",
    b"{\"ID\":1}",
    b"{\"ID\":\"a\",\"id\":\"b\"}",
    b"{\"a\":tru}",
    b"{\"Body\":\"\x07\"}",
    b"{\"Timestamp\":1.5}",
    b"{\"a\":[1,2}",
    b"{\"a\":\"\\ud8\"}",
    b"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]",
];

/// One stranger.
pub(super) struct Stranger {
    pub(super) kind: Kind,
    /// Where it listens, if it is an echo.
    pub(super) addr: SocketAddr,
    pub(super) links: BTreeMap<HostId, PipeId>,
    pub(super) outbox: BTreeMap<PipeId, Vec<u8>>,
    heard: VecDeque<MessageId>,
    place: usize,
    count: u64,
}

impl Stranger {
    pub(super) fn new(place: usize, dice: &mut Dice) -> Self {
        let kind = *dice.pick(&[Kind::Echo, Kind::Flooder, Kind::Forger, Kind::Malformer]);
        // TEST-NET-3: nobody else lies there.
        let ip = Ipv4Addr::new(203, 0, 113, u8::try_from(place).unwrap_or(u8::MAX));
        let addr = SocketAddr::new(ip.into(), 4_000);
        Self { kind, addr, links: BTreeMap::new(), outbox: BTreeMap::new(), heard: VecDeque::new(), place, count: 0 }
    }

    /// Remembers a message, to say it again.
    pub(super) fn hear(&mut self, message: MessageId) {
        if self.heard.len() >= HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back(message);
    }

    /// What it sends next on one link. `addrs`: where hosts listen. `millis`: since the run began.
    pub(super) fn compose(
        &mut self,
        addrs: &[SocketAddr],
        millis: i64,
        said: &mut Registry,
        dice: &mut Dice,
    ) -> Vec<u8> {
        let waiting: usize = self.outbox.values().map(Vec::len).sum();
        if waiting > OUTBOX_BYTES_MAX {
            return Vec::new();
        }
        let now = EPOCH_MILLIS + millis;
        let mut bytes = Vec::new();
        match self.kind {
            Kind::Echo => {
                let own = self.addr.to_string();
                bytes.extend(self.message(&own, "echo", &format!(",\"Timestamp\":{now}"), said));
                for _ in 0..dice.below(40).min(self.heard.len()) {
                    let raw = said.get(self.heard[dice.below(self.heard.len())]).raw();
                    bytes.extend([raw, raw].concat());
                }
            }
            Kind::Flooder => {
                let author = dice.pick(addrs).to_string();
                let empty = dice.chance(80);
                for _ in 0..FLOOD {
                    let body = if empty { "" } else { "flood" };
                    bytes.extend(self.message(&author, body, &format!(",\"Timestamp\":{now}"), said));
                }
            }
            Kind::Forger => {
                for _ in 0..dice.between(1, 8) {
                    bytes.extend(self.forge(addrs, now, said, dice));
                }
            }
            Kind::Malformer => {
                bytes.extend(self.message(
                    &dice.pick(addrs).to_string(),
                    "before",
                    &format!(",\"Timestamp\":{now}"),
                    said,
                ));
                bytes.extend_from_slice(MALFORMED[dice.below(MALFORMED.len())]);
            }
        }
        bytes
    }

    fn id(&mut self) -> String {
        self.count += 1;
        format!("stranger-{}-{}", self.place, self.count)
    }

    /// A message with an ID of its own, noted as said where a node may take it.
    fn message(&mut self, addr: &str, body: &str, more: &str, said: &mut Registry) -> Vec<u8> {
        let id = self.id();
        note(format!("{{\"ID\":\"{id}\",\"Addr\":\"{addr}\",\"Body\":\"{body}\"{more}}}").into_bytes(), said)
    }

    fn forge(&mut self, addrs: &[SocketAddr], now: i64, said: &mut Registry, dice: &mut Dice) -> Vec<u8> {
        let live = format!(",\"Timestamp\":{now}");
        let host = dice.pick(addrs).to_string();
        match dice.below(14) {
            0 => self.message("10.200.1.2:5555", "dead", &live, said),
            1 => self.message("224.0.0.1:5555", "multicast", &live, said),
            2 => self.message("10.0.0.1:22", "service", &live, said),
            3 => self.message("nowhere", "no address", &live, said),
            4 => self.message(&host, "in another's name", &live, said),
            5 => self.message(&host, "an hour ago", &format!(",\"Timestamp\":{}", now / 1_000 - 3_600), said),
            6 => self.message(&host, "untimed", "", said),
            7 => self.message(&host, "unknown keys", &format!("{live},\"x\":{{\"y\":[1,null,\"\\u00e9\"]}}"), said),
            8 => self.message(
                &host,
                "a file",
                &format!(
                    "{live},\"FileType\":\"text/plain\",\"FileContents\":\"{}\"",
                    "QUJD".repeat(dice.between(1, 2_000))
                ),
                said,
            ),
            9 => self.message(&host, "lone \\ud800 surrogate", &live, said),
            10 => {
                let mut raw = format!("{{\"ID\":\"{}\",\"Addr\":\"{host}\",\"Body\":\"not ", self.id()).into_bytes();
                raw.extend_from_slice(b"\xff\xc3 UTF-8\"");
                raw.extend_from_slice(format!("{live}}}").as_bytes());
                note(raw, said)
            }
            11 => self.message(&host, &"long ".repeat(4_000), &live, said),
            12 => self.message(&host, "nick", &format!("{live},\"Nick\":\"{}\"", "n".repeat(33)), said),
            _ => note(
                format!("{{\"ID\":\"hash:sha256:00\",\"Addr\":\"{host}\",\"Body\":\"x\"{live}}}").into_bytes(),
                said,
            ),
        }
    }
}

/// Notes what a log would hold of `raw`, and gives `raw` back.
fn note(raw: Vec<u8>, said: &mut Registry) -> Vec<u8> {
    let noted = codec::parse(&raw, |object| {
        let author = addr::parse(&object.addr().decode());
        said.say(&object.id().bytes(), author, false, Instant::default(), object.raw());
    });
    debug_assert!(matches!(noted, Ok(Some(()))), "a stranger's messages are whole");
    raw
}
