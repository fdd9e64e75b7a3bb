//! A page of text to scroll through. Must not know what it says. Bounds: the lines it was given.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget as _, Wrap};

use super::Answer;
use crate::tui::cells;

/// A page of text.
#[derive(Debug)]
pub(in crate::tui) struct Page {
    title: &'static str,
    lines: Vec<Line<'static>>,
    /// Rows above the window.
    top: u16,
    /// Rows of the window when it was drawn last.
    rows: u16,
}

impl Page {
    /// Of lines that are safe to show.
    pub(in crate::tui) const fn new(title: &'static str, lines: Vec<Line<'static>>) -> Self {
        Self { title, lines, top: 0, rows: 0 }
    }

    pub(super) const fn title(&self) -> &'static str {
        self.title
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Answer {
        let page = self.rows.saturating_sub(1).max(1);
        self.top = match key.code {
            KeyCode::Up => self.top.saturating_sub(1),
            KeyCode::Down => self.top.saturating_add(1),
            KeyCode::PageUp => self.top.saturating_sub(page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.top.saturating_add(page),
            KeyCode::Home => 0,
            KeyCode::End => u16::MAX,
            KeyCode::Char('q') | KeyCode::Enter | KeyCode::F(1) => return Answer::Close,
            _ => self.top,
        };
        Answer::Stay
    }

    pub(super) fn draw(&mut self, area: Rect, buf: &mut Buffer) {
        self.rows = area.height;
        if area.is_empty() {
            return;
        }
        let columns = usize::from(area.width);
        let rows = self.lines.iter().map(|line| cells::rows(&line.to_string(), columns)).sum::<usize>();
        let last_top = u16::try_from(rows).unwrap_or(u16::MAX).saturating_sub(area.height);
        self.top = self.top.min(last_top);
        let text = Paragraph::new(self.lines.clone()).wrap(Wrap { trim: false });
        text.scroll((self.top, 0)).render(area, buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_scrolls_to_its_end_and_no_further() {
        let mut page = Page::new("x", (0..10).map(|number| Line::raw(format!("line {number}"))).collect());
        let area = Rect::new(0, 0, 10, 4);
        let mut first_row = |key: Option<KeyCode>| {
            let mut buf = Buffer::empty(area);
            page.draw(area, &mut buf);
            if let Some(code) = key {
                page.key(code.into());
                buf.reset();
                page.draw(area, &mut buf);
            }
            (0..area.width).map(|x| buf[(x, 0)].symbol()).collect::<String>().trim_end().to_owned()
        };
        assert_eq!(first_row(None), "line 0");
        assert_eq!(first_row(Some(KeyCode::Down)), "line 1");
        assert_eq!(first_row(Some(KeyCode::PageDown)), "line 4");
        assert_eq!(first_row(Some(KeyCode::End)), "line 6");
        assert_eq!(first_row(Some(KeyCode::PageDown)), "line 6");
        assert_eq!(first_row(Some(KeyCode::PageUp)), "line 3");
        assert_eq!(first_row(Some(KeyCode::Home)), "line 0");
        assert_eq!(page.key(KeyCode::Enter.into()), Answer::Close);
        for (columns, rows) in [(0, 0), (1, 1), (3, 200)] {
            let area = Rect::new(0, 0, columns, rows);
            page.draw(area, &mut Buffer::empty(area));
        }
    }
}
