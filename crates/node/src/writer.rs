//! The thread that owns the store: commits the log in batches, keeps what else must last, and builds the search index when
//! there is nothing better to do. Must not know links or faces. Bounds: [`ROWS_MAX`] and [`BATCH_BYTES_MAX`] a transaction.

pub(crate) mod job;
mod keeper;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::log::{Chunk, Cursor, Read};
use whispernet_core::time::Instant;
use whispernet_core::trust;

pub(crate) use job::Job;

use self::keeper::Keeper;
use crate::config::Accept;
use crate::counts::Count;
use crate::event::Level;
use crate::message;
use crate::shared::Shared;
use crate::store::{self, Reader, Row, StoreError, Writer};

/// How long a message waits for others to share its commit.
const GATHER: Duration = Duration::from_millis(50);
/// Rows of a transaction: of messages of 256 bytes it takes 80,000 a second like this, and 48,000 with a quarter as many (measured,
/// two cores; the rest is waiting for the disk).
const ROWS_MAX: usize = 20_000;
/// Bytes of messages of a transaction.
const BATCH_BYTES_MAX: usize = 8 << 20;
/// Changes about keys that wait for a turn; beyond them, all that is known of keys is written anew.
const TRUST_CHANGES_MAX: usize = 1_024;
/// Between two tries to write to a store that fails.
const RETRY: Duration = Duration::from_secs(5);
/// Rows that the search index takes in one go.
const INDEX_ROWS: usize = 500;
/// Places that somebody may still take who had begun to say something when the end came.
const LATE_SAYS_MAX: u64 = 64;
/// Between two looks at the quota.
const PRUNE_INTERVAL: Duration = Duration::from_secs(30);
/// Rows that go in one go.
const PRUNE_ROWS: usize = 2_000;
/// Bytes of history on disk.
pub(crate) const HISTORY_BYTES_MAX: u64 = 1 << 30;

/// What the thread is started with.
pub(crate) struct Start {
    pub(crate) shared: Arc<Shared>,
    pub(crate) jobs: Receiver<Job>,
    pub(crate) writer: Writer,
    pub(crate) accept: Accept,
    pub(crate) dir: PathBuf,
    /// That of the fingerprints in the log: a new database must have the same.
    pub(crate) fingerprint_key: [u8; 16],
    pub(crate) history: bool,
    /// What was reserved before the start.
    pub(crate) reserved: u64,
}

struct Thread {
    shared: Arc<Shared>,
    /// `None` while a broken database cannot be replaced.
    writer: Option<Writer>,
    keeper: Keeper,
    dir: PathBuf,
    fingerprint_key: [u8; 16],
    history: bool,
    cursor: Cursor,
    /// The largest reservation that was asked for: a new database starts with it.
    reserved: u64,
    reserve_wanted: Option<u64>,
    failing: bool,
    retry_at: Instant,
    /// What changed about keys and is not written yet.
    trust: Vec<trust::Change>,
    /// The small tables are to be written whole.
    settings_unsaved: bool,
    /// There is more to commit at once.
    behind: bool,
    more_to_index: bool,
    pruned: Instant,
    stop: bool,
}

/// Runs until [`Job::Stop`]; then commits what is left.
pub(crate) fn run(start: Start) {
    let cursor = Cursor::at(start.shared.node().log().committed());
    let mut thread = Thread {
        cursor,
        shared: start.shared,
        writer: Some(start.writer),
        keeper: Keeper::new(start.accept),
        dir: start.dir,
        fingerprint_key: start.fingerprint_key,
        history: start.history,
        reserved: start.reserved,
        reserve_wanted: None,
        failing: false,
        retry_at: Instant::default(),
        trust: Vec::new(),
        settings_unsaved: false,
        behind: false,
        more_to_index: true,
        pruned: Instant::default(),
        stop: false,
    };
    thread.checkpoint();
    while !thread.stop {
        thread.turn(&start.jobs);
    }
    // More than once only where that found the database broken, and replaced it.
    while thread.commit() {}
    thread.reserve();
    thread.save_settings();
    let used = thread.shared.node().log().end().saturating_add(LATE_SAYS_MAX);
    if let Some(mut writer) = thread.writer.take()
        && let Err(error) = writer.release_seq(used).and_then(|()| writer.close())
    {
        thread.shared.notice(Level::Warn, format!("the history could not be closed: {error}"));
    }
}

impl Thread {
    fn turn(&mut self, jobs: &Receiver<Job>) {
        let patience = if self.failing {
            RETRY
        } else if self.more_to_index || self.behind {
            Duration::ZERO
        } else {
            PRUNE_INTERVAL
        };
        match jobs.recv_timeout(patience) {
            Ok(job) => self.gather(job, jobs),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.stop = true,
        }
        if self.failing && self.shared.clock.now().instant < self.retry_at && !self.stop {
            return;
        }
        if self.writer.is_none() {
            self.replace("it could not be replaced before");
        }
        self.reserve();
        self.save_settings();
        self.behind = self.commit();
        if !self.behind && !self.stop {
            self.tidy();
        }
    }

    /// Takes jobs for a while, so that what comes together is committed together; something urgent ends that.
    fn gather(&mut self, first: Job, jobs: &Receiver<Job>) {
        let clock = self.shared.clock;
        let until = clock.now().instant.after(GATHER);
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if self.take(job) || self.stop {
                // All that is there already comes along.
                while let Ok(job) = jobs.try_recv() {
                    self.take(job);
                }
                return;
            }
            next = jobs.recv_timeout(until.since(clock.now().instant)).ok();
        }
    }

    /// Does a job. Returns whether the commit should not wait for more.
    fn take(&mut self, job: Job) -> bool {
        self.shared.job_taken();
        match job {
            Job::Poke => {
                self.shared.poke_seen();
                false
            }
            Job::Urgent => true,
            Job::Reserve(until) => {
                self.reserve_wanted = self.reserve_wanted.max(Some(until));
                true
            }
            Job::LookUp { token, fingerprint, id } => {
                self.look_up(token, fingerprint, &id);
                false
            }
            Job::Broken { reason, replacements } => {
                if replacements == self.shared.replacements.load(Ordering::Acquire) {
                    self.replace(&reason);
                }
                true
            }
            Job::Trust(change) if self.trust.len() < TRUST_CHANGES_MAX => {
                self.trust.push(*change);
                false
            }
            Job::Trust(_) => {
                self.settings_unsaved = true;
                false
            }
            Job::Stop => {
                self.stop = true;
                true
            }
            setting => {
                let written = self.writer.as_mut().map(|writer| setting.write(writer));
                self.settings_unsaved |= !matches!(written, Some(Ok(())));
                if let Some(Err(error)) = written {
                    self.failed(&error);
                }
                false
            }
        }
    }

    /// Writes all settings, where single ones did not get to the disk.
    fn save_settings(&mut self) {
        self.settings_unsaved |= self.shared.take_setting_lost();
        self.save_trust();
        let Some(writer) = self.writer.as_mut().filter(|_| self.settings_unsaved) else { return };
        let tables = job::tables(&self.shared.node(), self.shared.clock.now().wall);
        match writer.put_tables(&tables) {
            Ok(()) => self.settings_unsaved = false,
            Err(error) => self.failed(&error),
        }
    }

    /// Writes what changed about keys. A flood of fresh ones costs no more than a few commits.
    fn save_trust(&mut self) {
        if self.trust.is_empty() {
            return;
        }
        let changes = std::mem::take(&mut self.trust);
        let written = self.writer.as_mut().map(|writer| writer.put_trust(&changes));
        self.settings_unsaved |= !matches!(written, Some(Ok(())));
        if let Some(Err(error)) = written {
            self.failed(&error);
        }
    }

    /// Brings what was reserved into the database itself: no number may come again, even where its log is lost.
    fn checkpoint(&mut self) {
        // What fails here is written again later, and said then.
        let _ = self.writer.as_mut().map(Writer::checkpoint);
    }

    fn reserve(&mut self) {
        let Some(until) = self.reserve_wanted else { return };
        let Some(writer) = &mut self.writer else { return };
        match writer.reserve_seq(until) {
            Ok(()) => {
                self.reserve_wanted = None;
                self.reserved = self.reserved.max(until);
                self.checkpoint();
                self.shared.command(|node, out| node.reserved(self.shared.clock.now(), until, out));
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Commits a batch of the log. Returns whether there may be more at once.
    fn commit(&mut self) -> bool {
        if !self.history {
            if self.failing {
                self.append(&[], self.cursor);
            }
            return false;
        }
        loop {
            let mut chunk = Chunk::default();
            let read = {
                let node = self.shared.node();
                let floor = node.log().floor();
                // After a failure the oldest may be gone from memory for good.
                self.cursor = if self.cursor.seq < floor { Cursor::at(floor) } else { self.cursor };
                node.read_log(self.cursor, BATCH_BYTES_MAX, |entry| !entry.marks.hidden, &mut chunk)
            };
            if read == Read::UpToDate {
                // Where there is nothing to write, a mended disk shows in nothing else.
                if self.failing {
                    self.append(&[], self.cursor);
                }
                return false;
            }
            let mut rows: Vec<Row> = Vec::new();
            let mut keep = self.keeper.with(&self.shared);
            let mut entries = chunk.entries();
            rows.extend(
                entries.by_ref().take(ROWS_MAX).filter_map(|(entry, raw)| message::row(&chunk, entry, raw, &mut keep)),
            );
            let next = entries.next().map_or(chunk.next(), |(entry, _)| Cursor::at(entry.seq));
            drop(entries);
            chunk.clear();
            self.add_clients(&mut rows);
            let written = self.append(&rows, next);
            self.keeper.tell(&self.shared, written, &rows);
            if !written {
                // Not failing, it has replaced the database, which the same rows go into.
                return !self.failing;
            }
            if !self.stop {
                return true;
            }
        }
    }

    fn add_clients(&self, rows: &mut [Row]) {
        let node = self.shared.node();
        for row in rows.iter_mut().filter(|row| row.own) {
            row.client = node.client_of(row.seq).map(str::to_owned);
        }
    }

    fn append(&mut self, rows: &[Row], next: Cursor) -> bool {
        let Some(writer) = &mut self.writer else { return false };
        // A store that failed must show that it can write again, rows or none.
        let result = if rows.is_empty() && self.failing {
            writer.reserve_seq(self.reserved)
        } else {
            writer.append(rows).map(drop)
        };
        if let Err(error) = result {
            self.failed(&error);
            return false;
        }
        self.cursor = next;
        self.more_to_index |= !rows.is_empty();
        if self.failing {
            self.failing = false;
            self.shared.command(|node, _| node.set_stored(self.history));
            self.shared.notice(Level::Info, "the history is written again");
        }
        self.shared.command(|node, out| node.committed(self.shared.clock.now(), next.seq, out));
        self.shared.durability.send_modify(|durability| {
            durability.committed = next.seq;
            durability.failing = None;
        });
        true
    }

    /// A write has failed: says so once, and lets the chat go on from memory.
    fn failed(&mut self, error: &StoreError) {
        if let StoreError::Broken(reason) = error {
            let reason = reason.clone();
            return self.replace(&reason);
        }
        let reason = error.to_string();
        if matches!(error, StoreError::TooMany { .. } | StoreError::FileTooLong { .. } | StoreError::Newer { .. }) {
            return self.shared.notice(Level::Warn, reason);
        }
        self.cannot_write(&reason);
    }

    fn cannot_write(&mut self, reason: &str) {
        self.retry_at = self.shared.clock.now().instant.after(RETRY);
        if !self.failing {
            self.failing = true;
            self.shared.command(|node, _| node.set_stored(false));
            let text = format!(
                "the history is not being written: {reason}. The chat goes on; what is said now may be forgotten"
            );
            self.shared.notice(Level::Error, text);
        }
        self.shared.durability.send_modify(|durability| durability.failing = Some(reason.to_owned()));
    }

    /// Sets a broken database aside and begins a new one with what is in memory.
    fn replace(&mut self, reason: &str) {
        self.writer = None;
        let now = self.shared.clock.now();
        match store::replace(&self.dir, now.wall.0, self.fingerprint_key) {
            Ok(opened) => {
                self.writer = Some(opened.writer);
                self.shared.replacements.fetch_add(1, Ordering::AcqRel);
                self.reserve_wanted = self.reserve_wanted.max(Some(self.reserved));
                self.settings_unsaved = true;
                self.cursor = Cursor::at(self.shared.node().log().floor());
                // So that the next turn comes at once.
                self.more_to_index = true;
                let aside = opened.set_aside.map(|path| path.display().to_string()).unwrap_or_default();
                let text = format!("the history was damaged ({reason}) and is set aside as {aside}; a new one begins");
                self.shared.notice(Level::Error, text);
            }
            Err(error) => self.cannot_write(&format!("it is damaged ({reason}) and cannot be replaced: {error}")),
        }
    }

    fn look_up(&self, token: u64, fingerprint: Fingerprint, id: &str) {
        let path = self.shared.database.as_deref();
        // A store that cannot tell counts it as known: the next copy asks again.
        let known =
            path.and_then(|path| Reader::open(path).ok()?.knows(fingerprint.to_bits(), id).ok()).unwrap_or(true);
        self.shared.command(|node, out| node.looked_up(self.shared.clock.now(), token, known, out));
    }

    /// What can wait: the search index, a slice at a time, and the quota.
    fn tidy(&mut self) {
        let now = self.shared.clock.now().instant;
        let Some(writer) = &mut self.writer else { return };
        if self.failing || !self.history {
            self.more_to_index = false;
            return;
        }
        if self.more_to_index {
            match writer.index_some(INDEX_ROWS) {
                Ok(more) => self.more_to_index = more,
                Err(error) => self.failed(&error),
            }
        } else if now.since(self.pruned) >= PRUNE_INTERVAL {
            match writer.prune(HISTORY_BYTES_MAX, PRUNE_ROWS) {
                Ok(0) => self.pruned = now,
                Ok(rows) => self.shared.counts.add(Count::Forgotten, rows),
                Err(error) => self.failed(&error),
            }
        }
    }
}
