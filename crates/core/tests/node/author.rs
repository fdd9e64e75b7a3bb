//! Somebody who signs, and what relays and forgers make of what he says.

use std::fmt::Write as _;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use whispernet_core::codec::{Draft, encode};
use whispernet_core::identity::{Ext, FileFacts, Network, PublicKey, SecretKey, sign};
use whispernet_core::time::UnixMillis;

use super::START_MS;

/// A key, and how its owner names himself.
#[derive(Clone)]
pub(crate) struct Author {
    pub(crate) secret: SecretKey,
    pub(crate) addr: String,
    pub(crate) nick: String,
    pub(crate) network: Network,
}

/// One message, with all that may stand in it. What is empty is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) addr: String,
    pub(crate) body: String,
    pub(crate) nick: String,
    pub(crate) omitempty: String,
    pub(crate) timestamp: Option<i64>,
    pub(crate) ext: String,
    pub(crate) file_type: String,
    pub(crate) file_contents: String,
    /// Raw JSON members, each after a comma.
    pub(crate) more: String,
}

impl Author {
    pub(crate) fn new(n: u8, nick: &str) -> Self {
        let addr = format!("127.0.0.1:{}", 9_000 + u16::from(n));
        Self { secret: SecretKey::from_seed(&[n; 32]), addr, nick: nick.into(), network: Network::OPEN }
    }

    pub(crate) fn key(&self) -> PublicKey {
        self.secret.public()
    }

    /// Says it when the tests begin.
    pub(crate) fn says(&self, body: &str) -> Said {
        self.says_at(body, START_MS)
    }

    pub(crate) fn says_at(&self, body: &str, time: i64) -> Said {
        self.says_with(body, time, Some(&Ext { nick: Some(self.nick.clone()), ..Ext::default() }), b"")
    }

    /// Says it with a file of these bytes.
    pub(crate) fn sends(&self, body: &str, file: &[u8]) -> Said {
        let sha256 = Sha256::digest(file).into();
        let facts = FileFacts { name: "a.txt".into(), kind: "text/plain".into(), size: file.len() as u64, sha256 };
        let ext = Ext { nick: Some(self.nick.clone()), file: Some(facts), ..Ext::default() };
        self.says_with(body, START_MS, Some(&ext), file)
    }

    pub(crate) fn says_with(&self, body: &str, time: i64, ext: Option<&Ext>, file: &[u8]) -> Said {
        let text = ext.map(|ext| ext.text().unwrap());
        let nick = ext.and_then(|ext| ext.nick.clone()).unwrap_or_default();
        let id = sign(&self.secret, self.network, UnixMillis(time), text.as_deref(), &self.addr, body);
        Said {
            id,
            addr: self.addr.clone(),
            body: body.into(),
            omitempty: nick.clone(),
            nick,
            timestamp: Some(time),
            ext: text.unwrap_or_default(),
            file_type: ext.and_then(|ext| ext.file.as_ref()).map(|file| file.kind.clone()).unwrap_or_default(),
            file_contents: BASE64.encode(file),
            more: String::new(),
        }
    }
}

impl Said {
    /// As an old peer passes it on that knows nicks.
    pub(crate) fn by_daemon(&self) -> Self {
        let timestamp = self.timestamp.or(Some(0));
        Self { timestamp, ..self.by_code_lab() }.with(|said| said.omitempty.clone_from(&self.omitempty))
    }

    /// As one does that knows ID, Addr and Body alone.
    pub(crate) fn by_code_lab(&self) -> Self {
        let empty = String::new;
        Self {
            nick: empty(),
            omitempty: empty(),
            timestamp: None,
            ext: empty(),
            file_type: empty(),
            file_contents: empty(),
            more: empty(),
            ..self.clone()
        }
    }

    pub(crate) fn without_file(&self) -> Self {
        Self { file_contents: String::new(), ..self.clone() }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn json(&self) -> String {
        let draft =
            Draft { id: &self.id, addr: &self.addr, body: &self.body, nick: "", time: 0, ext: None, file: None };
        let plain = String::from_utf8(encode(&draft)).unwrap();
        let mut json = plain[..plain.find(",\"Nick\"").unwrap()].to_owned();
        for (key, value) in [
            ("Nick", &self.nick),
            ("omitempty", &self.omitempty),
            ("Ext", &self.ext),
            ("FileType", &self.file_type),
            ("FileContents", &self.file_contents),
        ] {
            if !value.is_empty() {
                write!(json, ",\"{key}\":{}", serde_json::to_string(value).unwrap()).unwrap();
            }
        }
        if let Some(timestamp) = self.timestamp {
            write!(json, ",\"Timestamp\":{timestamp}").unwrap();
        }
        json + &self.more + "}"
    }
}
