//! Raw participants, none of them honest. Must not know nodes: a stranger has bytes for links, and texts for beacons.
//! Bounds: [`HEARD_MAX`] messages, [`OUTBOX_BYTES_MAX`] bytes that wait, [`LINKS_MAX`] links.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use super::dice::{Dice, Stream};
use super::forge::{self, Forge};
use super::host::EPOCH_MILLIS;
use super::network::PipeId;
use super::plan::HostId;
use super::said::{MessageId, Registry};
use super::scenario::Trouble;

/// Messages that an echo remembers.
const HEARD_MAX: usize = 400;
/// Bytes that wait for links, beyond which nothing is added.
const OUTBOX_BYTES_MAX: usize = 96 * 1024;
/// Links that one stranger opens: more than a peer takes in.
pub(super) const LINKS_MAX: usize = 300;
/// Messages of one flood: over the burst that an author has, and over the strikes that a link has.
const FLOOD: usize = 1_300;
/// Names of one flood: over those that a link has budgets for.
const NAMES_MAX: usize = 400;
/// Beacons at a time: over the sources that a peer remembers.
const BEACONS_MAX: usize = 1_500;
/// The port where strangers listen.
const PORT: u16 = 4_000;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A relay without a memory: everything twice.
    Echo,
    /// Much of what must be dropped, or too much of one author.
    Flooder,
    /// Masses in many names.
    Masses,
    /// Addrs, IDs and forms that are not as they should be.
    Forger,
    /// Ends with bytes that are no message, or never ends.
    Malformer,
    /// Never reads.
    Deaf,
    /// Opens links by the hundred.
    Crowd,
    /// Forges beacons.
    Beaconer,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Echo,
        Self::Flooder,
        Self::Masses,
        Self::Forger,
        Self::Malformer,
        Self::Deaf,
        Self::Crowd,
        Self::Beaconer,
    ];

    /// Under which name a run does without it.
    pub(super) const fn trouble(self) -> Trouble {
        match self {
            Self::Echo => Trouble::Echo,
            Self::Flooder => Trouble::Flood,
            Self::Masses => Trouble::Masses,
            Self::Forger => Trouble::Forge,
            Self::Malformer => Trouble::Malform,
            Self::Deaf => Trouble::Deaf,
            Self::Crowd => Trouble::Crowd,
            Self::Beaconer => Trouble::Beacons,
        }
    }

    /// Whether hosts can dial it.
    const fn listens(self) -> bool {
        matches!(self, Self::Echo | Self::Deaf)
    }
}

/// One stranger.
pub(super) struct Stranger {
    pub(super) kind: Kind,
    /// Where it listens, if it does.
    pub(super) addr: SocketAddr,
    pub(super) links: Vec<(HostId, PipeId)>,
    pub(super) outbox: BTreeMap<PipeId, Vec<u8>>,
    pub(super) dice: Dice,
    heard: VecDeque<MessageId>,
    place: usize,
    count: u64,
}

impl Stranger {
    pub(super) fn new(seed: u64, place: usize, kind: Kind, ip: impl FnOnce(&mut Dice) -> IpAddr) -> Self {
        let mut dice = Dice::of(seed, Stream::Stranger(place));
        let addr = SocketAddr::new(ip(&mut dice), PORT);
        Self { kind, addr, links: Vec::new(), outbox: BTreeMap::new(), dice, heard: VecDeque::new(), place, count: 0 }
    }

    pub(super) const fn listens(&self) -> bool {
        self.kind.listens()
    }

    /// Remembers a message, to say it again.
    pub(super) fn hear(&mut self, message: MessageId) {
        if self.heard.len() >= HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back(message);
    }

    /// What it sends next on one link. `hosts`: where hosts listen. `millis`: since the run began. `flooded_left`: messages
    /// that may still pass for chat.
    pub(super) fn compose(
        &mut self,
        hosts: &[SocketAddr],
        millis: i64,
        flooded_left: &mut usize,
        said: &mut Registry,
    ) -> Vec<u8> {
        let waiting: usize = self.outbox.values().map(Vec::len).sum();
        if waiting > OUTBOX_BYTES_MAX {
            return Vec::new();
        }
        let own = self.addr.to_string();
        let Self { kind, dice, heard, place, count, .. } = self;
        let mut forge = Forge { dice, said, place: *place, count, now: EPOCH_MILLIS + millis };
        let mut bytes = Vec::new();
        match kind {
            Kind::Echo => {
                bytes.extend(forge.live(&own, "echo"));
                for _ in 0..forge.dice.below(40).min(heard.len()) {
                    let raw = forge.said.get(heard[forge.dice.below(heard.len())]).raw();
                    bytes.extend([raw, raw].concat());
                }
            }
            Kind::Flooder => {
                let author = forge.dice.pick(hosts).to_string();
                let valid = forge.dice.chance(30) && take(flooded_left, FLOOD);
                for _ in 0..FLOOD {
                    bytes.extend(if valid { forge.live(&author, "flood") } else { forge.faulty(&author) });
                }
            }
            Kind::Masses => {
                let most = forge.dice.between(50, FLOOD).min(*flooded_left);
                *flooded_left -= most;
                let (names, old) = (*forge.dice.pick(&[1, 3, 20, NAMES_MAX]), forge.dice.chance(20));
                for _ in 0..most {
                    let name = forge.dice.below(names);
                    // All of them share some names: a relay's authors share its link's budgets from 257 on.
                    let author = forge::dead(if name < NAMES_MAX / 4 { *place } else { 0 }, name);
                    bytes.extend(if old { forge.old(&author, "mass") } else { forge.live(&author, "mass") });
                }
            }
            Kind::Forger => {
                for _ in 0..forge.dice.between(1, 12) {
                    bytes.extend(forge.any(hosts));
                }
            }
            Kind::Malformer => {
                let author = forge.dice.pick(hosts).to_string();
                bytes.extend(forge.live(&author, "before"));
                bytes.extend(forge.malformed());
            }
            Kind::Deaf => bytes.extend(forge.live(&own, "/me joined")),
            Kind::Crowd if forge.dice.chance(50) => bytes.extend(forge.live(&own, "crowd")),
            Kind::Crowd | Kind::Beaconer => {}
        }
        bytes
    }

    /// What it broadcasts: from where, and the text. Now and then from everywhere, each time another Addr.
    pub(super) fn beacons(&mut self, hosts: &[SocketAddr]) -> Vec<(IpAddr, String)> {
        let Self { dice, place, addr, .. } = self;
        if dice.chance(10) {
            let first = dice.below(60_000);
            return (0..BEACONS_MAX).map(|n| (forge::dead_ip(*place, n), forge::dead(*place, first + n))).collect();
        }
        let text = |dice: &mut Dice| match dice.below(4) {
            0 => forge::dead(*place, dice.below(60_000)),
            1 => dice.pick(hosts).to_string(),
            2 => "x".repeat(dice.below(90)),
            _ => forge::forbidden(hosts, dice),
        };
        (0..dice.below(12)).map(|_| (addr.ip(), text(dice))).collect()
    }
}

/// Takes `wanted` from what is left, if there is so much.
fn take(left: &mut usize, wanted: usize) -> bool {
    let enough = *left >= wanted;
    *left -= if enough { wanted } else { 0 };
    enough
}
