//! Who wrote a message: keys, and what they sign. Must not know links, the log, or whom anybody trusts.
//! Bounds: those of its parts.

mod key;

pub use key::{DIGITS, PublicKey, SecretKey};
