//! What may happen to a node: operations, and what they are about, made of a fuzzer's bytes.
//! Must not know the node. Bounds: `OPS_MAX`, `RAW_BYTES_MAX`, and the longest of `BODIES`.

use std::net::{IpAddr, SocketAddr};

use arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::json;
use whispernet_core::id;

use super::signed::{Truths, Words};

/// Most operations of one input.
pub(super) const OPS_MAX: usize = 1_000;
/// Most bytes of a payload that is no message.
const RAW_BYTES_MAX: usize = 48;
/// Lengths of Bodies, up to the bound and one beyond.
const BODIES: [usize; 8] = [1, 2, 8, 40, 300, 3_000, 16_384, 16_385];
/// IPs that links come from and Addrs name: neighbours, ourselves, and some that nobody may dial.
const IPS: [&str; 8] =
    ["10.0.0.2", "10.0.0.3", "10.0.0.1", "127.0.0.1", "198.51.100.1", "2001:db8::1", "192.168.0.1", "224.0.0.1"];
/// Their ports; the last is one that is never dialled on the wire's word.
const PORTS: [u16; 4] = [5000, 5001, 5002, 22];

/// What a node is made with.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) loopback: bool,
    pub(super) flood_limit: bool,
    /// Of which kind: its lowest bits.
    pub(super) ids: u8,
    pub(super) discovery: bool,
    pub(super) stored: bool,
    pub(super) small_log: bool,
    pub(super) small_seen: bool,
    pub(super) few_links: bool,
    pub(super) backlog: u8,
}

/// One thing that happens. A number that chooses among what there is counts round and round.
#[derive(Arbitrary, Clone, Debug)]
pub(super) enum Op {
    /// A connection comes in.
    Accept(Place),
    /// The other side of an incoming link writes this; it arrives in pieces of `piece` bytes, the last `held` of them not yet.
    Send {
        link: u8,
        payload: Payload,
        piece: u8,
        held: u8,
    },
    /// A link ends by itself.
    Down(u8),
    /// A dial ends.
    Dialled {
        which: u8,
        well: bool,
    },
    Connect(Place),
    Disconnect(Place),
    Block(Place, bool),
    Unblock(Place, bool),
    Say {
        body: u8,
        tag: u8,
    },
    Nick(u8),
    Hear {
        source: Place,
        named: Place,
        on_link: bool,
    },
    /// Time passes: 2 to the power of this many milliseconds.
    Wait(u8),
    /// The wall clock is set.
    SetClock(i8),
    /// Time passes until the node wants to be woken.
    Wake,
    /// An outgoing link takes bytes: it asks for `most`, and `taken` of them go out.
    Write {
        link: u8,
        most: u16,
        taken: u16,
    },
    /// The store answers a link that lags.
    Fetched {
        which: u8,
        rows: u8,
        well: bool,
    },
    /// The store answers whether it knows an ID. Where it was asked nothing, a thread takes signatures to check, or tells what came
    /// of some.
    Answer {
        which: u8,
        well: bool,
    },
    /// The store has noted the reservation.
    Reserved,
    /// The store takes some of the log.
    Commit(u16),
    /// The store fails, or works again.
    Store(bool),
    /// Cursors are saved.
    Save,
    /// The program is killed and started again.
    Restart,
}

/// An address, of a few.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(super) struct Place(u8);

impl Place {
    pub(super) fn addr(self) -> SocketAddr {
        SocketAddr::new(self.ip(), PORTS[usize::from(self.0 >> 3) % PORTS.len()])
    }

    pub(super) fn ip(self) -> IpAddr {
        IPS[usize::from(self.0) % IPS.len()].parse().expect("a constant of this module")
    }

    /// As the side of a connection that dialled: its port means nothing.
    pub(super) fn remote(self) -> SocketAddr {
        SocketAddr::new(self.ip(), 40_000 + u16::from(self.0))
    }
}

/// What comes by a link.
#[derive(Arbitrary, Clone, Debug)]
pub(super) enum Payload {
    Message(Draft),
    /// An entry of the log, sent back.
    Echo(u8),
    /// Many short ones by one author.
    Many {
        addr: Place,
        from: u8,
        count: u8,
    },
    Raw(Raw),
}

/// A message of a few.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(super) struct Draft {
    id: u8,
    addr: Place,
    body: u8,
    nick: u8,
    time: u8,
    hello: bool,
    file: bool,
    /// The kind of its ID, in the lowest bits.
    kind: u8,
    like_daemon: bool,
}

/// Any few bytes.
#[derive(Clone, Debug)]
pub(super) struct Raw(pub(super) Vec<u8>);

impl<'a> Arbitrary<'a> for Raw {
    fn arbitrary(from: &mut Unstructured<'a>) -> Result<Self> {
        let length = usize::from(u8::arbitrary(from)?) % (RAW_BYTES_MAX + 1);
        Ok(Self(from.bytes(length.min(from.len()))?.to_vec()))
    }
}

pub(super) fn body(choice: u8) -> String {
    let text = if choice & 0x80 == 0 { "b" } else { "\u{e9}" };
    text.repeat(BODIES[usize::from(choice) % BODIES.len()] / text.len())
}

impl Draft {
    /// As it stands on the wire. `now`: the wall clock's milliseconds.
    pub(super) fn json(self, now: i64, truths: &mut Truths) -> Vec<u8> {
        let addr = self.addr.addr().to_string();
        let body = if self.hello { "/me joined".to_owned() } else { body(self.body) };
        let time = match self.time % 16 {
            0..=7 => None,
            8 => Some(0),
            9 => Some(now),
            10 => Some(now.saturating_div(1000)),
            11 => Some(now.saturating_sub(61_000)),
            12 => Some(now.saturating_sub(30 * 60_000)),
            13 => Some(now.saturating_add(3_600_000)),
            14 => Some(i64::MIN),
            _ => Some(i64::MAX),
        };
        let nick = format!("n{}", "x".repeat(usize::from(self.nick % 40)));
        if self.kind & 3 == 2 {
            let (addr, body, nick) = (addr.as_str(), body.as_str(), nick.as_str());
            let words = Words { addr, body, nick, time: time.unwrap_or(now), has_file: self.file };
            return truths.sign(self.id, &words).to_string().into_bytes();
        }
        let id = if self.kind & 1 == 1 {
            id::hashed(&addr, &body, &time.map(|time| time.to_string()).unwrap_or_default())
        } else {
            format!("id{}", self.id)
        };
        let mut object = json!({"ID": id, "Addr": addr, "Body": body});
        if let Some(time) = time {
            object["Timestamp"] = time.into();
        }
        object[if self.like_daemon { "omitempty" } else { "Nick" }] = nick.into();
        if self.file {
            object["FileContents"] = "aGVsbG8=".into();
        }
        object.to_string().into_bytes()
    }
}

/// So many messages with IDs of their own, each as short as can be.
pub(super) fn many(addr: Place, from: u8, count: u8) -> Vec<u8> {
    let one = |n| json!({"ID": format!("m{n}"), "Addr": addr.addr().to_string(), "Body": "m"}).to_string();
    (0..u32::from(count)).map(|n| one(u32::from(from) * 16 + n)).collect::<Vec<_>>().concat().into_bytes()
}
