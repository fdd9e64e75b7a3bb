//! A host's store: batches that are on disk some time after they were begun, or never.
//! Must not know links. Bounds: one batch at a time.

use std::time::Duration;

use whispernet_core::codec;
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::log::{Cursor, Entry, Read};

use super::{Checked, Env, Event, Host};
use crate::sim::disk::{Row, Staged};
use crate::sim::scenario::Plant;
use crate::sim::view::Dropped;

/// What one transaction has.
pub(in crate::sim) struct Batch {
    pub(in crate::sim) rows: Vec<Row>,
    pub(in crate::sim) staged: Staged,
    /// Where the store's cursor stands after it.
    next: Cursor,
}

impl Host {
    pub(in crate::sim) fn save(&mut self, env: &mut Env) -> Checked {
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(()) };
        node.save_cursors(now, &mut self.out);
        self.settle(env)?;
        if !self.plan.stored {
            // Nothing else is written that it could wait for.
            self.disk.flush();
        }
        env.queue.after(self.plan.save_pause, Event::Save(self.run()));
        Ok(())
    }

    pub(super) const fn is_storing(&self) -> bool {
        self.plan.stored && !self.store_fails
    }

    /// The store begins a batch.
    pub(in crate::sim) fn commit(&mut self, env: &mut Env) -> Checked {
        self.commit_comes = false;
        if !self.is_storing() || self.writing.is_some() {
            return Ok(());
        }
        let Some(node) = &self.node else { return Ok(()) };
        let (mut rows, mut next) = (Vec::new(), self.store_cursor);
        match node.read_log(self.store_cursor, self.plan.commit_bytes, |_| true, &mut self.chunk) {
            Read::Behind => next = Cursor::at(node.log().floor()),
            Read::UpToDate => {}
            Read::Chunk => {
                for (entry, raw) in self.chunk.entries().filter(|(entry, _)| !entry.marks.hidden) {
                    let texts =
                        codec::parse(raw, |object| [object.addr(), object.body()].map(|text| text.decode().into()));
                    let [addr, body] = texts.ok().flatten().unwrap_or_default();
                    let Entry { seq, fingerprint, received, marks, rank, state, .. } = *entry;
                    let (raw, note) = (raw.to_vec(), self.chunk.note(seq).cloned().unwrap_or_default());
                    rows.push(Row { seq, fingerprint, received, addr, body, marks, raw, rank, state, note });
                }
                next = self.chunk.next();
            }
        }
        self.chunk.clear();
        self.writing = Some(Batch { rows, staged: self.disk.take_staged(), next });
        let lasts = env.dice.time(Duration::ZERO, self.plan.commit_lasts);
        env.queue.after(lasts, Event::Written(self.run()));
        Ok(())
    }

    /// The batch is on disk, or could not be written.
    pub(in crate::sim) fn written(&mut self, env: &mut Env) -> Checked {
        let now = self.now(env);
        let Some(mut batch) = self.writing.take() else { return Ok(()) };
        if self.store_fails {
            self.disk.stage_again(batch.staged);
            return Ok(());
        }
        self.store_cursor = batch.next;
        if self.plan.plant == Some(Plant::LostRows) {
            batch.rows.retain(|row| row.seq % 3 > 0);
        }
        self.disk.write(batch);
        let Some(node) = &mut self.node else { return Ok(()) };
        node.committed(now, self.store_cursor.seq, &mut self.out);
        self.settle(env)?;
        self.read_on(env)
    }

    pub(in crate::sim) fn reserved(&mut self, until: u64, env: &mut Env) -> Checked {
        if self.store_fails {
            // The reservation is tried again until it is on disk.
            env.queue.after(Duration::from_millis(500), Event::Reserved(self.run(), until));
            return Ok(());
        }
        let now = self.now(env);
        self.disk.reserve(until);
        let Some(node) = &mut self.node else { return Ok(()) };
        node.reserved(now, until, &mut self.out);
        self.settle(env)?;
        self.read_on(env)
    }

    pub(in crate::sim) fn looked_up(&mut self, token: u64, print: Fingerprint, id: &str, env: &mut Env) -> Checked {
        let now = self.now(env);
        self.guard.looked_up();
        // A store that cannot tell says that it knows it.
        let known = self.store_fails || self.disk.knows(print);
        let message = env.said.find(id.as_bytes());
        let failed = Dropped::other(u64::from(self.store_fails));
        let Some(node) = &mut self.node else { return Ok(()) };
        node.looked_up(now, token, known, &mut self.out);
        self.in_flight.extend(message);
        self.excuse(failed, message.as_slice(), env);
        self.settle(env)
    }

    pub(in crate::sim) fn fail_store(&mut self, fails: bool, env: &mut Env) -> Checked {
        if !self.plan.stored || self.store_fails == fails {
            return Ok(());
        }
        self.store_fails = fails;
        let now = env.queue.now();
        let Some(node) = &mut self.node else { return Ok(()) };
        env.note(
            self.id,
            None,
            if fails { "store fails" } else { "store works" },
            [node.log().committed(), node.log().end()],
        );
        if fails {
            env.views[self.id].unstored(node.log().committed());
        }
        env.views[self.id].stored_since = (!fails).then_some(now);
        node.set_stored(!fails);
        self.stirred = true;
        self.settle(env)?;
        self.read_on(env)
    }
}
