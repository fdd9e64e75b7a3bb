//! A few nodes wired to one another in memory: what one writes, the other receives, at once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::codec::{Decoder, parse};
use whispernet_core::log::{Chunk, Read};
use whispernet_core::node::{Cause, Config, LinkId, Node, Output, Past};
use whispernet_core::time::Now;

use super::{at, config, words};

struct Host {
    node: Node,
    decoders: BTreeMap<LinkId, Decoder>,
}

/// One connection: who dialled, by which link of his, and who accepted it by which.
#[derive(Clone, Copy)]
struct Wire {
    from: usize,
    out: LinkId,
    to: usize,
    back: LinkId,
}

pub(crate) struct Net {
    hosts: Vec<Host>,
    wires: Vec<Wire>,
    pub(crate) now: Now,
    next_port: u16,
    out: Vec<(usize, Output)>,
}

fn addr_of(n: usize) -> SocketAddr {
    format!("127.0.0.1:{}", 5000 + n).parse().unwrap()
}

impl Net {
    /// So many nodes, not linked.
    pub(crate) fn of(count: usize) -> Self {
        Self::with((0..count).map(|n| config(&addr_of(n).to_string())).collect())
    }

    pub(crate) fn with(configs: Vec<Config>) -> Self {
        let now = at(0);
        let host = |(n, config): (usize, Config)| Host {
            node: Node::new(config, Past::default(), [n as u8; 32], now),
            decoders: BTreeMap::new(),
        };
        let hosts = configs.into_iter().enumerate().map(host).collect();
        Self { hosts, wires: Vec::new(), now, next_port: 40_000, out: Vec::new() }
    }

    /// Runs `step` on a node, and keeps what it asks for.
    fn step<T>(&mut self, n: usize, step: impl FnOnce(&mut Node, Now, &mut Vec<Output>) -> T) -> T {
        let mut out = Vec::new();
        let result = step(&mut self.hosts[n].node, self.now, &mut out);
        self.out.extend(out.into_iter().map(|output| (n, output)));
        result
    }

    pub(crate) fn connect(&mut self, from: usize, to: usize) {
        self.step(from, |node, now, out| node.connect(now, addr_of(to), out)).unwrap();
    }

    pub(crate) fn say(&mut self, n: usize, body: &str) {
        self.step(n, |node, now, out| node.say(now, words(body), out)).unwrap();
    }

    fn cut(&mut self, wire: Wire) {
        self.wires.retain(|other| (other.from, other.out) != (wire.from, wire.out));
        self.step(wire.from, |node, now, out| node.link_down(now, wire.out, Cause::Closed, out));
        self.step(wire.to, |node, now, out| node.link_down(now, wire.back, Cause::Closed, out));
    }

    /// Does what the nodes ask for and carries their bytes, until nothing moves.
    pub(crate) fn settle(&mut self) {
        let mut turns = 0;
        loop {
            let outputs = std::mem::take(&mut self.out);
            let quiet = outputs.is_empty();
            for (n, output) in outputs {
                self.carry_out(n, &output);
            }
            if quiet && !self.carry_bytes() {
                return;
            }
            turns += 1;
            assert!(turns < 10_000, "it never comes to rest");
        }
    }

    fn carry_out(&mut self, n: usize, output: &Output) {
        match *output {
            Output::Dial(addr) => self.dial(n, addr),
            Output::Close(link) => {
                let closed = |wire: &&Wire| (wire.from, wire.out) == (n, link) || (wire.to, wire.back) == (n, link);
                if let Some(wire) = self.wires.iter().find(closed).copied() {
                    self.cut(wire);
                }
            }
            Output::Reserve(until) => self.step(n, |node, now, out| node.reserved(now, until, out)),
            Output::LookUp { token, .. } => self.step(n, |node, now, out| node.looked_up(now, token, false, out)),
            _ => {}
        }
    }

    fn dial(&mut self, from: usize, addr: SocketAddr) {
        let to = (0..self.hosts.len()).find(|n| addr_of(*n) == addr);
        self.next_port += 1;
        let remote = SocketAddr::new(addr.ip(), self.next_port);
        let back = to.and_then(|to| self.step(to, |node, now, out| node.accepted(now, remote, out)));
        let (Some(to), Some(back)) = (to, back) else {
            return self.step(from, |node, now, _| node.dial_failed(now, addr));
        };
        match self.step(from, |node, now, out| node.dialled(now, addr, out)) {
            Some(out) => {
                self.hosts[to].decoders.insert(back, Decoder::default());
                self.wires.push(Wire { from, out, to, back });
            }
            None => self.step(to, |node, now, out| node.link_down(now, back, Cause::Closed, out)),
        }
    }

    fn carry_bytes(&mut self) -> bool {
        let mut moved = false;
        for wire in self.wires.clone() {
            let mut chunk = Chunk::default();
            let read = self.step(wire.from, |node, now, _| node.read(now, wire.out, 1000, &mut chunk));
            assert_ne!(read, Read::Behind);
            if read == Read::Chunk {
                moved = true;
                let bytes = chunk.slices().collect::<Vec<_>>().concat();
                self.step(wire.from, |node, _, _| node.written(wire.out, &chunk, bytes.len()));
                let mut decoder = self.hosts[wire.to].decoders.remove(&wire.back).unwrap();
                self.step(wire.to, |node, now, out| node.receive(now, wire.back, &mut decoder, &bytes, out));
                self.hosts[wire.to].decoders.insert(wire.back, decoder);
            }
        }
        moved
    }

    /// So many seconds pass; nodes are woken when they want to be, and bytes are carried at once.
    pub(crate) fn pass(&mut self, secs: u64) {
        let end = self.now.instant.after(Duration::from_secs(secs));
        loop {
            let next = self.hosts.iter().filter_map(|host| host.node.deadline(self.now.instant)).min();
            let next = next.unwrap_or(end).min(end);
            let passed = next.since(self.now.instant).max(Duration::from_micros(1));
            self.now = Now { instant: self.now.instant.after(passed), wall: self.now.wall.after(passed) };
            for n in 0..self.hosts.len() {
                self.step(n, |node, now, out| node.wake(now, out));
            }
            self.settle();
            if self.now.instant >= end {
                return;
            }
        }
    }

    /// Whether `from` has an outgoing link to `to`.
    pub(crate) fn linked(&self, from: usize, to: usize) -> bool {
        self.wires.iter().any(|wire| (wire.from, wire.to) == (from, to))
    }

    /// The chat in a node's log: the Bodies, sorted.
    pub(crate) fn bodies(&self, n: usize) -> Vec<String> {
        let chat = self.hosts[n].node.log().entries(0).filter(|(entry, _)| !entry.marks.hello);
        let body = |raw: &[u8]| parse(raw, |object| object.body().decode().into_owned()).unwrap().unwrap();
        let mut bodies: Vec<String> = chat.map(|(_, raw)| body(raw)).collect();
        bodies.sort();
        bodies
    }
}
