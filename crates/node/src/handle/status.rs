//! How a peer is, as lists and the API show it. Must not know who looks. Bounds: those of the node's tables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whispernet_core::dial::State;

use super::Handle;

/// One peer, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeerStatus {
    /// `IP:PORT` where it listens; of the connection where an incoming link has named none.
    pub addr: String,
    /// The nick it used last; empty where none is known.
    pub nick: String,
    /// We write to it.
    pub out: bool,
    /// It writes to us.
    #[serde(rename = "in")]
    pub incoming: bool,
    /// `connected`, `dialling`, `waiting` (for the next try) or `held` (disconnected by the user).
    pub state: String,
    /// Messages it has yet to be sent.
    pub lag: u64,
    /// The public key, in hex, that signs its greetings: who it is, where it has greeted.
    #[serde(default)]
    #[schema(required = true)]
    pub key: Option<String>,
}

/// An address that gets no link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Block {
    /// `IP`, `IP:PORT`, or a key in hex.
    pub who: String,
    /// `user` or `flood`.
    pub why: String,
    /// When it ends, in milliseconds since the UNIX epoch; `null`: when the user lifts it.
    #[schema(required = true)]
    pub until: Option<i64>,
}

/// How the peer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Where it says it listens.
    pub addr: String,
    /// Its nick.
    pub nick: String,
    /// Its public key in hex.
    pub key: String,
    /// The network it is in.
    pub network: String,
    /// The program's version.
    pub version: String,
    /// Changes at each start.
    pub run: String,
    /// The newest `seq` given out.
    pub seq: u64,
    /// The newest `seq` that is on disk.
    pub durable: u64,
    /// Its peers.
    pub peers: Vec<PeerStatus>,
    /// `ok`, `off`, or what is wrong with the disk.
    pub disk: String,
    /// `default` or `off`.
    pub flood: String,
    /// Whether peers of this network are looked for.
    #[serde(default)]
    #[schema(required = true)]
    pub discovery: bool,
    /// By how many milliseconds the clocks of linked peers are ahead of this machine's, in the middle; `null`: none was heard.
    #[serde(default)]
    #[schema(required = true)]
    pub clock_ahead_ms: Option<i64>,
    /// Every counter by name: what was accepted, dropped (by reason), closed and refused.
    pub counters: BTreeMap<String, u64>,
}

impl Handle {
    /// How the peer is.
    #[must_use]
    pub fn status(&self) -> Status {
        let peers = self.peers();
        let durability = self.shared.durability.borrow().clone();
        let node = self.shared.node();
        let config = node.config();
        let log = node.log();
        let gauges = [
            ("log_bytes", log.bytes() as u64),
            ("log_uncommitted_bytes", log.uncommitted_bytes() as u64),
            ("seen_ids", node.seen_len() as u64),
            ("says_pending", node.pending() as u64),
        ];
        Status {
            addr: config.addr.to_string(),
            nick: config.nick.clone(),
            key: self.shared.key.to_string(),
            network: "open".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: self.shared.run.clone(),
            seq: log.end().saturating_sub(1),
            durable: durability.committed.saturating_sub(1),
            peers,
            disk: match durability.failing {
                Some(reason) => reason,
                None if self.shared.history => "ok".to_owned(),
                None => "off".to_owned(),
            },
            flood: if config.flood_limit { "default" } else { "off" }.to_owned(),
            discovery: config.discovery,
            clock_ahead_ms: node.clock_ahead_ms(),
            counters: node
                .counters()
                .iter()
                .chain(self.shared.counts.explained().map(|(name, _, count)| (name, count)))
                .chain(gauges)
                .map(|(name, count)| (name.to_owned(), count))
                .collect(),
        }
    }

    /// The peers that are linked, or that something is to be done about.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerStatus> {
        let node = self.shared.node();
        let mut peers: BTreeMap<String, PeerStatus> = BTreeMap::new();
        for (addr, known) in node.book().iter() {
            let state = match known.state {
                _ if known.held => "held",
                State::Linked => "connected",
                State::Dialling | State::Queued => "dialling",
                State::Waiting(_) => "waiting",
                State::Idle => continue,
            };
            let peer = PeerStatus {
                addr: addr.to_string(),
                nick: known.nick.clone(),
                out: false,
                incoming: false,
                state: state.to_owned(),
                lag: 0,
                key: None,
            };
            peers.insert(addr.to_string(), peer);
        }
        for link in node.links() {
            let addr = link.addr.to_string();
            let peer = peers.entry(addr.clone()).or_insert_with(|| PeerStatus {
                addr,
                nick: String::new(),
                out: false,
                incoming: false,
                state: String::new(),
                lag: 0,
                key: None,
            });
            peer.key = peer.key.take().or_else(|| link.key.map(|key| key.to_string()));
            peer.state = "connected".to_owned();
            peer.out |= !link.incoming;
            peer.incoming |= link.incoming;
            peer.lag = peer.lag.max(link.lag);
        }
        peers.into_values().collect()
    }

    /// Who gets no link: what the user blocked, and whom flood control has banned.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let now = self.shared.clock.now().wall;
        let node = self.shared.node();
        let blocks = node.blocks().map(|who| Block { who: who.to_owned(), why: "user".to_owned(), until: None });
        let bans = node.bans(now).map(|(source, ban)| Block {
            who: match source.name.as_deref() {
                None | Some("") => source.ip.to_string(),
                Some(name) => name.to_owned(),
            },
            why: "flood".to_owned(),
            until: Some(ban.until.0),
        });
        let keys =
            node.blocked_keys().map(|(key, _)| Block { who: key.to_string(), why: "user".to_owned(), until: None });
        blocks.chain(keys).chain(bans).collect()
    }
}
