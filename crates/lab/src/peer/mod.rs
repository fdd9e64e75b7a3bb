//! A real peer as a process: started, listened to, asked over its API, killed; and what it left on disk.
//! Must not know why. Bounds: [`PATIENCE`] for every wait.

pub mod api;
pub mod disk;
pub mod lines;
pub mod process;

use std::time::Duration;

/// Far longer than anything that is waited for takes, on a machine that has other work (a guess).
pub const PATIENCE: Duration = Duration::from_secs(30);
