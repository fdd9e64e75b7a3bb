//! What outlives a run: history, settings, peers, blocks, what is known of keys, and received files. Synchronous; its owner chooses the threads.
//! Must not know of links or faces, and reads no clock: times are arguments.
//! Bounds: the history by [`Writer::prune`], small tables by `PEERS_MAX`, `BLOCKS_MAX`, `BANS_MAX` and the core's
//! `KEYS_MAX`, files by the quota of [`Files`].

mod aside;
mod error;
mod files;
mod known;
pub mod name;
mod open;
mod people;
mod reader;
mod row;
mod schema;
mod search;
mod sniff;
mod tables;
mod writer;

pub use error::StoreError;
pub use files::{Files, Gone, Held};
pub use open::{Opened, check, open, replace};
pub use reader::{Fingerprints, Poor, Reader};
pub use row::{Row, StoredEntry};
pub use tables::{BANS_MAX, BLOCKS_MAX, Ban, PEERS_MAX, Peer, Tables};
pub use whispernet_core::rank::Rank;
pub use writer::Writer;
