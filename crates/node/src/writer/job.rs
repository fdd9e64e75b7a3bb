//! What the store's thread is asked to do. Must not know who asks. Bounds: none of its own.

use std::net::SocketAddr;

use whispernet_core::dial::Known;
use whispernet_core::fingerprint::Fingerprint;
use whispernet_core::flood;
use whispernet_core::node::{Node, PeerRecord};
use whispernet_core::source::Source;
use whispernet_core::time::UnixMillis;
use whispernet_core::trust;

use crate::store::{Ban, Peer, StoreError, Tables, Writer};

/// What the store's thread is asked to do.
pub(crate) enum Job {
    /// The log has grown.
    Poke,
    /// Somebody waits for what he said to be on disk.
    Urgent,
    /// No later run may use a `seq` up to this one.
    Reserve(u64),
    /// Whether an ID is known.
    LookUp { token: u64, fingerprint: Fingerprint, id: String },
    /// Keep this about a peer.
    Peer(PeerRecord),
    /// Keep this ban.
    Ban(Source, flood::Ban),
    /// Forget this ban.
    Unban(Source),
    /// Keep this block.
    Block(String),
    /// Forget this block.
    Unblock(String),
    /// Keep our nick.
    Nick(String),
    /// Keep this about a key.
    Trust(Box<trust::Change>),
    /// The check found this damage in the database that came after so many replacements.
    Broken { reason: String, replacements: u64 },
    /// Commit what is left, and end.
    Stop,
}

impl Job {
    /// Writes what is to be kept, but for what is known of keys: that is written in batches.
    pub(super) fn write(self, writer: &mut Writer) -> Result<(), StoreError> {
        match self {
            Self::Peer(record) => writer.put_peers(&[stored_peer(&record.addr, &record.known)]),
            Self::Ban(source, ban) => writer.put_ban(&stored_ban(&source, &ban)),
            Self::Unban(source) => writer.remove_ban(&source.ip.to_string(), &name(&source)).map(drop),
            Self::Block(who) => writer.put_block(&who),
            Self::Unblock(who) => writer.remove_block(&who).map(drop),
            Self::Nick(nick) => writer.set_nick(&nick),
            Self::Poke
            | Self::Urgent
            | Self::Reserve(_)
            | Self::LookUp { .. }
            | Self::Trust(_)
            | Self::Broken { .. }
            | Self::Stop => Ok(()),
        }
    }

    /// Whether it changes one of the small tables.
    pub(crate) const fn is_setting(&self) -> bool {
        matches!(
            self,
            Self::Peer(_)
                | Self::Ban(..)
                | Self::Unban(_)
                | Self::Block(_)
                | Self::Unblock(_)
                | Self::Nick(_)
                | Self::Trust(_)
        )
    }
}

/// All that the small tables are to hold.
pub(super) fn tables(node: &Node, now: UnixMillis) -> Tables {
    // The others were only heard of.
    let kept = |known: &Known| known.wanted || known.held || known.linked_at.is_some();
    let peers = node.book().iter().filter(|(_, known)| kept(known));
    Tables {
        nick: Some(node.config().nick.clone()),
        peers: peers.map(|(addr, known)| stored_peer(addr, known)).collect(),
        blocks: node.blocks().map(str::to_owned).collect(),
        bans: node.bans(now).map(|(source, ban)| stored_ban(source, ban)).collect(),
        trust: node.trust().records().cloned().collect(),
    }
}

/// A name that is empty is stored as one that no Addr can be, since an absent one is stored as empty.
const NAMELESS: &str = "?";

fn name(source: &Source) -> String {
    match source.name.as_deref() {
        None => String::new(),
        Some("") => NAMELESS.to_owned(),
        Some(name) => name.to_owned(),
    }
}

/// A ban as the core knows it; `None` where what was stored is no IP.
pub(crate) fn ban(stored: &Ban) -> Option<(Source, flood::Ban)> {
    let name = match stored.name.as_str() {
        "" => None,
        NAMELESS => Some(String::new()),
        name => Some(name.to_owned()),
    };
    let source = Source { ip: stored.ip.parse().ok()?, name };
    Some((source, flood::Ban { until: UnixMillis(stored.until), level: stored.level }))
}

fn stored_ban(source: &Source, ban: &flood::Ban) -> Ban {
    Ban { ip: source.ip.to_string(), name: name(source), until: ban.until.0, level: ban.level }
}

fn stored_peer(addr: &SocketAddr, known: &Known) -> Peer {
    Peer {
        addr: addr.to_string(),
        nick: known.nick.clone(),
        daemon: known.daemon,
        linked_at: known.linked_at.map_or(0, |at| at.0),
        cursor: known.cursor.map(|(seq, _)| seq),
        held: known.held,
        wanted: known.wanted,
    }
}

/// A peer as the core knows it; `None` where what was stored is no address.
pub(crate) fn known(stored: &Peer) -> Option<(SocketAddr, Known)> {
    // What the user connected to may have a scope, which is none on the wire.
    let addr = stored.addr.parse().ok().map(whispernet_core::addr::canonical)?;
    let linked_at = (stored.linked_at > 0).then_some(UnixMillis(stored.linked_at));
    let mut known = Known::default();
    known.wanted = stored.wanted;
    known.held = stored.held;
    known.daemon = stored.daemon;
    known.nick.clone_from(&stored.nick);
    known.linked_at = linked_at;
    known.cursor = stored.cursor.zip(linked_at);
    Some((addr, known))
}

#[cfg(test)]
mod tests {
    use whispernet_core::identity::PublicKey;

    use super::*;
    use crate::store;

    #[test]
    fn what_changed_about_a_key_is_there_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let [own, phil, other] = [0, 1, 2].map(|n| PublicKey::new([n; 32]));
        let now = UnixMillis(7);
        let mut trust = trust::Trust::default();
        let check = |change: trust::Change, trust: &trust::Trust| {
            let mut opened = store::open(dir.path(), 0, [0; 16]).unwrap();
            opened.writer.put_trust(&[change]).unwrap();
            drop(opened);
            let found = store::open(dir.path(), 0, [0; 16]).unwrap().tables.trust;
            assert_eq!(found, trust.records().cloned().collect::<Vec<_>>());
            assert_eq!(trust::Trust::restore(found).is_blocked(&phil), trust.is_blocked(&phil));
        };
        for (key, nick) in [(phil, "phil"), (other, "phil"), (phil, "phil"), (other, "zoë")] {
            let change = trust.judge(now, nick, Some(key), own).change;
            check(change, &trust);
        }
        let change = trust.block(now, phil).unwrap();
        check(change, &trust);
        assert!(trust.is_blocked(&phil));
        let change = trust.unblock(now, phil);
        check(change, &trust);
    }

    #[test]
    fn a_peer_is_read_back_as_it_was_stored() {
        for addr in ["10.0.0.7:55555", "[2001:db8::1]:55555", "[fe80::1%2]:55555"] {
            let addr: SocketAddr = addr.parse().unwrap();
            let mut peer = Known::default();
            (peer.wanted, peer.nick, peer.linked_at) = (true, "phil".to_owned(), Some(UnixMillis(7)));
            peer.cursor = Some((5, UnixMillis(7)));
            assert_eq!(known(&stored_peer(&addr, &peer)), Some((addr, peer)));
        }
        let nowhere = Peer { addr: "x".to_owned(), ..stored_peer(&"10.0.0.7:5".parse().unwrap(), &Known::default()) };
        assert_eq!(known(&nowhere), None);
    }
}
