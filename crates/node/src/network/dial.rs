//! Dialling: one connection each, from the address that we listen on. Must not know whom to dial.
//! Bounds: [`DIAL_MAX`] a dial; how many there are is the node's affair.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::{Net, alive, outgoing};

/// How long a dial may take.
const DIAL_MAX: Duration = Duration::from_secs(5);

/// Dials `addr`, and tells the node what became of it.
pub(super) async fn dial(net: Rc<Net>, addr: SocketAddr) {
    let connected = timeout(DIAL_MAX, connect(addr, net.source(addr))).await;
    let now = net.shared.clock.now();
    let Ok(Ok(stream)) = connected else {
        net.shared.node().dial_failed(now, addr);
        return net.reschedule.notify_one();
    };
    if net.stopping.get() {
        return;
    }
    let mut out = Vec::new();
    let id = net.shared.node().dialled(now, addr, &mut out);
    net.carry_out(out);
    if let Some(id) = id {
        outgoing::start(&net, id, stream);
    }
    net.reschedule.notify_one();
}

async fn connect(addr: SocketAddr, source: Option<SocketAddr>) -> io::Result<TcpStream> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source {
        socket.bind(source)?;
    }
    let stream = socket.connect(addr).await?;
    if stream.local_addr()? == stream.peer_addr()? {
        // A port that nobody listens on may be the very one that we dial from.
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    // A line of chat must not wait for the next one.
    stream.set_nodelay(true)?;
    alive::watch_written(&stream)?;
    Ok(stream)
}
