//! What users ask for: connect, disconnect, block, unblock. Must not know who asks.
//! Bounds: [`BLOCKS_MAX`].

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use super::Node;
use super::links::LinkId;
use super::output::{Cause, Output};
use crate::addr::Range;
use crate::flood::Ban;
use crate::source::Source;
use crate::time::{Now, UnixMillis};

/// Most blocked addresses.
pub const BLOCKS_MAX: usize = 4_096;

/// Why a command is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is our own address.
    Own,
    /// It is blocked.
    Blocked,
    /// There are as many as there may be.
    Full,
    /// Nothing is known of it.
    Unknown,
    /// Nobody can be connected to there: multicast, broadcast and the like.
    Nowhere,
}

/// Whom a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody at an IP.
    Ip(IpAddr),
    /// One peer.
    Addr(SocketAddr),
}

impl Who {
    /// Reads `IP` or `IP:PORT`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ip = text.parse::<IpAddr>().ok().map(|ip| Self::Ip(ip.to_canonical()));
        ip.or_else(|| crate::addr::parse(text).map(Self::Addr))
    }

    const fn ip(self) -> IpAddr {
        match self {
            Self::Ip(ip) => ip,
            Self::Addr(addr) => addr.ip(),
        }
    }

    fn is(self, addr: SocketAddr) -> bool {
        match self {
            Self::Ip(ip) => ip == addr.ip(),
            Self::Addr(blocked) => blocked == addr,
        }
    }
}

impl core::fmt::Display for Who {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Addr(addr) => addr.fmt(f),
        }
    }
}

impl Node {
    /// Dials `addr`, and keeps at it.
    ///
    /// # Errors
    /// [`Refused::Own`], [`Refused::Nowhere`], [`Refused::Blocked`], [`Refused::Full`].
    pub fn connect(&mut self, now: Now, addr: SocketAddr, out: &mut Vec<Output>) -> Result<(), Refused> {
        if addr == self.config.addr || self.config.own.contains(&addr) {
            return Err(Refused::Own);
        }
        if Range::of(addr.ip()) == Range::Nowhere {
            return Err(Refused::Nowhere);
        }
        if self.is_blocked(addr.ip(), Some(&addr.to_string())) {
            return Err(Refused::Blocked);
        }
        if !self.book.want(addr, now.instant) {
            return Err(Refused::Full);
        }
        self.save_peer(addr, out);
        self.dial_due(now, out);
        Ok(())
    }

    /// Ends all links with `addr`; it gets none until [`Node::connect`].
    ///
    /// # Errors
    /// [`Refused::Unknown`], [`Refused::Full`].
    pub fn disconnect(&mut self, now: Now, addr: SocketAddr, out: &mut Vec<Output>) -> Result<(), Refused> {
        let of_connection: Vec<LinkId> =
            self.incoming.iter().filter(|(_, link)| link.remote == addr).map(|(id, _)| *id).collect();
        if of_connection.is_empty()
            && self.book.get(&addr).is_none()
            && !self.incoming.values().any(|link| link.peer == Some(addr))
        {
            return Err(Refused::Unknown);
        }
        for id in &of_connection {
            self.close(*id, Cause::User, out);
        }
        if of_connection.is_empty() {
            if !self.book.hold(addr) {
                return Err(Refused::Full);
            }
            self.close_links_of(now, Who::Addr(addr), Cause::User, out);
            self.save_peer(addr, out);
        }
        Ok(())
    }

    fn close_links_of(&mut self, now: Now, who: Who, cause: Cause, out: &mut Vec<Output>) {
        let outgoing: Vec<LinkId> =
            self.outgoing.iter().filter(|(_, link)| who.is(link.addr)).map(|(id, _)| *id).collect();
        for id in outgoing {
            self.close_outgoing(now, id, cause, out);
        }
        let incoming: Vec<LinkId> = self
            .incoming
            .iter()
            .filter(|(_, link)| {
                matches!(who, Who::Ip(ip) if ip == link.remote.ip()) || link.peer.is_some_and(|peer| who.is(peer))
            })
            .map(|(id, _)| *id)
            .collect();
        for id in incoming {
            match cause {
                Cause::Blocked => self.close_blocked(id, cause, None, out),
                _ => self.close(id, cause, out),
            }
        }
    }

    /// Gives `who` no link any more, and hides what names it as its author.
    ///
    /// # Errors
    /// [`Refused::Own`], [`Refused::Full`].
    pub fn block(&mut self, now: Now, who: Who, out: &mut Vec<Output>) -> Result<(), Refused> {
        if who.is(self.config.addr) && matches!(who, Who::Addr(_)) {
            return Err(Refused::Own);
        }
        if self.blocks.len() >= BLOCKS_MAX && !self.blocks.contains(&who.to_string()) {
            return Err(Refused::Full);
        }
        self.blocks.insert(who.to_string());
        self.forget_authors();
        self.close_links_of(now, who, Cause::Blocked, out);
        // After their links: the end of one has its address wait for the next dial.
        let known: Vec<SocketAddr> = self.book.iter().map(|(addr, _)| *addr).filter(|addr| who.is(*addr)).collect();
        for addr in known {
            self.book.drop_wish(addr);
        }
        Ok(())
    }

    /// Takes a block back, and bans of the same address too. Returns the bans that were lifted.
    ///
    /// # Errors
    /// [`Refused::Unknown`].
    pub fn unblock(&mut self, who: Who) -> Result<Vec<Source>, Refused> {
        let blocked = self.blocks.remove(&who.to_string());
        let name = match who {
            Who::Ip(_) => None,
            Who::Addr(addr) => Some(addr.to_string()),
        };
        let lifted = self.flood.lift(who.ip(), name.as_deref());
        self.forget_authors();
        if blocked || !lifted.is_empty() { Ok(lifted) } else { Err(Refused::Unknown) }
    }

    /// Makes links look at their authors anew.
    fn forget_authors(&mut self) {
        for link in self.incoming.values_mut() {
            link.last_addr.clear();
        }
    }

    /// The addresses that the user blocked.
    pub fn blocks(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().map(String::as_str)
    }

    /// The bans in force.
    pub fn bans(&self, now: UnixMillis) -> impl Iterator<Item = (&Source, &Ban)> {
        self.flood.bans(now)
    }
}
