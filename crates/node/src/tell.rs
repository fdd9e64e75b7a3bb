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
        Told::Trust { key, state } => Event::Trust { key: key.to_string(), state: (*state).into() },
        Told::Rotated { old, new, name } => Event::Notice {
            level: Level::Info,
            text: format!(
                "{} has a new key, {}, in the place of {}: what you decided about the old one holds for it",
                if name.is_empty() { "somebody" } else { name },
                new.short(),
                old.short()
            ),
        },
        Told::SecondSuccessor { old, first, second } => Event::Notice {
            level: Level::Warn,
            text: format!(
                "the key {} was given up for {}, and now names {} as well: it may be stolen, and one of the two may be a thief's; \
                 ask its owner which is right",
                old.short(),
                first.short(),
                second.short()
            ),
        },
        Told::Clock { ahead_ms } => Event::Notice {
            level: Level::Warn,
            text: format!(
                "the clocks of most peers are {} minutes {} the clock of this machine: look whether it is right",
                ahead_ms.unsigned_abs() / 60_000,
                if *ahead_ms > 0 { "ahead of" } else { "behind" }
            ),
        },
        Told::Paced { waiting } => Event::Notice {
            level: Level::Info,
            text: format!("this goes faster than other peers accept: {waiting} waiting, sent at their pace"),
        },
    }
}
