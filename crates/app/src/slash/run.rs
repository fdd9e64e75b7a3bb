//! What each command does with a peer, and what it answers.
//! Must not know how its answer is shown. Bounds: those of the lists that the node gives.

use jiff::Timestamp;
use whispernet_node::handle::{Block, PeerStatus, Status};
use whispernet_node::key::PublicKey;

use super::{Act, Call, Error, FileTrouble, Reply, doctor, file, help, past, people, web};
use crate::desk::Desk;
use crate::line::show::MARKS;
use crate::shown::safe;
use crate::shown::words::who;
use crate::whom::{self, Blocked};

/// Carries out a command.
///
/// # Errors
/// `Unknown`, `Refused`, `Person`, `Nobody`, `File`, `NoCount`, `History`.
pub(crate) async fn call(desk: &Desk, call: &Call<'_>) -> Result<Reply, Error> {
    let (handle, argument) = (&desk.handle, call.argument);
    let lines = match call.act {
        Act::Connect => {
            handle.connect(argument).await?;
            vec![format!("connecting to {argument}")]
        }
        Act::Disconnect => {
            handle.disconnect(argument).await?;
            vec![format!("disconnected from {argument} until you connect to it")]
        }
        Act::Peers => list(handle.status().peers.iter().map(peer), "no peers yet: /connect HOST:PORT asks one"),
        Act::Block => match whom::block::<Error>(handle, argument)? {
            Blocked::Address => vec![format!("blocked {argument}")],
            Blocked::Person(person) => {
                vec![format!(
                    "blocked {}: what this key says is neither shown nor kept here; others still get it",
                    who(&person)
                )]
            }
        },
        Act::Unblock => match whom::unblock::<Error>(handle, argument)? {
            Blocked::Address => vec![format!("unblocked {argument}")],
            Blocked::Person(person) => vec![format!("unblocked {}", who(&person))],
        },
        Act::Blocks => {
            let blocks = handle.blocks();
            list(blocks.iter().map(|each| block(each, &people::blocked(handle, each))), "nobody is blocked")
        }
        Act::Whois => people::whois(handle, argument)?,
        Act::Verify => people::verify(handle, argument, call.text)?,
        Act::Trust => people::accept(handle, argument)?,
        Act::Rename => people::rename(handle, argument, call.text)?,
        Act::Key => people::own_key(handle),
        Act::Send | Act::Save if !desk.at_terminal => return Err(FileTrouble::Elsewhere.into()),
        Act::Send => return file::send(argument).await,
        Act::Save => file::save(handle, argument).await?,
        Act::Files => file::list(handle).await?,
        Act::History => return past::newest(handle, argument).await,
        Act::Search => return past::search(handle, argument).await,
        Act::Nick => {
            handle.set_nick(argument)?;
            vec![format!("you are {argument} now")]
        }
        Act::Status => status(&handle.status()),
        Act::Web => vec![web::link(desk)],
        Act::Doctor => doctor::look(desk).await,
        Act::Marks => MARKS.map(str::to_owned).into(),
        Act::Help if argument.is_empty() => help::all(),
        Act::Help => help::one(argument)?,
        Act::Quit => {
            handle.stop();
            vec![]
        }
    };
    Ok(Reply { lines, ..Reply::default() })
}

fn list(lines: impl Iterator<Item = String>, none: &str) -> Vec<String> {
    let lines = lines.collect::<Vec<_>>();
    if lines.is_empty() { vec![none.to_owned()] } else { lines }
}

fn peer(peer: &PeerStatus) -> String {
    let mut words = vec![peer.state.clone()];
    words.extend(peer.out.then(|| "out".to_owned()));
    words.extend(peer.incoming.then(|| "in".to_owned()));
    words.extend((peer.lag > 0).then(|| format!("{} behind", peer.lag)));
    let nick = Some(safe::nick(&peer.nick)).filter(|nick| !nick.is_empty());
    let nick = nick.map(|nick| format!(" {nick}")).unwrap_or_default();
    format!("{} ({}){nick}", peer.addr, words.join(", "))
}

fn block(block: &Block, who: &str) -> String {
    let until = block.until.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    match until {
        Some(until) => format!("{who} ({}, until {})", block.why, until.strftime("%Y-%m-%d %H:%M UTC")),
        None => format!("{who} ({})", block.why),
    }
}

fn status(status: &Status) -> Vec<String> {
    let connected = status.peers.iter().filter(|peer| peer.out || peer.incoming).count();
    [
        ("addr", status.addr.clone()),
        ("nick", status.nick.clone()),
        ("key", PublicKey::parse(&status.key).map(|key| key.short()).unwrap_or_default()),
        ("network", status.network.clone()),
        ("version", status.version.clone()),
        ("peers", format!("{connected} connected, {} known", status.peers.len())),
        ("history", format!("{} (newest {}, on disk {})", status.disk, status.seq, status.durable)),
        ("flood limit", status.flood.clone()),
    ]
    .into_iter()
    .map(|(name, value)| format!("{name:<12} {value}"))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_words() {
        let known = PeerStatus {
            key: None,
            addr: "10.0.0.7:55555".into(),
            nick: "phil".into(),
            out: true,
            incoming: true,
            state: "connected".into(),
            lag: 3,
        };
        assert_eq!(peer(&known), "10.0.0.7:55555 (connected, out, in, 3 behind) phil");
        let waiting =
            PeerStatus { nick: String::new(), out: false, incoming: false, state: "waiting".into(), lag: 0, ..known };
        assert_eq!(peer(&waiting), "10.0.0.7:55555 (waiting)");
        let by_user = Block { who: "10.0.0.7".into(), why: "user".into(), until: None };
        assert_eq!(block(&by_user, "10.0.0.7"), "10.0.0.7 (user)");
        let by_flood = Block { until: Some(1_382_050_082_085), why: "flood".into(), ..by_user };
        assert_eq!(block(&by_flood, "10.0.0.7"), "10.0.0.7 (flood, until 2013-10-17 22:48 UTC)");
        assert_eq!(list([].into_iter(), "none"), ["none"]);
    }
}
