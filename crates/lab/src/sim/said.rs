//! What was said by anybody, so that nobody can show what nobody said.
//! Must not know who heard it. Bounds: the run's length.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use whispernet_core::time::Instant;

/// A message, by its place among all.
pub(super) type MessageId = usize;

/// What is known of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// The Addr in it, where that is one.
    pub(super) addr: Option<SocketAddr>,
    /// A host's user said it.
    pub(super) chat: bool,
    /// When it was said first.
    pub(super) at: Instant,
    /// Its Timestamp is not the time: its author's clock was moved, or its author lies.
    pub(super) odd: bool,
}

/// One message.
pub(super) struct Said {
    pub(super) facts: Facts,
    /// The spellings that went out under this ID, as a log holds them.
    spellings: Vec<Vec<u8>>,
}

impl Said {
    pub(super) fn is_spelt(&self, raw: &[u8]) -> bool {
        self.spellings.iter().any(|spelling| spelling == raw)
    }

    pub(super) fn raw(&self) -> &[u8] {
        &self.spellings[0]
    }
}

/// All messages.
#[derive(Default)]
pub(super) struct Registry {
    by_id: BTreeMap<Vec<u8>, MessageId>,
    messages: Vec<Said>,
}

impl Registry {
    pub(super) fn find(&self, id: &[u8]) -> Option<MessageId> {
        self.by_id.get(id).copied()
    }

    pub(super) fn get(&self, message: MessageId) -> &Said {
        &self.messages[message]
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Notes that `raw` went out under `id`.
    pub(super) fn say(&mut self, id: &[u8], facts: Facts, raw: &[u8]) -> MessageId {
        if let Some(message) = self.find(id) {
            let said = &mut self.messages[message];
            if !said.is_spelt(raw) {
                said.spellings.push(raw.to_vec());
            }
            return message;
        }
        let message = self.messages.len();
        self.messages.push(Said { facts, spellings: vec![raw.to_vec()] });
        self.by_id.insert(id.to_vec(), message);
        message
    }
}
