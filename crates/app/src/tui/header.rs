//! The first line: who one is, where one listens, how many are here. Must not know more than it is told. Bounds: one row.

use std::net::SocketAddr;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::cells;
use crate::shown::safe;

/// What the first line tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// One's own nick.
    pub(super) nick: String,
    /// Where one listens.
    pub(super) addr: String,
    /// Where the web interface is.
    pub(super) web: Option<SocketAddr>,
    /// Peers with a link.
    pub(super) connected: usize,
    /// What is wrong with the disk, if anything.
    pub(super) disk: Option<String>,
}

/// The line: the most important first, and as much of it as there is room for.
pub(super) fn line(facts: &Facts, columns: usize) -> Line<'static> {
    let reversed = Style::new().add_modifier(Modifier::REVERSED);
    let people = match facts.connected {
        0 => "nobody here yet".to_owned(),
        1 => "1 peer".to_owned(),
        many => format!("{many} peers"),
    };
    let mut parts = vec![safe::nick(&facts.nick), people];
    parts.extend(facts.disk.as_ref().map(|what| format!("DISK: {}", safe::line(what))));
    parts.push(format!("listening on {}", safe::addr(&facts.addr)));
    parts.extend(facts.web.map(|web| format!("web http://{web}")));
    let mut text = String::new();
    for part in parts {
        let more = if text.is_empty() { format!(" {part}") } else { format!("  {part}") };
        if !text.is_empty() && cells::width(&text) + cells::width(&more) >= columns {
            break;
        }
        text.push_str(&more);
    }
    let text = cells::cut(&text, columns).into_owned();
    let blank = " ".repeat(columns.saturating_sub(cells::width(&text)));
    Line::from(Span::styled(text + &blank, reversed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_important_stays() {
        let facts = Facts {
            nick: "ann".into(),
            addr: "127.0.0.1:55555".into(),
            web: Some("127.0.0.1:8888".parse().unwrap()),
            connected: 0,
            disk: None,
        };
        let shown = |facts: &Facts, columns| line(facts, columns).to_string();
        assert_eq!(
            shown(&facts, 80).trim_end(),
            " ann  nobody here yet  listening on 127.0.0.1:55555  web http://127.0.0.1:8888"
        );
        assert_eq!(shown(&facts, 60).trim_end(), " ann  nobody here yet  listening on 127.0.0.1:55555");
        assert_eq!(shown(&facts, 20), " ann                ");
        assert_eq!(shown(&facts, 3), " a…");
        let full = Facts { disk: Some("no space left".into()), connected: 2, nick: "x\u{1b}]0;y".into(), ..facts };
        assert_eq!(shown(&full, 45).trim_end(), " x\\u{1b}]0;y  2 peers  DISK: no space left");
        for columns in 0..100 {
            assert_eq!(cells::width(&shown(&full, columns)), columns);
        }
    }
}
