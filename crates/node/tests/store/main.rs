//! The store against real files.
#![allow(clippy::unwrap_used, reason = "tests and what they share")]

mod copies;
mod files;
mod history;
mod open;
mod people;
mod search;
mod tables;

use tempfile::TempDir;
use whispernet_core::rank::Rank;
use whispernet_node::event::About;
use whispernet_node::handle::Query;
use whispernet_node::store::{Opened, Reader, Row, open};

/// 2026-01-01, in milliseconds.
pub(crate) const NOW_MS: i64 = 1_767_225_600_000;

/// An open store in a folder of its own.
pub(crate) struct Store {
    pub(crate) dir: TempDir,
    pub(crate) opened: Opened,
    pub(crate) reader: Reader,
}

pub(crate) fn store() -> Store {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path(), NOW_MS, [7; 16]).unwrap();
    let reader = Reader::open(&opened.path).unwrap();
    Store { dir, opened, reader }
}

impl Store {
    pub(crate) fn append(&mut self, rows: &[Row]) -> usize {
        self.opened.writer.append(rows).unwrap()
    }

    pub(crate) fn seqs(&self, query: &Query) -> Vec<u64> {
        self.reader.messages(query).unwrap().iter().map(|message| message.seq).collect()
    }
}

pub(crate) fn row(seq: u64, body: &str) -> Row {
    Row {
        seq,
        fingerprint: seq.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        id: format!("id-{seq}"),
        addr: "127.0.0.1:55555".into(),
        nick: "phil".into(),
        body: body.into(),
        time: Some(NOW_MS - 1),
        received: NOW_MS + seq as i64,
        own: false,
        replay: false,
        hello: false,
        public: true,
        file: None,
        client: None,
        rank: Rank::WithFile,
        about: About::default(),
        raw: format!(r#"{{"ID":"id-{seq}","Body":{body:?}}}"#).into_bytes(),
    }
}
