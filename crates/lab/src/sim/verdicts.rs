//! Whether signatures hold, found out once for all hosts: to check one takes longer than all else that a host does with a message.
//! Must not know what is signed. Bounds: the run's length.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};

use whispernet_core::identity::Claim;

/// By the hash of what is claimed. It is only looked up, so that its order reaches nothing.
#[derive(Default)]
pub(super) struct Verdicts(HashMap<u64, bool>);

impl Verdicts {
    /// Whether `claim` is true.
    pub(super) fn of(&mut self, claim: &Claim) -> bool {
        let mut text = Text(DefaultHasher::new());
        // Writing to a hasher cannot fail.
        let _ = write!(text, "{claim:?}");
        *self.0.entry(text.0.finish()).or_insert_with(|| claim.holds())
    }
}

/// Takes text into a hash.
struct Text(DefaultHasher);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
