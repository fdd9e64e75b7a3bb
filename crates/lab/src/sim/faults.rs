//! What breaks, how often and for how long. Must not know why the hosts stand it.
//! Bounds: each kind of fault is planned once at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::plan::Mix;
use super::queue::Event;
use super::view::Checked;
use super::world::World;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// One link breaks with what is on the way.
    Cut,
    /// A host ends at once.
    Crash,
    /// A host ends in order.
    Restart,
    /// Hosts fall into two sides that do not reach each other.
    Partition,
    /// The sides reach each other again.
    Heal,
    /// A host reads nothing for a while.
    StopReading,
    /// A store takes nothing for a while.
    StoreFails,
    /// A user pastes hundreds of lines.
    Paste,
}

/// Lines of a paste: more than an author may say at once.
const PASTE_LINES: usize = 230;

impl Mix {
    /// The kinds that this run has, with the mean pause between two.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (Fault, Duration)> + use<> {
        let kinds = [
            (Fault::Cut, self.cut),
            (Fault::Crash, self.crash),
            (Fault::Restart, self.restart),
            (Fault::Partition, self.partition),
            (Fault::StopReading, self.stop_reading),
            (Fault::StoreFails, self.store_fails),
            (Fault::Paste, self.paste),
        ];
        kinds.into_iter().filter_map(|(fault, pause)| pause.map(|pause| (fault, pause)))
    }
}

impl World {
    /// Breaks something, and plans the next of its kind.
    pub(super) fn break_something(&mut self, fault: Fault) -> Checked {
        if self.calm {
            return Ok(());
        }
        if let Some((_, pause)) = self.mix.kinds().find(|(kind, _)| *kind == fault) {
            let pause = self.env.dice.around(pause);
            self.env.queue.after(pause, Event::Fault(fault));
        }
        let host = self.env.dice.below(self.hosts.len());
        let short = self.env.dice.time(Duration::from_secs(1), Duration::from_secs(90));
        match fault {
            Fault::Cut => {
                let pipes: Vec<_> =
                    self.env.net.iter().filter(|(_, pipe)| !pipe.is_broken()).map(|(id, _)| id).collect();
                if !pipes.is_empty() {
                    let pipe = *self.env.dice.pick(&pipes);
                    self.env.cut(pipe);
                }
            }
            Fault::Crash | Fault::Restart if self.hosts[host].is_up() => {
                if fault == Fault::Crash {
                    self.hosts[host].crash(&mut self.env);
                } else {
                    self.hosts[host].stop(&mut self.env)?;
                }
                self.env.queue.after(short, Event::Start(host));
            }
            Fault::Partition if !self.env.net.is_divided() => self.divide(),
            Fault::Heal => self.env.net.heal(),
            Fault::StopReading => {
                self.hosts[host].stopped = true;
                self.env.note(host, None, "stops reading", [0, 0]);
                self.env.queue.after(short * 2, Event::ReadOn(host));
            }
            Fault::StoreFails => {
                self.hosts[host].fail_store(true, &mut self.env)?;
                self.env.queue.after(short, Event::StoreBack(host));
            }
            Fault::Paste => {
                for _ in 0..PASTE_LINES {
                    self.chat(host)?;
                }
            }
            Fault::Crash | Fault::Restart | Fault::Partition => {}
        }
        Ok(())
    }

    /// Some hosts lose sight of the others: a few, or about half, or a whole cluster.
    fn divide(&mut self) {
        let dice = &mut self.env.dice;
        let (by_cluster, away) = (dice.chance(40), *dice.pick(&[5, 20, 50]));
        let of_cluster: Vec<usize> = self.env.clusters.iter().map(|_| usize::from(dice.chance(away))).collect();
        let side = |host: &super::host::Host| {
            (host.id, if by_cluster { of_cluster[host.plan.cluster] } else { usize::from(dice.chance(away)) })
        };
        let sides: BTreeMap<_, _> = self.hosts.iter().map(side).collect();
        let lasts = dice.time(Duration::from_secs(5), self.mix.partition.unwrap_or_default() * 2);
        let across = self.env.net.divide(sides);
        self.env.note(0, None, "partition", [across.len() as u64, lasts.as_secs()]);
        for pipe in across {
            self.env.cut(pipe);
        }
        self.env.queue.after(lasts, Event::Fault(Fault::Heal));
    }
}
