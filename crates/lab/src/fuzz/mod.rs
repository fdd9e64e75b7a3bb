//! What the fuzz targets check, for any bytes: a fault is a panic. The same checks run over the committed corpora as tests.
//! Must not know who makes the bytes. Bounds: the fuzzer's on its input; longer streams are written as runs of a byte.

mod codec;
mod datagram;
mod ext;
mod node;
mod reference;
mod token;

pub use codec::codec;
pub use datagram::datagram;
pub use node::node;
pub use token::token;
