//! A message on its way into the log, with all that was found out about it so far. Must not know what is found out next.
//! Bounds: those of one message.

use alloc::string::String;
use alloc::vec::Vec;

use crate::fingerprint::Fingerprint;
use crate::identity::{Claim, Ext, PublicKey, Token};
use crate::log::Marks;
use crate::rank::Rank;

/// A message that may be taken in.
pub(super) struct Candidate {
    /// Of its ID.
    pub(super) fingerprint: Fingerprint,
    /// Of its Addr.
    pub(super) author: Fingerprint,
    pub(super) marks: Marks,
    /// It may have been seen and forgotten.
    pub(super) old: bool,
    /// Its Addr is the one that its link named first.
    pub(super) of_link: bool,
    pub(super) proof: Option<Proof>,
}

/// What the author of a message vouches for, if the signature holds.
pub(super) struct Proof {
    pub(super) key: PublicKey,
    /// When the author says it was said, in milliseconds since the UNIX epoch.
    pub(super) time: i64,
    /// Of Addr and Body: with the ID, what a signature is over.
    pub(super) content: Fingerprint,
    /// [`Rank::WithFile`] for all that cannot come in a richer copy.
    pub(super) rank: Rank,
    pub(super) nick: Option<String>,
    /// A statement that the key took the place of another one.
    pub(super) rotate: Option<String>,
}

impl Proof {
    pub(super) fn new(token: &Token, rank: Rank, ext: Option<Ext>, content: Fingerprint) -> Self {
        let may_be_richer = match (token.ext(), &ext) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(_), Some(ext)) => ext.file.is_some() && rank < Rank::WithFile,
        };
        let Ext { nick, rotate, .. } = ext.unwrap_or_default();
        let rank = if may_be_richer { rank } else { Rank::WithFile };
        Self { key: token.key(), time: token.time().0, content, rank, nick, rotate }
    }
}

impl Candidate {
    /// What tells it apart from all messages that are not the same one.
    pub(super) fn identity(&self) -> Identity {
        (self.fingerprint, self.proof.as_ref().map(|proof| proof.content))
    }
}

/// The ID alone of what is not signed; Addr and Body too of what is, since until the signature is checked anybody may put an ID
/// that he heard beside a text of his own.
pub(super) type Identity = (Fingerprint, Option<Fingerprint>);

/// A candidate whose signature is not checked yet, with its bytes.
pub(super) struct Unproven {
    pub(super) candidate: Candidate,
    pub(super) claim: Claim,
    pub(super) raw: Vec<u8>,
}
