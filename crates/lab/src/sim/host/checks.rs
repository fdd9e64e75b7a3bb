//! A host's threads that check signatures: each takes some, and tells what came of them some time later; who began first may end last.
//! Must not know what is signed. Bounds: one batch a thread.

use std::rc::Rc;
use std::time::Duration;

use whispernet_core::node::CheckId;

use super::{Checked, Env, Event, Host};
use crate::sim::scenario::Plant;
use crate::sim::view::Dropped;

/// Most signatures that a thread takes at a time.
const BATCH_MAX: usize = 64;

/// The node's bound of links that have something to check.
pub(in crate::sim) const CHECKED_LINKS: &str = "links with signatures to check";

/// What the threads are at.
#[derive(Default)]
pub(in crate::sim) struct Verifiers {
    /// How many of them have something.
    busy: usize,
    /// One is about to look for something.
    comes: bool,
}

impl Host {
    /// Has a thread look for signatures, where some wait and it has none.
    pub(super) fn call_verifiers(&mut self, env: &mut Env) {
        let Some(node) = &self.node else { return };
        if node.checks_waiting() == 0 || self.verifiers.comes || self.verifiers.busy >= self.plan.verifiers {
            return;
        }
        self.verifiers.comes = true;
        let due = node.checks_due().unwrap_or_default().max(env.queue.now());
        let pause = env.dice.time(Duration::ZERO, self.plan.check_lasts / 4);
        env.queue.at(due.after(pause), Event::Check(self.run()));
    }

    /// A thread takes some.
    pub(in crate::sim) fn take_checks(&mut self, env: &mut Env) -> Checked {
        self.verifiers.comes = false;
        let now = self.now(env);
        let Some(node) = &mut self.node else { return Ok(()) };
        let claims = node.take_checks(now, env.dice.between(1, BATCH_MAX));
        if !claims.is_empty() {
            let all = self.plan.plant == Some(Plant::TrustAll);
            let results: Rc<[(CheckId, bool)]> =
                claims.iter().map(|(check, claim)| (*check, all || env.verdicts.of(claim))).collect();
            self.verifiers.busy += 1;
            let lasts = env.dice.time(Duration::ZERO, self.plan.check_lasts);
            env.queue.after(lasts, Event::Verified(self.run(), results));
        }
        self.call_verifiers(env);
        Ok(())
    }

    /// A thread is done.
    pub(in crate::sim) fn verified(&mut self, results: &[(CheckId, bool)], env: &mut Env) -> Checked {
        let now = self.now(env);
        self.verifiers.busy -= 1;
        let Some(node) = &mut self.node else { return Ok(()) };
        node.checked(now, results, &mut self.out);
        env.note(self.id, None, "verifies", [results.len() as u64, node.log().end()]);
        self.settle(env)?;
        self.read_on(env)
    }

    /// After each input: what came and is not there was dropped, or is still to be checked.
    pub(super) fn watch_in_flight(&mut self, env: &mut Env) {
        let Some(node) = &self.node else { return };
        let all = Dropped::of(node);
        let mut dropped = all.since(std::mem::replace(&mut self.dropped, all));
        dropped.anything += u64::from(std::mem::take(&mut env.views[self.id].unseen));
        let view = &env.views[self.id];
        self.in_flight.retain(|message| !view.has_full(*message));
        if self.in_flight.is_empty() {
            return;
        }
        // What is asked about now is in flight again when the answer comes.
        let waits = node.bounds().iter().any(|bound| bound.what == CHECKED_LINKS && bound.is > 0);
        let in_flight: Vec<_> = self.in_flight.iter().copied().collect();
        if !waits {
            self.in_flight.clear();
        }
        self.excuse(dropped, &in_flight, env);
    }
}
