//! Dialled links: written inline by whoever has something new, each from its own cursor. A link that would block is parked
//! until its socket has room, and costs nobody anything meanwhile. Must not know what is written.
//! Bounds: [`WRITE_BYTES_MAX`] a write; a chunk for all links, a fetch a link.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::rc::Rc;

use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use whispernet_core::log::{Chunk, Marks, Read};
use whispernet_core::node::{Cause, Fetch, LinkId, Stored};

use super::Net;
use crate::damage;
use crate::store::{Reader, StoreError, StoredEntry};

/// Bytes of one write: what one read of another link brings. Half of what a broken link sends again, which is marked by writes.
const WRITE_BYTES_MAX: usize = 128 * 1024;
/// Writes to one link before the next one's turn.
const WRITES_MAX: usize = 16;
/// Slices of one write.
const SLICES_MAX: usize = 64;
/// Bytes and entries of one fetch from the store.
const FETCH_BYTES_MAX: usize = 128 * 1024;
/// See [`FETCH_BYTES_MAX`].
const FETCH_ENTRIES_MAX: usize = 1_024;

thread_local! {
    /// What is being written; emptied after each write, so that it holds no segment.
    static CHUNK: RefCell<Chunk> = RefCell::default();
}

/// A dialled link, as other tasks see it.
pub(super) struct OutLink {
    id: LinkId,
    stream: TcpStream,
    /// Its socket is full: its own task writes on when there is room.
    parked: Cell<bool>,
    closed: Cell<bool>,
    wake: Notify,
}

impl OutLink {
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.wake.notify_one();
    }
}

/// Begins to write to a dialled link.
pub(super) fn start(net: &Rc<Net>, id: LinkId, stream: TcpStream) {
    let link = Rc::new(OutLink { id, stream, parked: Cell::new(false), closed: Cell::new(false), wake: Notify::new() });
    net.outgoing.borrow_mut().insert(id, Rc::clone(&link));
    tokio::task::spawn_local(watch(Rc::clone(net), Rc::clone(&link)));
    net.write(&link);
}

/// Waits for the link's end, and for room where it is parked.
async fn watch(net: Rc<Net>, link: Rc<OutLink>) {
    while !link.closed.get() {
        let interest = if link.parked.get() { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        let ready = tokio::select! {
            ready = link.stream.ready(interest) => ready,
            () = link.wake.notified() => continue,
        };
        let Ok(ready) = ready else { return net.link_down(link.id, Cause::Closed) };
        if ready.is_readable() && has_ended(&link.stream) {
            return net.link_down(link.id, Cause::Closed);
        }
        if ready.is_writable() && link.parked.replace(false) {
            net.write(&link);
        }
    }
}

/// Reads and forgets: nothing is expected on a link that we dialled but its end.
fn has_ended(stream: &TcpStream) -> bool {
    let mut ignored = [0; 1024];
    match stream.try_read(&mut ignored) {
        Ok(read) => read == 0,
        Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
    }
}

impl Net {
    /// Writes what is new to every link that is not parked.
    pub(super) fn write_all(self: &Rc<Self>) {
        let links: Vec<Rc<OutLink>> =
            self.outgoing.borrow().values().filter(|link| !link.parked.get()).cloned().collect();
        for link in links {
            self.write(&link);
        }
    }

    /// Writes what is new to `link`, until it is up to date, or full.
    pub(super) fn write(self: &Rc<Self>, link: &Rc<OutLink>) {
        for _ in 0..WRITES_MAX {
            if link.closed.get() {
                return;
            }
            match CHUNK.with_borrow_mut(|chunk| self.write_once(link, chunk)) {
                Step::Again => {}
                Step::Done => return,
                Step::Ended => return self.link_down(link.id, Cause::Closed),
                Step::Behind => {
                    let mut out = Vec::new();
                    let fetch = self.shared.node().fetch(self.shared.clock.now(), link.id, &mut out);
                    self.carry_out(out);
                    if let Some(fetch) = fetch {
                        tokio::task::spawn_local(catch_up(Rc::clone(self), Rc::clone(link), fetch));
                        return;
                    }
                }
            }
        }
        // There is more: others have their turn, then its own task goes on.
        link.parked.set(true);
        link.wake.notify_one();
    }

    fn write_once(self: &Rc<Self>, link: &OutLink, chunk: &mut Chunk) -> Step {
        let read = self.shared.node().read(self.shared.clock.now(), link.id, WRITE_BYTES_MAX, chunk);
        match read {
            Read::UpToDate => return Step::Done,
            Read::Behind => return Step::Behind,
            Read::Chunk => {}
        }
        let written = if chunk.is_empty() { Ok(0) } else { write_chunk(&link.stream, chunk) };
        let step = match written {
            Ok(bytes) => {
                let mut node = self.shared.node();
                node.written(link.id, chunk, bytes);
                let delivered = node.has_deliveries();
                drop(node);
                if delivered {
                    self.tell_deliveries();
                }
                if self.waiting_for_room.get() > 0 {
                    self.room.notify_waiters();
                }
                Step::Again
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                link.parked.set(true);
                link.wake.notify_one();
                Step::Done
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Step::Again,
            Err(_) => Step::Ended,
        };
        chunk.clear();
        step
    }

    /// Waits until every link that takes something has taken all there is.
    pub(super) async fn flush(self: &Rc<Self>) {
        loop {
            let parked = self.outgoing.borrow().values().find(|link| link.parked.get()).cloned();
            let Some(link) = parked else { return };
            if link.stream.writable().await.is_err() {
                self.link_down(link.id, Cause::Closed);
            } else {
                link.parked.set(false);
                self.write(&link);
            }
        }
    }
}

enum Step {
    Again,
    Done,
    Behind,
    Ended,
}

fn write_chunk(stream: &TcpStream, chunk: &Chunk) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
    let mut count = 0;
    for (place, slice) in slices.iter_mut().zip(chunk.slices()) {
        *place = IoSlice::new(slice);
        count += 1;
    }
    match slices.get(..count) {
        Some([one]) => stream.try_write(one),
        Some(several) => stream.try_write_vectored(several),
        None => Ok(0),
    }
}

/// Reads what a link lags behind on from the store, and writes it.
async fn catch_up(net: Rc<Net>, link: Rc<OutLink>, fetch: Fetch) {
    let path = net.shared.database.clone();
    let read = move || {
        let path = path.ok_or_else(|| StoreError::Io("there is no history".to_owned()))?;
        Reader::open(&path)?.raw_after(fetch.after, FETCH_BYTES_MAX, FETCH_ENTRIES_MAX)
    };
    let read = tokio::task::spawn_blocking(read).await.map(|read| damage::watch(&net.shared, read));
    let entries = read.ok().and_then(Result::ok);
    let stored: Option<Vec<Stored<'_>>> = entries.as_ref().map(|entries| entries.iter().map(stored).collect());
    let mut out = Vec::new();
    net.shared.node().fetched(net.shared.clock.now(), link.id, stored.as_deref(), &mut out);
    net.carry_out(out);
    net.write(&link);
}

/// The entry as the core takes it back.
fn stored(entry: &StoredEntry) -> Stored<'_> {
    let marks = Marks {
        own: entry.own,
        hello: entry.hello,
        replay: entry.replay,
        file: entry.has_file,
        hidden: false,
        withheld: !entry.public,
    };
    Stored { seq: entry.seq, addr: &entry.addr, marks, raw: &entry.raw }
}
