//! Who sits at the API: every connection takes a seat, and where all are taken the one that has been silent longest leaves; a WebSocket,
//! which is silent as long as it only listens, after all others.
//! Must not know HTTP. Bounds: `SEATS_MAX` connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Most connections at a time.
pub(super) const SEATS_MAX: usize = 64;

/// All seats.
#[derive(Default)]
pub(super) struct Seats {
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// Counts arrivals and silences: the order in which seats fell silent.
    tick: u64,
    seats: BTreeMap<u64, Occupant>,
}

struct Occupant {
    /// Complete requests being worked on.
    in_flight: u32,
    /// It is a WebSocket.
    listens: bool,
    silent_since: u64,
    evicted: Arc<Notify>,
}

impl Seats {
    /// A seat for a new connection, at the cost of the one silent longest where all are taken; `None` where none is silent.
    pub(super) fn take(self: &Arc<Self>) -> Option<Arc<Seat>> {
        let mut taken = self.lock();
        if taken.seats.len() >= SEATS_MAX {
            let silent = taken.seats.iter().filter(|(_, seat)| seat.in_flight == 0);
            let longest = *silent.min_by_key(|(_, seat)| (seat.listens, seat.silent_since))?.0;
            if let Some(occupant) = taken.seats.remove(&longest) {
                occupant.evicted.notify_one();
            }
        }
        taken.tick += 1;
        let number = taken.tick;
        let evicted = Arc::new(Notify::new());
        let occupant = Occupant { in_flight: 0, listens: false, silent_since: number, evicted: Arc::clone(&evicted) };
        taken.seats.insert(number, occupant);
        Some(Arc::new(Seat { seats: Arc::clone(self), number, evicted }))
    }

    /// How many are taken.
    pub(super) fn held(&self) -> usize {
        self.lock().seats.len()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Nothing panics while it is held, and the table would be whole if something did.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The seat of one connection; free again when the last clone is gone.
pub(super) struct Seat {
    seats: Arc<Seats>,
    number: u64,
    evicted: Arc<Notify>,
}

impl Seat {
    /// Keeps the seat from being taken until the result is dropped.
    pub(super) fn work(self: &Arc<Self>) -> Work {
        if let Some(occupant) = self.seats.lock().seats.get_mut(&self.number) {
            occupant.in_flight += 1;
        }
        Work(Arc::clone(self))
    }

    /// From now on a WebSocket has it, which has just said something.
    pub(super) fn listens(&self) {
        let mut taken = self.seats.lock();
        taken.tick += 1;
        let now = taken.tick;
        if let Some(occupant) = taken.seats.get_mut(&self.number) {
            (occupant.listens, occupant.silent_since) = (true, now);
        }
    }

    /// Resolves when the seat went to somebody else.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
        // For whoever else waits for it.
        self.evicted.notify_one();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.lock().seats.remove(&self.number);
    }
}

/// A complete request being worked on.
pub(super) struct Work(Arc<Seat>);

impl Drop for Work {
    fn drop(&mut self) {
        let mut taken = self.0.seats.lock();
        taken.tick += 1;
        let now = taken.tick;
        if let Some(occupant) = taken.seats.get_mut(&self.0.number) {
            occupant.in_flight -= 1;
            occupant.silent_since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evicted(seat: &Seat) -> bool {
        !seat.seats.lock().seats.contains_key(&seat.number)
    }

    #[test]
    fn the_one_silent_longest_goes_first() {
        let seats = Arc::new(Seats::default());
        let taken: Vec<_> = (0..SEATS_MAX).filter_map(|_| seats.take()).collect();
        assert_eq!(taken.len(), SEATS_MAX);
        let at_work = taken[0].work();
        drop(taken[1].work());

        let next = seats.take().expect("62 are silent since they came");
        assert!(evicted(&taken[2]));
        assert!(!evicted(&taken[0]) && !evicted(&taken[1]) && !evicted(&next));
        drop(at_work);
    }

    #[test]
    fn a_full_table_at_work_takes_nobody_and_a_free_seat_somebody() {
        let seats = Arc::new(Seats::default());
        let mut work: Vec<_> = (0..SEATS_MAX).filter_map(|_| Some(seats.take()?.work())).collect();
        assert!(seats.take().is_none());
        work.pop();
        assert!(seats.take().is_some());
    }

    #[test]
    fn who_listens_goes_after_all_others() {
        let seats = Arc::new(Seats::default());
        let taken: Vec<_> = (0..SEATS_MAX).filter_map(|_| seats.take()).collect();
        taken[1..].iter().for_each(|seat| seat.listens());
        let at_work = taken[0].work();
        taken[1].listens();
        let next = seats.take().expect("63 only listen");
        next.listens();
        assert!(evicted(&taken[2]) && !evicted(&taken[1]), "the one that said nothing for longest");
        drop(at_work);
        let _next = seats.take().expect("one is silent");
        assert!(evicted(&taken[0]) && !evicted(&taken[3]));
    }

    #[tokio::test]
    async fn the_evicted_is_told() {
        let seats = Arc::new(Seats::default());
        let first = seats.take().expect("all are free");
        let others: Vec<_> = (0..SEATS_MAX).filter_map(|_| seats.take()).collect();
        assert_eq!(others.len(), SEATS_MAX);
        first.evicted().await;
        first.evicted().await;
    }
}
