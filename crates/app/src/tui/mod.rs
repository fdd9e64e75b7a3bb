//! The terminal UI: what is said above, a line to write in below, everything else a key away.
//! Must not know how the peer works, only its `Handle`. Bounds: those of its parts.
#![allow(dead_code, unused_imports, reason = "the parts are being put together")]

mod input;
mod screen;
mod timeline;
