//! Where something comes from, as far as one can tell. Must not know what comes. Bounds: a name is an Addr that was cut to its
//! longest form.

use alloc::string::String;
use core::net::IpAddr;

/// Whom a budget or ban is for: an IP, or where many may share that IP, an IP and the Addr that the link named first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Of the link.
    pub ip: IpAddr,
    /// The Addr that the link named first, where the IP alone tells nobody apart.
    pub name: Option<String>,
}
