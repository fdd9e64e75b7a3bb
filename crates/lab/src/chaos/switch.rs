//! The switch that all cards are plugged into: frames go where their address says, in the weather that there is.
//! Must not know what is in them. Bounds: [`QUEUE_MAX`] frames on their way, [`FRAME_BYTES_MAX`] each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::weather::Weather;
use crate::clock;
use crate::sim::dice::Dice;

/// Frames on their way; one more is lost, as in any switch.
const QUEUE_MAX: usize = 65_536;
/// A card's MTU of 1,500 bytes, the Ethernet header, and room to see that there is no more.
const FRAME_BYTES_MAX: usize = 2_048;
/// Frames taken from one card before the others have their turn.
const BURST_MAX: usize = 64;
/// How long the switch sleeps at most: so late it sees that it is to end.
const SLEEP_MAX: Duration = Duration::from_millis(50);
/// What begins every address of a card here: locally administered, for one receiver.
const MAC_PREFIX: [u8; 4] = [0x02, b'w', b'l', 0];
/// Where the kind of a frame stands, and the two kinds that matter here: IPv4 and ARP.
const KIND_AT: std::ops::Range<usize> = 12..14;
const KINDS: [[u8; 2]; 2] = [[0x08, 0x00], [0x08, 0x06]];

/// What became of frames, each counted once for each card that it was for.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) passed: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) cut: AtomicU64,
    pub(super) twice: AtomicU64,
    pub(super) crowded: AtomicU64,
}

struct Shared {
    weather: Mutex<Weather>,
    counts: Counts,
    stop: AtomicBool,
}

/// A running switch.
pub(super) struct Switch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The address of the card in a port.
pub(super) fn mac(port: usize) -> [u8; 6] {
    let [a, b, c, d] = MAC_PREFIX;
    let [high, low] = u16::try_from(port).unwrap_or_default().to_be_bytes();
    [a, b, c, d, high, low]
}

/// Which card an address is of; `None`: all, or one that is not here.
fn port_of(mac: &[u8]) -> Option<usize> {
    let port = mac.strip_prefix(&MAC_PREFIX)?;
    Some(usize::from(u16::from_be_bytes(port.try_into().ok()?)))
}

impl Switch {
    pub(super) fn start(cards: Vec<File>, seed: u64) -> std::io::Result<Self> {
        let weather = Mutex::new(Weather::calm(cards.len()));
        let shared = Arc::new(Shared { weather, counts: Counts::default(), stop: AtomicBool::new(false) });
        let running =
            Running { shared: Arc::clone(&shared), queue: BinaryHeap::new(), frames: 0, dice: Dice::new(seed), cards };
        let thread = thread::Builder::new().name("switch".into()).spawn(move || running.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Changes what the network does to frames.
    pub(super) fn weather<T>(&self, change: impl FnOnce(&mut Weather) -> T) -> T {
        change(&mut weather(&self.shared))
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.shared.counts
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has told itself.
            let _ = thread.join();
        }
    }
}

fn weather(shared: &Shared) -> MutexGuard<'_, Weather> {
    shared.weather.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A frame on its way. They arrive by their time; of those at one time, the first one first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Frame {
    at: Instant,
    number: u64,
    from: usize,
    to: usize,
    bytes: Arc<[u8]>,
}

struct Running {
    shared: Arc<Shared>,
    queue: BinaryHeap<Reverse<Frame>>,
    frames: u64,
    dice: Dice,
    cards: Vec<File>,
}

impl Running {
    fn run(mut self) {
        while !self.shared.stop.load(Ordering::Acquire) {
            let now = clock::moment();
            let sleep = self.queue.peek().map_or(SLEEP_MAX, |Reverse(first)| first.at.saturating_duration_since(now));
            // Milliseconds are too coarse for a network without delay, and nanoseconds are what poll takes.
            let timeout = Timespec::try_from(sleep.min(SLEEP_MAX)).ok();
            let ready: Vec<usize> = {
                let mut fds: Vec<PollFd<'_>> = self.cards.iter().map(|card| PollFd::new(card, PollFlags::IN)).collect();
                // Interrupted, it is asked again.
                let _ = poll(&mut fds, timeout.as_ref());
                fds.iter().enumerate().filter(|(_, fd)| !fd.revents().is_empty()).map(|(port, _)| port).collect()
            };
            let sky = weather(&self.shared).clone();
            ready.into_iter().for_each(|port| self.take(port, &sky));
            self.deliver(&sky);
        }
    }

    fn take(&mut self, from: usize, sky: &Weather) {
        let mut buffer = [0; FRAME_BYTES_MAX];
        for _ in 0..BURST_MAX {
            let Some(card) = self.cards.get_mut(from) else { return };
            let bytes = match card.read(&mut buffer) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // Nothing more for now.
                Err(_) => return,
            };
            let Some(frame) = buffer.get(..bytes).filter(|frame| is_ours(frame)) else { continue };
            let now = clock::moment();
            let frame: Arc<[u8]> = frame.into();
            match frame.get(..6).and_then(port_of) {
                Some(to) => self.send(from, to, &frame, now, sky),
                None => {
                    (0..self.cards.len()).filter(|to| *to != from).for_each(|to| self.send(from, to, &frame, now, sky));
                }
            }
        }
    }

    /// One copy of a frame, or none, or two.
    fn send(&mut self, from: usize, to: usize, frame: &Arc<[u8]>, now: Instant, sky: &Weather) {
        let counts = &self.shared.counts;
        if self.dice.below(1_000) < sky.lost_per_mille {
            counts.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let copies = 1 + usize::from(self.dice.below(1_000) < sky.twice_per_mille);
        counts.twice.fetch_add(copies as u64 - 1, Ordering::Relaxed);
        for _ in 0..copies {
            if self.queue.len() >= QUEUE_MAX {
                counts.crowded.fetch_add(1, Ordering::Relaxed);
                return;
            }
            let at = now + sky.delay + self.dice.time(Duration::ZERO, sky.jitter);
            self.frames += 1;
            self.queue.push(Reverse(Frame { at, number: self.frames, from, to, bytes: Arc::clone(frame) }));
        }
    }

    fn deliver(&mut self, sky: &Weather) {
        let now = clock::moment();
        while self.queue.peek().is_some_and(|Reverse(first)| first.at <= now) {
            let Some(Reverse(Frame { from, to, bytes, .. })) = self.queue.pop() else { return };
            let counts = &self.shared.counts;
            if sky.groups.get(from) != sky.groups.get(to) {
                counts.cut.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let Some(card) = self.cards.get_mut(to) else { continue };
            // A card that takes nothing loses it.
            let count = if card.write(&bytes).is_ok() { &counts.passed } else { &counts.crowded };
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn is_ours(frame: &[u8]) -> bool {
    frame.get(KIND_AT).is_some_and(|kind| KINDS.iter().any(|ours| kind == ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_ports() {
        for port in [0, 1, 19, 300, 65_535] {
            assert_eq!(port_of(&mac(port)), Some(port));
        }
        assert_eq!(port_of(&[0xff; 6]), None);
        assert_eq!(port_of(&[]), None);
        assert!(mac(0)[0] & 1 == 0, "for one receiver");
    }

    #[test]
    fn only_ipv4_and_arp_pass() {
        let frame = |kind: [u8; 2]| [&[0; 12][..], &kind, &[0; 46]].concat();
        assert!(is_ours(&frame([0x08, 0x00])) && is_ours(&frame([0x08, 0x06])));
        assert!(!is_ours(&frame([0x86, 0xdd])) && !is_ours(&[0; 13]));
    }
}
