//! What the node holds at the moment of each thing that is bounded, for whoever looks after it.
//! Must not know who looks. Bounds: those that it names.

use alloc::vec::Vec;

use super::links::OUTGOING_MAX;
use super::users::BLOCKS_MAX;
use super::{Node, wake};
use crate::bound::Bound;

impl Node {
    /// All that is counted here, with its bounds.
    #[must_use]
    pub fn bounds(&self) -> Vec<Bound> {
        let mut bounds = Vec::with_capacity(16);
        bounds.extend([
            Bound::new("incoming links", self.incoming.len(), self.config.inbound_max),
            Bound::new("outgoing links", self.outgoing.len(), OUTGOING_MAX),
            Bound::new("outgoing links that are watched for one back", self.greetings_due.len(), self.outgoing.len()),
            Bound::new("seen IDs", self.seen.len(), self.config.seen_max),
            Bound::new("sources of beacons", self.beacons_heard.len(), wake::BEACON_SOURCES_MAX),
            Bound::new("blocked addresses", self.blocks.len(), BLOCKS_MAX),
        ]);
        bounds.extend(self.book.bounds());
        bounds.extend(self.mouth.bounds());
        bounds.extend(self.trust.bounds());
        bounds.extend(self.copies.bounds());
        bounds.extend(self.checks.bounds());
        bounds.extend(self.flood.bounds());
        bounds.extend(self.lookups.bounds());
        bounds
    }

    /// What has a mark rather than a bound: who brings more waits, and only after the turn that went beyond.
    #[must_use]
    pub fn watermarks(&self) -> Vec<Bound> {
        let mut marks = Vec::from(self.log.watermarks());
        marks.extend(self.checks.watermarks());
        marks
    }
}
