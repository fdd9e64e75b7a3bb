//! Rounds on one data directory: traffic, a kill -9 in the middle of it, a look at what is left, a start, and everything compared.
//! Must not know how the store works. Bounds: [`PATIENCE`] for every wait.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::traffic::{Said, Speech, joined, say, send, speak};
use crate::peer::api::{Api, Message};
use crate::peer::process::Process;
use crate::peer::{PATIENCE, disk, own_address};
use crate::raw::{RawListener, RawObject, RawSender};
use crate::sim::dice::Dice;

/// Threads that say something over HTTP.
const SPEAKERS: usize = 3;
/// Links that send by hand.
const SENDERS: usize = 2;
/// The kill comes after so many acknowledgements at most, and then within so long.
const ACKS_MAX: usize = 60;
const LATER_MAX: Duration = Duration::from_millis(8);

/// All that the rounds have in common.
pub(super) struct Rounds<'a> {
    whisper: &'a Path,
    dice: Dice,
    dir: TempDir,
    port: String,
    /// A peer that stays up, and its folder.
    other: Process,
    _other_dir: TempDir,
    acknowledged: BTreeMap<String, Said>,
    /// What the history had after each round: `seq` by ID.
    kept: BTreeMap<String, u64>,
    /// The largest number that was kept, and the largest ever given out.
    seq_kept: u64,
    seq_max: u64,
}

/// What it came to.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) acknowledged: usize,
    pub(super) kept: usize,
}

fn command(whisper: &Path, nick: &str, dir: &Path, options: &[&str]) -> Command {
    let mut command = Process::command(whisper);
    command.arg("serve").arg("--bind").arg(own_address().to_string());
    command.args(["--json", "--http", "127.0.0.1:0", "--discovery", "off"]);
    command.args(["--flood-limit", "off", "--nick", nick, "--data-dir"]).arg(dir).args(options);
    command
}

impl<'a> Rounds<'a> {
    pub(super) fn new(whisper: &'a Path, seed: u64) -> anyhow::Result<Self> {
        let (dir, other_dir) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let other = Process::start(command(whisper, "ben", other_dir.path(), &["--port", "0"]), None)?;
        // Once linked, the other gets whatever is said from then on: a first link begins with what is said after it is up.
        let other_addr = other.addr.to_string();
        let options = ["--backlog", "0", "--port", "0", "--peer", &other_addr];
        let mut first = Process::start(command(whisper, "ann", dir.path(), &options), None)?;
        let is_link = |event: &Value| event["state"] == "connected" && event["addr"] == *other_addr;
        ensure!(first.tells(PATIENCE, is_link), "they are not linked: {:?}", first.said());
        // With a port of its own from now on, the other finds it again.
        let port = first.addr.port().to_string();
        first.stop()?;
        Ok(Self {
            whisper,
            dice: Dice::new(seed),
            dir,
            port,
            other,
            _other_dir: other_dir,
            acknowledged: BTreeMap::new(),
            kept: BTreeMap::new(),
            seq_kept: 0,
            seq_max: 0,
        })
    }

    /// Starts the peer, linked to the one that stays up and to a listener that hears all that is relayed.
    fn start(&self) -> anyhow::Result<(Process, Api, RawListener)> {
        let listener = RawListener::bind_at(own_address())?;
        let (other, heard) = (self.other.addr.to_string(), listener.addr().to_string());
        let options = ["--backlog", "0", "--port", &self.port, "--peer", &other, "--peer", &heard];
        let peer = Process::start(command(self.whisper, "ann", self.dir.path(), &options), None)?;
        let api = Api::new(peer.web, self.dir.path())?;
        Ok((peer, api, listener))
    }

    pub(super) fn round(&mut self, round: usize) -> anyhow::Result<()> {
        let (mut peer, api, _listener) = self.start()?;
        let (acks, acknowledged) = sync_channel(2 * ACKS_MAX);
        let speakers: Vec<_> =
            (0..SPEAKERS).map(|n| speak(api.clone(), format!("said-{round}-{n}"), acks.clone())).collect();
        let senders: Vec<_> = (0..SENDERS).map(|n| send(peer.addr, format!("raw-{round}-{n}"))).collect();
        self.wait_for_the_moment(&acknowledged)?;
        peer.kill()?;
        let speeches = speakers.into_iter().map(|speaker| joined(speaker)?).collect::<anyhow::Result<Vec<Speech>>>()?;
        senders.into_iter().try_for_each(joined)?;
        let shown = shown(&peer)?;
        self.seq_max = shown.values().fold(self.seq_max, |max, seq| max.max(*seq));
        disk::check(self.dir.path())?;
        ensure!(disk::set_aside(self.dir.path())?.is_empty(), "a database was set aside");
        for said in speeches.iter().flat_map(|speech| &speech.acknowledged) {
            self.seq_max = self.seq_max.max(said.seq);
            self.acknowledged.insert(said.body.clone(), said.clone());
        }
        self.look_again(round, &speeches)
    }

    fn wait_for_the_moment(&mut self, acknowledged: &Receiver<()>) -> anyhow::Result<()> {
        for _ in 0..=self.dice.below(ACKS_MAX + 1) {
            acknowledged.recv_timeout(PATIENCE).context("nobody is acknowledged")?;
        }
        // The next acknowledgement, or a moment before it.
        let _ = acknowledged.recv_timeout(self.dice.time(Duration::ZERO, LATER_MAX));
        Ok(())
    }

    /// Starts again and compares. Stops in order: so the next run knows how far the others are, and need not tell them all again.
    fn look_again(&mut self, round: usize, speeches: &[Speech]) -> anyhow::Result<()> {
        let seq_before = self.seq_max;
        let (mut peer, api, listener) = self.start()?;
        let left = self.read_on(&api)?;
        for said in speeches.iter().flat_map(|speech| &speech.acknowledged) {
            let kept = left.get(&said.id);
            ensure!(kept == Some(&said.seq), "{} was acknowledged at {}, and is at {kept:?}", said.body, said.seq);
        }
        self.seq_max = self.seq_max.max(self.seq_kept);
        self.ask_again(&api, speeches)?;
        self.repeat(round, &peer, &listener, &left)?;
        let status = peer.stop()?;
        ensure!(status.success(), "it ended with {status}: {:?}", peer.said());
        let shown = shown(&peer)?;
        for (id, seq) in &shown {
            // What the kill took may have come back from the other one before the history was read on: it is kept where it is shown.
            let kept = self.kept.get(id);
            ensure!(kept.is_none_or(|kept| kept == seq), "shown again at {seq}: {id}, which is at {kept:?}");
            ensure!(*seq > seq_before, "{id} at {seq}, and {seq_before} was given out before");
        }
        self.seq_max = shown.values().fold(self.seq_max, |max, seq| max.max(*seq));
        Ok(())
    }

    /// What has come into the history since the last round.
    fn read_on(&mut self, api: &Api) -> anyhow::Result<BTreeMap<String, u64>> {
        let mut left = BTreeMap::new();
        for Message { seq, id, .. } in api.history(self.seq_kept)? {
            ensure!(seq > self.seq_kept, "{seq} after {}", self.seq_kept);
            self.seq_kept = seq;
            ensure!(self.kept.insert(id.clone(), seq).is_none(), "{id} is there twice");
            left.insert(id, seq);
        }
        Ok(left)
    }

    /// The same tag is the same message, whether it was answered or not.
    fn ask_again(&mut self, api: &Api, speeches: &[Speech]) -> anyhow::Result<()> {
        for speech in speeches {
            if let Some(said) = speech.acknowledged.last() {
                let (_, again) = say(api, &said.body)?.context("it answers")?;
                let same = (again.seq, &again.id) == (said.seq, &said.id);
                ensure!(same, "{} was at {}, and is said again at {}", said.body, said.seq, again.seq);
            }
            let (_, said) = say(api, &speech.unanswered)?.context("it answers")?;
            let before = self.kept.get(&said.id);
            let fits = before.map_or(said.seq > self.seq_max, |before| *before == said.seq);
            ensure!(fits, "{} at {}: it was at {before:?}, and up to {} was used", said.body, said.seq, self.seq_max);
            self.acknowledged.insert(said.body.clone(), said);
        }
        Ok(())
    }

    /// What is repeated by hand is neither shown nor relayed: between these marks comes nothing that was kept.
    fn repeat(
        &self,
        round: usize,
        peer: &Process,
        listener: &RawListener,
        left: &BTreeMap<String, u64>,
    ) -> anyhow::Result<()> {
        let link = RawSender::connect(peer.addr)?;
        let mark = |name: &str| {
            let id = format!("mark-{round}-{name}");
            link.send_object(&id, "here", &id)?;
            ensure!(peer.tells(PATIENCE, |event| event["event"] == "message" && event["id"] == *id), "{id} is shown");
            ensure!(
                listener.wait_body(&id, PATIENCE),
                "{id} is shown and not relayed: {} links, {} objects, refused {:?}; it said {:?}",
                listener.links(),
                listener.objects().len(),
                listener.refused(),
                peer.said()
            );
            Ok(id)
        };
        let begin = mark("begin")?;
        for id in left.keys() {
            link.send_object(id, "here", &format!("body of {id}"))?;
        }
        let end = mark("end")?;
        let relayed = listener.objects();
        let between = |object: &&RawObject| object.text_of("ID") != end;
        for object in relayed.iter().skip_while(|object| object.text_of("ID") != begin).take_while(between) {
            ensure!(!left.contains_key(object.text_of("ID")), "relayed again: {}", object.text);
        }
        Ok(())
    }

    /// What was acknowledged has reached the one that stayed, once, and is there once.
    pub(super) fn finish(self) -> anyhow::Result<Totals> {
        let (peer, api, _listener) = self.start()?;
        let history = api.history(0)?;
        let ids: BTreeSet<&str> = history.iter().map(|message| message.id.as_str()).collect();
        ensure!(ids.len() == history.len(), "an ID is there twice");
        let mut missing: BTreeSet<&str> = self.acknowledged.keys().map(String::as_str).collect();
        let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
        history.iter().for_each(|message| *copies.entry(&message.body).or_default() += 1);
        for body in &missing {
            ensure!(copies.get(body) == Some(&1), "{body} is there {:?} times", copies.get(body));
        }
        let mut waiting = missing.clone();
        // Whether all have come; what is missing is named below.
        let _ = self.other.tells(PATIENCE, |event| {
            waiting.remove(event["body"].as_str().unwrap_or_default());
            waiting.is_empty()
        });
        let mut told = BTreeSet::new();
        for event in self.other.events().iter().filter(|event| event["event"] == "message") {
            missing.remove(event["body"].as_str().unwrap_or_default());
            ensure!(told.insert(event["id"].to_string()), "the other one has shown {} twice", event["id"]);
        }
        if let Some(first) = missing.first() {
            bail!("the other one has not got {} that were acknowledged, such as {first}", missing.len());
        }
        drop(peer);
        Ok(Totals { acknowledged: self.acknowledged.len(), kept: history.len() })
    }
}

/// Seq by ID of the messages that a peer showed until its end.
fn shown(peer: &Process) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut shown = BTreeMap::new();
    let is_chat = |event: &&Value| event["event"] == "message" && event["hello"] != true;
    for event in peer.events().iter().filter(is_chat) {
        let (id, seq) = event["id"].as_str().zip(event["seq"].as_u64()).context("an event has id and seq")?;
        ensure!(shown.insert(id.to_owned(), seq).is_none(), "shown twice in one run: {event}");
    }
    Ok(shown)
}
