//! Whether what was acknowledged is in every history, once, and nothing in any that nobody said.
//! Must not know how it got there. Bounds: each history is read once, and what is new in it again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::ensure;

use super::member::Member;
use super::said::Said;
use crate::peer::disk;

/// Faults that a report names; of the others it gives the number.
const NAMED_MAX: usize = 20;

/// What one history holds: the text under each ID.
#[derive(Default)]
pub(super) struct Held {
    since: u64,
    messages: BTreeMap<String, String>,
}

impl Held {
    /// Reads on.
    pub(super) fn read(&mut self, member: &Member) -> anyhow::Result<()> {
        for message in member.ask(|api| api.history(self.since))? {
            ensure!(message.seq > self.since, "peer {}: seq {} after {}", member.number, message.seq, self.since);
            self.since = message.seq;
            let twice = self.messages.insert(message.id.clone(), message.body);
            ensure!(twice.is_none(), "peer {} has {} twice", member.number, message.id);
        }
        Ok(())
    }
}

/// What was acknowledged and is not there: a line for each message, with the peers that lack it.
pub(super) fn missing(said: &Said, held: &[Held]) -> Vec<String> {
    let mut missing = Vec::new();
    for (body, line) in &*said.lines() {
        let Some(id) = &line.acknowledged else { continue };
        let lacks = |held: &Held| held.messages.get(id) != Some(body);
        let who: Vec<String> =
            held.iter().enumerate().filter(|(_, held)| lacks(held)).map(|(number, _)| number.to_string()).collect();
        if !who.is_empty() {
            missing.push(format!("{body} (said at {:.1} s) at {}", line.at.as_secs_f64(), who.join(" ")));
        }
    }
    missing
}

/// What is in a history and should not be: what nobody said, and more copies of a text than it was tried.
pub(super) fn foreign(said: &Said, held: &[Held]) -> Vec<String> {
    let lines = said.lines();
    let mut faults = Vec::new();
    for (number, held) in held.iter().enumerate() {
        let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
        held.messages.values().for_each(|body| *copies.entry(body).or_default() += 1);
        for (body, copies) in copies {
            let tries = lines.get(body).map_or(0, |line| line.tries);
            if copies > tries {
                faults.push(format!("{body} at {number}: {copies} times, and said {tries} times"));
            }
        }
    }
    faults
}

/// What unacknowledged lines have become of: how many are everywhere, somewhere, nowhere.
pub(super) fn unanswered(said: &Said, held: &[Held]) -> [usize; 3] {
    let mut fates = [0; 3];
    for (body, _) in said.lines().iter().filter(|(_, line)| line.acknowledged.is_none()) {
        let have = held.iter().filter(|held| held.messages.values().any(|other| other == body)).count();
        let fate = if have == held.len() { 0 } else { 2 - usize::from(have > 0) };
        if let Some(count) = fates.get_mut(fate) {
            *count += 1;
        }
    }
    fates
}

/// Ends all peers in order, and looks at what they leave.
pub(super) fn ends(members: &[Arc<Member>]) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for member in members {
        let number = member.number;
        if !member.stop()? {
            faults.push(format!("peer {number} did not end well"));
        }
        if let Err(error) = disk::check(&member.dir) {
            faults.push(format!("peer {number}: {error:#}"));
        }
        faults.extend(disk::set_aside(&member.dir)?.iter().map(|name| format!("peer {number} set {name} aside")));
        faults.extend(member.complaints()?.iter().map(|line| format!("peer {number} said: {line}")));
    }
    Ok(faults)
}

/// The first of many faults, and how many more there are.
pub(super) fn list(faults: &[String]) -> String {
    let mut list = faults.iter().take(NAMED_MAX).fold(String::new(), |mut list, fault| {
        let _ = write!(list, "\n  {fault}");
        list
    });
    if faults.len() > NAMED_MAX {
        let _ = write!(list, "\n  and {} more", faults.len() - NAMED_MAX);
    }
    list
}
