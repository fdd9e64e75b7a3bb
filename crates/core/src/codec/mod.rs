//! Messages as they cross a classic link: JSON objects, neither framed nor delimited, cut anywhere.
//! Must not know about links, seen IDs or budgets. Bounds: [`OBJECT_BYTES_MAX`], [`FILE_BYTES_MAX`], [`DEPTH_MAX`], [`KEYS_MAX`].

mod decode;
mod encode;
mod keys;
mod object;
mod repair;
mod scan;
mod swar;
mod text;

pub use decode::{BATCH_MAX, ComingFile, Decoder};
pub use encode::{Draft, DraftFile, encode, wire_bytes_max};
pub use object::{Object, parse};
pub use scan::{DEPTH_MAX, FILE_BYTES_MAX, KEYS_MAX, Malformed, OBJECT_BYTES_MAX, Rule};
pub use text::Text;
