//! Something on its way to the log and the disk. Must not know who says it.
//! Bounds: [`CLIENT_BYTES_MAX`]; how much may wait is the node's affair.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use whispernet_core::id::ID_BYTES_MAX;
use whispernet_core::node::{BODY_BYTES_MAX, FILE_SEND_BYTES_MAX, SayRefused, Words};

use super::{Handle, Said, Say, SayError};
use crate::attachment;
use crate::shared::{Answer, Shared};
use crate::store::Reader;
use crate::writer::Job;

/// Longest tag of a client, in bytes.
const CLIENT_BYTES_MAX: usize = 256;
/// For so long the same tag means the same message.
const CLIENT_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// Something submitted, that may still wait for its pace and for the disk.
pub struct Submission {
    shared: Arc<Shared>,
    state: State,
}

enum State {
    /// It had been said before.
    Known(Said),
    /// It is in the log, or will be.
    Waiting(oneshot::Receiver<Answer>),
}

impl Submission {
    pub(super) fn new(shared: &Arc<Shared>, say: Say) -> Result<Self, SayError> {
        if *shared.stop.borrow() {
            return Err(SayError::Stopped);
        }
        if say.client.as_ref().is_some_and(|client| client.len() > CLIENT_BYTES_MAX) {
            return Err(SayError::TagTooLong { max: CLIENT_BYTES_MAX });
        }
        let shared = Arc::clone(shared);
        let file = say.file.map(attachment::ready).transpose()?;
        let body = match &file {
            Some(file) if say.body.is_empty() => attachment::body(&file.facts),
            _ => say.body,
        };
        let words = Words { body, client: say.client, reply: say.reply, file };
        // What does not fit is refused, whatever was said before under its tag.
        shared.node().check_words(&words).map_err(refused)?;
        // The node knows the tags of this run; those of earlier ones are in the store.
        if let Some(said) = words.client.as_deref().and_then(|client| said_before(&shared, client)) {
            return Ok(Self { shared, state: State::Known(said) });
        }
        let (answer, answered) = oneshot::channel();
        let now = shared.clock.now();
        let said = shared.command(|node, out| {
            let said = node.say(now, words, out);
            if let Ok(token) = &said {
                // Before anybody can carry out the answer.
                shared.expect_answer(*token, answer);
            }
            said
        });
        said.map_err(refused)?;
        shared.job(Job::Urgent);
        Ok(Self { shared, state: State::Waiting(answered) })
    }

    /// Resolves when it is on disk (in the log, with the history off).
    ///
    /// # Errors
    /// `NotDurable` where the disk fails; `Stopped`.
    pub async fn durable(self) -> Result<Said, SayError> {
        let waiting = match self.state {
            State::Known(said) => return Ok(said),
            State::Waiting(waiting) => waiting,
        };
        let mut stop = self.shared.stop.subscribe();
        let (seq, id, repeated) = tokio::select! {
            answer = waiting => answer.map_err(|_| SayError::Stopped)?,
            // What still waits for its pace then is not said.
            _ = stop.wait_for(|stop| *stop) => return Err(SayError::Stopped),
        };
        let said = Said { seq, id, repeated };
        if !self.shared.history {
            return Ok(said);
        }
        let mut durability = self.shared.durability.subscribe();
        // The sender lives as long as this.
        let state = durability.wait_for(|state| state.committed > seq || state.failing.is_some()).await;
        match state.map(|state| (state.committed > seq, state.failing.clone())) {
            Ok((true, _)) => Ok(said),
            Ok((false, reason)) => Err(SayError::NotDurable { reason: reason.unwrap_or_default() }),
            Err(_) => Err(SayError::Stopped),
        }
    }
}

/// Words that wait for the pace that other peers accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub messages: usize,
    /// When the next of them goes, from now; `None` where none waits, or where the disk holds them up.
    pub next_in: Option<Duration>,
}

impl Handle {
    /// What waits for its pace.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        let now = self.shared.clock.now().instant;
        let node = self.shared.node();
        Waiting { messages: node.pending(), next_in: node.next_say(now).map(|next| next.since(now)) }
    }
}

fn refused(refused: SayRefused) -> SayError {
    match refused {
        SayRefused::Empty => SayError::Empty,
        SayRefused::TooLong(bytes) => SayError::TooLong { bytes, max: BODY_BYTES_MAX },
        SayRefused::Busy(waiting) => SayError::Busy { waiting },
        SayRefused::BadReply => SayError::BadReply { max: ID_BYTES_MAX },
        SayRefused::ReplyUnsigned => SayError::ReplyUnsigned,
        SayRefused::FileEmpty => SayError::FileEmpty,
        SayRefused::FileTooLarge(bytes) => SayError::FileTooLarge { bytes, max: FILE_SEND_BYTES_MAX },
        SayRefused::BadFile(_) => SayError::FileName,
    }
}

fn said_before(shared: &Shared, client: &str) -> Option<Said> {
    let since = shared.clock.now().wall.before(CLIENT_WITHIN).0;
    let reader = Reader::open(shared.database.as_deref()?).ok()?;
    let (seq, id) = reader.by_client(client, since).ok()??;
    Some(Said { seq, id, repeated: true })
}
