//! What a user set for good: the config file, read and checked. Must not know what becomes of it.
//! Bounds: a file of 64 KiB.

mod ui;

pub(crate) use ui::{Colors, Notify, NotifyFor, Pictures, Side, Ui};
