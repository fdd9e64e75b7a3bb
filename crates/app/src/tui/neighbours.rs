//! The peers that this one is linked with, as the side list and the header show them. Must not know how links work.
//! Bounds: [`NEIGHBOURS_MAX`] shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Widget as _};
use whispernet_node::event::Trust;
use whispernet_node::handle::{Handle, PeerStatus, Person};

use super::cells;
use super::timeline::Palette;
use crate::shown::mark::mark;
use crate::shown::safe;

/// More are not looked up; the list says how many there are.
const NEIGHBOURS_MAX: usize = 256;

/// Of those without a link so many: strangers can name any number of addresses.
const OTHERS_MAX: usize = 4;

/// One peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Neighbour {
    /// Safe to show: the name where one is known, else the address.
    pub(super) name: String,
    /// Safe to show.
    pub(super) addr: String,
    /// How far it is known who it is.
    pub(super) trust: Trust,
    /// `↔`, or `→` where it only hears us, `←` where we only hear it; `·` while there is no link.
    pub(super) link: char,
    /// Messages it has yet to be sent.
    pub(super) lag: u64,
    /// `dialling`, `waiting`, `held`; empty where it is connected.
    pub(super) state: String,
}

/// The peers now, the connected ones first, and how many there are in all.
pub(super) fn look(handle: &Handle) -> (Vec<Neighbour>, usize) {
    let peers = handle.peers();
    let all = peers.len();
    let known = |peer: &PeerStatus| peer.key.as_deref().and_then(|key| handle.whois(key).ok());
    let mut neighbours = peers.iter().take(NEIGHBOURS_MAX).map(|peer| one(peer, known(peer))).collect::<Vec<_>>();
    neighbours.sort_by_key(|neighbour| !neighbour.state.is_empty());
    let connected = neighbours.iter().filter(|neighbour| neighbour.state.is_empty()).count();
    neighbours.truncate(connected + OTHERS_MAX);
    (neighbours, all)
}

fn one(peer: &PeerStatus, person: Option<Person>) -> Neighbour {
    let addr = safe::addr(&peer.addr);
    let name = person.as_ref().map_or(&peer.nick, |person| &person.name);
    let name = match person.as_ref().filter(|person| person.ambiguous) {
        Some(person) => format!("{}~{}", safe::nick(name), safe::line(&person.short)),
        None => safe::nick(name),
    };
    Neighbour {
        name: if name.is_empty() { addr.clone() } else { name },
        addr,
        trust: person.map_or(Trust::Unsigned, |person| person.trust),
        link: match (peer.out, peer.incoming) {
            (true, true) => '↔',
            (true, false) => '→',
            (false, true) => '←',
            (false, false) => '·',
        },
        lag: peer.lag,
        state: if peer.state == "connected" { String::new() } else { safe::line(&peer.state).into_owned() },
    }
}

/// Draws the list, with a line at its left.
pub(super) fn draw(neighbours: &[Neighbour], all: usize, colors: bool, area: Rect, buf: &mut Buffer) {
    let block = Block::new().borders(Borders::LEFT).border_style(Style::new().add_modifier(Modifier::DIM));
    let inner = block.inner(area);
    block.render(area, buf);
    let columns = usize::from(inner.width);
    let (rows, dim) = (usize::from(inner.height), Style::new().add_modifier(Modifier::DIM));
    let mut lines = Vec::new();
    let connected = neighbours.iter().filter(|neighbour| neighbour.state.is_empty()).count();
    lines.push(Line::styled(format!(" {connected} connected"), dim));
    for neighbour in neighbours {
        let beside = match (neighbour.state.as_str(), neighbour.lag) {
            ("", 0) => String::new(),
            ("", lag) => format!(" {lag} behind"),
            (state, _) => format!(" {state}"),
        };
        let name = cells::cut(&neighbour.name, columns.saturating_sub(3 + cells::width(&beside)));
        let style = if neighbour.state.is_empty() { Style::new() } else { dim };
        lines.push(Line::from(vec![
            Span::styled(mark(neighbour.trust).to_string(), Palette { colors }.trust(neighbour.trust)),
            Span::styled(format!("{} {name}", neighbour.link), style),
            Span::styled(beside, dim),
        ]));
    }
    if lines.len() > rows || all > neighbours.len() {
        let shown = rows.saturating_sub(2).min(neighbours.len());
        lines.truncate(shown + 1);
        lines.push(Line::styled(format!(" and {} more: /peers", all.saturating_sub(shown)), dim));
    }
    for (line, row) in lines.iter().zip(inner.rows()) {
        line.render(row, buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(addr: &str, nick: &str, links: (bool, bool), state: &str, lag: u64) -> PeerStatus {
        let (out, incoming) = links;
        PeerStatus { addr: addr.into(), nick: nick.into(), out, incoming, state: state.into(), lag, key: None }
    }

    fn shown(neighbours: &[Neighbour], all: usize, columns: u16, rows: u16) -> Vec<String> {
        let area = Rect::new(0, 0, columns, rows);
        let mut buf = Buffer::empty(area);
        draw(neighbours, all, true, area, &mut buf);
        let row = |y| (0..columns).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..rows).map(row).collect()
    }

    #[test]
    fn each_peer_has_a_line() {
        let neighbours = [
            one(&peer("10.0.0.7:1", "bob", (true, true), "connected", 0), None),
            one(&peer("10.0.0.8:1", "", (true, false), "connected", 12), None),
            one(&peer("10.0.0.9:1", "a\u{1b}[2J very long name", (false, false), "dialling", 0), None),
        ];
        let lines = shown(&neighbours, 3, 24, 5);
        let want = ["│ 2 connected", "│?↔ bob", "│?→ 10.0.0.8:1 12 behind", "│?· a\\u{1b}[2J… dialling", "│"];
        assert_eq!(lines, want);
        assert_eq!(shown(&neighbours, 3, 24, 3), ["│ 2 connected", "│?↔ bob", "│ and 2 more: /peers"]);
        for (columns, rows) in [(0, 0), (1, 1), (2, 9), (3, 2)] {
            shown(&neighbours, 300, columns, rows);
        }
    }
}
