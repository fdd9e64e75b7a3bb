//! Files on this machine that go out, and those of others that are copied into its folders.
//! Must not know which face asks, nor how files travel. Bounds: one file in memory at a time, of the size that the node takes.

mod copy;
mod find;
mod path;
pub(crate) mod picture;
mod read;
mod words;

pub(crate) use copy::{CopyError, Whether, copy, proposed};
pub(crate) use find::{HASH_DIGITS_MIN, meant, newest, whole_hash};
pub(crate) use path::{dragged, is_file, of_word, quoted, word};
pub(crate) use read::{ReadError, read};
pub(crate) use words::{Paces, brief, described, size};
