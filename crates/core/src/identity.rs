//! Who wrote a message: keys, what they sign, and what of a copy their signature vouches for. Must not know links, the log,
//! or whom anybody trusts. Bounds: those of its parts.

mod copy;
mod ext;
mod key;
mod token;

pub use copy::{Beside, CopyFault, judge};
pub use ext::{
    EXT_BYTES_MAX, Ext, ExtFault, FILE_NAME_BYTES_MAX, FILE_SIZE_MAX, FILE_TYPE_BYTES_MAX, FileFacts,
    STATEMENT_BYTES_MAX,
};
pub use key::{DIGITS, PublicKey, SecretKey, VERIFIER_KEYS_MAX, Verifier};
pub use token::{Claim, Form, Network, SIGNED_ID_BYTES, Token, TokenFault, classify, sign};
