//! Which files are kept, as what, and what is told of that. Must not know where the bytes lie.
//! Bounds: the files of one batch; a notice of each kind a [`NOTICE_INTERVAL`].

use std::sync::Arc;
use std::time::Duration;

use whispernet_core::log::Entry;
use whispernet_core::state::State;
use whispernet_core::time::Instant;

use crate::config::Accept;
use crate::counts::Count;
use crate::event::{Event, File, Level};
use crate::message::Keep;
use crate::shared::Shared;
use crate::store::{Gone, Row, StoreError};

/// Between two notices of one kind.
const NOTICE_INTERVAL: Duration = Duration::from_secs(60);

/// Keeps files of messages, and tells what became of them.
pub(super) struct Keeper {
    accept: Accept,
    /// Files of the batch that wait for the user, by the place of their messages.
    offers: Vec<u64>,
    notices: Notices,
}

/// What is to be said of files, and when something was said last.
#[derive(Default)]
struct Notices {
    /// What had to make room since that was told.
    gone: Gone,
    gone_told: Option<Instant>,
    /// How many could not be kept since that was told, and what the last one and its error were.
    unkept: Option<(usize, String)>,
    unkept_told: Option<Instant>,
}

/// The same, while a batch is read.
pub(super) struct Keeping<'a> {
    keeper: &'a mut Keeper,
    shared: &'a Arc<Shared>,
}

impl Keeper {
    pub(super) fn new(accept: Accept) -> Self {
        Self { accept, offers: Vec::new(), notices: Notices::default() }
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
        if self.notices.is_empty() {
            return;
        }
        let quota_bytes = shared.files().quota_bytes();
        for (level, text) in self.notices.due(shared.clock.now().instant, quota_bytes) {
            shared.notice(level, text);
        }
    }
}

impl Notices {
    fn is_empty(&self) -> bool {
        self.gone == Gone::default() && self.unkept.is_none()
    }

    /// What became of one file.
    fn note(&mut self, file: &File, kept: Result<(), StoreError>, gone: Gone) {
        self.gone.offers += gone.offers;
        self.gone.taken += gone.taken;
        if let Err(error) = kept {
            let count = self.unkept.take().map_or(0, |(count, _)| count);
            self.unkept = Some((count + 1, format!("{}, {error}", file.name)));
        }
    }

    /// What is to be said, and was not said a moment ago.
    fn due(&mut self, now: Instant, quota_bytes: u64) -> Vec<(Level, String)> {
        let is_due = |told: Option<Instant>| told.is_none_or(|told| now.since(told) >= NOTICE_INTERVAL);
        let mut due = Vec::new();
        if self.gone != Gone::default() && is_due(self.gone_told) {
            self.gone_told = Some(now);
            let Gone { offers, taken } = std::mem::take(&mut self.gone);
            let text = format!(
                "{} made room for newer ones ({offers} that waited, {taken} that were taken): all files together may take {} MiB; \
                 /save copies out what is to last",
                files(offers + taken),
                quota_bytes >> 20
            );
            due.push((Level::Warn, text));
        }
        if is_due(self.unkept_told)
            && let Some((count, last)) = self.unkept.take()
        {
            self.unkept_told = Some(now);
            let text = format!("{} could not be kept, though the messages are here; the last: {last}", files(count));
            due.push((Level::Error, text));
        }
        due
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
        self.shared.counts.add(Count::OfferRemoved, gone.offers as u64);
        self.shared.counts.add(Count::TakenRemoved, gone.taken as u64);
        if matches!(kept, Ok(false)) {
            self.keeper.offers.push(entry.seq);
        }
        self.keeper.notices.note(file, kept.map(drop), gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_a_minute_tells_of_all_that_made_room() {
        let at = |secs| Instant::new(Duration::from_secs(secs));
        let file = File { name: "cat.gif".into(), mime: "image/gif".into(), size: 1, hash: "00".into() };
        let mut notices = Notices::default();
        let (one, both) = (Gone { offers: 1, taken: 0 }, Gone { offers: 2, taken: 3 });
        let texts = |notices: &mut Notices, secs| {
            notices.due(at(secs), 256 << 20).into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert!(texts(&mut notices, 0).is_empty());
        notices.note(&file, Ok(()), one);
        let told = texts(&mut notices, 1);
        assert!(told[0].starts_with("1 file made room") && told[0].contains("256 MiB"), "{told:?}");
        notices.note(&file, Ok(()), both);
        notices.note(&file, Ok(()), one);
        assert!(texts(&mut notices, 60).is_empty());
        let told = texts(&mut notices, 61);
        assert!(told[0].starts_with("6 files") && told[0].contains("(3 that waited, 3 that were taken)"), "{told:?}");
        assert!(texts(&mut notices, 1_000).is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_kept_is_named() {
        let file = File { name: "cat.gif".into(), mime: "image/gif".into(), size: 1, hash: "00".into() };
        let mut notices = Notices::default();
        for _ in 0..2 {
            notices.note(&file, Err(StoreError::Full), Gone::default());
        }
        let told = notices.due(Instant::default(), 0);
        let [(Level::Error, text)] = told.as_slice() else { panic!("{told:?}") };
        assert!(text.starts_with("2 files could not be kept") && text.contains("cat.gif"), "{text}");
        notices.note(&file, Err(StoreError::Full), Gone::default());
        assert!(notices.due(Instant::default(), 0).is_empty() && !notices.is_empty());
    }
}
