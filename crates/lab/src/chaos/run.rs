//! One run: the peers meet, then the plan breaks them and their network, then all is well again, and every history is looked at.
//! Must not know how frames travel. Bounds: [`MEET_MAX`] to meet; the run and its end by the arguments.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use super::check::{self, Held};
use super::member::{self, Member, seconds};
use super::said::Said;
use super::space::Space;
use super::switch::{self, Switch};
use crate::clock;
use crate::sim::dice::Dice;

/// How long peers may take until all are linked with all: beyond 16 links, dials are spread over a minute.
const MEET_MAX: Duration = Duration::from_secs(240);
/// Between two looks at something that no event tells of.
const LOOK: Duration = Duration::from_millis(500);
/// Between two steps of the plan, on average; a short run has [`STEPS_MIN`] all the same.
const STEP: Duration = Duration::from_millis(2_500);
const STEPS_MIN: u32 = 30;
/// A peer that was killed stays down so long at most.
const DOWN_MAX: Duration = Duration::from_secs(10);
/// How long a kill waits for an acknowledgement that it is to follow.
const AFTER_MAX: Duration = Duration::from_millis(800);
/// What a run did, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) said: usize,
    pub(super) acknowledged: usize,
    pub(super) kills: usize,
    pub(super) stops: usize,
    pub(super) parts: usize,
    pub(super) weathers: usize,
    pub(super) frames: [u64; 5],
    pub(super) met: Duration,
    /// From the end of all faults until all was everywhere.
    pub(super) converged: Duration,
    pub(super) unanswered: [usize; 3],
}

/// What to run.
pub(super) struct Order<'a> {
    pub(super) whisper: &'a Path,
    pub(super) peers: usize,
    pub(super) faults: Duration,
    pub(super) within: Duration,
    /// Messages a second of all speakers together.
    pub(super) pace: usize,
    /// The longest partition; most last a fifth of it at most.
    pub(super) apart: Duration,
    /// Nothing happens but that the first peer is cut off for so long.
    pub(super) outage: Option<Duration>,
    pub(super) seed: u64,
    pub(super) folder: &'a Path,
}

enum Due {
    Start(usize),
    Heal,
}

struct Run<'a> {
    order: &'a Order<'a>,
    dice: Dice,
    members: Vec<Arc<Member>>,
    switch: Switch,
    due: BTreeMap<(Duration, u64), Due>,
    steps: u64,
    began: Instant,
    diary: File,
    report: Report,
}

pub(super) fn run(order: &Order<'_>) -> anyhow::Result<Report> {
    let mut dice = Dice::new(order.seed);
    let (mut members, mut cards) = (Vec::new(), Vec::new());
    for number in 0..order.peers {
        let space = Space::new()?;
        let ip = Ipv4Addr::new(10, 77, 0, u8::try_from(number + 1).context("at most 250 peers")?);
        cards.push(space.plug(switch::mac(number), ip)?);
        members.push(Arc::new(Member::new(number, ip, order.folder, space)));
    }
    let switch = Switch::start(cards, dice.bytes::<8>().iter().fold(0, |seed, byte| seed << 8 | u64::from(*byte)))?;
    let diary = File::create(order.folder.join("plan.log"))?;
    let began = clock::moment();
    let due = BTreeMap::new();
    let mut run = Run { order, dice, members, switch, due, steps: 0, began, diary, report: Report::default() };
    run.meet()?;
    let said = Arc::new(Said::default());
    run.speak_and_break(&said)?;
    run.end(&said)?;
    Ok(std::mem::take(&mut run.report))
}

impl Run<'_> {
    fn note(&mut self, what: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.diary, "{:9.3} {what}", seconds(self.began))?)
    }

    /// Starts all peers, and waits until each has a link to each.
    fn meet(&mut self) -> anyhow::Result<()> {
        for member in &self.members {
            member.start(self.order.whisper)?;
        }
        let began = clock::moment();
        loop {
            let linked =
                self.members.iter().map(|member| self.links(member)).collect::<anyhow::Result<Vec<usize>>>()?;
            if linked.iter().all(|links| *links == self.members.len() - 1) {
                self.report.met = began.elapsed();
                return self.note("all have met");
            }
            ensure!(began.elapsed() < MEET_MAX, "after {MEET_MAX:?} not all have met: links {linked:?}");
            thread::sleep(LOOK);
        }
    }

    /// How many of the others a peer writes to.
    fn links(&self, member: &Member) -> anyhow::Result<usize> {
        let peers = member.ask(|api| api.get("/api/v1/peers"))?;
        let peers = peers["peers"].as_array().context("a list of peers")?;
        let others = self.members.iter().filter(|other| {
            let ip = format!("{}:", other.ip);
            peers
                .iter()
                .any(|peer| peer["out"] == true && peer["addr"].as_str().is_some_and(|addr| addr.starts_with(&ip)))
        });
        Ok(others.count())
    }

    fn speak_and_break(&mut self, said: &Arc<Said>) -> anyhow::Result<()> {
        let pause = member::pause(self.members.len(), self.order.pace);
        let mut speakers = Vec::new();
        let began = clock::moment();
        self.began = began;
        for member in &self.members {
            speakers.push(member.speak(said, pause, self.order.seed ^ (member.number as u64 + 1) << 32, began)?);
        }
        let step = STEP.min(self.order.faults / STEPS_MIN);
        let mut next = self.dice.around(step);
        if let Some(outage) = self.order.outage {
            self.switch.weather(|sky| sky.groups.iter_mut().take(1).for_each(|group| *group = 1));
            self.due.insert((outage, 0), Due::Heal);
            self.report.parts += 1;
            self.note("the first peer is cut off")?;
        }
        while began.elapsed() < self.order.faults {
            self.do_due()?;
            if self.order.outage.is_none() && began.elapsed() >= next {
                self.step()?;
                next += self.dice.around(step);
            }
            self.see_nobody_died()?;
            thread::sleep(LOOK / 10);
        }
        // Nobody breaks anything any more, and after that nobody speaks.
        self.due.retain(|_, due| matches!(due, Due::Start(_)));
        self.due =
            std::mem::take(&mut self.due).into_values().zip(0..).map(|(due, n)| ((Duration::ZERO, n), due)).collect();
        self.do_due()?;
        let ports = self.members.len();
        self.switch.weather(|sky| *sky = super::weather::Weather::calm(ports));
        self.note("the end of all faults")?;
        self.members.iter().for_each(|member| member.hush());
        for speaker in speakers {
            speaker.join().map_err(|_| anyhow::anyhow!("a speaker has failed"))??;
        }
        let lines = said.lines();
        self.report.said = lines.len();
        self.report.acknowledged = lines.values().filter(|line| line.acknowledged.is_some()).count();
        ensure!(
            self.report.acknowledged > 0,
            "nothing was acknowledged, so nothing could be lost: it takes more --minutes"
        );
        Ok(())
    }

    fn see_nobody_died(&self) -> anyhow::Result<()> {
        for member in &self.members {
            ensure!(!member.has_died()?, "peer {} has ended by itself", member.number);
        }
        Ok(())
    }

    fn later(&mut self, most: Duration, due: Due) {
        self.steps += 1;
        let at = self.began.elapsed() + self.dice.time(most / 10, most);
        self.due.insert((at, self.steps), due);
    }

    fn do_due(&mut self) -> anyhow::Result<()> {
        while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= self.began.elapsed()) {
            match first.remove() {
                Due::Start(number) => {
                    self.note(&format!("start {number}"))?;
                    let member = self.members.get(number).context("a peer that was stopped")?;
                    member.start(self.order.whisper)?;
                }
                Due::Heal => {
                    self.switch.weather(|sky| sky.groups.iter_mut().for_each(|group| *group = 0));
                    self.note("heal")?;
                }
            }
        }
        Ok(())
    }

    /// One more fault.
    fn step(&mut self) -> anyhow::Result<()> {
        match self.dice.below(100) {
            0..40 => {
                let all = self.members.len();
                if self.dice.chance(8) {
                    return self.cut_power();
                }
                let several = if self.dice.chance(25) { self.dice.between(2, 4) } else { 1 };
                (0..several).try_for_each(|_| {
                    let number = self.dice.below(all);
                    self.take_down(number)
                })
            }
            40..65 => {
                let (parts, alone) = (self.dice.between(2, 3), self.dice.below(self.members.len()));
                let one = self.dice.chance(40);
                let dice = &mut self.dice;
                let sky = self.switch.weather(|sky| {
                    if one {
                        sky.groups.iter_mut().enumerate().for_each(|(port, group)| *group = usize::from(port == alone));
                    } else {
                        sky.part(parts, dice);
                    }
                    sky.to_string()
                });
                self.report.parts += 1;
                if !self.due.values().any(|due| matches!(due, Due::Heal)) {
                    let most = if self.dice.chance(20) { self.order.apart } else { self.order.apart / 5 };
                    self.later(most, Due::Heal);
                }
                self.note(&sky)
            }
            _ => {
                let dice = &mut self.dice;
                let sky = self.switch.weather(|sky| {
                    sky.turn(dice);
                    sky.to_string()
                });
                self.report.weathers += 1;
                self.note(&sky)
            }
        }
    }

    /// All are killed at once: what was acknowledged is on disks alone.
    fn cut_power(&mut self) -> anyhow::Result<()> {
        self.note("kill -9 all")?;
        for member in self.members.clone().iter().filter(|member| member.is_up()) {
            member.kill()?;
            self.report.kills += 1;
            self.later(DOWN_MAX, Due::Start(member.number));
        }
        Ok(())
    }

    fn take_down(&mut self, number: usize) -> anyhow::Result<()> {
        let Some(member) = self.members.get(number).filter(|member| member.is_up()).cloned() else { return Ok(()) };
        if self.dice.chance(50) {
            member.wait_acknowledged(AFTER_MAX);
        }
        if self.dice.chance(85) {
            member.kill()?;
            self.report.kills += 1;
            self.note(&format!("kill -9 {number}"))?;
        } else {
            ensure!(member.stop()?, "peer {number} did not end well");
            self.report.stops += 1;
            self.note(&format!("stop {number}"))?;
        }
        self.later(DOWN_MAX, Due::Start(number));
        Ok(())
    }

    /// What each peer says of itself, for who looks for a cause.
    fn keep_words(&self) {
        for member in &self.members {
            for word in ["status", "peers"] {
                // One that does not answer has said enough.
                let Ok(answer) = member.ask(|api| api.get(&format!("/api/v1/{word}"))) else { continue };
                let path = self.order.folder.join(format!("p{}.{word}.json", member.number));
                let _ = fs::write(path, format!("{answer:#}"));
            }
        }
    }

    fn end(&mut self, said: &Said) -> anyhow::Result<()> {
        let began = clock::moment();
        let mut held: Vec<Held> = self.members.iter().map(|_| Held::default()).collect();
        loop {
            for (held, member) in held.iter_mut().zip(&self.members) {
                held.read(member)?;
            }
            let missing = check::missing(said, &held);
            if missing.is_empty() {
                break;
            }
            if began.elapsed() > self.order.within {
                self.keep_words();
                bail!(
                    "{:?} after the end of all faults {} are missing:{}",
                    self.order.within,
                    missing.len(),
                    check::list(&missing)
                );
            }
            self.see_nobody_died()?;
            thread::sleep(LOOK);
        }
        self.report.converged = began.elapsed();
        self.report.unanswered = check::unanswered(said, &held);
        let counts = self.switch.counts();
        self.report.frames = [&counts.passed, &counts.lost, &counts.cut, &counts.twice, &counts.crowded]
            .map(|n| n.load(Ordering::Relaxed));
        let mut faults = check::foreign(said, &held);
        faults.extend(check::ends(&self.members)?);
        ensure!(faults.is_empty(), "all is everywhere, but:{}", check::list(&faults));
        Ok(())
    }
}

impl Drop for Run<'_> {
    /// However the run ended, no peer outlives it.
    fn drop(&mut self) {
        for member in &self.members {
            member.hush();
            // One that cannot be killed has told so before.
            let _ = member.kill();
        }
    }
}

/// A folder for the run, of nobody else.
pub(super) fn folder(seed: u64) -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("whisper-chaos-{seed}-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder.canonicalize()?)
}
