//! Where everything stands on the screen. Must not change anything but what was drawn. Bounds: any size, none too small.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Clear, Paragraph, Widget as _, Wrap};

use super::App;
use crate::settings::{Pictures, Side};
use crate::shown::safe;
use crate::tui::input::Popup;
use crate::tui::screen::{Gallery, Overlay};
use crate::tui::timeline::{Extras, Unread};
use crate::tui::{cells, header, neighbours, welcome};

/// Columns of the list of peers.
const SIDE_COLUMNS: u16 = 28;
/// Narrower screens do not show it by themselves.
const SIDE_FROM_COLUMNS: u16 = 90;
/// Lower screens leave out the first line.
const HEADER_FROM_ROWS: u16 = 8;
/// Rows of a picture at most: words matter more.
const PICTURE_ROWS_MAX: u16 = 12;
/// Rows of completions at most.
const POPUP_ROWS_MAX: u16 = 8;

impl App {
    /// Whether the list of peers is shown where there is room.
    pub(super) fn shows_side(&self) -> bool {
        self.side_shown.unwrap_or(match self.ui.side {
            Side::On => true,
            Side::Off => false,
            Side::Auto => self.columns >= SIDE_FROM_COLUMNS,
        })
    }

    /// Draws everything; what needs more than cells is told in `extras`.
    pub(in crate::tui) fn draw(&mut self, frame: &mut Frame<'_>, extras: &mut Extras) {
        let area = frame.area();
        self.columns = area.width;
        self.covered = None;
        if area.is_empty() {
            return;
        }
        let header_rows = u16::from(area.height >= HEADER_FROM_ROWS);
        let draft_rows = self.input.height(area.width).clamp(1, (area.height / 3).max(1));
        let rows = [
            Constraint::Length(header_rows),
            Constraint::Fill(1),
            Constraint::Length(u16::from(area.height >= 3)),
            Constraint::Length(draft_rows),
        ];
        let [top, middle, status, draft] = Layout::vertical(rows).areas(area);
        header::line(&self.facts, usize::from(top.width)).render(top, frame.buffer_mut());
        let middle = self.draw_side(middle, frame);
        self.draw_messages(middle, frame, extras);
        self.status(usize::from(status.width)).render(status, frame.buffer_mut());
        let cursor = self.input.draw(draft, frame.buffer_mut());
        if let Some(popup) = self.input.popup() {
            let over = draw_popup(&popup, middle, frame.buffer_mut());
            extras.pictures.retain(|(place, _)| !place.intersects(over));
            self.covered = Some(over);
        }
        if let Some(overlay) = &mut self.overlay {
            let over = Rect { height: middle.height + status.height, ..middle };
            // What lies under it must not show through.
            *extras = Extras::default();
            overlay.draw(over, frame.buffer_mut());
        }
        frame.set_cursor_position(cursor);
    }

    /// Puts links and pictures where they belong.
    pub(in crate::tui) fn place(
        &self,
        extras: &Extras,
        frame: &mut Frame<'_>,
        overlay: &mut Overlay,
        gallery: &mut Gallery,
    ) {
        for (place, url) in &extras.links {
            overlay.link(*place, url);
        }
        if let Some(over) = self.covered {
            overlay.cover(over);
        }
        for (place, hash) in &extras.pictures {
            if let Some(kept) = self.desk.handle.kept(hash) {
                gallery.draw(frame.buffer_mut(), *place, 0, &kept.path);
            }
        }
    }

    fn draw_side(&self, area: Rect, frame: &mut Frame<'_>) -> Rect {
        if !self.shows_side() || area.width < 2 * SIDE_COLUMNS {
            return area;
        }
        let [left, side] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(SIDE_COLUMNS)]).areas(area);
        neighbours::draw(&self.neighbours, self.neighbours_all, self.colors, side, frame.buffer_mut());
        left
    }

    fn draw_messages(&mut self, area: Rect, frame: &mut Frame<'_>, extras: &mut Extras) {
        let pictures = if self.ui.pictures == Pictures::Off { 0 } else { (area.height / 3).min(PICTURE_ROWS_MAX) };
        self.timeline.set_pictures(pictures);
        if self.spoken {
            return self.timeline.draw(area, frame.buffer_mut(), extras);
        }
        let lines = welcome::lines(&self.facts, &self.neighbours);
        let columns = usize::from(area.width);
        let rows = lines.iter().map(|line| cells::rows(&line.to_string(), columns)).sum::<usize>() + 1;
        let rows = u16::try_from(rows).unwrap_or(u16::MAX).min(area.height);
        let text = Paragraph::new(Text::from(lines)).wrap(Wrap { trim: false });
        let [above, below] = Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(area);
        text.render(above, frame.buffer_mut());
        self.timeline.draw(below, frame.buffer_mut(), extras);
    }

    /// The line above the draft: what was just answered, what is being done, else what waits to be read.
    fn status(&self, columns: usize) -> Line<'static> {
        let about_draft = self.input.popup().and_then(|popup| popup.hint);
        let left = if let Some(hint) = &self.hint {
            hint.clone()
        } else if let Some(hint) = about_draft {
            hint.text
        } else if let Some(answering) = &self.answering {
            format!("answering {} (Esc: no)", answering.whom)
        } else if !self.timeline.is_at_end() {
            "scrolled back; End: the newest".to_owned()
        } else if self.facts.connected == 0 && self.spoken {
            let wait = if self.facts.discovery { ", or wait" } else { "" };
            format!("nobody is here: /connect HOST:PORT{wait}")
        } else {
            String::new()
        };
        let right = unread_words(self.timeline.unread());
        let left = cells::cut(&left, columns.saturating_sub(cells::width(&right) + 1)).into_owned();
        let gap = columns.saturating_sub(cells::width(&left) + cells::width(&right));
        let rule = "─".repeat(gap.saturating_sub(2));
        let text = match (left.is_empty(), right.is_empty()) {
            (true, true) => "─".repeat(columns),
            (true, false) => format!("{}─ {right}", rule),
            (false, true) => format!("{left} {rule}─"),
            (false, false) => format!("{left} {rule} {right}"),
        };
        let text = cells::cut(&text, columns);
        Line::styled(safe::line(&text).into_owned(), Style::new().add_modifier(Modifier::DIM))
    }
}

/// What was not seen yet, the weightiest last: at the edge it is never cut.
fn unread_words(Unread { events, messages, mentions }: Unread) -> String {
    let count = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let parts = [
        count(events, "event", "events"),
        count(messages, "new", "new"),
        count(mentions, "mentions you", "mention you"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Completions, right above the draft.
fn draw_popup(popup: &Popup, area: Rect, buf: &mut Buffer) -> Rect {
    let rows = u16::try_from(popup.items.len()).unwrap_or(u16::MAX).min(POPUP_ROWS_MAX).min(area.height);
    let first = popup.selected.map_or(0, |selected| (selected + 1).saturating_sub(usize::from(rows)));
    let names = popup.items.iter().map(|item| cells::width(&item.text)).max().unwrap_or(0);
    let texts = popup.items.iter().map(|item| {
        let gap = if item.help.is_empty() { 0 } else { names - cells::width(&item.text) + 2 };
        format!(" {}{}{} ", item.text, " ".repeat(gap), item.help)
    });
    let texts = texts.collect::<Vec<_>>();
    let widest = texts.iter().map(|text| cells::width(text)).max().unwrap_or(0);
    let columns = u16::try_from(widest).unwrap_or(u16::MAX).min(area.width);
    let over = Rect { x: area.x, y: area.bottom() - rows, width: columns, height: rows };
    Clear.render(over, buf);
    for ((at, text), row) in texts.iter().enumerate().skip(first).zip(over.rows()) {
        let selected = if popup.selected == Some(at) { Modifier::REVERSED } else { Modifier::empty() };
        let text = cells::cut(text, usize::from(columns));
        let filled = format!("{text}{}", " ".repeat(usize::from(columns).saturating_sub(cells::width(&text))));
        Line::styled(filled, Style::new().add_modifier(selected)).render(row, buf);
    }
    over
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unread_is_told_by_weight() {
        for (unread, words) in [
            (Unread::default(), ""),
            (Unread { events: 1, messages: 0, mentions: 0 }, "1 event"),
            (Unread { events: 2, messages: 1, mentions: 0 }, "2 events, 1 new"),
            (Unread { events: 0, messages: 12, mentions: 1 }, "12 new, 1 mentions you"),
            (Unread { events: 3, messages: 12, mentions: 2 }, "3 events, 12 new, 2 mention you"),
        ] {
            assert_eq!(unread_words(unread), words);
        }
    }
}
