//! Whole peers in this process, linked to one another over loopback.
#![allow(clippy::unwrap_used, reason = "tests and what they share")]

mod files;
mod hostile;
mod words;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use whispernet_node::config::{Accept, Config, DataDir, IdKind};
use whispernet_node::event::{Event, Message};
use whispernet_node::handle::{Attachment, Handle, Say, Subscription};
use whispernet_node::{Ending, Home, start};

/// Far longer than anything takes here; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Peer {
    pub(crate) handle: Handle,
    pub(crate) events: Subscription,
    pub(crate) addr: SocketAddr,
    pub(crate) dir: TempDir,
    ending: Ending,
}

/// Settings of a peer on loopback that finds nobody by itself, with all bounds in force.
pub(crate) fn config(dir: &Path) -> Config {
    Config {
        peers: Vec::new(),
        port: Some(0),
        bind: Some(Ipv4Addr::LOCALHOST.into()),
        advertise: None,
        nick: Some("somebody".to_owned()),
        discovery: None,
        data_dir: DataDir::Exactly(dir.to_owned()),
        id: IdKind::Signed,
        inbound_max: 256,
        history: true,
        backlog: 50,
        accept: Accept::Ask,
        flood_limit: true,
    }
}

impl Peer {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), change).await
    }

    /// The same with what an earlier one kept.
    pub(crate) async fn start_in(dir: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(dir.path());
        change(&mut config);
        let home = Home::open(&config, |_| unreachable!("its key is under no passphrase")).unwrap();
        let started = start(config, home).await.unwrap();
        Self { handle: started.handle, events: started.events, addr: started.addr, dir, ending: started.ending }
    }

    /// Ends it, and gives its folder back.
    pub(crate) async fn stop(self) -> TempDir {
        self.handle.stop();
        self.ending.finished().await;
        self.dir
    }

    /// Links it to `other`, and waits until both know that.
    pub(crate) async fn link(&mut self, other: &mut Self) {
        self.handle.connect(&other.addr.to_string()).await.unwrap();
        let (to, from) = (other.addr, self.addr);
        for (peer, addr) in [(self, to), (other, from)] {
            let linked = |event: &Event| {
                let out = |change: &whispernet_node::event::PeerChange| {
                    change.addr == addr.to_string() && change.link == whispernet_node::event::Direction::Out
                };
                matches!(event, Event::Peer(change) if out(change))
            };
            peer.until(linked).await;
        }
    }

    /// What it tells up to and with the first event that is wanted.
    pub(crate) async fn until(&mut self, is_wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let next = tokio::time::timeout(PATIENCE, self.events.next()).await;
            let Ok(Some(event)) = next else { panic!("it never came; what did: {events:#?}") };
            let done = is_wanted(&event);
            events.push(event);
            if done {
                return events;
            }
        }
    }

    /// The next message with this Body.
    pub(crate) async fn message(&mut self, body: &str) -> Message {
        let events = self.until(|event| message(event).is_some_and(|message| message.body == body)).await;
        events.last().and_then(message).unwrap().clone()
    }

    pub(crate) fn file(&self, hash: &str) -> PathBuf {
        self.dir.path().join("files").join(hash)
    }

    pub(crate) fn offer(&self, hash: &str) -> PathBuf {
        self.dir.path().join("files/offers").join(hash)
    }
}

pub(crate) fn message(event: &Event) -> Option<&Message> {
    match event {
        Event::Message(message) | Event::Upgrade(message) => Some(message),
        _ => None,
    }
}

/// Something to say with a file.
pub(crate) fn attached(name: &str, bytes: &[u8]) -> Say {
    Say { file: Some(Attachment { name: name.to_owned(), bytes: bytes.to_vec() }), ..Say::default() }
}

pub(crate) fn words(body: &str) -> Say {
    Say { body: body.to_owned(), ..Say::default() }
}

/// Bytes of a picture that does not repeat soon.
pub(crate) fn picture(length: usize) -> Vec<u8> {
    let rest = (0..length).map(|n| u8::try_from(n % 251).unwrap());
    b"GIF89a".iter().copied().chain(rest).take(length).collect()
}

/// Runs a test on a runtime of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
