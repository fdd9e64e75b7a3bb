//! What both old peers do alike: accept, read, remember, dial and broadcast, one blocking thread a link.
//! Must not know which of the two it is, but by its `Quirks`.
//! Bounds: `LINKS_MAX`, `INCOMING_MAX`, `SHOWN_LINES_MAX`, `TYPED_LINES_MAX`; the old peers have none of them.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::DeadAddr;
use super::framing::{Framer, Malformed};
use super::message::Message;
use super::quirks::{Quirks, Received, SlowLink, Typed};
use super::seen::Seen;
use crate::clock;

/// Most links dialled; further Addrs are not.
const LINKS_MAX: usize = 1024;
/// Most connections accepted at once; further ones are closed.
const INCOMING_MAX: usize = 1024;
/// Most lines kept of what was shown, the oldest forgotten first.
const SHOWN_LINES_MAX: usize = 1 << 16;
/// Most lines typed that the peer has not read yet; typing more waits.
const TYPED_LINES_MAX: usize = 1024;
/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

/// Where a peer stands between its start and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Running,
    /// Nothing more is done; some sockets may still be open.
    Ending,
    Stopped,
    Crashed,
}

type Encoded = Arc<[u8]>;

struct Link {
    queue: SyncSender<Encoded>,
    /// The queue's other end until the dial succeeds: whoever sends before that waits for it.
    unread: Option<Receiver<Encoded>>,
    stream: Option<TcpStream>,
}

pub(super) struct Book {
    pub(super) life: Life,
    pub(super) shown: VecDeque<String>,
    /// Running threads, but for those that accept or still dial.
    pub(super) threads: usize,
    seen: Seen,
    links: BTreeMap<String, Link>,
    incoming: BTreeMap<u64, TcpStream>,
    incoming_total: u64,
    typed: Option<SyncSender<String>>,
}

impl Book {
    pub(super) fn links(&self) -> Vec<String> {
        self.links.keys().cloned().collect()
    }
}

pub(super) struct Peer {
    quirks: Quirks,
    addr: SocketAddr,
    nick: String,
    dead_addr: DeadAddr,
    echo: bool,
    book: Mutex<Book>,
    changed: Condvar,
    /// One broadcast at a time, so that one slow link holds up all of them.
    broadcasting: Mutex<()>,
    accepting: Mutex<Vec<(SocketAddr, JoinHandle<()>)>>,
}

/// A thread that the peer's end waits for, with the connection that it serves.
struct Thread {
    peer: Arc<Peer>,
    incoming: Option<u64>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.peer.change(|book| {
            book.threads -= 1;
            if let Some(number) = self.incoming {
                book.incoming.remove(&number);
            }
        });
    }
}

impl Peer {
    pub(super) fn new(quirks: Quirks, addr: SocketAddr, nick: String, dead_addr: DeadAddr, echo: bool) -> Self {
        let book = Book {
            life: Life::Running,
            shown: VecDeque::new(),
            threads: 0,
            seen: Seen::default(),
            links: BTreeMap::new(),
            incoming: BTreeMap::new(),
            incoming_total: 0,
            typed: None,
        };
        Self {
            quirks,
            addr,
            nick,
            dead_addr,
            echo,
            book: Mutex::new(book),
            changed: Condvar::new(),
            broadcasting: Mutex::new(()),
            accepting: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        locked(&self.book)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        let result = change(&mut self.book());
        self.changed.notify_all();
        result
    }

    /// Whether `met` came true within `timeout`; waits for good without one.
    pub(super) fn wait(&self, timeout: Option<Duration>, mut met: impl FnMut(&mut Book) -> bool) -> bool {
        let book = self.book();
        match timeout {
            Some(timeout) => {
                let waited = self.changed.wait_timeout_while(book, timeout, |book| !met(book));
                !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
            }
            None => {
                drop(self.changed.wait_while(book, |book| !met(book)));
                true
            }
        }
    }

    /// Accepts on `listener` until the peer ends; each connection gets a thread that runs `serve`.
    pub(super) fn listen(self: &Arc<Self>, listener: TcpListener, serve: fn(&Arc<Self>, TcpStream)) -> io::Result<()> {
        let local = listener.local_addr()?;
        let peer = Arc::clone(self);
        // Held until the thread is noted, since the first object may already end the peer, which then ends this too.
        let mut accepting = locked(&self.accepting);
        if self.book().life != Life::Running {
            return Ok(());
        }
        let thread = thread::Builder::new().name("accept".into()).spawn(move || {
            loop {
                match listener.accept() {
                    Ok((stream, _)) if peer.book().life == Life::Running => peer.admit(stream, serve),
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    _ => return,
                }
            }
        })?;
        accepting.push((local, thread));
        Ok(())
    }

    fn admit(self: &Arc<Self>, stream: TcpStream, serve: fn(&Arc<Self>, TcpStream)) {
        let Ok(copy) = stream.try_clone() else { return };
        let number = {
            let mut book = self.book();
            if book.life != Life::Running || book.incoming.len() == INCOMING_MAX {
                return;
            }
            book.incoming_total += 1;
            book.threads += 1;
            let number = book.incoming_total;
            book.incoming.insert(number, copy);
            number
        };
        let thread = Thread { peer: Arc::clone(self), incoming: Some(number) };
        spawn("incoming", move || serve(&thread.peer, stream));
    }

    fn enter(self: &Arc<Self>) -> Thread {
        self.book().threads += 1;
        Thread { peer: Arc::clone(self), incoming: None }
    }

    /// Reads messages until the link ends or brings a malformed one.
    pub(super) fn read_link(self: &Arc<Self>, mut stream: TcpStream) {
        let mut framer = Framer::default();
        let mut chunk = vec![0; READ_BYTES];
        loop {
            let read = match stream.read(&mut chunk) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            framer.push(if read == 0 { b" " } else { &chunk[..read] });
            if self.receive_all(&mut framer).is_err() || read == 0 {
                return;
            }
        }
    }

    fn receive_all(self: &Arc<Self>, framer: &mut Framer) -> Result<(), Malformed> {
        while let Some(value) = framer.next_value()? {
            self.receive(&Message::decode(value, self.quirks.shape)?);
        }
        Ok(())
    }

    fn receive(self: &Arc<Self>, message: &Message) {
        {
            let mut book = self.book();
            if book.life != Life::Running || !book.seen.insert(&message.id) {
                return;
            }
        }
        match (self.quirks.receive)(message) {
            Received::Show(line) => self.show(line),
            Received::Hide => {}
            Received::Crash => return self.end(Life::Crashed),
        }
        self.dial(&message.addr);
        self.broadcast(message);
    }

    fn show(&self, line: String) {
        if self.echo {
            // A terminal that is gone is no concern of the network.
            let _ = writeln!(io::stdout(), "{line}");
        }
        self.change(|book| {
            if book.shown.len() == SHOWN_LINES_MAX {
                book.shown.pop_front();
            }
            book.shown.push_back(line);
        });
    }

    /// Starts the thread that acts on the user's lines.
    pub(super) fn read_typed(self: &Arc<Self>) {
        let (queue, lines) = sync_channel::<String>(TYPED_LINES_MAX);
        self.book().typed = Some(queue);
        let thread = self.enter();
        spawn("typed", move || {
            for line in lines {
                thread.peer.act(line);
            }
        });
    }

    pub(super) fn typed(&self, line: String) {
        let queue = self.book().typed.clone();
        if let Some(queue) = queue {
            // Fails only where the peer has ended, and what is typed to a dead peer is lost.
            let _ = queue.send(line);
        }
    }

    fn act(self: &Arc<Self>, line: String) {
        match (self.quirks.typed)(&line) {
            Typed::Connect(addr) => self.dial(&addr),
            Typed::Swallow => {}
            Typed::Say => {
                let message = Message {
                    id: fresh_id(),
                    addr: self.addr.to_string(),
                    body: line,
                    nick: self.nick.clone(),
                    timestamp: clock::unix_seconds(),
                };
                self.book().seen.insert(&message.id);
                self.broadcast(&message);
            }
        }
    }

    /// Registers a link at once and dials it in a thread of its own; never twice where there is a link.
    pub(super) fn dial(self: &Arc<Self>, addr: &str) {
        if addr == self.addr.to_string() || !names_a_port(addr) {
            return;
        }
        let queue_messages_max = match self.quirks.slow {
            SlowLink::HoldsAllUp => 0,
            SlowLink::Misses { queue_messages_max } => queue_messages_max,
        };
        let (queue, unread) = sync_channel(queue_messages_max);
        let link = Link { queue, unread: Some(unread), stream: None };
        let registered = self.change(|book| {
            let wanted = book.life == Life::Running && book.links.len() < LINKS_MAX && !book.links.contains_key(addr);
            if wanted {
                book.links.insert(addr.to_owned(), link);
            }
            wanted
        });
        if registered {
            let (peer, addr) = (Arc::clone(self), addr.to_owned());
            spawn("link", move || peer.write_link(&addr));
        }
    }

    fn write_link(self: &Arc<Self>, addr: &str) {
        // As Go sets up its connections.
        match TcpStream::connect(addr).and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => {
                let Some((_thread, queue)) = self.link_up(addr, &stream) else { return };
                for bytes in queue {
                    if (&stream).write_all(&bytes).is_err() {
                        break;
                    }
                }
            }
            Err(_) if self.dead_addr == DeadAddr::StaysRegistered => return,
            Err(_) => {}
        }
        self.change(|book| book.links.remove(addr));
    }

    /// Takes over the queue of a link whose dial has succeeded, unless the peer has ended meanwhile.
    fn link_up(self: &Arc<Self>, addr: &str, stream: &TcpStream) -> Option<(Thread, Receiver<Encoded>)> {
        let copy = stream.try_clone().ok()?;
        let queue = self.change(|book| {
            let link = book.links.get_mut(addr)?;
            link.stream = Some(copy);
            book.threads += 1;
            link.unread.take()
        })?;
        Some((Thread { peer: Arc::clone(self), incoming: None }, queue))
    }

    fn broadcast(&self, message: &Message) {
        let bytes: Encoded = message.encode(self.quirks.shape).into();
        let _turn = locked(&self.broadcasting);
        let queues: Vec<_> = {
            let book = self.book();
            let others = book.links.iter().filter(|(addr, _)| **addr != message.addr);
            others.map(|(_, link)| link.queue.clone()).collect()
        };
        for queue in queues {
            // Both fail where the link has ended, and that is what an ended link gets.
            match self.quirks.slow {
                SlowLink::HoldsAllUp => drop(queue.send(Arc::clone(&bytes))),
                SlowLink::Misses { .. } => drop(queue.try_send(Arc::clone(&bytes))),
            }
        }
    }

    /// Ends the peer wholly, once: `last` is seen only when nothing listens any more and every link is shut.
    pub(super) fn end(&self, last: Life) {
        let links = {
            let mut book = self.book();
            if book.life != Life::Running {
                return;
            }
            book.life = Life::Ending;
            book.typed = None;
            for stream in book.incoming.values() {
                shut(stream);
            }
            std::mem::take(&mut book.links)
        };
        links.values().filter_map(|link| link.stream.as_ref()).for_each(shut);
        // Drops the queues too, which frees a broadcast that waits for a link.
        drop(links);
        for (local, thread) in locked(&self.accepting).drain(..) {
            // accept(2) knows no other wake-up; an error means that it has returned already.
            let _ = TcpStream::connect(reachable(local));
            // A panic of that thread has nothing to add to the end of its peer.
            let _ = thread.join();
        }
        self.change(|book| book.life = last);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread that cannot start drops its work, and with it the connection: the far end sees a closed link.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    drop(thread::Builder::new().name(name.into()).spawn(work));
}

fn shut(stream: &TcpStream) {
    // Fails only where the far end was first.
    let _ = stream.shutdown(Shutdown::Both);
}

fn reachable(local: SocketAddr) -> SocketAddr {
    let ip = if local.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { local.ip() };
    SocketAddr::new(ip, local.port())
}

/// A text without a port fails before anything is dialled, so it never becomes a link.
fn names_a_port(addr: &str) -> bool {
    addr.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// 128 random bits: each `RandomState` hashes with keys of its own.
fn fresh_id() -> String {
    let random_u64 = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", random_u64(), random_u64())
}
