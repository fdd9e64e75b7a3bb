//! What the threads of one peer share: the node behind its lock, and how they wake one another.
//! Must not know what any of them does. Bounds: [`EVENTS_MAX`], [`JOBS_MAX`]; outputs wait for one turn of the network thread.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast, oneshot, watch};
use whispernet_core::identity::PublicKey;
use whispernet_core::node::{Node, Output, SayToken};

use crate::clock::Clock;
use crate::counts::{Count, Counts};
use crate::event::{Event, Level};
use crate::faces::Faces;
use crate::store::Files;
use crate::verifiers::Bell;
use crate::writer::Job;

/// Events that a slow face may lag behind before it misses some. Messages are not among them: they are in the log.
pub(crate) const EVENTS_MAX: usize = 1_024;
/// Jobs that wait for the store's thread.
pub(crate) const JOBS_MAX: usize = 1_024;

/// What became of something said: its place and ID, and whether it was a repetition.
pub(crate) type Answer = (u64, String, bool);

/// How far the store is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Durability {
    /// Entries before this `seq` are on disk.
    pub(crate) committed: u64,
    /// Why nothing gets there now.
    pub(crate) failing: Option<String>,
}

/// One peer, as its threads share it.
pub(crate) struct Shared {
    node: Mutex<Node>,
    pub(crate) clock: Clock,
    pub(crate) run: String,
    /// Whose peer it is.
    pub(crate) key: PublicKey,
    pub(crate) database: Option<PathBuf>,
    /// Whether the log is kept in the database.
    pub(crate) history: bool,
    /// Whether files of others are kept.
    pub(crate) keeps_files: bool,
    pub(crate) files_dir: PathBuf,
    files: Mutex<Files>,
    /// Outputs of commands, for the network thread to carry out.
    outputs: Mutex<Vec<Output>>,
    pub(crate) network: Notify,
    /// Wakes those that check signatures.
    pub(crate) bell: Bell,
    jobs: SyncSender<Job>,
    /// How many of them wait.
    pub(crate) jobs_waiting: AtomicUsize,
    /// A poke is on its way to the store's thread.
    poked: AtomicBool,
    /// A setting did not get to the store's thread.
    setting_lost: AtomicBool,
    /// The database is being looked through for damage.
    pub(crate) checking: AtomicBool,
    /// How often a broken database was replaced.
    pub(crate) replacements: AtomicU64,
    says: Mutex<BTreeMap<SayToken, oneshot::Sender<Answer>>>,
    /// Bytes of the unfinished objects of all links, as of the last second.
    pub(crate) partial_bytes: AtomicU64,
    pub(crate) counts: Counts,
    pub(crate) faces: Arc<Faces>,
    /// Where the log ends.
    pub(crate) end: watch::Sender<u64>,
    pub(crate) durability: watch::Sender<Durability>,
    /// What is no message, each with where the log ended then.
    pub(crate) events: broadcast::Sender<(u64, Event)>,
    /// The wish to stop.
    pub(crate) stop: watch::Sender<bool>,
}

/// What [`Shared::new`] is made from.
pub(crate) struct Parts {
    pub(crate) node: Node,
    pub(crate) clock: Clock,
    pub(crate) run: String,
    pub(crate) key: PublicKey,
    pub(crate) database: Option<PathBuf>,
    pub(crate) history: bool,
    pub(crate) keeps_files: bool,
    pub(crate) files_dir: PathBuf,
    pub(crate) files: Files,
    pub(crate) jobs: SyncSender<Job>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked has a bug; the others go on with what it left, which no step leaves half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let end = parts.node.log().end();
        let committed = parts.node.log().committed();
        Arc::new(Self {
            node: Mutex::new(parts.node),
            clock: parts.clock,
            run: parts.run,
            key: parts.key,
            database: parts.database,
            history: parts.history,
            keeps_files: parts.keeps_files,
            files_dir: parts.files_dir,
            files: Mutex::new(parts.files),
            outputs: Mutex::default(),
            network: Notify::new(),
            bell: Bell::default(),
            jobs: parts.jobs,
            jobs_waiting: AtomicUsize::new(0),
            poked: AtomicBool::new(false),
            setting_lost: AtomicBool::new(false),
            checking: AtomicBool::new(false),
            replacements: AtomicU64::new(0),
            says: Mutex::default(),
            partial_bytes: AtomicU64::new(0),
            counts: Counts::default(),
            faces: Arc::default(),
            end: watch::Sender::new(end),
            durability: watch::Sender::new(Durability { committed, failing: None }),
            events: broadcast::Sender::new(EVENTS_MAX),
            stop: watch::Sender::new(false),
        })
    }

    pub(crate) fn node(&self) -> MutexGuard<'_, Node> {
        locked(&self.node)
    }

    /// The folder of files. It is locked while one is written: not for threads that others wait for.
    pub(crate) fn files(&self) -> MutexGuard<'_, Files> {
        locked(&self.files)
    }

    /// Runs a command on the node; the network thread carries out what follows from it.
    pub(crate) fn command<T>(&self, command: impl FnOnce(&mut Node, &mut Vec<Output>) -> T) -> T {
        let mut out = Vec::new();
        let (result, end, waiting) = {
            let mut node = self.node();
            let result = command(&mut node, &mut out);
            (result, node.log().end(), node.checks_waiting())
        };
        self.grew_to(end);
        if waiting > 0 {
            self.bell.ring(waiting);
        }
        locked(&self.outputs).append(&mut out);
        self.network.notify_one();
        result
    }

    pub(crate) fn take_outputs(&self) -> Vec<Output> {
        std::mem::take(&mut *locked(&self.outputs))
    }

    /// The log may have grown: tells the store and the faces.
    pub(crate) fn grew_to(&self, end: u64) {
        // Threads may come here out of order.
        let grown = self.end.send_if_modified(|known| end > *known && std::mem::replace(known, end) != end);
        // Where nothing is kept, the store's thread has nothing to do with what is said.
        if grown && self.history && !self.poked.swap(true, Ordering::AcqRel) && !self.job(Job::Poke) {
            // Its queue is full: it commits after what is in there, and the next growth pokes again.
            self.poke_seen();
        }
    }

    /// The store's thread has seen the poke.
    pub(crate) fn poke_seen(&self) {
        self.poked.store(false, Ordering::Release);
    }

    /// Hands a job to the store's thread. One that finds the queue full is dropped: what must not be lost waits in memory
    /// and is asked for again.
    pub(crate) fn job(&self, job: Job) -> bool {
        // Before it can be taken.
        self.jobs_waiting.fetch_add(1, Ordering::Relaxed);
        let refused = self.jobs.try_send(job).err();
        if refused.is_some() {
            self.job_taken();
        }
        if let Some(TrySendError::Full(job)) = &refused {
            self.counts.add(Count::JobRefused, 1);
            if job.is_setting() {
                self.setting_lost.store(true, Ordering::Release);
            }
        }
        refused.is_none()
    }

    /// The store's thread has taken a job.
    pub(crate) fn job_taken(&self) {
        self.jobs_waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether a setting was dropped since this was asked last: then the store's thread is to take all of them from the node.
    pub(crate) fn take_setting_lost(&self) -> bool {
        self.setting_lost.swap(false, Ordering::AcqRel)
    }

    /// Hands a job to the store's thread, waiting for room: not for threads that others wait for.
    pub(crate) fn job_in_time(&self, job: Job) {
        self.jobs_waiting.fetch_add(1, Ordering::Relaxed);
        // It takes jobs until it ends; where it has ended there is nobody to tell.
        let _ = self.jobs.send(job);
    }

    /// Tells the store's thread to end, once it has done what it was asked before.
    pub(crate) fn end_store(&self) {
        self.job_in_time(Job::Stop);
    }

    /// Registers who waits for `token`.
    pub(crate) fn expect_answer(&self, token: SayToken, answer: oneshot::Sender<Answer>) {
        locked(&self.says).insert(token, answer);
    }

    pub(crate) fn answer(&self, token: SayToken, answer: Answer) {
        if let Some(waiting) = locked(&self.says).remove(&token) {
            // Who asked may have gone.
            let _ = waiting.send(answer);
        }
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody may be listening.
        let _ = self.events.send((*self.end.borrow(), event));
    }

    pub(crate) fn notice(&self, level: Level, text: impl Into<String>) {
        self.tell(Event::Notice { level, text: text.into() });
    }

    /// Resolves when the peer is to stop.
    pub(crate) async fn stopped(&self) {
        // The sender lives as long as this.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}
