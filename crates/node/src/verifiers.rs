//! Threads that check signatures: as many as there are processors, since a check takes longer than all else that is done with a message.
//! Must not know messages. Bounds: [`BATCH_MAX`] checks at a time each.

use std::io;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use whispernet_core::identity::Verifier;
use whispernet_core::node::CheckId;

use crate::shared::Shared;

/// Checks that one thread takes at a time: enough that handing over costs little beside them, and few enough that none waits for
/// long while another thread has nothing to do.
const BATCH_MAX: usize = 32;
/// A thread that nobody has woken looks for itself after this time.
const REST_MAX: Duration = Duration::from_secs(1);

/// How those threads are woken.
#[derive(Default)]
pub(crate) struct Bell {
    /// How often it was rung.
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    fn rings(&self) -> MutexGuard<'_, u64> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is something to check; `waiting`: how much.
    pub(crate) fn ring(&self, waiting: usize) {
        {
            let mut rings = self.rings();
            *rings = rings.wrapping_add(1);
        }
        if waiting > BATCH_MAX {
            self.rung.notify_all();
        } else {
            self.rung.notify_one();
        }
    }

    /// Waits until it is rung again after so many rings, or for so long.
    fn wait(&self, rings: u64, at_most: Duration) {
        let waited = self.rung.wait_timeout_while(self.rings(), at_most, |now| *now == rings);
        // Whether it was rung or the time has passed: there may be something.
        drop(waited);
    }
}

/// Starts the threads. They end soon after the peer is to stop.
///
/// # Errors
/// The system has no room for one.
pub(crate) fn start(shared: &Arc<Shared>) -> io::Result<()> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    for _ in 0..threads {
        let shared = Arc::clone(shared);
        thread::Builder::new().name("verify".to_owned()).spawn(move || run(&shared, threads))?;
    }
    Ok(())
}

fn run(shared: &Shared, threads: usize) {
    let mut verifier = Verifier::default();
    while !*shared.stop.borrow() {
        let rings = *shared.bell.rings();
        let now = shared.clock.now();
        let (claims, due) = {
            let mut node = shared.node();
            let share = node.checks_waiting().div_ceil(threads).clamp(1, BATCH_MAX);
            (node.take_checks(now, share), node.checks_due())
        };
        if claims.is_empty() {
            let rest = due.map_or(REST_MAX, |due| due.since(now.instant).clamp(Duration::from_millis(1), REST_MAX));
            shared.bell.wait(rings, rest);
            continue;
        }
        let results: Vec<(CheckId, bool)> =
            claims.iter().map(|(check, claim)| (*check, claim.holds_for(&mut verifier))).collect();
        shared.command(|node, out| node.checked(shared.clock.now(), &results, out));
    }
}
