//! How a link notices that the other side is gone without a word: a cable pulled, a laptop shut. Must not know links.
//! Bounds: a dead link is noticed within a minute while nothing is being written, within [`UNACKNOWLEDGED_MAX`] otherwise.

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

/// Asks the system to watch `stream`.
pub(super) fn watch(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(IDLE).with_interval(INTERVAL).with_retries(RETRIES))?;
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))
}
