//! IDs that prove who wrote a message: their form, and what the signature in them is over. Must not know what else comes with
//! a message. Bounds: [`SIGNED_ID_BYTES`] each; any other text is looked at once, in steps of that length.

use alloc::string::String;
use alloc::vec::Vec;

use data_encoding::{BASE64URL_NOPAD, DecodeKind};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::key::{PublicKey, SecretKey, Verifier};
use crate::id::ID_BYTES_MAX;
use crate::time::UnixMillis;

/// Length of a signed ID, in bytes.
pub const SIGNED_ID_BYTES: usize = PREFIX.len() + TOKEN_CHARS;

/// Begins a signed ID. A later version keeps it, and tells itself apart by its first decoded byte.
const PREFIX: &str = "wn1:";
/// The first decoded byte.
const VERSION: u8 = 1;
/// The second: none has a meaning yet.
const FLAGS: u8 = 0;
/// Version, flags, public key, time, hash of Ext, signature.
const TOKEN_BYTES: usize = 1 + 1 + 32 + 8 + 32 + 64;
/// The same in Base64.
const TOKEN_CHARS: usize = TOKEN_BYTES / 3 * 4;
/// Begins what is signed, so that no signature made for anything else fits.
const DOMAIN: &[u8] = b"whispernet wn1\0";
/// Stands for the hash of an Ext where there is none.
const NO_EXT: [u8; 32] = [0; 32];

const _: () = assert!(TOKEN_BYTES.is_multiple_of(3), "no bits are left over, so each token has one spelling");
const _: () = assert!(SIGNED_ID_BYTES == 188 && SIGNED_ID_BYTES <= ID_BYTES_MAX);

/// Among whom a message is said: it does not verify in another network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(pub [u8; 32]);

impl Network {
    /// The one that everybody may enter: SHA-256 of `whispernet open`.
    pub const OPEN: Self = Self([
        0xd0, 0xbb, 0xbf, 0x37, 0xae, 0xc2, 0x3b, 0x1f, 0x97, 0xf5, 0xf4, 0x73, 0xf5, 0x07, 0x1f, 0x75, 0x9a, 0xc2,
        0xc9, 0xf1, 0x42, 0x42, 0xe1, 0x51, 0xd2, 0xba, 0xd8, 0x6d, 0x3f, 0x9c, 0x08, 0xf6,
    ]);
}

/// What an ID says of its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing: random, hashed, or of a later version.
    Opaque,
    /// Who wrote it, if the signature holds.
    Signed(Token),
}

/// Why an ID that claims to be signed is none: its message is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenFault {
    /// Nothing stands after the prefix.
    #[error("signed ID without a token")]
    Empty,
    /// Padded with `=`.
    #[error("signed ID with padding")]
    Padded,
    /// A character or a length that Base64 for URLs (RFC 4648, 5) does not have.
    #[error("signed ID is no base64url")]
    NotBase64,
    /// Bits after the last byte that are not zero: a second spelling.
    #[error("signed ID with bits after its last byte")]
    TrailingBits,
    /// Fewer bytes than a token has.
    #[error("signed ID under {SIGNED_ID_BYTES} bytes")]
    Short,
    /// More bytes than a token has.
    #[error("signed ID over {SIGNED_ID_BYTES} bytes")]
    Long,
    /// Flags that have no meaning.
    #[error("signed ID with unknown flags")]
    Flags,
}

impl TokenFault {
    /// Its name among counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "token_empty",
            Self::Padded => "token_padded",
            Self::NotBase64 => "token_not_base64",
            Self::TrailingBits => "token_trailing_bits",
            Self::Short => "token_short",
            Self::Long => "token_long",
            Self::Flags => "token_flags",
        }
    }
}

/// What a signed ID holds. Of the right form; whether it is true, [`Token::verifies`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    key: PublicKey,
    time: UnixMillis,
    ext: [u8; 32],
    signature: [u8; 64],
}

/// That a key signed a text. To find out is the one costly look: it needs nothing else, so that any thread may take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    key: PublicKey,
    text: Vec<u8>,
    signature: [u8; 64],
}

impl Claim {
    /// Whether it is true.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.holds_for(&mut Verifier::default())
    }

    /// The same, for who looks at many.
    #[must_use]
    pub fn holds_for(&self, verifier: &mut Verifier) -> bool {
        verifier.verifies(&self.key, &self.text, &self.signature)
    }
}

/// Looks at the form of `id`. Costs nothing where it does not begin with `wn1:`.
///
/// # Errors
/// [`TokenFault`] where it is neither opaque nor the one spelling of a token.
pub fn classify(id: &[u8]) -> Result<Form, TokenFault> {
    let Some(text) = id.strip_prefix(PREFIX.as_bytes()) else { return Ok(Form::Opaque) };
    if text.is_empty() {
        return Err(TokenFault::Empty);
    }
    if text.ends_with(b"=") {
        return Err(TokenFault::Padded);
    }
    let mut buffer = [0; TOKEN_BYTES];
    let (head, tail) = text.split_at_checked(TOKEN_CHARS).unwrap_or((text, &[]));
    let decoded = decode(head, &mut buffer)?;
    for chars in tail.chunks(TOKEN_CHARS) {
        decode(chars, &mut [0; TOKEN_BYTES])?;
    }
    let Some((&VERSION, fields)) = decoded.split_first() else { return Ok(Form::Opaque) };
    if !tail.is_empty() {
        return Err(TokenFault::Long);
    }
    let (flags, token) = Token::read(fields).ok_or(TokenFault::Short)?;
    if flags == FLAGS { Ok(Form::Signed(token)) } else { Err(TokenFault::Flags) }
}

/// Decodes as much as fits into one token.
fn decode<'a>(chars: &[u8], buffer: &'a mut [u8; TOKEN_BYTES]) -> Result<&'a [u8], TokenFault> {
    let length = BASE64URL_NOPAD.decode_len(chars.len()).map_err(|_| TokenFault::NotBase64)?;
    let bytes = buffer.get_mut(..length).ok_or(TokenFault::Long)?;
    match BASE64URL_NOPAD.decode_mut(chars, bytes) {
        Ok(_) => Ok(bytes),
        Err(partial) if partial.error.kind == DecodeKind::Trailing => Err(TokenFault::TrailingBits),
        Err(_) => Err(TokenFault::NotBase64),
    }
}

/// The ID of a message that `secret`'s owner says: [`SIGNED_ID_BYTES`] long. `time`: what goes out as Timestamp. `ext`: the text of
/// Ext, just as it goes out.
#[must_use]
pub fn sign(
    secret: &SecretKey,
    network: Network,
    time: UnixMillis,
    ext: Option<&str>,
    addr: &str,
    body: &str,
) -> String {
    let ext = ext.map_or(NO_EXT, hash_of_ext);
    let mut token = Token { key: secret.public(), time, ext, signature: [0; 64] };
    token.signature = secret.sign(&token.signed_text(network, addr, body));
    token.id()
}

/// What a token says of an Ext with this text.
pub(super) fn hash_of_ext(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

impl Token {
    /// Reads what follows the version: the flags, and the rest. `None` where bytes are missing.
    fn read(fields: &[u8]) -> Option<(u8, Self)> {
        let (&flags, fields) = fields.split_first()?;
        let (key, fields) = fields.split_first_chunk()?;
        let (time, fields) = fields.split_first_chunk()?;
        let (ext, signature) = fields.split_first_chunk()?;
        let time = UnixMillis(i64::from_be_bytes(*time));
        Some((flags, Self { key: PublicKey::new(*key), time, ext: *ext, signature: signature.try_into().ok()? }))
    }

    /// Whose the message is.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// When its author says it was said. Any time is lawful.
    #[must_use]
    pub const fn time(&self) -> UnixMillis {
        self.time
    }

    /// SHA-256 of the text of its Ext; `None` where it was said without one.
    #[must_use]
    pub fn ext(&self) -> Option<&[u8; 32]> {
        (self.ext != NO_EXT).then_some(&self.ext)
    }

    /// The ID that it was read from.
    #[must_use]
    pub fn id(&self) -> String {
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        self.push_claims(&mut bytes, None);
        bytes.extend_from_slice(&self.signature);
        let mut id = String::with_capacity(SIGNED_ID_BYTES);
        id.push_str(PREFIX);
        BASE64URL_NOPAD.encode_append(&bytes, &mut id);
        id
    }

    /// What is left to be checked: that its key signed just this Addr and Body (escapes undone) in this network.
    #[must_use]
    pub fn claim(&self, network: Network, addr: &str, body: &str) -> Claim {
        Claim { key: self.key, text: self.signed_text(network, addr, body), signature: self.signature }
    }

    /// Whether its [`Token::claim`] holds.
    #[must_use]
    pub fn verifies(&self, network: Network, addr: &str, body: &str) -> bool {
        self.claim(network, addr, body).holds()
    }

    fn signed_text(&self, network: Network, addr: &str, body: &str) -> Vec<u8> {
        let fixed = DOMAIN.len().saturating_add(TOKEN_BYTES);
        let mut text = Vec::with_capacity(fixed.saturating_add(addr.len()).saturating_add(body.len()));
        text.extend_from_slice(DOMAIN);
        self.push_claims(&mut text, Some(network));
        for part in [addr, body] {
            // A text of 4 GiB is in no object.
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            text.extend_from_slice(&length.to_be_bytes());
            text.extend_from_slice(part.as_bytes());
        }
        text
    }

    /// All before the signature; what is signed has the network among it.
    fn push_claims(&self, bytes: &mut Vec<u8>, network: Option<Network>) {
        bytes.extend_from_slice(&[VERSION, FLAGS]);
        bytes.extend_from_slice(network.as_ref().map_or(&[], |network| network.0.as_slice()));
        bytes.extend_from_slice(self.key.bytes());
        bytes.extend_from_slice(&self.time.0.to_be_bytes());
        bytes.extend_from_slice(&self.ext);
    }
}

#[cfg(test)]
mod tests;
