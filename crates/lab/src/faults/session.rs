//! What a peer goes through at one point: a start, words, objects on a link, a file, a setting, an end; and again without faults.
//! Must not know which call fails. Bounds: [`PATIENCE`] for every wait.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, bail, ensure};
use serde_json::json;

use super::point::{Point, was_reached};
use crate::peer::api::{Api, Message};
use crate::peer::process::{Process, Refused};
use crate::peer::{PATIENCE, disk, own_address};
use crate::raw::{RawListener, RawSender};

/// SIGKILL (signal(7)).
const KILL: i32 = 9;

/// How a peer took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The call that was to fail was not made any more.
    NotReached,
    /// It did not start, and said why.
    Refused,
    /// It was killed.
    Killed,
    /// It ran on, and something was not acknowledged.
    Withheld,
    /// It ran on, and all was acknowledged.
    Unnoticed,
}

/// What the session has been told so far.
#[derive(Default)]
struct Told {
    /// ID and `seq` of what was acknowledged, by its text.
    acknowledged: BTreeMap<String, (String, u64)>,
    withheld: Vec<String>,
    relayed: Vec<String>,
    seq_max: u64,
}

/// What a folder has before a session begins: text, ID and `seq`.
pub(super) type Before = Vec<Message>;

/// The options of a peer on `dir`, linked to `listener`.
pub(super) fn with_options(mut command: Command, dir: &Path, listener: &RawListener) -> Command {
    command.arg("serve").arg("--bind").arg(own_address().to_string());
    command.args(["--json", "--port", "0", "--http", "127.0.0.1:0"]);
    command.args(["--discovery", "off", "--flood-limit", "off", "--backlog", "0", "--nick", "ann"]);
    command.args(["--peer", &listener.addr().to_string(), "--data-dir"]).arg(dir);
    command
}

/// Takes a peer through it; `before` is what `dir` holds, and `trace` a file beside it.
pub(super) fn run(whisper: &Path, point: &Point, dir: &Path, before: &Before, trace: &Path) -> anyhow::Result<Outcome> {
    let listener = RawListener::bind_at(own_address())?;
    let command = with_options(point.command(whisper, dir, trace), dir, &listener);
    let mut told = Told::default();
    for message in before {
        told.acknowledged.insert(message.body.clone(), (message.id.clone(), message.seq));
        told.seq_max = told.seq_max.max(message.seq);
    }
    let mut ended_well = false;
    let killed;
    match Process::try_start(command, None)? {
        Ok(mut peer) => {
            let heard = |body: &str| point.fault.kills() || listener.wait_body(body, PATIENCE);
            let talked = talk(&peer, dir, heard, &mut told);
            let status = peer.stop()?;
            let said = peer.said();
            see_no_panic(&said)?;
            seqs_grow(&peer, &mut told)?;
            killed = was_killed(point, status);
            if !killed {
                talked.with_context(|| format!("it said {said:?}"))?;
                ensure!(status.success(), "it ended with {status}: {said:?}");
                ended_well = true;
            }
        }
        Err(Refused { status, said }) => {
            see_no_panic(&said)?;
            let why = said.last().is_some_and(|line| line.len() > "whisper: ".len());
            let refused = status.code() == Some(1) && why;
            killed = was_killed(point, status);
            ensure!(refused || killed, "it did not start, with {status}: {said:?}");
        }
    }
    disk::check(dir)?;
    // One fault alone must leave nothing behind once the peer has ended in order.
    look_again(whisper, dir, &told, ended_well && !point.fault.on)?;
    Ok(match (killed || was_reached(trace)?, ended_well, told.withheld.is_empty()) {
        (false, ..) => Outcome::NotReached,
        (true, false, _) if killed => Outcome::Killed,
        (true, false, _) => Outcome::Refused,
        (true, true, false) => Outcome::Withheld,
        (true, true, true) => Outcome::Unnoticed,
    })
}

fn was_killed(point: &Point, status: ExitStatus) -> bool {
    point.fault.kills() && status.signal() == Some(KILL)
}

fn see_no_panic(said: &[String]) -> anyhow::Result<()> {
    ensure!(!said.iter().any(|line| line.contains("panicked")), "it panicked: {said:?}");
    Ok(())
}

/// `heard`: whether others hear something, where that can be asked of a peer that may be dead by then.
fn talk(peer: &Process, dir: &Path, heard: impl Fn(&str) -> bool, told: &mut Told) -> anyhow::Result<()> {
    let api = Api::new(peer.web, dir)?;
    say(&api, "said 1", told)?;
    say(&api, "said 2", told)?;
    let link = RawSender::connect(peer.addr)?;
    for number in 0..3 {
        let body = format!("relayed {number}");
        // "hello" in Base64.
        let file =
            json!({"ID": body, "Addr": "here", "Body": body, "FileType": "text/plain", "FileContents": "aGVsbG8="});
        let plain = json!({"ID": body, "Addr": "here", "Body": body});
        link.send_bytes(format!("{}\n", if number == 1 { file } else { plain }).as_bytes())?;
        told.relayed.push(body);
    }
    for body in &told.relayed {
        // In this order: this wait ends with the peer.
        ensure!(peer.tells(PATIENCE, |event| event["body"] == **body), "{body} is not shown");
        ensure!(heard(body), "{body} is not relayed");
    }
    let (status, answer) = api.call("POST", "/api/v1/blocks", &json!({"who": "10.0.0.7"}).to_string())?;
    ensure!(status == 202, "a block was answered with {status}: {answer}");
    say(&api, "said 3", told)?;
    // Whatever it has to say to these, it must say something.
    api.call("GET", "/api/v1/messages?search=relayed", "")?;
    api.call("GET", "/api/v1/status", "")?;
    ensure!(heard("said 3"), "what was said is not sent");
    Ok(())
}

fn say(api: &Api, body: &str, told: &mut Told) -> anyhow::Result<()> {
    match api.say(body, body)? {
        (201, answer) => {
            let (id, seq) = answer["id"].as_str().zip(answer["seq"].as_u64()).context("id and seq")?;
            told.acknowledged.insert(body.to_owned(), (id.to_owned(), seq));
        }
        (503, answer) if answer["error"]["code"] == "not_durable" => told.withheld.push(body.to_owned()),
        (status, answer) => bail!("{body} was answered with {status}: {answer}"),
    }
    Ok(())
}

/// Numbers that were shown grow, also from what was there before.
fn seqs_grow(peer: &Process, told: &mut Told) -> anyhow::Result<()> {
    for event in peer.events().iter().filter(|event| event["event"] == "message") {
        let seq = event["seq"].as_u64().context("a message has a seq")?;
        ensure!(seq > told.seq_max, "seq {seq} after {}", told.seq_max);
        told.seq_max = seq;
    }
    Ok(())
}

/// A start without faults. `all`: nothing at all may be missing, acknowledged or not.
fn look_again(whisper: &Path, dir: &Path, told: &Told, all: bool) -> anyhow::Result<()> {
    let listener = RawListener::bind_at(own_address())?;
    let mut peer =
        Process::start(with_options(Process::command(whisper), dir, &listener), None).context("afterwards")?;
    let api = Api::new(peer.web, dir)?;
    let history = api.history(0)?;
    let copies = |body: &str| history.iter().filter(|message| message.body == body).count();
    for (body, (id, seq)) in &told.acknowledged {
        let kept = history.iter().any(|message| message.id == *id && message.seq == *seq && message.body == *body);
        ensure!(kept && copies(body) == 1, "{body} was acknowledged, and is there {} times", copies(body));
    }
    for body in told.withheld.iter().chain(&told.relayed) {
        let (copies, least) = (copies(body), usize::from(all));
        ensure!((least..=1).contains(&copies), "{body} is there {copies} times");
    }
    if all {
        let blocks = api.get("/api/v1/blocks")?;
        ensure!(blocks["blocks"].to_string().contains("10.0.0.7"), "a block is forgotten: {blocks}");
    }
    let (status, said) = api.say("after", "after")?;
    let seq = said["seq"].as_u64().unwrap_or_default();
    ensure!(status == 201 && seq > told.seq_max, "after {} came {status}: {said}", told.seq_max);
    ensure!(peer.stop()?.success(), "it does not end well afterwards: {:?}", peer.said());
    see_no_panic(&peer.said())?;
    disk::check(dir)?;
    let aside = disk::set_aside(dir)?;
    ensure!(aside.is_empty(), "set aside: {aside:?}");
    ensure!(!peer.said().iter().any(|line| line.contains("damaged")), "it found damage: {:?}", peer.said());
    fs::remove_dir_all(dir)?;
    Ok(())
}
