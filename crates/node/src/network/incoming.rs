//! Accepted links: read as long as there is something, decoded and judged in the same turn, then written to all others.
//! Must not know what is judged. Bounds: [`READ_BYTES_MAX`] a read, [`BATCHES_MAX`] reads a turn, and for unfinished objects
//! [`PARTIAL_BYTES_MAX`] in all and a least pace.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;
use whispernet_core::codec::{Decoder, OBJECT_BYTES_MAX};
use whispernet_core::node::{Cause, LinkId};
use whispernet_core::time::Instant;

use super::progress::Coming;
use super::{Net, alive};

/// Bytes of one read.
const READ_BYTES_MAX: usize = 128 * 1024;
/// Reads after which other tasks get their turn: beyond that, data is cold before it is written.
const BATCHES_MAX: usize = 4;
/// Bytes of unfinished objects, of all links together.
pub(crate) const PARTIAL_BYTES_MAX: usize = 64 << 20;
/// Of these, so many are kept for objects without a file.
const PARTIAL_BYTES_SMALL: usize = 16 << 20;
/// An object may take so long, whatever its pace.
const PACE_FREE: Duration = Duration::from_secs(30);
/// After that it must have come at this pace at least, in bytes a second.
const PACE_MIN: u64 = 16 * 1024;
/// Between two looks at the pace.
const PACE_INTERVAL: Duration = Duration::from_secs(1);

thread_local! {
    /// All links are read on one thread, one at a time: one buffer serves them all.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES_MAX].into_boxed_slice());
}

/// An accepted link, as other tasks see it.
pub(super) struct InLink {
    closed: Cell<bool>,
    /// Of its task, while that waits for something to read.
    waker: Cell<Option<Waker>>,
    /// Bytes of its unfinished object, and since when it is unfinished.
    partial: Cell<Option<(usize, Instant)>>,
    /// A long file that is coming.
    coming: Cell<Option<Box<Coming>>>,
}

impl InLink {
    pub(super) fn close(&self) {
        self.closed.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Begins to read an accepted link.
pub(super) fn start(net: &Rc<Net>, id: LinkId, stream: TcpStream) {
    let link = Rc::new(InLink {
        closed: Cell::new(false),
        waker: Cell::default(),
        partial: Cell::new(None),
        coming: Cell::new(None),
    });
    net.incoming.borrow_mut().insert(id, Rc::clone(&link));
    // A link that cannot be watched still works.
    let _ = alive::watch(&stream);
    tokio::task::spawn_local(read(Rc::clone(net), id, link, stream));
}

/// What one turn of reading came to.
enum Turn {
    /// Nothing more for now.
    Drained,
    /// There may be more.
    More,
    /// The link has ended.
    Ended,
}

/// Most links are idle most of the time, so that what this holds while it waits is what a link takes: rare waits are boxed.
async fn read(net: Rc<Net>, id: LinkId, link: Rc<InLink>, stream: TcpStream) {
    if !*net.ready.borrow() {
        until_ready(&net).await;
    }
    let mut decoder = Decoder::default();
    while !link.closed.get() {
        if net.must_pause(id) {
            pause(&net, id, &link).await;
            continue;
        }
        if poll_fn(|task| poll_readable(&stream, &link, task)).await.is_err() {
            return net.link_down(id, Cause::Closed);
        }
        if link.closed.get() {
            return;
        }
        match turn(&net, id, &link, &stream, &mut decoder) {
            Turn::Drained => {}
            Turn::More => tokio::task::yield_now().await,
            Turn::Ended => return net.link_down(id, Cause::Closed),
        }
    }
}

/// Waits for something to read, or for the link to be closed.
fn poll_readable(stream: &TcpStream, link: &InLink, task: &mut Context<'_>) -> Poll<io::Result<()>> {
    if link.closed.get() {
        return Poll::Ready(Ok(()));
    }
    let ready = stream.poll_read_ready(task);
    if ready.is_pending() {
        link.waker.set(Some(task.waker().clone()));
    }
    ready
}

/// Waits until seen IDs are back in memory.
fn until_ready(net: &Rc<Net>) -> Pin<Box<dyn Future<Output = ()>>> {
    let mut ready = net.ready.clone();
    Box::pin(async move {
        // The sender goes only where the peer stops.
        let _ = ready.wait_for(|ready| *ready).await;
    })
}

/// Waits until the store has caught up, or links have, or the checks of what this one brought. Boxed: it is rare, and idle links should
/// be small.
fn pause<'a>(net: &'a Rc<Net>, id: LinkId, link: &'a InLink) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
    Box::pin(async move {
        let mut durability = net.shared.durability.subscribe();
        let room = net.room.notified();
        if !net.must_pause(id) {
            return;
        }
        net.waiting_for_room.update(|waiting| waiting + 1);
        // The clock of an unfinished object stops meanwhile.
        let began = net.shared.clock.now().instant;
        tokio::select! {
            // The sender lives as long as the node.
            _ = durability.changed() => {}
            () = room => {}
            // A reservation of places shows in nothing else, nor does the end of the link.
            () = sleep(Duration::from_millis(20)) => {}
        }
        net.waiting_for_room.update(|waiting| waiting - 1);
        if let Some((bytes, since)) = link.partial.get() {
            let paused = net.shared.clock.now().instant.since(began);
            link.partial.set(Some((bytes, since.after(paused))));
        }
    })
}

fn turn(net: &Rc<Net>, id: LinkId, link: &InLink, stream: &TcpStream, decoder: &mut Decoder) -> Turn {
    for _ in 0..BATCHES_MAX {
        let read = BUFFER.with_borrow_mut(|buffer| {
            let read = stream.try_read(buffer)?;
            if let Some(bytes) = buffer.get(..read) {
                receive(net, id, link, decoder, bytes);
            }
            Ok::<_, io::Error>(read)
        });
        match read {
            Ok(0) => return Turn::Ended,
            Ok(_) if link.closed.get() => return Turn::More,
            Ok(_) => net.write_all(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Turn::Drained,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Turn::Ended,
        }
        if net.must_pause(id) {
            return Turn::More;
        }
    }
    Turn::More
}

impl Net {
    /// Whether a link is not to be read now.
    fn must_pause(&self, id: LinkId) -> bool {
        let mut node = self.shared.node();
        node.is_paused() || node.is_held_back(id) || node.is_held_up(self.shared.clock.now())
    }
}

fn receive(net: &Rc<Net>, id: LinkId, link: &InLink, decoder: &mut Decoder, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let now = net.shared.clock.now();
    let mut out = Vec::new();
    let (end, deadline, waiting) = {
        let mut node = net.shared.node();
        node.receive(now, id, decoder, bytes, &mut out);
        (node.log().end(), node.deadline(now.instant), node.checks_waiting())
    };
    net.shared.grew_to(end);
    if waiting > 0 {
        net.shared.bell.ring(waiting);
    }
    let partial = decoder.partial_bytes();
    let unfinished = (partial > 0).then_some(partial);
    let before = link.partial.get();
    let fresh = before.filter(|(before, _)| unfinished.is_some_and(|bytes| bytes >= *before));
    link.partial.set(unfinished.map(|bytes| (bytes, fresh.map_or(now.instant, |(_, since)| since))));
    net.carry_out(out);
    net.check_deadline(deadline);
    if partial > READ_BYTES_MAX {
        limit_partials(net);
        let mut coming = link.coming.take().or_else(|| Coming::of(&net.shared, id, decoder).map(Box::new));
        if let Some(coming) = &mut coming {
            coming.goes_on(&net.shared, decoder, now.instant);
        }
        link.coming.set(coming);
    } else if before.is_some_and(|(before, _)| before > READ_BYTES_MAX)
        && let Some(mut coming) = link.coming.take()
    {
        coming.ended(&net.shared);
    }
}

/// Where unfinished objects take too much memory, the largest one's link goes.
fn limit_partials(net: &Rc<Net>) {
    let (mut all, mut large, mut largest) = (0_usize, 0_usize, None);
    for (id, link) in net.incoming.borrow().iter() {
        let bytes = link.partial.get().map_or(0, |(bytes, _)| bytes);
        all = all.saturating_add(bytes);
        if bytes > OBJECT_BYTES_MAX {
            large = large.saturating_add(bytes);
        }
        largest = largest.max(Some((bytes, *id)));
    }
    if (all > PARTIAL_BYTES_MAX || large > PARTIAL_BYTES_MAX - PARTIAL_BYTES_SMALL)
        && let Some((_, id)) = largest
    {
        net.link_down(id, Cause::Memory);
    }
}

/// Closes links that take too long over one object, and tells how much is unfinished.
pub(super) async fn watch_pace(net: Rc<Net>) {
    loop {
        sleep(PACE_INTERVAL).await;
        let now = net.shared.clock.now().instant;
        let partials: usize =
            net.incoming.borrow().values().filter_map(|link| link.partial.get()).map(|(bytes, _)| bytes).sum();
        net.shared.partial_bytes.store(partials as u64, Ordering::Relaxed);
        let slow = |link: &InLink| {
            link.partial.get().is_some_and(|(bytes, since)| {
                let late = now.since(since).saturating_sub(PACE_FREE);
                late > Duration::ZERO && (bytes as u64) < late.as_secs().saturating_mul(PACE_MIN).max(1)
            })
        };
        let slow: Vec<LinkId> =
            net.incoming.borrow().iter().filter(|(_, link)| slow(link)).map(|(id, _)| *id).collect();
        for id in slow {
            net.link_down(id, Cause::Slow);
        }
    }
}
