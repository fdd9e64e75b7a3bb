//! Kill -9 in the middle of traffic, round after round on one data directory: nothing acknowledged is lost, nothing comes twice,
//! no seq is given out again. Must not know how the store works. `WHISPER_KILL_ROUNDS` rounds, 12 by default; `WHISPER_KILL_SEED`
//! repeats the moments of another run.

mod ask;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ask::{Api, left_on_disk, text};
use serde_json::{Value, json};
use support::{PATIENCE, Peer};
use tempfile::TempDir;
use whispernet_lab::raw::{RawListener, RawObject, RawSender};

/// Threads that say something over HTTP.
const SPEAKERS: usize = 3;
/// Links that send by hand, and how much each sends in a round.
const SENDERS: usize = 2;
const SENT_EACH: usize = 400;
/// The kill comes after so many acknowledgements at most, and then within so many microseconds.
const ACKS_MAX: u64 = 60;
const LATER_MAX: u64 = 8_000;

/// Something said over HTTP.
#[derive(Clone)]
struct Said {
    body: String,
    seq: u64,
    id: String,
}

/// What a speaker was told until the peer was gone.
struct Speech {
    acknowledged: Vec<Said>,
    /// Said when the peer went: it may or may not have been kept.
    unanswered: String,
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, max: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % (max + 1)
    }
}

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Each body is its own client tag.
fn speak(api: Api, name: String, acks: SyncSender<()>) -> JoinHandle<Speech> {
    thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for number in 0.. {
            let body = format!("{name}-{number}");
            let Ok((status, said)) = api.say(&body, &body) else { return Speech { acknowledged, unanswered: body } };
            assert_eq!(status, 201, "{body}: {said}");
            let seq = said["seq"].as_u64().expect("a seq");
            acknowledged.push(Said { body, seq, id: text(&said, "id").to_owned() });
            // Who counts has had enough at some time.
            let _ = acks.try_send(());
        }
        unreachable!("numbers do not end")
    })
}

/// Sends by hand until the link is gone.
fn send(addr: String, name: String) -> JoinHandle<()> {
    thread::spawn(move || {
        let Ok(link) = RawSender::connect(addr) else { return };
        for number in 0..SENT_EACH {
            let id = format!("{name}-{number}");
            if link.send_object(&id, "here", &format!("body of {id}")).is_err() {
                return;
            }
        }
    })
}

/// All that the rounds have in common.
struct Rounds {
    dice: Dice,
    dir: Arc<TempDir>,
    port: String,
    /// A peer that stays up.
    other: Peer,
    /// Hears all that is relayed.
    listener: RawListener,
    acknowledged: BTreeMap<String, Said>,
    /// The largest number ever given out.
    seq_max: u64,
}

impl Rounds {
    fn new(seed: u64) -> Self {
        let other = Peer::start("ben", &["--json", "--flood-limit", "off"]);
        let listener = RawListener::bind().expect("a port");
        let dir = Arc::new(TempDir::new().expect("a temporary folder"));
        let mut rounds = Self {
            dice: Dice(seed),
            dir,
            port: "0".to_owned(),
            other,
            listener,
            acknowledged: BTreeMap::new(),
            seq_max: 0,
        };
        let first = rounds.start();
        // With a port of its own from now on, the others find it again.
        rounds.port = first.socket_addr().port().to_string();
        first.out.wait_event(&json!({"event": "peer", "addr": rounds.other.addr, "link": "out", "state": "connected"}));
        rounds.dir = first.stop();
        rounds
    }

    fn start(&self) -> Peer {
        let listener = self.listener.addr().to_string();
        let peers = ["--peer", &self.other.addr, "--peer", &listener];
        let options = ["--json", "--flood-limit", "off", "--backlog", "0", "--port", &self.port];
        Peer::start_in(Arc::clone(&self.dir), "ann", &[&options[..], &peers[..]].concat())
    }

    fn round(&mut self, round: usize) {
        let peer = self.start();
        let api = Api::of(&peer);
        let (acks, acknowledged) = sync_channel(2 * usize::try_from(ACKS_MAX).expect("a few"));
        let speakers: Vec<_> =
            (0..SPEAKERS).map(|n| speak(api.clone(), format!("said-{round}-{n}"), acks.clone())).collect();
        let senders: Vec<_> = (0..SENDERS).map(|n| send(peer.addr.clone(), format!("raw-{round}-{n}"))).collect();
        self.wait_for_the_moment(&acknowledged);
        peer.signal("KILL");
        let speeches: Vec<Speech> = speakers.into_iter().map(|speaker| speaker.join().expect("it is told")).collect();
        senders.into_iter().for_each(|sender| sender.join().expect("it notices"));
        let shown = shown_until_the_end(peer);

        let left = left_on_disk(&self.dir);
        self.seq_max = shown.values().chain(left.values()).fold(self.seq_max, |max, seq| max.max(*seq));
        for said in speeches.iter().flat_map(|speech| &speech.acknowledged) {
            assert_eq!(left.get(&said.id), Some(&said.seq), "{} was acknowledged", said.body);
            self.seq_max = self.seq_max.max(said.seq);
            self.acknowledged.insert(said.body.clone(), said.clone());
        }
        self.look_again(round, &left, &speeches);
    }

    fn wait_for_the_moment(&mut self, acknowledged: &Receiver<()>) {
        for _ in 0..=self.dice.up_to(ACKS_MAX) {
            acknowledged.recv_timeout(PATIENCE).expect("somebody is acknowledged");
        }
        // The next acknowledgement, or a moment before it.
        let _ = acknowledged.recv_timeout(Duration::from_micros(self.dice.up_to(LATER_MAX)));
    }

    /// Starts again and compares. Stops in order: so the next run knows how far the others are, and need not tell them all again.
    fn look_again(&mut self, round: usize, left: &BTreeMap<String, u64>, speeches: &[Speech]) {
        let links_before = self.listener.objects().last().map_or(0, |object| object.link);
        let peer = self.start();
        let api = Api::of(&peer);
        let history = api.history();
        let kept: BTreeMap<&str, u64> =
            history.iter().map(|message| (text(message, "id"), message["seq"].as_u64().expect("a seq"))).collect();
        assert_eq!(kept.len(), history.len(), "no ID comes twice");
        for (id, seq) in left {
            assert_eq!(kept.get(id.as_str()), Some(seq), "{id} is in the history");
        }

        // The same tag is the same message, whether it was answered or not.
        for speech in speeches {
            if let Some(said) = speech.acknowledged.last() {
                let (status, again) = api.say(&said.body, &said.body).expect("it answers");
                assert!(status == 200 || status == 201, "{again}");
                assert_eq!((again["seq"].as_u64(), text(&again, "id")), (Some(said.seq), said.id.as_str()));
            }
            let body = &speech.unanswered;
            let (_, said) = api.say(body, body).expect("it answers");
            let (seq, id) = (said["seq"].as_u64().expect("a seq"), text(&said, "id").to_owned());
            let seq_before = kept.get(id.as_str()).copied();
            assert!(seq_before.map_or(seq > self.seq_max, |before| before == seq), "{body} at {seq}: {}", self.seq_max);
            self.acknowledged.insert(body.clone(), Said { body: body.clone(), seq, id });
        }

        // What is repeated by hand is neither shown nor relayed: between these marks comes nothing that was kept.
        let link = RawSender::connect(&peer.addr).expect("it listens");
        let mark = |name: &str| {
            let id = format!("mark-{round}-{name}");
            link.send_object(&id, "here", &id).expect("it reads");
            peer.out.wait_event(&json!({"event": "message", "id": id}));
            assert!(self.listener.wait_body(&id, PATIENCE), "{id} is relayed");
            id
        };
        let begin = mark("begin");
        for id in left.keys() {
            link.send_object(id, "here", &format!("body of {id}")).expect("it reads");
        }
        let end = mark("end");
        let relayed = self.listener.objects();
        let relayed = relayed.iter().skip_while(|object| object.link < links_before);
        let between = |object: &&RawObject| object.text_of("ID") != end;
        for object in relayed.skip_while(|object| object.text_of("ID") != begin).take_while(between) {
            assert!(!left.contains_key(object.text_of("ID")), "relayed again: {}", object.text);
        }
        peer.signal("TERM");
        let shown = shown_until_the_end(peer);
        for (id, seq) in &shown {
            assert!(!left.contains_key(id), "shown again: {id}");
            assert!(*seq > self.seq_max, "{id} at {seq}, and {} was given out before", self.seq_max);
        }
        self.seq_max = shown.values().fold(self.seq_max, |max, seq| max.max(*seq));
    }

    /// What was acknowledged has reached those who stayed, once each, and is there once.
    fn finish(self) {
        let peer = self.start();
        let bodies: Vec<String> =
            Api::of(&peer).history().iter().map(|message| text(message, "body").to_owned()).collect();
        let mut missing: BTreeSet<&str> = self.acknowledged.keys().map(String::as_str).collect();
        for body in &missing {
            assert_eq!(bodies.iter().filter(|other| other == body).count(), 1, "{body} is there once");
        }
        self.other.out.find("all that was acknowledged", |line| {
            let event: Value = serde_json::from_str(line).expect("an event");
            missing.remove(event["body"].as_str().unwrap_or_default());
            missing.is_empty().then_some(())
        });
        let mut shown = self.other.out.texts_of("message", "id");
        let all = shown.len();
        shown.sort();
        shown.dedup();
        assert_eq!(shown.len(), all, "nothing is shown twice");
    }
}

/// Seq by ID of the messages that a peer showed until its end, which it was told of.
fn shown_until_the_end(mut peer: Peer) -> BTreeMap<String, u64> {
    peer.ended_within(PATIENCE).expect("it was told to");
    let mut shown = BTreeMap::new();
    for line in peer.out.all() {
        // The last line may have been cut.
        let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
        if event["event"] == "message" && event["hello"] != true {
            let seq = event["seq"].as_u64().expect("a seq");
            let before = shown.insert(text(&event, "id").to_owned(), seq);
            assert_eq!(before, None, "shown twice in one run: {event}");
        }
    }
    shown
}

#[test]
fn kill_9_in_the_middle_of_traffic_loses_nothing_acknowledged() {
    let rounds = from_env("WHISPER_KILL_ROUNDS", 12);
    let seed = from_env("WHISPER_KILL_SEED", RandomState::new().hash_one(0));
    eprintln!("WHISPER_KILL_ROUNDS={rounds} WHISPER_KILL_SEED={seed}");
    let mut all = Rounds::new(seed);
    for round in 0..usize::try_from(rounds).expect("not so many") {
        all.round(round);
    }
    all.finish();
}
