//! One message, note or pending line as rows: time, marks, author, text, and what stands below.
//! Must not know where on the screen it goes. Bounds: one message.
//!
//! What the program says stands where no text of others can: marks and times left of the text, lines about a message (what it answers, its
//! file, a warning) left of where the further lines of a Body begin, rules from the left edge on.

use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;
use whispernet_node::event::{File, Level, Message, Trust};

use super::Keeping;
use super::find::{self, Needle};
use super::flow::{self, Flow, Row};
use super::style::{DIM, Palette};
use crate::files;
use crate::shown::mark::mark;
use crate::shown::{acquaintance, safe};

/// Narrower lists show no times, and indent less.
const WIDE_COLUMNS: u16 = 40;
/// A Body with more rows is folded, so that nobody fills the screens of others (a guess: about one screen).
const ROWS_UNFOLDED_MAX: usize = 24;
/// What is shown of one that is folded.
const ROWS_FOLDED: usize = 12;
const _: () = assert!(ROWS_FOLDED < ROWS_UNFOLDED_MAX);
/// How large a cell is believed to be where pictures get their rows: one to two, as most fonts have it.
const CELL_PIXELS: (u32, u32) = (10, 20);

/// How everything looks now.
pub(super) struct Look {
    pub(super) width: u16,
    pub(super) zone: TimeZone,
    pub(super) palette: Palette,
    pub(super) nick: String,
    pub(super) me: Option<Needle>,
    pub(super) term: Option<Needle>,
    pub(super) picture_rows: u16,
}

/// What is known of a message beside itself.
#[derive(Default)]
pub(super) struct Facts<'a> {
    pub(super) is_own: bool,
    /// What it answers; `Some(None)`: something that is not held.
    pub(super) answered: Option<Option<&'a Message>>,
    /// To how many links it went.
    pub(super) links: Option<u64>,
    pub(super) keeping: Option<Keeping>,
    /// All of it is to be shown, however long it is.
    pub(super) is_unfolded: bool,
}

/// Rows of one item.
#[derive(Default)]
pub(super) struct Block {
    pub(super) rows: Vec<Row>,
    /// Where its links lead.
    pub(super) links: Vec<String>,
    /// Which of the rows a picture goes to, and the hash of its file.
    pub(super) picture: Option<(Range<usize>, String)>,
    /// Some of its rows are left out.
    pub(super) is_folded: bool,
}

impl Look {
    /// Where text begins, and where it goes on in further rows.
    pub(super) const fn columns(&self) -> (u16, u16) {
        if self.width < WIDE_COLUMNS { (4, 5) } else { (9, 11) }
    }

    /// When a message was said, as far as its author tells.
    fn when(&self, message: &Message) -> Zoned {
        let times = [message.time, Some(message.received)];
        let said = times.into_iter().flatten().find_map(|millis| Timestamp::from_millisecond(millis).ok());
        said.unwrap_or_default().to_zoned(self.zone.clone())
    }

    pub(super) fn day(&self, message: &Message) -> Date {
        self.when(message).date()
    }

    pub(super) fn day_at(&self, at_ms: i64) -> Date {
        self.zoned(at_ms).date()
    }

    fn zoned(&self, at_ms: i64) -> Zoned {
        Timestamp::from_millisecond(at_ms).unwrap_or_default().to_zoned(self.zone.clone())
    }

    fn flow(&self) -> Flow {
        Flow::new(self.width, self.columns().1)
    }

    /// Begins an item: time, mark of what was said earlier, mark of its kind.
    fn begin(&self, flow: &mut Flow, time: Option<&Zoned>, early: &str, (mark, style): (char, Style)) {
        flow.begin(1);
        if self.width >= WIDE_COLUMNS {
            let time = time.map_or("     ".to_owned(), |time| format!("{:02}:{:02}", time.hour(), time.minute()));
            flow.text(&time, DIM);
        }
        flow.text(early, DIM);
        flow.text(mark.encode_utf8(&mut [0; 4]), style);
        flow.text(" ", Style::new());
        flow.hold();
    }

    fn standing(&self, trust: Trust) -> (char, Style) {
        (mark(trust), self.palette.trust(trust))
    }

    pub(super) fn message(&self, message: &Message, facts: &Facts<'_>) -> Block {
        let mut flow = self.flow();
        let mut block = Block::default();
        let (text_column, _) = self.columns();
        if let Some(answered) = facts.answered {
            let room = self.width.saturating_sub(text_column);
            flow.begin(text_column);
            flow.text(&flow::cut(&answer(answered), room), DIM);
        }
        flow.end();
        let first = flow.len();
        let early = if message.replay { "~" } else { " " };
        self.begin(&mut flow, Some(&self.when(message)), early, self.standing(message.about.trust));
        let base = if message.replay { DIM } else { Style::new() };
        let (before, after, body) = match action(&message.body) {
            Some(words) => ("* ", " ", words),
            None => ("", ": ", message.body.as_str()),
        };
        flow.text(before, base);
        self.line(&mut flow, &author(message), self.palette.author(message, facts.is_own), None);
        flow.text(after, base);
        let me = if facts.is_own { None } else { self.me.as_ref() };
        self.body(&mut flow, body, base, me, Some(&mut block));
        if !facts.is_unfolded && !self.is_searched_for(body) {
            block.is_folded = fold(&mut flow, first, text_column);
        }
        match facts.links {
            Some(0) => flow.text(" (reached nobody yet)", DIM),
            Some(links) => flow.text(&format!(" (to {links})"), DIM),
            None => {}
        }
        if let Some(file) = &message.file {
            flow.begin(text_column);
            flow.text(&file_words(file, facts.keeping), base);
            flow.end();
            if let Some(Keeping::Accepted { picture: Some(pixels) }) = facts.keeping
                && self.picture_rows > 0
            {
                let first = flow.len();
                flow.blank(self.rows_of_picture(pixels));
                block.picture = Some((first..flow.len(), file.hash.clone()));
            }
        }
        if let Some(warning) = &message.about.warning {
            flow.begin(text_column);
            flow.text(&format!("(warning: {})", safe::line(warning)), self.palette.alarm());
        }
        block.rows = flow.into_rows();
        block
    }

    /// How many rows a picture gets: as many as it has at this width, within the bound.
    fn rows_of_picture(&self, (width, height): (u32, u32)) -> u16 {
        let (column, _) = self.columns();
        let columns = u32::from(self.width.saturating_sub(column).max(1));
        let shown = width.div_ceil(CELL_PIXELS.0).clamp(1, columns) * CELL_PIXELS.0;
        let rows = u64::from(height) * u64::from(shown) / u64::from(width.max(1)) / u64::from(CELL_PIXELS.1);
        u16::try_from(rows).unwrap_or(u16::MAX).clamp(1, self.picture_rows)
    }

    fn is_searched_for(&self, body: &str) -> bool {
        let is_in = |term: &Needle| safe::body_lines(body).any(|line| !term.find(&line).is_empty());
        self.term.as_ref().is_some_and(is_in)
    }

    /// What the user says and is not in the log yet. `why`: why it was not said. `pace`: what it waits for.
    pub(super) fn pending(&self, body: &str, why: Option<&str>, pace: Option<&str>) -> Block {
        let mut flow = self.flow();
        let mark = if why.is_some() { ('!', self.palette.alarm()) } else { ('…', DIM) };
        self.begin(&mut flow, None, " ", mark);
        let (before, after, words) = match action(body) {
            Some(words) => ("* ", " ", words),
            None => ("", ": ", body),
        };
        flow.text(&format!("{before}{}{after}", safe::nick(&self.nick)), DIM);
        self.body(&mut flow, words, DIM, None, None);
        match why {
            Some(why) => {
                flow.begin(self.columns().0);
                flow.text(&format!("(not sent: {why})"), self.palette.alarm());
            }
            None => flow.text(&format!(" ({})", pace.unwrap_or("waiting")), DIM),
        }
        Block { rows: flow.into_rows(), ..Block::default() }
    }

    /// Lines that are no message, safe already, and aligned among themselves.
    pub(super) fn note(&self, at_ms: Option<i64>, level: Level, lines: &[String]) -> Block {
        let mut flow = self.flow();
        let style = self.palette.note(level);
        let time = at_ms.map(|at_ms| self.zoned(at_ms));
        self.begin(&mut flow, time.as_ref(), " ", ('-', style));
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                flow.begin(self.columns().0);
            }
            if line.is_empty() && index > 0 {
                flow.blank(1);
            }
            self.line(&mut flow, line, style, None);
        }
        Block { rows: flow.into_rows(), ..Block::default() }
    }

    fn body(&self, flow: &mut Flow, body: &str, base: Style, me: Option<&Needle>, mut block: Option<&mut Block>) {
        let further = self.columns().1;
        for (index, line) in safe::body_lines(body).enumerate() {
            if index > 0 {
                flow.begin(further);
                if line.is_empty() {
                    flow.blank(1);
                }
            }
            let mut stands_out = StandsOut::default();
            if let Some(block) = &mut block {
                for (range, url) in find::links(&line) {
                    // A Body has fewer bytes than there are numbers.
                    let number = u16::try_from(block.links.len()).unwrap_or(u16::MAX);
                    block.links.push(url);
                    stands_out.links.push((range, number));
                }
            }
            stands_out.mentions = me.map(|me| me.find(&line)).unwrap_or_default();
            self.line(flow, &line, base, Some(stands_out));
        }
    }

    /// One line, safe already, in which the text that is searched for stands out, and what else is named.
    fn line(&self, flow: &mut Flow, line: &str, base: Style, stands_out: Option<StandsOut>) {
        let found = self.term.as_ref().map(|term| term.find(line)).unwrap_or_default();
        let StandsOut { links, mentions } = stands_out.unwrap_or_default();
        let [mut found, mut mentions] = [found, mentions].map(|ranges| ranges.into_iter().peekable());
        let mut links = links.into_iter().peekable();
        for (at, grapheme) in line.grapheme_indices(true) {
            let end = at + grapheme.len();
            let mut style = base;
            while mentions.next_if(|range| range.end <= at).is_some() {}
            if mentions.peek().is_some_and(|range| range.start < end) {
                style = style.patch(self.palette.mention());
            }
            while links.next_if(|(range, _)| range.end <= at).is_some() {}
            let link = links.peek().filter(|(range, _)| range.start < end).map(|(_, number)| *number);
            if link.is_some() {
                style = style.patch(self.palette.link());
            }
            while found.next_if(|range| range.end <= at).is_some() {}
            if found.peek().is_some_and(|range| range.start < end) {
                style = style.patch(self.palette.found());
            }
            flow.push(grapheme, style, link);
        }
    }
}

/// Parts of a line, each ascending.
#[derive(Default)]
struct StandsOut {
    links: Vec<(Range<usize>, u16)>,
    mentions: Vec<Range<usize>>,
}

/// Leaves out most of the rows from `first` on where there are too many, and says how many: whether it did. The line about it stands where
/// no further line of a Body begins.
fn fold(flow: &mut Flow, first: usize, column: u16) -> bool {
    // The last one is still being filled, and what follows may stand in it.
    let is_long = flow.len() - first >= ROWS_UNFOLDED_MAX;
    if is_long {
        flow.end();
        let rows = flow.len() - first;
        flow.truncate(first + ROWS_FOLDED);
        flow.begin(column);
        flow.text(&format!("({} more rows: Alt-Up selects, Space shows them)", rows - ROWS_FOLDED), DIM);
    }
    is_long
}

/// A row across the whole width, which no text of others can fill: it begins at the left edge.
pub(super) fn rule(label: &str, width: u16) -> String {
    let width = usize::from(width);
    let dashes = width.saturating_sub(label.len() + 2);
    let left = dashes / 2;
    let mut rule = format!("{} {label} {}", "-".repeat(left.max(1)), "-".repeat(dashes - left));
    rule.truncate(width);
    rule
}

/// Who said it, with the first digits of the key where the name alone does not tell.
fn author(message: &Message) -> String {
    let name = acquaintance::name(message);
    match &message.about.short {
        Some(short) => format!("{name}~{}", safe::line(short)),
        None => name,
    }
}

/// The words of `/me` in a Body, where there are any.
fn action(body: &str) -> Option<&str> {
    body.strip_prefix("/me ").filter(|words| !words.trim().is_empty())
}

/// What is answered, in one line.
fn answer(answered: Option<&Message>) -> String {
    let Some(message) = answered else { return "| an earlier message".to_owned() };
    let words = safe::body_lines(&message.body).next().unwrap_or_default();
    format!("| {}: {words}", author(message))
}

fn file_words(file: &File, keeping: Option<Keeping>) -> String {
    let name = safe::line(&file.name);
    let about = format!("[file] {name} {} {}", safe::line(&file.mime), files::size(file.size));
    match keeping {
        Some(Keeping::Offered) => format!("{about}  offered: /save {}", files::quoted(&name)),
        Some(Keeping::Accepted { .. }) => format!("{about}  /save {}", files::quoted(&name)),
        Some(Keeping::NotKept) => format!("{about}  not kept"),
        None => about,
    }
}
