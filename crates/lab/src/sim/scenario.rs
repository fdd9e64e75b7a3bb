//! What a run is made of, as the command line says it: the seed decides all that is not said here.
//! Must not know what the words lead to. Bounds: [`NODES_MAX`] hosts, [`MINUTES_MAX`] minutes.

use std::collections::BTreeSet;
use std::fmt;

use clap::ValueEnum;

use super::dice::{Dice, Stream};

/// Most hosts of a run.
pub const NODES_MAX: usize = 1_000;
/// Longest time in which things break, in virtual minutes: pauses between dials grow with it, and so does the calm after.
pub const MINUTES_MAX: u64 = 600;

/// What can be wrong in a run: each kind can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Trouble {
    /// A link breaks, with what is on the way.
    Cut,
    /// A host ends at once, with or without the last writes of its store.
    Crash,
    /// A host ends in order.
    Restart,
    /// Hosts fall into two sides that do not reach each other.
    Partition,
    /// A host reads nothing for a while.
    StopReading,
    /// One link is not read for minutes, while the others of its host are.
    Stall,
    /// A store takes nothing for a while.
    StoreFails,
    /// A user pastes hundreds of lines.
    Paste,
    /// The wall clock of a host jumps, and perhaps back.
    Clock,
    /// Dials fail without a reason.
    DialLoss,
    /// Beacons get lost.
    BeaconLoss,
    /// Beacons come twice, and late.
    BeaconTwice,
    /// Some hosts read slowly.
    Slow,
    /// Some hosts store nothing.
    Unstored,
    /// Bytes come a few at a time.
    Crumbs,
    /// Strangers who repeat all that they hear, twice.
    Echo,
    /// Strangers who send what must be dropped, or is too much of one author.
    Flood,
    /// Strangers who send masses in many names, each within its budget.
    Masses,
    /// Strangers who forge Addrs, IDs and forms.
    Forge,
    /// Strangers who alter, strip, move and repeat what others signed, and sign what they like in others' names.
    Impostors,
    /// Old peers, which drop what they do not know of all that they pass on.
    OldPeers,
    /// Strangers who end with bytes that are no message, or one without an end.
    Malform,
    /// Strangers who take what they are dialled for and never read.
    Deaf,
    /// Strangers who open links by the hundred.
    Crowd,
    /// Strangers who forge beacons.
    Beacons,
}

/// A fault in the shell around each node, put in to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Plant {
    /// The store says that a batch is on disk, and has lost every third row.
    LostRows,
    /// A run begins at a place that the one before has used.
    OldPlaces,
    /// Seen IDs are not put back at a start.
    NoMemory,
    /// What is saved of a link's cursor is the log's end.
    EagerCursor,
    /// A write that was cut short is reported as whole.
    CutWrites,
    /// A dial is done twice.
    TwoDials,
    /// Deadlines are reported, and nothing is done about them.
    Sleep,
    /// Every signature is said to hold.
    TrustAll,
    /// Which copies may come richer is not put back at a start.
    NoCopies,
}

/// How hosts lie to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Shape {
    /// Clusters in a row, each linked to the one before.
    Chain,
    /// Clusters, each linked to some earlier one.
    Tree,
    /// All in one cluster: a full mesh, as far as 256 links each way go.
    Flat,
    /// All on one machine, at 127.0.0.1.
    Machine,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Decides all that is not said here.
    pub seed: u64,
    /// Hosts: 2 to [`NODES_MAX`].
    pub nodes: usize,
    /// Virtual minutes in which things break, at most [`MINUTES_MAX`].
    pub minutes: u64,
    /// Lines that users say while things break, at most.
    pub lines_max: u64,
    /// How the hosts lie; `None`: as the seed has it.
    pub shape: Option<Shape>,
    /// Strangers beyond those that the seed has, in percent of the hosts: impostors and old peers.
    pub forgers: usize,
    /// What this run does without.
    pub without: BTreeSet<Trouble>,
    /// What is put in to be found.
    pub plant: Option<Plant>,
}

impl Scenario {
    /// A run with all troubles that its seed has.
    #[must_use]
    pub const fn new(seed: u64, nodes: usize, minutes: u64) -> Self {
        Self {
            seed,
            nodes,
            minutes,
            lines_max: u64::MAX,
            shape: None,
            forgers: 0,
            without: BTreeSet::new(),
            plant: None,
        }
    }

    /// The run whose size the seed decides too: most are small and quick, some have hundreds of hosts.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        const SIZES: [(usize, usize, usize); 5] =
            [(640, 2, 8), (300, 9, 30), (50, 31, 100), (7, 101, 250), (3, 500, 500)];
        let mut dice = Dice::of(seed, Stream::Size);
        let mut throw = dice.below(1_000);
        let size = SIZES.iter().find(|(share, _, _)| {
            let found = throw < *share;
            throw = throw.saturating_sub(*share);
            found
        });
        let (_, least, most) = *size.unwrap_or(&SIZES[0]);
        let nodes = dice.between(least, most);
        let minutes = if nodes > 100 { dice.between(1, 4) } else { dice.between(2, 12) };
        Self::new(seed, nodes, minutes as u64)
    }
}

/// The command that runs it again.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "whisper-lab sim --seed {} --nodes {} --minutes {}", self.seed, self.nodes, self.minutes)?;
        if self.lines_max < u64::MAX {
            write!(f, " --lines-max {}", self.lines_max)?;
        }
        if self.forgers > 0 {
            write!(f, " --forgers {}", self.forgers)?;
        }
        if let Some(shape) = self.shape.and_then(|shape| shape.to_possible_value()) {
            write!(f, " --shape {}", shape.get_name())?;
        }
        if let Some(plant) = self.plant.and_then(|plant| plant.to_possible_value()) {
            write!(f, " --plant {}", plant.get_name())?;
        }
        for (place, trouble) in self.without.iter().filter_map(Trouble::to_possible_value).enumerate() {
            write!(f, "{}{}", if place == 0 { " --without " } else { "," }, trouble.get_name())?;
        }
        Ok(())
    }
}
