//! Messages that a search found, to choose one from. Must not know how they were found. Bounds: [`ROWS_MAX`].

use crossterm::event::{KeyCode, KeyEvent};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use whispernet_node::event::Message;

use super::Answer;
use crate::shown::found;
use crate::tui::cells;

/// Rows of one list (a guess: more is no list that anybody goes through).
const ROWS_MAX: usize = 10_000;

/// Messages that a search found.
#[derive(Debug)]
pub(in crate::tui) struct Results {
    /// Each with its row, oldest first.
    rows: Vec<(u64, String)>,
    selected: usize,
    /// The first one shown.
    top: usize,
    window: usize,
    older: Older,
}

/// Whether there is more before the first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Older {
    /// No more.
    None,
    /// There is, or may be.
    Some,
    /// It was asked for.
    Asked,
}

impl Results {
    /// Of these messages, oldest first; the newest is selected.
    pub(in crate::tui) fn new(messages: &[Message], zone: &TimeZone, older: Older) -> Self {
        let rows = rows(messages, zone);
        Self { selected: rows.len().saturating_sub(1), rows, top: usize::MAX, window: 0, older }
    }

    /// Those before the first one, oldest first.
    pub(in crate::tui) fn prepend(&mut self, messages: &[Message], zone: &TimeZone, older: Older) {
        let first = self.rows.first().map_or(u64::MAX, |(seq, _)| *seq);
        let mut before = rows(messages, zone);
        before.retain(|(seq, _)| *seq < first);
        let added = before.len();
        before.append(&mut self.rows);
        self.rows = before;
        self.selected += added;
        self.top = self.top.saturating_add(added);
        self.older = if self.rows.len() >= ROWS_MAX { Older::None } else { older };
    }

    pub(super) fn title(&self) -> String {
        let found = self.rows.len();
        match (found, self.older) {
            (found, _) if found >= ROWS_MAX => format!(" the newest {found} messages "),
            (1, Older::None) => " 1 message ".to_owned(),
            (found, Older::None) => format!(" {found} messages "),
            (found, Older::Some | Older::Asked) => format!(" the newest {found} messages, older ones above "),
        }
    }

    /// The first row is reached, and there is more.
    fn wants_older(&mut self) -> Option<Answer> {
        let (first, _) = self.rows.first().filter(|_| self.selected == 0 && self.older == Older::Some)?;
        self.older = Older::Asked;
        Some(Answer::Older(*first))
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Answer {
        let (last, page) = (self.rows.len().saturating_sub(1), self.window.max(1));
        self.selected = match key.code {
            KeyCode::Up => self.selected.saturating_sub(1),
            KeyCode::Down => self.selected.saturating_add(1),
            KeyCode::PageUp => self.selected.saturating_sub(page),
            KeyCode::PageDown => self.selected.saturating_add(page),
            KeyCode::Home => 0,
            KeyCode::End => last,
            KeyCode::Enter => {
                return self.rows.get(self.selected).map_or(Answer::Close, |(seq, _)| Answer::Jump(*seq));
            }
            _ => self.selected,
        }
        .min(last);
        self.wants_older().unwrap_or(Answer::Stay)
    }

    pub(super) fn draw(&mut self, area: Rect, buf: &mut Buffer) {
        self.window = usize::from(area.height);
        let last_top = self.rows.len().saturating_sub(self.window);
        let least_top = (self.selected + 1).saturating_sub(self.window);
        self.top = self.top.min(last_top).clamp(least_top, self.selected.max(least_top));
        for ((at, (_, text)), row) in self.rows.iter().enumerate().skip(self.top).zip(area.rows()) {
            let style = if at == self.selected { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
            Line::from(Span::styled(cells::cut(text, usize::from(row.width)), style)).render(row, buf);
        }
    }
}

fn rows(messages: &[Message], zone: &TimeZone) -> Vec<(u64, String)> {
    messages.iter().map(|message| (message.seq, found::row(message, zone))).collect()
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::{About, Via};

    use super::*;

    fn message(seq: u64, body: &str) -> Message {
        Message {
            seq,
            id: seq.to_string(),
            addr: "10.0.0.7:5".into(),
            nick: "bob".into(),
            body: body.into(),
            time: Some(0),
            received: 0,
            via: Via::Classic,
            about: About::default(),
            replay: false,
            hello: false,
            file: None,
        }
    }

    fn shown(results: &mut Results, columns: u16, rows: u16) -> Vec<String> {
        let area = Rect::new(0, 0, columns, rows);
        let mut buf = Buffer::empty(area);
        results.draw(area, &mut buf);
        let row = |y| (0..columns).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..rows).map(row).collect()
    }

    #[test]
    fn the_selected_one_is_always_seen() {
        let messages = (1..=9).map(|seq| message(seq, &format!("word {seq}\nmore\u{1b}"))).collect::<Vec<_>>();
        let mut results = Results::new(&messages, &TimeZone::UTC, Older::None);
        assert_eq!(
            shown(&mut results, 50, 2),
            ["1970-01-01 00:00 bob: word 8 / more\\u{1b}", "1970-01-01 00:00 bob: word 9 / more\\u{1b}"]
        );
        for (key, first) in
            [(KeyCode::Up, 8), (KeyCode::Up, 7), (KeyCode::Home, 1), (KeyCode::PageDown, 2), (KeyCode::End, 8)]
        {
            assert_eq!(results.key(key.into()), Answer::Stay);
            assert!(shown(&mut results, 50, 2)[0].contains(&format!("word {first}")), "{key:?}");
        }
        assert_eq!(results.key(KeyCode::Enter.into()), Answer::Jump(9));
        for (columns, rows) in [(0, 0), (1, 1), (2, 30)] {
            shown(&mut results, columns, rows);
        }
        let mut none = Results::new(&[], &TimeZone::UTC, Older::None);
        assert_eq!((shown(&mut none, 9, 1), none.key(KeyCode::Enter.into())), (vec![String::new()], Answer::Close));
    }

    #[test]
    fn the_first_row_asks_for_what_is_before_it_once() {
        let page = |seqs: std::ops::RangeInclusive<u64>| seqs.map(|seq| message(seq, "word")).collect::<Vec<_>>();
        let mut results = Results::new(&page(11..=20), &TimeZone::UTC, Older::Some);
        shown(&mut results, 50, 5);
        assert!(results.title().contains("newest 10"), "{}", results.title());
        assert_eq!(results.key(KeyCode::Up.into()), Answer::Stay);
        assert_eq!(results.key(KeyCode::Home.into()), Answer::Older(11));
        assert_eq!(results.key(KeyCode::Up.into()), Answer::Stay, "it was asked for");
        results.prepend(&page(5..=11), &TimeZone::UTC, Older::None);
        assert_eq!(results.rows.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (5..=20).collect::<Vec<_>>());
        assert_eq!(results.key(KeyCode::Enter.into()), Answer::Jump(11), "the same one is selected");
        assert_eq!(results.key(KeyCode::Home.into()), Answer::Stay);
        assert_eq!(results.title(), " 16 messages ");
        let mut full = Results::new(&page(1..=9_999), &TimeZone::UTC, Older::Some);
        full.prepend(&[message(0, "word")], &TimeZone::UTC, Older::Some);
        assert_eq!((full.older, full.title().as_str()), (Older::None, " the newest 10000 messages "));
    }
}
