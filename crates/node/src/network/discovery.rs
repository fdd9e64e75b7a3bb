//! UDP discovery: our Addr to everybody on the network, and those of others from it. Nothing is ever answered.
//! Must not know whom to dial. Bounds: [`DATAGRAM_BYTES_MAX`] a datagram, [`BATCH_MAX`] a turn.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use whispernet_core::node::BEACON_BYTES_MAX;

use super::Net;
use crate::event::Level;
use crate::interfaces::{Broadcast, Interfaces};

/// Room for a datagram: one byte more than may be shows one that is too long.
const DATAGRAM_BYTES_MAX: usize = BEACON_BYTES_MAX + 1;
/// Datagrams heard before other tasks get their turn.
const BATCH_MAX: usize = 64;

/// The sending side.
pub(super) struct Discovery {
    sender: std::net::UdpSocket,
    /// Where a beacon goes: first what reaches everybody on the network, else that network's own broadcast address.
    targets: Vec<SocketAddr>,
}

/// Begins to listen, and makes sending possible. What does not work is told; the chat goes on without.
pub(super) fn start(net: &Rc<Net>, port: u16) {
    match listen(port) {
        Ok(listener) => {
            tokio::task::spawn_local(hear(Rc::clone(net), listener));
        }
        Err(error) => {
            let text = format!(
                "neighbours are not heard: UDP port {port} cannot be shared ({error}); --discovery takes another"
            );
            net.shared.notice(Level::Warn, text);
        }
    }
    match sender(net.bound, port) {
        Ok(discovery) => *net.discovery.borrow_mut() = Some(Rc::new(discovery)),
        Err(error) => {
            let text = format!("neighbours do not hear of this peer: {error}; --peer and /connect reach them");
            net.shared.notice(Level::Warn, text);
        }
    }
}

/// Listens on the port that all peers of this machine share.
fn listen(port: u16) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    socket.set_broadcast(true)?;
    socket.set_nonblocking(true)?;
    // Broadcasts come only to a socket that is bound to no address of its own.
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
    UdpSocket::from_std(socket.into())
}

fn sender(bound: IpAddr, port: u16) -> io::Result<Discovery> {
    let interfaces = Interfaces::list();
    let ip = if bound.is_unspecified() { interfaces.default_ip() } else { bound };
    let Some(Broadcast { interface, from, all }) = interfaces.broadcast(ip) else {
        return Err(io::Error::other(format!("the network of {ip} has no broadcast")));
    };
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_broadcast(true)?;
    socket.set_nonblocking(true)?;
    let mut targets = vec![SocketAddr::from((all, port))];
    if let Some(name) = interface
        && socket.bind_device(Some(name.as_bytes())).is_ok()
    {
        // Bound to the interface, the address of all networks stays on this one.
        targets.insert(0, SocketAddr::from((Ipv4Addr::BROADCAST, port)));
    }
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    Ok(Discovery { sender: socket.into(), targets })
}

impl Discovery {
    /// Sends one beacon. A network that is down now may be up at the next.
    pub(super) fn send(&self, net: &Net) {
        let addr = net.shared.node().config().addr.to_string();
        for target in &self.targets {
            if self.sender.send_to(addr.as_bytes(), target).is_ok() {
                return;
            }
        }
    }
}

async fn hear(net: Rc<Net>, listener: UdpSocket) {
    let mut interfaces = Interfaces::list();
    loop {
        if listener.readable().await.is_err() {
            return;
        }
        for _ in 0..BATCH_MAX {
            let mut datagram = [0; DATAGRAM_BYTES_MAX];
            let Ok((length, source)) = listener.try_recv_from(&mut datagram) else { break };
            if !interfaces.is_on_link(source.ip()) {
                // The machine may have joined that network since.
                interfaces = Interfaces::list();
            }
            let on_link = interfaces.is_on_link(source.ip());
            let mut out = Vec::new();
            let now = net.shared.clock.now();
            let deadline = {
                let mut node = net.shared.node();
                node.heard(now, source, on_link, datagram.get(..length).unwrap_or_default(), &mut out);
                node.deadline(now.instant)
            };
            net.carry_out(out);
            net.check_deadline(deadline);
        }
        tokio::task::yield_now().await;
    }
}
