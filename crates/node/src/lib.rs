//! The tokio shell around `whispernet-core`: links, discovery, store. [`start()`] makes a running peer of a [`config::Config`] and its
//! [`Home`]; faces reach it through its [`handle::Handle`].
//!
//! Threads: *network* (every classic link, discovery, the node's deadlines), *store* (the one writer), *verify* (signatures, one a processor), and whatever runtime
//! the faces bring. All share one node behind one lock, held for microseconds.

pub mod attachment;
mod clock;
pub mod config;
mod counts;
mod damage;
mod datadir;
pub mod event;
mod faces;
pub mod handle;
mod home;
pub mod interfaces;
pub mod key;
mod message;
mod network;
mod nick;
mod open_files;
mod shared;
mod start;
pub mod store;
mod subscription;
mod tell;
mod verifiers;
mod writer;

pub use datadir::is_in_use;
pub use home::Home;
pub use start::{DEFAULT_PORT, Ending, Started, start};
pub use whispernet_core::node::FILE_SEND_BYTES_MAX;
