//! Who may come in by a browser, and how: launch links and what they are made of.
//! Must not know what is shown to who is in. Bounds: those of its parts.

pub(super) mod launch;
pub(super) mod secret;
