//! Somebody with a key who says whatever is asked of him, over a link of his own: what a peer must bear.
//! Must not know what is lawful. Bounds: those of the link.

use std::io;
use std::net::SocketAddr;

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use whispernet_core::codec::{Draft, DraftFile, encode};
use whispernet_core::identity::{Network, SecretKey, sign};
use whispernet_core::time::UnixMillis;

use crate::clock;
use crate::raw::RawSender;

/// A port that no peer dials on the word of the wire: strangers stay strangers.
pub const UNDIALLED: &str = "127.0.0.1:9";

/// A stranger who is linked to a peer.
pub struct Stranger {
    link: RawSender,
    secret: SecretKey,
}

/// What he says under his key, which covers all of it.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The text.
    pub body: &'a str,
    /// His nick.
    pub nick: &'a str,
    /// The ID of what he answers.
    pub reply: Option<&'a str>,
    /// A file.
    pub file: Option<Given<'a>>,
}

/// A file as he gives it.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type, by his word.
    pub kind: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

impl Stranger {
    /// Links him to the peer at `peer`; `seed` makes his key.
    ///
    /// # Errors
    /// The peer cannot be reached.
    pub fn connect(peer: SocketAddr, seed: u8) -> io::Result<Self> {
        Ok(Self { link: RawSender::connect(peer)?, secret: SecretKey::from_seed(&[seed; 32]) })
    }

    /// Says this object as it is.
    ///
    /// # Errors
    /// The link is closed.
    pub fn says(&self, object: &Value) -> io::Result<()> {
        self.link.send_bytes(format!("{object}\n").as_bytes())
    }

    /// Says something under his key.
    ///
    /// # Errors
    /// The link is closed.
    pub fn signs(&self, signed: &Signed<'_>) -> io::Result<()> {
        let Signed { body, nick, reply, file } = *signed;
        let facts = file.map(|Given { name, kind, bytes }| {
            let hash = HEXLOWER.encode(&Sha256::digest(bytes));
            json!({"name": name, "type": kind, "size": bytes.len(), "sha256": hash})
        });
        let ext = json!({"nick": nick, "reply": reply, "file": facts}).to_string();
        let time = clock::unix_seconds() * 1_000;
        let id = sign(&self.secret, Network::OPEN, UnixMillis(time), Some(&ext), UNDIALLED, body);
        let contents = file.map(|file| BASE64.encode(file.bytes)).unwrap_or_default();
        let file = file.map(|file| DraftFile { kind: file.kind, contents: &contents });
        self.link.send_bytes(&encode(&Draft { id: &id, addr: UNDIALLED, body, nick, time, ext: Some(&ext), file }))
    }
}
