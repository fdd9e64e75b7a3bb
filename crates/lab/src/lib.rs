//! Instruments for whispernet: doubles of the old peers and raw ends of a classic link.
//! Knows the classic protocol alone; looks at a whispernet peer only from outside.
//! Every queue, map and buffer is bounded by a constant beside its user.

pub mod browser;
pub mod chaos;
pub mod clock;
pub mod double;
pub mod faults;
pub mod fuzz;
pub mod guide;
pub mod kill;
pub mod measure;
pub mod peer;
pub mod pictures;
pub mod print;
pub mod raw;
pub mod sim;
pub mod stranger;
pub mod terminal;
