//! How far an author is believed, in one word. Must not know what that is decided by. Bounds: six words.

/// How far the author of a message may be believed to be who the nick says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// The user.
    Own,
    /// Nobody signed it.
    #[default]
    Unsigned,
    /// The first message of this nick and key, or one of several keys that share a nick which none of them holds yet.
    New,
    /// This key holds the nick, or the user named or accepted it.
    Pinned,
    /// The user compared this key with its owner's.
    Verified,
    /// Another key holds a nick that looks like this one, or this key was given up.
    Changed,
}

impl State {
    /// As events tell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Unsigned => "unsigned",
            Self::New => "new",
            Self::Pinned => "pinned",
            Self::Verified => "verified",
            Self::Changed => "changed",
        }
    }
}
