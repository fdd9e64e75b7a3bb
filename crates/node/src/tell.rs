//! What the node tells, as events. Must not know who listens. Bounds: none of its own.

use whispernet_core::node::{Cause, Change, Told};

use crate::event::{Direction, Event, Level, LinkState, PeerChange};

pub(crate) fn event(told: &Told) -> Event {
    match told {
        Told::Link { addr, incoming, change } => {
            let (state, cause) = match change {
                Change::Up => (LinkState::Connected, None),
                Change::Down(cause) => (LinkState::Disconnected, Some(cause)),
                Change::Blocked(cause, _) => (LinkState::Blocked, Some(cause)),
            };
            let malformed = cause.and_then(|cause| match cause {
                Cause::Malformed(malformed) => Some(malformed),
                _ => None,
            });
            Event::Peer(PeerChange {
                addr: addr.to_string(),
                link: if *incoming { Direction::In } else { Direction::Out },
                state,
                why: cause.map(|cause| cause.word().to_owned()),
                rule: malformed.map(|malformed| malformed.rule.to_string()),
                byte: malformed.map(|malformed| malformed.byte),
            })
        }
        Told::Skipped { addr, count } => Event::Notice {
            level: Level::Warn,
            text: format!("{addr} lagged so far behind that up to {count} messages are gone for it"),
        },
        Told::Paced { waiting } => Event::Notice {
            level: Level::Info,
            text: format!("this goes faster than other peers accept: {waiting} waiting, sent at their pace"),
        },
    }
}
