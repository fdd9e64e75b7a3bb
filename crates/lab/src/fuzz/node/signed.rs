//! Signed messages: what their authors said, what others make of it, and that nothing else is ever believed.
//! Must not know the node. Bounds: the input's operations.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use whispernet_core::identity::{Ext, FileFacts, Form, Network, PublicKey, SecretKey, classify, sign};
use whispernet_core::log::Entry;
use whispernet_core::rank::Rank;
use whispernet_core::state::State;
use whispernet_core::time::UnixMillis;

use super::super::reference::Decoded;

/// What the node's own key grows from: others may speak under it elsewhere.
pub(super) const OWN_SEED: [u8; 32] = [1; 32];
/// Of how many of the last messages copies are made.
const LAST: usize = 4;
/// Keys, the node's among them.
const KEYS: u8 = 4;
/// A file, and how it stands in a message.
const FILE: [&str; 2] = ["hello", "aGVsbG8="];

/// What one author said under one ID.
struct Truth {
    key: PublicKey,
    addr: String,
    body: String,
    ext: String,
    has_file: bool,
}

/// All that was said and signed.
#[derive(Default)]
pub(super) struct Truths {
    by_id: BTreeMap<String, Truth>,
    /// Each as it went out first.
    full: Vec<Value>,
}

/// One message before it is signed.
pub(super) struct Words<'a> {
    pub(super) addr: &'a str,
    pub(super) body: &'a str,
    pub(super) nick: &'a str,
    pub(super) time: i64,
    pub(super) has_file: bool,
}

impl Truths {
    /// A signed message. `choice`: whose; or which of the last ones again, and what somebody made of it on the way.
    pub(super) fn sign(&mut self, choice: u8, words: &Words<'_>) -> Value {
        let (last, change) = (usize::from(choice & 0x0f), choice >> 4);
        let again = self.full.iter().rev().nth(last % self.full.len().clamp(1, LAST)).cloned();
        match again.filter(|_| change >= 6) {
            Some(object) => changed(object, change),
            None => self.sign_new(choice, words),
        }
    }

    fn sign_new(&mut self, choice: u8, words: &Words<'_>) -> Value {
        let Words { addr, body, nick, time, has_file } = *words;
        let secret = SecretKey::from_seed(&[OWN_SEED[0] + choice % KEYS; 32]);
        let network = if choice >> 4 == 5 { Network([7; 32]) } else { Network::OPEN };
        let (size, sha256) = (FILE[0].len() as u64, Sha256::digest(FILE[0]).into());
        let file = has_file.then(|| FileFacts { name: "a".to_owned(), kind: "text/plain".to_owned(), size, sha256 });
        let with_ext = has_file || choice & 0x08 == 0;
        let ext = Ext { nick: Some(nick.to_owned()), file, ..Ext::default() };
        let ext = if with_ext { ext.text().ok() } else { None };
        let id = sign(&secret, network, UnixMillis(time), ext.as_deref(), addr, body);
        let mut object =
            json!({"ID": id, "Addr": addr, "Body": body, "Nick": nick, "omitempty": nick, "Timestamp": time});
        let has_file = has_file && ext.is_some();
        if has_file {
            object["FileType"] = "text/plain".into();
            object["FileContents"] = FILE[1].into();
        }
        if let Some(ext) = &ext {
            object["Ext"] = ext.as_str().into();
        }
        if network == Network::OPEN {
            self.note(&id, addr, body, ext.as_deref().unwrap_or_default(), has_file);
            self.full.push(object.clone());
        }
        // The first that others hear of it may be bare.
        if choice & 0x70 == 0x40 { changed(object, 9) } else { object }
    }

    /// Notes what was said.
    pub(super) fn note(&mut self, id: &str, addr: &str, body: &str, ext: &str, has_file: bool) {
        if let Ok(Form::Signed(token)) = classify(id.as_bytes()) {
            let [addr, body, ext] = [addr, body, ext].map(str::to_owned);
            self.by_id.insert(id.to_owned(), Truth { key: token.key(), addr, body, ext, has_file });
        }
    }

    /// What an entry shows its author said, and it is believed and ranked as it must be.
    pub(super) fn check(&self, entry: &Entry, object: &Decoded, ext: &str) {
        let Ok(form) = classify(object.id.as_bytes()) else { panic!("{} is no token, and in the log", object.id) };
        let believed = ![State::Own, State::Unsigned].contains(&entry.state);
        if entry.marks.own {
            return assert_eq!((entry.state, entry.rank), (State::Own, Rank::WithFile), "said here");
        }
        let Form::Signed(token) = form else {
            return assert_eq!((entry.state, entry.rank), (State::Unsigned, Rank::WithFile), "nobody signed it");
        };
        let truth = self.by_id.get(&object.id).unwrap_or_else(|| panic!("nobody said {}", object.id));
        assert_eq!((&truth.addr, &truth.body), (&object.addr, &object.body), "other words under {}", object.id);
        assert!(ext.is_empty() || ext == truth.ext, "another Ext under {}: {ext}", object.id);
        let rank = match (truth.ext.is_empty(), ext.is_empty()) {
            (false, true) => Rank::Bare,
            (false, false) if truth.has_file && object.file.is_empty() => Rank::WithExt,
            _ => Rank::WithFile,
        };
        assert_eq!(entry.rank, rank, "the rank of a copy of {}", object.id);
        assert_eq!(token.key(), truth.key, "whose it is");
        let own = truth.key == SecretKey::from_seed(&OWN_SEED).public();
        assert!(if own { entry.state == State::Own } else { believed }, "{:?} of {}", entry.state, object.id);
    }
}

/// What somebody makes of a message on the way.
fn changed(full: Value, change: u8) -> Value {
    let mut object = full;
    let text = |object: &Value, key: &str| object[key].as_str().unwrap_or_default().to_owned();
    match change {
        8 => object["Body"] = (text(&object, "Body") + "!").into(),
        9 => object = json!({"ID": object["ID"], "Addr": object["Addr"], "Body": object["Body"]}),
        10 => object["Ext"] = "{}".into(),
        11 => object["Addr"] = "10.0.0.9:5000".into(),
        12 => object["ID"] = text(&object, "ID").replacen("wn1:AQ", "wn1:AR", 1).into(),
        13 => object["Nick"] = "eve".into(),
        14 => object["FileContents"] = "eA==".into(),
        15 => object["FileContents"] = "".into(),
        _ => {}
    }
    object
}
