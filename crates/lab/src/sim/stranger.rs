//! Raw participants, none of them honest. Must not know nodes: a stranger has bytes for links, and texts for beacons.
//! Bounds: [`HEARD_MAX`] messages, [`OUTBOX_BYTES_MAX`] bytes that wait, [`LINKS_MAX`] links.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

use whispernet_core::identity::SecretKey;

use super::dice::{Dice, Stream};
use super::forge::{self, Forge};
use super::host::EPOCH_MILLIS;
use super::impostor::{self, Impostor};
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
/// Signed messages of one flood: over the burst that a key has.
const FLOOD_OF_KEY: usize = 450;
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
    /// Alters and repeats what others signed, at once, and signs in others' names.
    Impostor,
    /// Passes on what it hears once, without what it does not know.
    OldPeer,
    /// Never reads.
    Deaf,
    /// Opens links by the hundred.
    Crowd,
    /// Forges beacons.
    Beaconer,
}

impl Kind {
    pub(super) const ALL: [Self; 10] = [
        Self::Echo,
        Self::Flooder,
        Self::Masses,
        Self::Forger,
        Self::Malformer,
        Self::Impostor,
        Self::OldPeer,
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
            Self::Impostor => Trouble::Impostors,
            Self::OldPeer => Trouble::OldPeers,
            Self::Deaf => Trouble::Deaf,
            Self::Crowd => Trouble::Crowd,
            Self::Beaconer => Trouble::Beacons,
        }
    }

    /// Whether hosts can dial it.
    const fn listens(self) -> bool {
        matches!(self, Self::Echo | Self::Deaf) || self.passes_on()
    }

    /// Whether it makes something of all that it hears.
    pub(super) const fn passes_on(self) -> bool {
        matches!(self, Self::Impostor | Self::OldPeer)
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
    /// What it has passed on.
    passed_on: BTreeSet<MessageId>,
    key: SecretKey,
    /// It sends more than it may, or it is an old peer that knows nicks.
    loud: bool,
    place: usize,
    count: u64,
}

impl Stranger {
    pub(super) fn new(seed: u64, place: usize, kind: Kind, ip: impl FnOnce(&mut Dice) -> IpAddr) -> Self {
        let mut dice = Dice::of(seed, Stream::Stranger(place));
        let addr = SocketAddr::new(ip(&mut dice), PORT);
        let (key, loud) = (SecretKey::from_seed(&dice.bytes()), dice.chance(40));
        let (links, outbox, heard, passed_on) = Default::default();
        Self { kind, addr, links, outbox, dice, heard, passed_on, key, loud, place, count: 0 }
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

    /// What it makes at once of a message that it hears for the first time, for all its links.
    pub(super) fn pass_on(
        &mut self,
        message: MessageId,
        hosts: &[SocketAddr],
        millis: i64,
        said: &mut Registry,
    ) -> Vec<u8> {
        if self.waiting() > OUTBOX_BYTES_MAX || !self.passed_on.insert(message) {
            return Vec::new();
        }
        if self.kind == Kind::OldPeer {
            return impostor::stripped(said, message, self.loud);
        }
        let Self { dice, key, .. } = self;
        let mut impostor = Impostor { dice, said, key, hosts, now: EPOCH_MILLIS + millis };
        (0..impostor.dice.below(4)).flat_map(|_| impostor.altered(message)).collect()
    }

    fn waiting(&self) -> usize {
        self.outbox.values().map(Vec::len).sum()
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
        if self.waiting() > OUTBOX_BYTES_MAX {
            return Vec::new();
        }
        let own = self.addr.to_string();
        if self.kind == Kind::Impostor {
            return self.impose(hosts, millis, flooded_left, said);
        }
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
            Kind::OldPeer => bytes.extend(forge.live(&own, "/me joined")),
            Kind::Impostor | Kind::Crowd | Kind::Beaconer => {}
        }
        bytes
    }

    /// Names itself, so that it is dialled, and says what it has no right to: a little, or a flood of one kind.
    fn impose(&mut self, hosts: &[SocketAddr], millis: i64, flooded_left: &mut usize, said: &mut Registry) -> Vec<u8> {
        let now = EPOCH_MILLIS + millis;
        let Self { dice, place, count, key, .. } = self;
        let own = self.addr.to_string();
        let mut bytes = Forge { dice, said, place: *place, count, now }.live(&own, "/me joined");
        let mut impostor = Impostor { dice, said, key, hosts, now };
        let newest = impostor.said.newest_of_host();
        if !self.loud || impostor.dice.chance(60) {
            bytes.extend((0..impostor.dice.below(10)).flat_map(|_| impostor.any()));
        } else if impostor.dice.chance(50) {
            bytes.extend((0..FLOOD).flat_map(|_| impostor.altered(newest)));
        } else if take(flooded_left, FLOOD_OF_KEY) {
            // Too much for one key, or for one link with so many keys.
            let keys: Vec<SecretKey> = (0..*impostor.dice.pick(&[1, NAMES_MAX]))
                .map(|_| SecretKey::from_seed(&impostor.dice.bytes()))
                .collect();
            for n in 0..FLOOD_OF_KEY {
                let key = &keys[n % keys.len()];
                bytes.extend(Impostor { key, ..impostor.again() }.own("flood"));
            }
            // Whoever heard it by other links must take it in all the same.
            bytes.extend_from_slice(impostor.said.get(newest).raw());
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
