//! What was said by anybody, so that nobody can show what nobody said.
//! Must not know who heard it. Bounds: the run's length.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use whispernet_core::addr;
use whispernet_core::codec::Object;
use whispernet_core::identity::{Form, PublicKey, Token, classify};
use whispernet_core::rank::Rank;
use whispernet_core::time::Instant;

use super::plan::HostId;

/// A message, by its place among all.
pub(super) type MessageId = usize;

/// What is known of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// The Addr in it, where that is one.
    pub(super) addr: Option<SocketAddr>,
    /// The host that said it.
    pub(super) by: Option<HostId>,
    /// A host's user said it.
    pub(super) chat: bool,
    /// When it was said first.
    pub(super) at: Instant,
    /// Its Timestamp is not the time: its author's clock was moved, or its author lies.
    pub(super) odd: bool,
}

/// What stands in one copy of a message, escapes undone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) id: Vec<u8>,
    pub(super) addr: String,
    pub(super) body: String,
    pub(super) nick: String,
    pub(super) omitempty: String,
    pub(super) timestamp: Option<i64>,
    pub(super) ext: String,
    pub(super) file_type: String,
    pub(super) file: Vec<u8>,
    /// Bytes of the whole copy.
    pub(super) bytes: usize,
}

impl Texts {
    pub(super) fn of(object: &Object<'_>) -> Self {
        Self {
            id: object.id().bytes().into_owned(),
            addr: object.addr().decode().into_owned(),
            body: object.body().decode().into_owned(),
            nick: object.nick_key().decode().into_owned(),
            omitempty: object.omitempty().decode().into_owned(),
            timestamp: object.timestamp(),
            ext: object.ext().decode().into_owned(),
            file_type: object.file_type().decode().into_owned(),
            file: object.file_contents().bytes().into_owned(),
            bytes: object.raw().len(),
        }
    }

    pub(super) fn author(&self) -> Option<SocketAddr> {
        addr::parse(&self.addr)
    }

    /// What its ID says of who signed it, true or not.
    pub(super) fn token(&self) -> Option<Token> {
        match classify(&self.id) {
            Ok(Form::Signed(token)) => Some(token),
            _ => None,
        }
    }

    /// Whether it is `full` as its author said it, or as a relay passes that on which drops what it does not know. What then stands
    /// beside it has nobody's word.
    fn is_copy_of(&self, full: &Self, token: &Token) -> bool {
        let timed = self.timestamp.is_none_or(|timestamp| [0, token.time().0].contains(&timestamp));
        let vouched = |texts: &Self| [&texts.ext, &texts.nick, &texts.omitempty, &texts.file_type].map(String::clone);
        let filed = self.file.is_empty() || (self.file == full.file && !self.ext.is_empty());
        let with_ext = self.ext.is_empty() || vouched(self) == vouched(full);
        (&self.id, &self.addr, &self.body) == (&full.id, &full.addr, &full.body) && timed && filed && with_ext
    }

    /// How rich a copy of `full` it is.
    fn rank_beside(&self, full: &Self) -> Rank {
        match (full.ext.is_empty(), self.ext.is_empty()) {
            (false, true) => Rank::Bare,
            (false, false) if self.file.is_empty() && !full.file.is_empty() => Rank::WithExt,
            _ => Rank::WithFile,
        }
    }
}

/// One message.
pub(super) struct Said {
    pub(super) facts: Facts,
    /// Who signed it.
    token: Option<Token>,
    /// As its author said it.
    full: Texts,
    /// The spellings that went out under this ID, as a log holds them.
    spellings: Vec<Vec<u8>>,
}

impl Said {
    /// Whether this is how its author said it, or an honest copy of that.
    pub(super) fn is_spelt(&self, raw: &[u8], texts: &Texts) -> bool {
        match &self.token {
            Some(token) => texts.is_copy_of(&self.full, token),
            None => self.spellings.iter().any(|spelling| spelling == raw),
        }
    }

    pub(super) fn raw(&self) -> &[u8] {
        &self.spellings[0]
    }

    pub(super) const fn full(&self) -> &Texts {
        &self.full
    }

    pub(super) const fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// How rich a copy `texts` are.
    pub(super) fn rank(&self, texts: &Texts) -> Rank {
        if self.token.is_none() { Rank::WithFile } else { texts.rank_beside(&self.full) }
    }
}

/// All messages.
#[derive(Default)]
pub(super) struct Registry {
    by_id: BTreeMap<Vec<u8>, MessageId>,
    messages: Vec<Said>,
    /// Whose keys are whose: of hosts alone.
    owners: BTreeMap<PublicKey, HostId>,
}

impl Registry {
    /// The keys of hosts, in their order.
    pub(super) fn of_hosts(keys: impl Iterator<Item = PublicKey>) -> Self {
        Self { owners: keys.enumerate().map(|(host, key)| (key, host)).collect(), ..Self::default() }
    }

    /// The host whose key it is.
    pub(super) fn owner(&self, key: &PublicKey) -> Option<HostId> {
        self.owners.get(key).copied()
    }

    pub(super) fn find(&self, id: &[u8]) -> Option<MessageId> {
        self.by_id.get(id).copied()
    }

    /// The message of which `raw`, with these texts, is an honest copy.
    pub(super) fn find_copy(&self, raw: &[u8], texts: &Texts) -> Option<MessageId> {
        self.find(&texts.id).filter(|message| self.messages[*message].is_spelt(raw, texts))
    }

    pub(super) fn get(&self, message: MessageId) -> &Said {
        &self.messages[message]
    }

    /// What a host signed last; else the first message.
    pub(super) fn newest_of_host(&self) -> MessageId {
        let of_host = |said: &Said| said.facts.by.is_some() && said.token.is_some();
        self.messages.iter().rposition(of_host).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Notes that `raw`, with these texts, went out.
    pub(super) fn say(&mut self, facts: Facts, texts: &Texts, raw: &[u8]) -> MessageId {
        if let Some(message) = self.find(&texts.id) {
            let said = &mut self.messages[message];
            if !said.is_spelt(raw, texts) && said.token.is_none() {
                said.spellings.push(raw.to_vec());
            }
            return message;
        }
        let message = self.messages.len();
        let facts = Facts { addr: texts.author(), ..facts };
        let (token, full, spellings) = (texts.token(), texts.clone(), vec![raw.to_vec()]);
        self.messages.push(Said { facts, token, full, spellings });
        self.by_id.insert(texts.id.clone(), message);
        message
    }
}
