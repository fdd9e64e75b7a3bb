//! What a command tells: a line at a time, so that it ends where nobody reads on. Must not know what it tells.
//! Holds nothing.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints a line.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// Whether an error is that nobody reads on, as `head` does not.
#[must_use]
pub fn is_unread(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
