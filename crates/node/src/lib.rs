//! The tokio shell around `whispernet-core`: links, discovery, store.
pub mod event;
pub mod handle;
pub mod config;
