//! A real peer as a process: started, listened to, asked over its API, killed; and what it left on disk.
//! Must not know why. Bounds: [`PATIENCE`] for every wait.

pub mod api;
pub mod disk;
pub mod lines;
pub mod process;

use std::net::Ipv4Addr;
use std::time::Duration;

/// Far longer than anything that is waited for takes, on a machine that has other work (a guess).
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A loopback address that no other process uses. A peer dials those it was linked to again and again: at an address that many
/// share, it would meet at an old port whatever another run has there by now.
#[must_use]
pub fn own_address() -> Ipv4Addr {
    // Of 22 bits: /proc/sys/kernel/pid_max, proc_pid(5).
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 | (high & 63), middle, low)
}
