//! What a node is made with. Must not know how the user said it.
//! Bounds: stated at each field.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use crate::identity::{Network, SecretKey};
use crate::log;

/// The settings of one node.
#[derive(Clone, Debug)]
pub struct Config {
    /// What we announce as our Addr.
    pub addr: SocketAddr,
    /// The IP we listen on.
    pub bound: IpAddr,
    /// Other ways to name ourselves: never dialled.
    pub own: Vec<SocketAddr>,
    /// Our nick: 1 to 32 graphemes.
    pub nick: String,
    /// The kind of ID on what we write.
    pub id: IdKind,
    /// What signs our messages.
    pub key: SecretKey,
    /// The statement that the key took the place of another one, where it did: greetings say it.
    pub rotation: Option<String>,
    /// Among whom we talk: messages signed for another network do not verify.
    pub network: Network,
    /// Most incoming links: 1 to 10,000.
    pub inbound_max: usize,
    /// Messages that a new link is sent: 0 to 1,000.
    pub backlog: usize,
    /// Whether flood control, dial budget and bounds per IP are in force.
    pub flood_limit: bool,
    /// Whether discovery is on.
    pub discovery: bool,
    /// Whether a store commits the log.
    pub stored: bool,
    /// The first `seq` of this run: never one that an earlier run may have used.
    pub first_seq: u64,
    /// Secret key of the fingerprints: the same at each start, where IDs are stored by fingerprint.
    pub fingerprint_key: [u8; 16],
    /// IDs remembered: 16 bytes each.
    pub seen_max: usize,
    /// Memory of the log.
    pub log: log::Limits,
}

/// The kind of ID on what we write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdKind {
    /// Proves who wrote it.
    #[default]
    Signed,
    /// 128 random bits.
    Random,
    /// The SHA-256 of Addr, Body and Timestamp.
    Hash,
}

/// IDs remembered by default: at a thousand messages a minute, 16 hours; 16 MB.
pub const SEEN_MAX: usize = 1_000_000;
