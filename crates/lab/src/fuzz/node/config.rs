//! What a node that is fuzzed is made with: bounds small enough that a short input meets them. Must not know what happens to it.
//! Bounds: none of its own.

use std::net::SocketAddr;

use whispernet_core::identity::{Network, SecretKey};
use whispernet_core::log::Limits;
use whispernet_core::node::{Config, IdKind};

use super::input::Setup;
use super::signed::OWN_SEED;

/// The settings of a node.
pub(super) fn config(setup: Setup) -> Config {
    let addr: SocketAddr =
        if setup.loopback { "127.0.0.1:5000" } else { "10.0.0.1:5000" }.parse().expect("a constant of this module");
    let small = Limits { tail_bytes: 4_096, segment_bytes: 1_024, uncommitted_bytes: 8_192 };
    Config {
        addr,
        bound: addr.ip(),
        own: vec![SocketAddr::new(addr.ip(), 5001)],
        nick: "me".to_owned(),
        id: id_kind(setup.ids),
        key: SecretKey::from_seed(&OWN_SEED),
        rotation: None,
        network: Network::OPEN,
        inbound_max: if setup.few_links { 2 } else { 64 },
        backlog: usize::from(setup.backlog),
        flood_limit: setup.flood_limit,
        discovery: setup.discovery,
        stored: setup.stored,
        first_seq: 0,
        fingerprint_key: [7; 16],
        seen_max: if setup.small_seen { 8 } else { 4_096 },
        log: if setup.small_log { small } else { Limits::default() },
    }
}

const fn id_kind(choice: u8) -> IdKind {
    match choice & 3 {
        0 => IdKind::Random,
        2 => IdKind::Signed,
        _ => IdKind::Hash,
    }
}
