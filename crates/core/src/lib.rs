//! The protocol of whispernet without I/O, clock, entropy or threads: bytes and times in, decisions out.
//!
//! [`codec`] turns a link's bytes into objects; [`node::Node`] judges them, appends what is new to the [`log`], and says
//! what the shell around it must do. One seed and one order of inputs give one run, so a simulator can replay it.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests may panic"))]

extern crate alloc;

pub mod addr;
pub mod bound;
pub mod budget;
pub mod codec;
pub mod counters;
pub mod dial;
pub mod fingerprint;
pub mod flood;
pub mod id;
pub mod identity;
pub mod log;
pub mod node;
pub mod rank;
pub mod seen;
pub mod source;
pub mod state;
pub mod text;
pub mod time;
pub mod trust;
