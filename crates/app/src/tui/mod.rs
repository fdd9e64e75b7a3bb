//! The terminal UI: what is said above, a line to write in below, everything else a key away.
//! Must not know how the peer works, only its `Handle`. Bounds: those of its parts.
#![allow(dead_code, reason = "the parts are being put together")]

mod input;
mod screen;
mod timeline;
