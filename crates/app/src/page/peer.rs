//! Peers and blocks as the page lists them, with what can be done about each.
//! Must not know HTML. Bounds: those of the node's lists.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use whispernet_node::event::Trust;
use whispernet_node::handle::{Block, Handle, PeerStatus, Person};

use super::mark::{Mark, mark};
use crate::shown::safe;

/// A peer in the list.
#[derive(Default, Serialize)]
pub(super) struct Peer {
    /// `IP:PORT`.
    pub(super) addr: String,
    /// Safe to show; empty where none is known.
    pub(super) nick: String,
    /// Of whoever greets from there, in hex.
    pub(super) key: Option<String>,
    /// Of whoever greets from there, where that was signed.
    pub(super) mark: Option<Mark>,
    /// `connected`, `dialling`, `waiting` or `held`.
    pub(super) state: String,
    /// The same for people.
    pub(super) words: &'static str,
    /// Messages that it has yet to be sent.
    pub(super) lag: u64,
    /// Whether to connect rather than to disconnect.
    pub(super) can_connect: bool,
}

/// A block in the list.
#[derive(Default, Serialize)]
pub(super) struct Blocked {
    /// As it is to be named to lift it.
    pub(super) who: String,
    /// Safe to show.
    pub(super) name: String,
    /// Why, and until when.
    pub(super) why: String,
}

impl Peer {
    fn of(handle: &Handle, peer: PeerStatus) -> Self {
        let person = peer.key.as_deref().and_then(|key| handle.whois(key).ok());
        Self::known(peer, person.as_ref())
    }

    /// All of them, those that are connected first.
    pub(super) fn list(handle: &Handle, mut peers: Vec<PeerStatus>) -> Vec<Self> {
        peers.sort_by_key(|peer| peer.state != "connected");
        peers.into_iter().map(|peer| Self::of(handle, peer)).collect()
    }

    fn known(peer: PeerStatus, person: Option<&Person>) -> Self {
        let (words, can_connect) = match (peer.state.as_str(), peer.out, peer.incoming) {
            ("connected", true, true) => ("connected", false),
            ("connected", true, false) => ("outgoing only", false),
            ("connected", ..) => ("incoming only", false),
            ("dialling", ..) => ("connecting", false),
            ("waiting", ..) => ("trying again", false),
            _ => ("disconnected by you", true),
        };
        let nick = person.filter(|person| !person.name.is_empty()).map_or(&peer.nick, |person| &person.name);
        Self {
            nick: safe::nick(nick),
            mark: person.map(|person| person.trust).filter(|trust| *trust != Trust::Own).map(mark),
            key: peer.key,
            addr: peer.addr,
            state: peer.state,
            words,
            lag: peer.lag,
            can_connect,
        }
    }
}

impl Blocked {
    pub(super) fn of(handle: &Handle, block: Block, zone: &TimeZone) -> Self {
        let name = match handle.whois(&block.who) {
            Ok(person) if person.key == block.who && !person.name.is_empty() => {
                format!("{} ({})", safe::nick(&person.name), person.short)
            }
            _ => safe::addr(&block.who),
        };
        let until = block.until.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let why = match (block.why.as_str(), until) {
            ("user", None) => "by you".to_owned(),
            (_, Some(until)) => {
                format!("for flooding, until {}", until.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M"))
            }
            (why, None) => safe::line(why).into_owned(),
        };
        Self { who: block.who, name, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_in_words() {
        let peer = |state: &str, out, incoming| PeerStatus {
            key: None,
            addr: "10.0.0.7:55555".to_owned(),
            nick: "a\nb".to_owned(),
            out,
            incoming,
            state: state.to_owned(),
            lag: 0,
        };
        for (status, words, can_connect) in [
            (peer("connected", true, true), "connected", false),
            (peer("connected", true, false), "outgoing only", false),
            (peer("connected", false, true), "incoming only", false),
            (peer("dialling", false, false), "connecting", false),
            (peer("waiting", false, false), "trying again", false),
            (peer("held", false, false), "disconnected by you", true),
        ] {
            let shown = Peer::known(status, None);
            assert_eq!((shown.words, shown.can_connect, shown.nick.as_str()), (words, can_connect, "a\\u{a}b"));
        }
    }
}
