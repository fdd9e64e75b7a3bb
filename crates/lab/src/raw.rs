//! Raw ends of a classic link for black-box tests: a listener that collects objects, a sender that writes any bytes.
//! Must not know what a peer should do; tests judge what arrives.
//! Bounds: `OBJECTS_MAX` objects kept, `LINKS_MAX` links at once, 16 MiB an object.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use crate::double::framing::Framer;

/// Most objects kept; a link that brings more is closed.
const OBJECTS_MAX: usize = 1 << 20;
/// Most links at once; further ones are closed.
const LINKS_MAX: usize = 1024;
/// Bytes read at once, and so what a paused link still takes in.
const READ_BYTES: usize = 4096;

/// An object that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct RawObject {
    /// Which link brought it: 0 for the first accepted, and so on.
    pub link: u64,
    /// The object to the letter.
    pub text: String,
    /// The object decoded, of two copies of a key the last.
    pub value: Value,
}

impl RawObject {
    /// The text under `key`; empty where there is none.
    #[must_use]
    pub fn text_of(&self, key: &str) -> &str {
        self.value.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

#[derive(Default)]
struct Arrivals {
    objects: Vec<RawObject>,
    links: BTreeMap<u64, TcpStream>,
    links_total: u64,
    refused: Vec<String>,
    paused: bool,
    ended: bool,
}

#[derive(Default)]
struct Shared {
    arrivals: Mutex<Arrivals>,
    changed: Condvar,
}

impl Shared {
    fn arrivals(&self) -> MutexGuard<'_, Arrivals> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Arrivals) -> T) -> T {
        let result = change(&mut self.arrivals());
        self.changed.notify_all();
        result
    }

    fn wait_while(&self, waits: impl FnMut(&mut Arrivals) -> bool) {
        drop(self.changed.wait_while(self.arrivals(), waits));
    }

    fn wait_for(&self, timeout: Duration, mut met: impl FnMut(&mut Arrivals) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.arrivals(), timeout, |arrivals| !met(arrivals));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Reads until the link ends; the reason, where it was not the far end's wish.
    fn read_link(&self, number: u64, mut stream: &TcpStream) -> Result<(), String> {
        let mut framer = Framer::default();
        let mut chunk = [0; READ_BYTES];
        loop {
            self.wait_while(|arrivals| arrivals.paused && !arrivals.ended);
            let read = stream.read(&mut chunk).unwrap_or_default();
            self.wait_while(|arrivals| arrivals.paused && !arrivals.ended);
            if read == 0 {
                return Ok(());
            }
            framer.push(&chunk[..read]);
            while let Some(bytes) = framer.next_value().map_err(|malformed| format!("{malformed:?}"))? {
                let text = str::from_utf8(bytes).map_err(|error| error.to_string())?.to_owned();
                let value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
                self.change(|arrivals| {
                    if arrivals.objects.len() == OBJECTS_MAX {
                        return Err(format!("more than {OBJECTS_MAX} objects"));
                    }
                    arrivals.objects.push(RawObject { link: number, text, value });
                    Ok(())
                })?;
            }
        }
    }
}

/// Accepts links on a loopback port and collects the objects that they bring. Dropping it closes everything.
pub struct RawListener {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl RawListener {
    /// Listens on any port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be bound or no thread started.
    pub fn bind() -> io::Result<Self> {
        Self::bind_at(Ipv4Addr::LOCALHOST)
    }

    /// Listens on any port of `ip`.
    ///
    /// # Errors
    /// As for [`RawListener::bind`].
    pub fn bind_at(ip: Ipv4Addr) -> io::Result<Self> {
        let listener = TcpListener::bind((ip, 0))?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let accepting = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("raw-accept".into()).spawn(move || accept(&listener, &shared))?
        };
        Ok(Self { addr, shared, accepting: Some(accepting) })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// All objects so far, in the order of their arrival.
    #[must_use]
    pub fn objects(&self) -> Vec<RawObject> {
        self.shared.arrivals().objects.clone()
    }

    /// Whether the objects met `predicate` within `timeout`.
    #[must_use]
    pub fn wait_for(&self, predicate: impl Fn(&[RawObject]) -> bool, timeout: Duration) -> bool {
        self.shared.wait_for(timeout, |arrivals| predicate(&arrivals.objects))
    }

    /// Whether an object with this Body arrived within `timeout`.
    #[must_use]
    pub fn wait_body(&self, body: &str, timeout: Duration) -> bool {
        self.wait_for(|objects| objects.iter().any(|object| object.text_of("Body") == body), timeout)
    }

    /// Links that are open now.
    #[must_use]
    pub fn links(&self) -> usize {
        self.shared.arrivals().links.len()
    }

    /// Whether the number of links accepted so far, ended ones included, met `predicate` within `timeout`.
    #[must_use]
    pub fn wait_accepted(&self, predicate: impl Fn(u64) -> bool, timeout: Duration) -> bool {
        self.shared.wait_for(timeout, |arrivals| predicate(arrivals.links_total))
    }

    /// Whether the number of open links met `predicate` within `timeout`.
    #[must_use]
    pub fn wait_links(&self, predicate: impl Fn(usize) -> bool, timeout: Duration) -> bool {
        self.shared.wait_for(timeout, |arrivals| predicate(arrivals.links.len()))
    }

    /// Why links were closed from here: one text for each that brought what is no UTF-8, no JSON, or too much.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        self.shared.arrivals().refused.clone()
    }

    /// Stops reading all links; each may take in at most 4 KiB more, which are kept back until `resume`.
    pub fn pause(&self) {
        self.shared.change(|arrivals| arrivals.paused = true);
    }

    /// Reads on.
    pub fn resume(&self) {
        self.shared.change(|arrivals| arrivals.paused = false);
    }

    /// Closes all open links; new ones are still accepted.
    pub fn close_links(&self) {
        for stream in self.shared.arrivals().links.values() {
            shut(stream);
        }
    }
}

impl Drop for RawListener {
    fn drop(&mut self) {
        self.shared.change(|arrivals| arrivals.ended = true);
        // accept(2) knows no other wake-up; an error means that it has returned already.
        let _ = TcpStream::connect(self.addr);
        if let Some(accepting) = self.accepting.take() {
            // A panic of that thread shows in the test's output; there is nothing to add.
            let _ = accepting.join();
        }
        self.close_links();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept() {
        let Ok(copy) = stream.try_clone() else { continue };
        let number = {
            let mut arrivals = shared.arrivals();
            if arrivals.ended {
                return;
            }
            if arrivals.links.len() == LINKS_MAX {
                continue;
            }
            let number = arrivals.links_total;
            arrivals.links_total += 1;
            arrivals.links.insert(number, copy);
            number
        };
        shared.changed.notify_all();
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            let end = shared.read_link(number, &stream);
            shared.change(|arrivals| {
                arrivals.refused.extend(end.err());
                arrivals.links.remove(&number);
            });
        });
    }
}

fn shut(stream: &TcpStream) {
    // Fails only where the far end was first.
    let _ = stream.shutdown(Shutdown::Both);
}

/// A link to a peer, written by hand.
pub struct RawSender {
    stream: TcpStream,
}

impl RawSender {
    /// Dials a peer.
    ///
    /// # Errors
    /// When the peer cannot be reached.
    pub fn connect(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Writes bytes as they are. Waits while the peer reads nothing.
    ///
    /// # Errors
    /// When the link is closed.
    pub fn send_bytes(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.stream).write_all(bytes)
    }

    /// Writes an object with these three keys and a newline.
    ///
    /// # Errors
    /// When the link is closed.
    pub fn send_object(&self, id: &str, addr: &str, body: &str) -> io::Result<()> {
        self.send_bytes(format!("{}\n", json!({ "ID": id, "Addr": addr, "Body": body })).as_bytes())
    }

    /// Whether the peer closed the link within `timeout`. Links are unidirectional: a byte from the peer is read away,
    /// and begins the time anew.
    ///
    /// # Panics
    /// When `timeout` is zero.
    #[must_use]
    pub fn closed_within(&self, timeout: Duration) -> bool {
        let set = self.stream.set_read_timeout(Some(timeout));
        assert!(set.is_ok(), "a timeout over zero: {set:?}");
        loop {
            match (&self.stream).read(&mut [0; 1024]) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return false,
                    _ => return true,
                },
            }
        }
    }
}
