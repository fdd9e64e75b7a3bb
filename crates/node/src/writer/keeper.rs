//! Which files are kept, as what, and what is told of that. Must not know where the bytes lie.
//! Bounds: the files of one batch; a notice of each kind a [`NOTICE_INTERVAL`].

use std::sync::Arc;
use std::time::Duration;

use whispernet_core::log::Entry;
use whispernet_core::state::State;
use whispernet_core::time::Instant;

use crate::config::Accept;
use crate::event::{Event, File, Level};
use crate::message::Keep;
use crate::shared::Shared;
use crate::store::{Gone, Row};

/// Between two notices of one kind.
const NOTICE_INTERVAL: Duration = Duration::from_secs(60);

/// Keeps files of messages, and tells what became of them.
pub(super) struct Keeper {
    accept: Accept,
    /// Files of the batch that wait for the user, by the place of their messages.
    offers: Vec<u64>,
    /// What had to make room since that was told.
    gone: Gone,
    /// How many could not be kept since that was told, and what the last one and its error were.
    unkept: Option<(usize, String)>,
    gone_told: Option<Instant>,
    unkept_told: Option<Instant>,
}

/// The same, while a batch is read.
pub(super) struct Keeping<'a> {
    keeper: &'a mut Keeper,
    shared: &'a Arc<Shared>,
}

impl Keeper {
    pub(super) fn new(accept: Accept) -> Self {
        Self { accept, offers: Vec::new(), gone: Gone::default(), unkept: None, gone_told: None, unkept_told: None }
    }

    pub(super) const fn with<'a>(&'a mut self, shared: &'a Arc<Shared>) -> Keeping<'a> {
        Keeping { keeper: self, shared }
    }

    /// Whether the file of such a message is taken without a question; `None`: it is not kept.
    fn policy(&self, entry: &Entry) -> Option<bool> {
        if entry.marks.own {
            return Some(true);
        }
        match self.accept {
            Accept::Ask => Some(false),
            Accept::Verified => Some(matches!(entry.state, State::Verified | State::Own)),
            Accept::All => Some(true),
            Accept::None => None,
        }
    }

    /// Tells what became of the files of a batch. Where it was not `written`, it comes again.
    pub(super) fn tell(&mut self, shared: &Shared, written: bool, rows: &[Row]) {
        let offers = std::mem::take(&mut self.offers);
        for row in rows.iter().filter(|row| written && offers.binary_search(&row.seq).is_ok()) {
            if let Some(file) = row.file.clone() {
                shared.tell(Event::Offer { seq: row.seq, file });
            }
        }
        self.notices(shared);
    }

    /// Says what is to be said of files, and was not said a moment ago.
    fn notices(&mut self, shared: &Shared) {
        let now = shared.clock.now().instant;
        let is_due = |told: Option<Instant>| told.is_none_or(|told| now.since(told) >= NOTICE_INTERVAL);
        if self.gone != Gone::default() && is_due(self.gone_told) {
            self.gone_told = Some(now);
            let Gone { offers, taken } = std::mem::take(&mut self.gone);
            let quota_mib = shared.files().quota_bytes() >> 20;
            let text = format!(
                "{} made room for newer ones ({offers} that waited, {taken} that were taken): all files may take {quota_mib} MiB; \
                 /save copies out what is to last",
                files(offers + taken)
            );
            shared.notice(Level::Warn, text);
        }
        if is_due(self.unkept_told)
            && let Some((count, last)) = self.unkept.take()
        {
            self.unkept_told = Some(now);
            let text = format!("{} could not be kept, though the messages are here; the last: {last}", files(count));
            shared.notice(Level::Error, text);
        }
    }
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

impl Keep for Keeping<'_> {
    fn keep(&mut self, entry: &Entry, file: &File, bytes: &[u8]) {
        let Some(taken) = self.keeper.policy(entry) else { return };
        let mut files = self.shared.files();
        let kept = files.keep(bytes, taken);
        let gone = files.take_gone();
        drop(files);
        self.keeper.gone.offers += gone.offers;
        self.keeper.gone.taken += gone.taken;
        match kept {
            Ok(true) => {}
            Ok(false) => self.keeper.offers.push(entry.seq),
            Err(error) => {
                let count = self.keeper.unkept.take().map_or(0, |(count, _)| count);
                self.keeper.unkept = Some((count + 1, format!("{}, {error}", file.name)));
            }
        }
    }
}
