//! What is shown while nothing has been said: who one is, who is here, and what to do. Must not know more than it is told.
//! Bounds: a dozen rows.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::header::Facts;
use super::neighbours::Neighbour;
use crate::shown::safe;

/// Names that are listed; the side list has them all.
const NAMES_MAX: usize = 5;

/// The rows, the most important first: a small window shows the first ones.
pub(super) fn lines(facts: &Facts, neighbours: &[Neighbour]) -> Vec<Line<'static>> {
    let (bold, dim) = (Style::new().add_modifier(Modifier::BOLD), Style::new().add_modifier(Modifier::DIM));
    let here = neighbours.iter().filter(|neighbour| neighbour.state.is_empty()).collect::<Vec<_>>();
    let mut lines = vec![Line::from(vec![
        Span::raw("You are "),
        Span::styled(safe::nick(&facts.nick), bold),
        Span::raw(", listening on "),
        Span::styled(safe::addr(&facts.addr), bold),
    ])];
    if here.is_empty() {
        lines.push("Nobody is here yet. Peers on this network find you by themselves.".into());
        lines.push(Line::from(vec![
            "A friend elsewhere: ".into(),
            Span::styled("/connect HOST:PORT", bold),
            ", or have him connect to you.".into(),
        ]));
        lines.push("What you write is kept, and goes out when somebody comes.".into());
    } else {
        let names = here.iter().take(NAMES_MAX).map(|neighbour| neighbour.name.as_str()).collect::<Vec<_>>().join(", ");
        let more = here.len().saturating_sub(NAMES_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(format!("Here now: {names}{more}").into());
        lines.push("Write below and press Enter: everyone gets it.".into());
    }
    lines.push("".into());
    if let Some(web) = facts.web {
        lines.push(Line::from(vec![
            "In the browser: ".into(),
            Span::styled("/web", bold),
            format!(" gives a link to http://{web}").into(),
        ]));
    }
    lines.push(Line::styled("F1 or /help: keys and commands.  Tab completes.  Ctrl-C or /quit ends.", dim));
    lines
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::Trust;

    use super::*;

    #[test]
    fn it_tells_what_to_do_and_changes_as_peers_come() {
        let facts = Facts { nick: "ann".into(), addr: "127.0.0.1:5".into(), ..Facts::default() };
        let told = |neighbours: &[Neighbour]| {
            lines(&facts, neighbours).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let alone = told(&[]);
        assert!(alone.starts_with("You are ann, listening on 127.0.0.1:5\nNobody is here yet"), "{alone}");
        assert!(!alone.contains("browser"));
        let neighbour = |name: &str, state: &str| Neighbour {
            name: name.into(),
            addr: String::new(),
            trust: Trust::New,
            link: '↔',
            lag: 0,
            state: state.into(),
        };
        assert!(told(&[neighbour("bob", "dialling")]).contains("Nobody is here yet"));
        assert!(told(&[neighbour("bob", ""), neighbour("eve", "")]).contains("Here now: bob, eve\n"));
        let many = ["a", "b", "c", "d", "e", "f", "g"].map(|name| neighbour(name, ""));
        assert!(told(&many).contains("Here now: a, b, c, d, e and 2 more\n"));
    }
}
