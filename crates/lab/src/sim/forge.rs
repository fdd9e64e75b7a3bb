//! What strangers write: messages that pass, that must be dropped, that name what nobody may dial, and bytes that are none.
//! Must not know who writes it. Bounds: an object over the codec's longest is the longest thing made here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use whispernet_core::codec::{self, OBJECT_BYTES_MAX};
use whispernet_core::id;

use super::dice::Dice;
use super::said::{Facts, Registry, Texts};

/// Bytes that no honest peer sends.
const MALFORMED: [&[u8]; 11] = [
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
    b"{\"a\":1,}",
];
/// Ports of services that a stray connection could disturb.
const SERVICES: [u16; 8] = [22, 25, 80, 443, 3_306, 5_432, 6_379, 8_080];
/// Addrs that nobody may dial on the wire's word, and texts that are no Addr.
const NOWHERE: [&str; 12] = [
    "224.0.0.1:5555",
    "255.255.255.255:5555",
    "0.0.0.0:5555",
    "127.0.0.1:5555",
    "[::1]:5555",
    "[::ffff:127.0.0.1]:5555",
    "[ff02::1]:5555",
    "[::]:5555",
    "240.0.0.1:5555",
    "10.0.0.1:0",
    "nowhere",
    "localhost:5555",
];

/// An Addr that nobody listens at, the same for the same numbers.
pub(super) fn dead(place: usize, n: usize) -> String {
    // An even port refuses at once, an odd one never answers.
    let port = 5_554 + u16::from(n.is_multiple_of(2));
    SocketAddr::new(dead_ip(place, n), port).to_string()
}

/// See [`dead`]: in a private range, or on the internet.
pub(super) fn dead_ip(place: usize, n: usize) -> IpAddr {
    let [high, low] = u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes();
    let place = u8::try_from(place % 50).unwrap_or_default();
    match n % 3 {
        0 => Ipv4Addr::new(10, 200 + place, high, low),
        1 => Ipv4Addr::new(172, 17, high.wrapping_add(place), low),
        _ => Ipv4Addr::new(198, 18 + place % 2, high, low),
    }
    .into()
}

/// An Addr that nobody may dial on the wire's word.
pub(super) fn forbidden(hosts: &[SocketAddr], dice: &mut Dice) -> String {
    let host = *dice.pick(hosts);
    match dice.below(3) {
        0 => SocketAddr::new(host.ip(), *dice.pick(&SERVICES)).to_string(),
        1 => SocketAddr::new(dead_ip(0, dice.below(1_000)), *dice.pick(&SERVICES)).to_string(),
        _ => (*dice.pick(&NOWHERE)).to_owned(),
    }
}

/// What a stranger writes with.
pub(super) struct Forge<'a> {
    pub(super) dice: &'a mut Dice,
    pub(super) said: &'a mut Registry,
    pub(super) place: usize,
    pub(super) count: &'a mut u64,
    /// The true time, in milliseconds since the UNIX epoch.
    pub(super) now: i64,
}

impl Forge<'_> {
    fn id(&mut self) -> String {
        *self.count += 1;
        format!("stranger-{}-{}", self.place, self.count)
    }

    /// A message with an ID of its own, noted as said where a node may take it.
    fn message(&mut self, addr: &str, body: &str, more: &str) -> Vec<u8> {
        let id = self.id();
        self.note(format!("{{\"ID\":\"{id}\",\"Addr\":\"{addr}\",\"Body\":\"{body}\"{more}}}").into_bytes(), false)
    }

    fn timed(&self, millis: i64) -> String {
        format!(",\"Timestamp\":{millis}")
    }

    /// One that is said now.
    pub(super) fn live(&mut self, addr: &str, body: &str) -> Vec<u8> {
        self.message(addr, body, &self.timed(self.now))
    }

    /// One that was said a while ago: before any link was up, or before some were.
    pub(super) fn old(&mut self, addr: &str, body: &str) -> Vec<u8> {
        let ago = *self.dice.pick(&[61_000, 300_000, 36_000_000]);
        self.message(addr, body, &self.timed(self.now - ago))
    }

    /// One that must be dropped: nobody may say it again.
    pub(super) fn faulty(&mut self, addr: &str) -> Vec<u8> {
        let (id, live) = (self.id(), self.timed(self.now));
        let (id, body, more) = match self.dice.below(40) {
            0 => (id, "long nick".to_owned(), format!("{live},\"Nick\":\"{}\"", "n".repeat(33))),
            1 => (id, "long ".repeat(4_000), live),
            2 => (String::new(), "no ID".to_owned(), live),
            3 => ("i".repeat(513), "long ID".to_owned(), live),
            4 => ("hash:sha256:00".to_owned(), "bad hash".to_owned(), live),
            _ => (id, String::new(), live),
        };
        format!("{{\"ID\":\"{id}\",\"Addr\":\"{addr}\",\"Body\":\"{body}\"{more}}}").into_bytes()
    }

    /// Anything that is not as it should be.
    pub(super) fn any(&mut self, hosts: &[SocketAddr]) -> Vec<u8> {
        let live = self.timed(self.now);
        let host = self.dice.pick(hosts).to_string();
        match self.dice.below(20) {
            // Of what was said last: most hosts have it, and some wait for it.
            18 | 19 => self.bad_copy(),
            0 | 1 => {
                let addr = forbidden(hosts, self.dice);
                self.live(&addr, "forbidden")
            }
            2 | 3 => {
                let addr = dead(self.place, self.dice.below(60_000));
                self.live(&addr, "dead")
            }
            4 => self.live(&host, "in another's name"),
            5 => self.message(&host, "an hour ago", &self.timed(self.now / 1_000 - 3_600)),
            6 => self.message(&host, "untimed", ""),
            7 => self.message(&host, "unknown keys", &format!("{live},\"x\":{{\"y\":[1,null,\"\\u00e9\"]}}")),
            8 => {
                let contents = "QUJD".repeat(self.dice.between(1, 2_000));
                let file = format!("{live},\"FileType\":\"text/plain\",\"FileContents\":\"{contents}\"");
                self.message(&host, "a file", &file)
            }
            9 => self.message(&host, "lone \\ud800 surrogate", &live),
            10 => {
                let mut raw = format!("{{\"ID\":\"{}\",\"Addr\":\"{host}\",\"Body\":\"not ", self.id()).into_bytes();
                raw.extend_from_slice(b"\xff\xc3 UTF-8\"");
                raw.extend_from_slice(format!("{live}}}").as_bytes());
                self.note(raw, false)
            }
            11 => {
                let id = self.id();
                let ahead = self.dice.time(Duration::from_secs(60), Duration::from_secs(1_000_000)).as_millis();
                let ahead = format!(",\"Timestamp\":{}", i128::from(self.now) + ahead as i128);
                let raw = format!("{{\"ID\":\"{id}\",\"Addr\":\"{host}\",\"Body\":\"from tomorrow\"{ahead}}}");
                self.note(raw.into_bytes(), true)
            }
            12 => {
                let mapped = SocketAddr::new(Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped().into(), 55_555).to_string();
                self.live(&mapped, "another spelling")
            }
            13 => {
                let (time, body) = (self.now.to_string(), format!("hashed {}", self.count));
                *self.count += 1;
                let id = id::hashed(&host, &body, &time);
                let raw = format!("{{\"Timestamp\":{time},\"Body\":\"{body}\",\"ID\":\"{id}\",\"addr\":\"{host}\"}}");
                self.note(raw.into_bytes(), false)
            }
            14 => {
                let port = self.dice.between(1_024, 65_535);
                let addr = format!("{}:{port}", self.dice.pick(hosts).ip());
                self.live(&addr, "no such port")
            }
            _ => self.faulty(&host),
        }
    }

    /// A copy that must be dropped of a message that somebody said: it must suppress no good one.
    fn bad_copy(&mut self) -> Vec<u8> {
        let Some(newest) = self.said.len().checked_sub(1) else { return Vec::new() };
        let said = self.said.get(newest - self.dice.below(12).min(newest));
        let id = codec::parse(said.raw(), |object| object.id().decode().into_owned());
        let id = id.ok().flatten().unwrap_or_default();
        let (body, nick) = if self.dice.chance(50) { ("", 1) } else { ("bad copy", 33) };
        let nick = "n".repeat(nick);
        format!("{{\"ID\":\"{id}\",\"Addr\":\"\",\"Body\":\"{body}\",\"Nick\":\"{nick}\"}}").into_bytes()
    }

    /// Bytes after which a link is closed, or that never end.
    pub(super) fn malformed(&mut self) -> Vec<u8> {
        match self.dice.below(6) {
            0 => [b"{\"Body\":\"".as_slice(), &[b'x'; OBJECT_BYTES_MAX + 100]].concat(),
            1 => [b"{".as_slice(), &b"\"k\":1,".repeat(70), b"\"z\":1}"].concat(),
            2 => [b"{\"Body\":\"".as_slice(), &[b'x'; 60_000]].concat(),
            _ => (*self.dice.pick(&MALFORMED)).to_vec(),
        }
    }

    /// Notes what a log would hold of `raw`, and gives `raw` back. `odd`: its time is ahead of the true one.
    fn note(&mut self, raw: Vec<u8>, odd: bool) -> Vec<u8> {
        let said = &mut *self.said;
        let noted = codec::parse(&raw, |object| {
            said.say(Facts { odd, ..Facts::default() }, &Texts::of(object), object.raw());
        });
        debug_assert!(matches!(noted, Ok(Some(()))), "a stranger's messages are whole");
        raw
    }
}
