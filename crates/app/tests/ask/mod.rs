//! What tests ask of a peer that may be killed at any moment, over HTTP; and what it left on disk.
//! Must not know what is tested. Bounds: those of the lab's API, 500 messages a page.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use whispernet_lab::peer::api;
use whispernet_node::handle::Query;
use whispernet_node::store;

use crate::support::Peer;

/// Messages of one read.
const PAGE: usize = 500;

/// The API of one run of a peer.
#[derive(Clone)]
pub(crate) struct Api(api::Api);

impl Api {
    #[track_caller]
    pub(crate) fn of(peer: &Peer) -> Self {
        let web = peer.err.find("web on", |line| line.strip_prefix("web on http://").map(str::to_owned));
        let web = web.parse().expect("it says where");
        Self(api::Api::new(web, peer.dir.path()).expect("the token is kept"))
    }

    /// Status and JSON of an answer; an error where the peer is gone before it has answered.
    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> io::Result<(u16, Value)> {
        self.0.call(method, path, body)
    }

    /// Says something under a client's tag.
    pub(crate) fn say(&self, body: &str, client: &str) -> io::Result<(u16, Value)> {
        self.0.say(body, client)
    }

    /// Says something that must be acknowledged; its seq.
    #[track_caller]
    pub(crate) fn must_say(&self, body: &str) -> u64 {
        let said = self.call("POST", "/api/v1/messages", &json!({"body": body}).to_string());
        let (status, said) = said.expect("it answers");
        assert_eq!(status, 201, "{said}");
        said["seq"].as_u64().expect("a seq")
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        self.0.get(path).expect("it answers")
    }

    /// The whole history, page by page, oldest first.
    #[track_caller]
    pub(crate) fn history(&self) -> Vec<Value> {
        self.0.events(0).expect("it answers")
    }
}

/// The text under `key`.
#[track_caller]
pub(crate) fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_else(|| panic!("no {key} in {event}"))
}

/// The database of a data directory.
pub(crate) fn database(dir: &TempDir) -> PathBuf {
    dir.path().join("whisper.db")
}

/// Seq by ID of all that a killed peer left on disk, once that has proved to be whole. Looks at a copy: the peer finds all as it was.
#[track_caller]
pub(crate) fn left_on_disk(dir: &TempDir) -> BTreeMap<String, u64> {
    let copy = TempDir::new().expect("a temporary folder");
    let opened = open_copy(dir, &copy);
    assert_eq!((opened.set_aside, opened.log_aside), (None, None));
    store::check(&opened.path).expect("it is whole");
    let reader = store::Reader::open(&opened.path).expect("it can be read");
    let (mut left, mut since) = (BTreeMap::new(), 0);
    loop {
        let query = Query { since: Some(since), limit: PAGE, ..Query::default() };
        let page = reader.messages(&query).expect("it can be read");
        let Some(last) = page.last() else { return left };
        since = last.seq;
        for message in page {
            assert_eq!(left.insert(message.id.clone(), message.seq), None, "{} is there twice", message.id);
        }
    }
}

/// Whether the database says that the last run ended in order.
#[track_caller]
pub(crate) fn has_ended_well(dir: &TempDir) -> bool {
    !open_copy(dir, &TempDir::new().expect("a temporary folder")).unclean
}

#[track_caller]
fn open_copy(dir: &TempDir, copy: &TempDir) -> store::Opened {
    for name in ["whisper.db", "whisper.db-wal"] {
        // The log is there only where the run has not ended well.
        if dir.path().join(name).exists() {
            std::fs::copy(dir.path().join(name), copy.path().join(name)).expect("it can be copied");
        }
    }
    store::open(copy.path(), 0, [0; 16]).expect("it opens")
}

/// The files in a folder whose name contains this.
pub(crate) fn files_named(dir: &Path, part: &str) -> Vec<String> {
    let names = std::fs::read_dir(dir).expect("it can be read").map(|entry| entry.expect("it can be read").file_name());
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| name.contains(part));
    names.sort();
    names
}
