//! The limit: a relay that reads and writes, and does not look. No peer that looks at what it relays can be faster.
//! Must not know messages. Bounds: one buffer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Bytes of one read (as much as in the trials that the goals come from).
const BUFFER_BYTES: usize = 64 * 1024;

/// Which receivers.
#[derive(clap::Args, Debug)]
pub struct CopyArgs {
    /// Address of a receiver; may be given several times.
    #[arg(long)]
    to: Vec<SocketAddr>,
}

/// Accepts one source on loopback, and copies what it sends to every receiver until it ends.
///
/// # Errors
/// A receiver cannot be reached, or ends first.
pub fn run(args: &CopyArgs) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let mut receivers = args.to.iter().map(TcpStream::connect).collect::<Result<Vec<_>, _>>()?;
    for receiver in &receivers {
        receiver.set_nodelay(true)?;
    }
    eprintln!("listening on {}", listener.local_addr()?);
    let (mut source, _) = listener.accept()?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = source.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        for receiver in &mut receivers {
            receiver.write_all(bytes)?;
        }
    }
}
