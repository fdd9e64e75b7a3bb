//! How a link notices that the other side is gone without a word: a cable pulled, a laptop shut. Must not know links.
//! Bounds: a dead link that was accepted is noticed within a minute, one that was dialled within [`UNACKNOWLEDGED_MAX`].

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// Silence before the system asks whether the other side is still there.
const IDLE: Duration = Duration::from_secs(20);
/// Between two such questions.
const INTERVAL: Duration = Duration::from_secs(10);
/// Unanswered questions that end the link.
const RETRIES: u32 = 3;
/// How long written bytes may stay unacknowledged. A peer that has stopped reading for so long is cut too, and resumes where
/// it stood when it is dialled again.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(300);

/// Asks the system to watch a link that is only read.
pub(super) fn watch(stream: &TcpStream) -> io::Result<()> {
    let keepalive = TcpKeepalive::new().with_time(IDLE).with_interval(INTERVAL).with_retries(RETRIES);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

/// Asks the system to watch a link that is written. Linux then asks as often, but ends it by this limit alone, whatever
/// the retries (tcp(7)): so it is not for the other kind.
pub(super) fn watch_written(stream: &TcpStream) -> io::Result<()> {
    watch(stream)?;
    SockRef::from(stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))
}
