//! A peer on a machine of its own, which is killed and started again, and who speaks there.
//! Must not know the network. Bounds: one process and one speaker each.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::said::Said;
use super::space::Space;
use crate::clock;
use crate::peer::api::Api;
use crate::peer::process::Process;
use crate::sim::dice::Dice;

/// Lines that are said one right after the other, on average, where it is not a single one.
const BURST_MEAN: usize = 10;

/// A machine with its peer.
pub(super) struct Member {
    pub(super) number: usize,
    pub(super) ip: Ipv4Addr,
    pub(super) dir: PathBuf,
    /// What all its runs said on standard error.
    log: PathBuf,
    space: Space,
    run: Mutex<Run>,
    changed: Condvar,
}

#[derive(Default)]
struct Run {
    process: Option<Process>,
    api: Option<Api>,
    /// How much was acknowledged there.
    acknowledged: u64,
    /// Nobody is to say anything more.
    over: bool,
}

impl Member {
    pub(super) fn new(number: usize, ip: Ipv4Addr, folder: &Path, space: Space) -> Self {
        let dir = folder.join(format!("p{number}"));
        let log = folder.join(format!("p{number}.log"));
        Self { number, ip, dir, log, space, run: Mutex::default(), changed: Condvar::new() }
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the peer with nothing but a nick and a folder: all else is to work by itself.
    pub(super) fn start(&self, whisper: &Path) -> anyhow::Result<()> {
        self.space.enter()?;
        let mut command = Process::command(whisper);
        command.args(["serve", "--nick", &format!("p{}", self.number), "--data-dir"]).arg(&self.dir);
        let process = Process::start(command, Some(&self.log)).with_context(|| format!("peer {}", self.number))?;
        let api = Api::new(process.web, &self.dir)?;
        let mut run = self.run();
        (run.process, run.api) = (Some(process), Some(api));
        drop(run);
        self.changed.notify_all();
        Ok(())
    }

    /// Kills the peer. Whoever it has not answered is told nothing more.
    pub(super) fn kill(&self) -> anyhow::Result<()> {
        let process = {
            let mut run = self.run();
            run.api = None;
            run.process.take()
        };
        process.map_or(Ok(()), |mut process| process.kill())
    }

    /// Waits until the peer acknowledges something, at most so long: what is killed then has most likely told nobody else yet.
    pub(super) fn wait_acknowledged(&self, limit: Duration) {
        let run = self.run();
        let before = run.acknowledged;
        drop(self.changed.wait_timeout_while(run, limit, |run| run.acknowledged == before));
    }

    /// Ends the peer in order. Whether it ended well.
    pub(super) fn stop(&self) -> anyhow::Result<bool> {
        let process = {
            let mut run = self.run();
            run.api = None;
            run.process.take()
        };
        process.map_or(Ok(true), |mut process| Ok(process.stop()?.success()))
    }

    pub(super) fn is_up(&self) -> bool {
        self.run().process.is_some()
    }

    /// Whether the peer has ended and nobody had asked for that.
    pub(super) fn has_died(&self) -> anyhow::Result<bool> {
        self.run().process.as_mut().map_or(Ok(false), Process::has_ended)
    }

    /// What its runs said that nobody wants to hear.
    pub(super) fn complaints(&self) -> anyhow::Result<Vec<String>> {
        let log = fs::read(&self.log)?;
        let bad = |line: &&str| ["panicked", "damaged", "invariant"].iter().any(|word| line.contains(word));
        Ok(String::from_utf8_lossy(&log).lines().filter(bad).map(str::to_owned).collect())
    }

    /// Asks the peer something, on its machine. Leaves the calling thread there.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&Api) -> std::io::Result<T>) -> anyhow::Result<T> {
        self.space.enter()?;
        let api = self.run().api.clone().context("it is down")?;
        ask(&api).with_context(|| format!("peer {} does not answer", self.number))
    }

    /// Lets somebody speak there until the member is told that it is over, about once in `pause`.
    pub(super) fn speak(
        self: &Arc<Self>,
        said: &Arc<Said>,
        pause: Duration,
        seed: u64,
        began: Instant,
    ) -> std::io::Result<JoinHandle<anyhow::Result<()>>> {
        let (member, said) = (Arc::clone(self), Arc::clone(said));
        thread::Builder::new().name(format!("speaker-{}", self.number)).spawn(move || {
            member.space.enter()?;
            let (mut dice, mut unanswered, mut burst) = (Dice::new(seed), Vec::new(), 0);
            for number in 0_u64.. {
                if burst == 0 {
                    burst = if dice.chance(20) { dice.between(1, 2 * BURST_MEAN) } else { 1 };
                    let pause = pause.saturating_mul(u32::try_from(burst)?);
                    let Some(_) = member.next_turn(dice.around(pause)) else { break };
                }
                burst = burst.saturating_sub(1);
                let Some(api) = member.next_turn(Duration::ZERO) else { break };
                let again = if dice.chance(50) { unanswered.pop() } else { None };
                let body = again.unwrap_or_else(|| format!("p{}-{number}", member.number));
                if !said.try_it(&body, member.number, began.elapsed()) {
                    break;
                }
                match api.say(&body, &body) {
                    Ok((200 | 201, answer)) => {
                        let id = answer["id"].as_str().context("an acknowledgement has an id")?;
                        said.acknowledge(&body, id);
                        member.run().acknowledged += 1;
                        member.changed.notify_all();
                    }
                    // It may have been kept: under the same tag it can be tried again.
                    Ok(_) | Err(_) => unanswered.push(body),
                }
            }
            Ok(())
        })
    }

    /// Waits so long, and then until the peer runs. `None` where it is over.
    fn next_turn(&self, pause: Duration) -> Option<Api> {
        let waited = self.changed.wait_timeout_while(self.run(), pause, |run| !run.over);
        drop(waited);
        let waits = |run: &mut Run| !run.over && run.api.is_none();
        let run = self.changed.wait_while(self.run(), waits).unwrap_or_else(PoisonError::into_inner);
        if run.over { None } else { run.api.clone() }
    }

    /// Nobody speaks there any more.
    pub(super) fn hush(&self) {
        self.run().over = true;
        self.changed.notify_all();
    }
}

/// A pause that a speaker takes so often in a run. Never zero.
pub(super) fn pause(peers: usize, messages_per_second: usize) -> Duration {
    Duration::from_secs(peers as u64) / u32::try_from(messages_per_second.max(1)).unwrap_or(u32::MAX)
}

/// How long since then, for a line of a report.
pub(super) fn seconds(since: Instant) -> f64 {
    clock::moment().duration_since(since).as_secs_f64()
}
