//! What breaks, how often and for how long. Must not know why the hosts stand it.
//! Bounds: each kind of fault is planned once at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::dice::Dice;
use super::host::{EPOCH_MILLIS, Host};
use super::queue::Event;
use super::scenario::Trouble;
use super::view::Checked;
use super::world::World;

/// Lines of a paste: more than an author may say at once.
const PASTE_LINES: usize = 230;
/// How far clocks are off, at most.
const DAY: Duration = Duration::from_secs(24 * 3_600);

impl World {
    /// Breaks something, and plans the next of its kind.
    pub(super) fn break_something(&mut self, trouble: Trouble) -> Checked {
        if self.calm {
            return Ok(());
        }
        let Some((dice, pause)) = self.troubles.get_mut(&trouble).zip(self.mix.pauses.get(&trouble)) else {
            return Ok(());
        };
        let pause = dice.around(*pause);
        let host = dice.below(self.hosts.len());
        let short = dice.time(Duration::from_secs(1), Duration::from_secs(90));
        self.env.queue.after(pause, Event::Trouble(trouble));
        match trouble {
            Trouble::Cut => {
                let pipes = self.env.net.whole();
                if !pipes.is_empty() {
                    let pipe = *dice.pick(&pipes);
                    self.env.cut(pipe);
                }
            }
            Trouble::Crash | Trouble::Restart if self.hosts[host].is_up() => {
                if trouble == Trouble::Crash {
                    self.hosts[host].crash(&mut self.env);
                } else {
                    self.hosts[host].stop(&mut self.env)?;
                }
                self.env.queue.after(short, Event::Start(host));
            }
            Trouble::Partition if !self.env.net.is_divided() => self.divide(),
            Trouble::StopReading => {
                self.hosts[host].stopped = true;
                self.env.note(host, None, "stops reading", [0, 0]);
                self.env.queue.after(short * 2, Event::ReadOn(host));
            }
            Trouble::Stall => {
                let pipes = self.env.net.whole();
                let pipe = (!pipes.is_empty()).then(|| *dice.pick(&pipes));
                if let Some(pipe) = pipe.and_then(|id| Some((id, self.env.net.get(id)?))) {
                    let (id, pipe) = pipe;
                    pipe.stalled = true;
                    let (from, to) = (pipe.from.host(), pipe.to.host());
                    self.env.queue.after(short * 5, Event::ReadAgain(id));
                    self.env.note(to.unwrap_or_default(), from, "stalls a link", [id as u64, 0]);
                }
            }
            Trouble::StoreFails => {
                self.hosts[host].fail_store(true, &mut self.env)?;
                self.env.queue.after(short, Event::StoreBack(host));
            }
            Trouble::Paste => {
                for _ in 0..PASTE_LINES {
                    self.chat(host)?;
                }
            }
            Trouble::Clock => {
                let moved = jump(dice);
                if dice.chance(70) {
                    self.env.queue.after(short * 2, Event::ClockRight(host));
                }
                self.hosts[host].move_clock(moved, &mut self.env)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Some hosts lose sight of the others: a few, or about half, or a whole cluster.
    fn divide(&mut self) {
        let Some(dice) = self.troubles.get_mut(&Trouble::Partition) else { return };
        let (by_cluster, away) = (dice.chance(40), *dice.pick(&[5, 20, 50]));
        let of_cluster: Vec<usize> = self.env.clusters.iter().map(|_| usize::from(dice.chance(away))).collect();
        let side = |host: &Host| {
            (host.id, if by_cluster { of_cluster[host.plan.cluster] } else { usize::from(dice.chance(away)) })
        };
        let sides: BTreeMap<_, _> = self.hosts.iter().map(side).collect();
        let most = self.mix.pauses.get(&Trouble::Partition).copied().unwrap_or_default() * 2;
        let lasts = dice.time(Duration::from_secs(5), most);
        let across = self.env.net.divide(sides);
        self.env.note(0, None, "partition", [across.len() as u64, lasts.as_secs()]);
        for pipe in across {
            self.env.cut(pipe);
        }
        self.env.queue.after(lasts, Event::Heal);
    }
}

/// How far somebody moves the clock of `host`, in milliseconds: by seconds, minutes, hours or days, or back to where clocks
/// without a battery begin.
fn jump(dice: &mut Dice) -> i64 {
    let most = *dice.pick(&[Duration::from_secs(60), Duration::from_secs(600), DAY * 5 / 6, DAY * 40]);
    let far = dice.time(Duration::from_secs(1), most);
    let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or_default();
    match dice.below(10) {
        0 => millis(far) % 3_600_000 - EPOCH_MILLIS,
        1..5 => -millis(far),
        _ => millis(far),
    }
}
