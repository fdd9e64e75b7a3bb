//! The node from outside: what it is told, what it does, what it writes. No sockets, no store, no clock but these.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "tests and what they share"
)]

mod author;
mod backlog;
mod beacons;
mod blocks;
mod delivered;
mod disconnect;
mod files;
mod flood;
mod form;
mod hello;
mod hold;
mod horizon;
mod inbound;
mod lag;
mod malformed;
mod mentions;
mod net;
mod recognise;
mod resume;
mod say;
mod seqs;
mod signed;
mod signed_budgets;
mod signed_copies;
mod signed_order;
mod solo;
mod times;

use std::net::SocketAddr;
use std::time::Duration;

use whispernet_core::identity::{Network, SecretKey};
use whispernet_core::log;
use whispernet_core::node::{Config, IdKind, SEEN_MAX, Words};
use whispernet_core::time::{Instant, Now, UnixMillis};

/// When the tests begin, in milliseconds since the UNIX epoch.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

pub(crate) fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// So many milliseconds after the tests begin.
pub(crate) fn at(millis: u64) -> Now {
    Now {
        instant: Instant::new(Duration::from_millis(millis)),
        wall: UnixMillis(START_MS + i64::try_from(millis).unwrap()),
    }
}

/// Something to say, and nothing around it.
pub(crate) fn words(body: &str) -> Words {
    Words { body: body.into(), ..Words::default() }
}

/// A peer on loopback with all bounds in force.
pub(crate) fn config(addr: &str) -> Config {
    let addr: SocketAddr = addr.parse().unwrap();
    Config {
        addr,
        bound: addr.ip(),
        own: Vec::new(),
        nick: "me".into(),
        id: IdKind::Random,
        key: SecretKey::from_seed(&[250; 32]),
        rotation: None,
        network: Network::OPEN,
        inbound_max: 256,
        backlog: 50,
        flood_limit: true,
        discovery: false,
        stored: true,
        first_seq: 1,
        fingerprint_key: [7; 16],
        seen_max: SEEN_MAX,
        log: log::Limits::default(),
    }
}

/// A message as the code-lab peer writes it.
pub(crate) fn message(id: &str, addr: &str, body: &str) -> String {
    serde_json::json!({ "ID": id, "Addr": addr, "Body": body }).to_string()
}

/// What a peer of our kind greets with.
pub(crate) fn greeting(id: &str, addr: &str) -> String {
    serde_json::json!({ "ID": id, "Addr": addr, "Body": "/me joined", "Nick": "n", "omitempty": "n" }).to_string()
}

/// The Bodies of what stands in `stream`.
pub(crate) fn bodies(stream: &str) -> Vec<String> {
    let objects = serde_json::Deserializer::from_str(stream).into_iter::<serde_json::Value>();
    objects.map(|object| object.unwrap()["Body"].as_str().unwrap().to_owned()).collect()
}
