//! Files of others that were refused, as notices. Must not know why a copy is refused. Bounds: one notice for each cause of
//! [`CAUSES`] a look; how often one looks is the caller's.

use whispernet_core::counters::Count;

use crate::event::Level;
use crate::shared::Shared;

/// What is counted, and what it means for whoever waits for a file.
const CAUSES: [(Count, &str); 6] = [
    (Count::CopyFileHash, "its bytes do not have the hash that its author signed"),
    (Count::CopyFileSize, "it does not have the size that its author signed"),
    (Count::CopyFileNotBase64, "its bytes cannot be read"),
    (Count::ExtFileName, "its name is empty, or longer than 255 bytes"),
    (Count::ExtFileType, "its type is empty, or too long"),
    (Count::ExtFileSize, "its size is none"),
];

/// What was told so far.
#[derive(Default)]
pub(super) struct Refused {
    counts: [u64; CAUSES.len()],
}

impl Refused {
    /// Tells of those that came since the last look.
    pub(super) fn tell(&mut self, shared: &Shared) {
        let now = {
            let node = shared.node();
            CAUSES.map(|(count, _)| node.counters().get(count))
        };
        for text in self.news(now) {
            shared.notice(Level::Warn, text);
        }
    }

    fn news(&mut self, now: [u64; CAUSES.len()]) -> Vec<String> {
        let before = std::mem::replace(&mut self.counts, now);
        let more = now.iter().zip(before).map(|(now, before)| now.saturating_sub(before));
        let told = more.zip(CAUSES).filter(|(more, _)| *more > 0);
        told.map(|(more, (_, cause))| match more {
            1 => format!("a message with a file was refused: {cause}"),
            more => format!("{more} messages with a file were refused: {cause}"),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_once_a_look() {
        let mut refused = Refused::default();
        assert_eq!(refused.news([0; CAUSES.len()]), Vec::<String>::new());
        let mut counts = [0; CAUSES.len()];
        (counts[0], counts[3]) = (1, 7);
        let hash = "a message with a file was refused: its bytes do not have the hash that its author signed";
        let names = "7 messages with a file were refused: its name is empty, or longer than 255 bytes";
        assert_eq!(refused.news(counts), [hash, names]);
        assert_eq!(refused.news(counts), Vec::<String>::new(), "nothing more came");
        counts[0] = 3;
        assert_eq!(
            refused.news(counts),
            ["2 messages with a file were refused: its bytes do not have the hash that its author signed"]
        );
    }
}
