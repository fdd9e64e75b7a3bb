//! What each key does. Must not know how anything is drawn. Bounds: those of the parts.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use linkify::{LinkFinder, LinkKind};
use whispernet_node::event::{File, Message};

use super::{Answering, App, Effect};
use crate::files;
use crate::shown::acquaintance;
use crate::tui::input::{Asked, Lookup};
use crate::tui::neighbours::Neighbour;
use crate::tui::overlay::{Answer, Overlay, Question};
use crate::tui::people::People;
use crate::tui::screen::{Input as Terminal, web_address};
use crate::tui::timeline::{Scroll, Select};

impl App {
    /// Takes what the terminal tells.
    pub(in crate::tui) fn input(&mut self, input: Terminal) {
        match input {
            Terminal::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Terminal::Key(_) => {}
            Terminal::Paste { text, dropped } => {
                self.paste(&text);
                if dropped > 0 {
                    self.hint = Some(format!("the last {dropped} bytes of the paste were left out"));
                }
            }
            Terminal::Focus(focused) => {
                self.focused = Some(focused);
                self.timeline.focus(focused);
            }
            Terminal::Resize | Terminal::Resumed | Terminal::Redraw => {}
            Terminal::Closed => self.desk.handle.stop(),
        }
    }

    fn paste(&mut self, text: &str) {
        if let Some(Overlay::Question(_)) = self.overlay {
            return;
        }
        self.overlay = None;
        match files::dragged(text).filter(|_| self.input.is_empty()) {
            Some(path) => {
                let shown = crate::shown::safe::line(&path.display().to_string()).into_owned();
                self.overlay = Some(Overlay::Question(Question {
                    text: format!("Send the file {shown}?"),
                    line: format!("/send {}", files::quoted(&path.display().to_string())),
                    draft: text.to_owned(),
                }));
            }
            None => self.input.paste(text),
        }
    }

    fn key(&mut self, key: KeyEvent) {
        self.hint = None;
        if self.overlay.is_some() {
            return self.overlay_key(key);
        }
        if self.control_key(key) || self.scroll_key(key) || self.select_key(key) {
            return;
        }
        let lookup = Known { people: &self.people, neighbours: &self.neighbours };
        match self.input.key(key, &lookup) {
            None => {}
            Some(Asked::Submit(text)) => self.submit(&text),
            Some(Asked::EditExternally(text)) => self.effects.push(Effect::Edit(text)),
            Some(Asked::Unused) => self.unused_key(key),
        }
    }

    fn overlay_key(&mut self, key: KeyEvent) {
        let Some(overlay) = &mut self.overlay else { return };
        let answer = overlay.key(key);
        match answer {
            Answer::Stay => return,
            Answer::Older(seq) => return self.search_before(seq),
            _ => {}
        }
        let overlay = self.overlay.take();
        match (answer, overlay) {
            (Answer::Jump(seq), _) => self.timeline.scroll(Scroll::Message(seq)),
            (Answer::Yes, Some(Overlay::Question(question))) => self.submit(&question.line),
            (Answer::No, Some(Overlay::Question(question))) => self.input.paste(&question.draft),
            _ => {}
        }
    }

    /// Keys that mean the same wherever one is.
    fn control_key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            KeyCode::Char('c') if control && self.input.is_empty() => self.desk.handle.stop(),
            KeyCode::Char('c') if control => self.input.set_text(String::new()),
            KeyCode::Char('l') if control => self.effects.push(Effect::Redraw),
            KeyCode::Char('z') if control => self.effects.push(Effect::Suspend),
            KeyCode::F(1) => self.overlay = Some(Overlay::help()),
            KeyCode::F(2) => self.side_shown = Some(!self.shows_side()),
            _ => return false,
        }
        true
    }

    fn scroll_key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let scroll = match key.code {
            KeyCode::Up if control => Scroll::Rows(-1),
            KeyCode::Down if control => Scroll::Rows(1),
            KeyCode::PageUp if control => Scroll::Top,
            KeyCode::PageDown if control => Scroll::Bottom,
            KeyCode::PageUp => Scroll::Pages(-1),
            KeyCode::PageDown => Scroll::Pages(1),
            KeyCode::Home if control || self.input.is_empty() => Scroll::Top,
            KeyCode::End if control || self.input.is_empty() => Scroll::Bottom,
            _ => return false,
        };
        self.timeline.scroll(scroll);
        true
    }

    /// Selects a message, or does something with the one that is selected.
    fn select_key(&mut self, key: KeyEvent) -> bool {
        let alt = key.modifiers == KeyModifiers::ALT;
        match key.code {
            KeyCode::Up if alt => return self.select(Select::Previous),
            KeyCode::Down if alt => return self.select(Select::Next),
            KeyCode::Esc if self.answering.is_some() && self.timeline.selected().is_none() => {
                self.answering = None;
                return true;
            }
            _ => {}
        }
        let Some(message) = self.timeline.selected().cloned() else { return false };
        let plain = key.modifiers.is_empty();
        match key.code {
            KeyCode::Up if plain => return self.select(Select::Previous),
            KeyCode::Down if plain => return self.select(Select::Next),
            KeyCode::Char('r') | KeyCode::Enter if plain => {
                let whom = acquaintance::name(&message);
                self.answering = Some(Answering { id: message.id, whom });
            }
            KeyCode::Char('c' | 'y') if plain => {
                self.effects.push(Effect::Copy(message.body));
            }
            KeyCode::Char('o') if plain => {
                self.open_link(&message);
                return true;
            }
            KeyCode::Char('s') if plain => match &message.file {
                Some(file) => self.input.set_text(save_line(file)),
                None => {
                    self.hint = Some("there is no file with it".to_owned());
                    return true;
                }
            },
            KeyCode::Char(' ') if plain => {
                if !self.timeline.unfold() {
                    self.hint = Some("all of it is shown".to_owned());
                }
                return true;
            }
            KeyCode::Esc => {}
            // Whoever writes on wants to write.
            _ => {
                self.timeline.select(Select::Nothing);
                return false;
            }
        }
        self.timeline.select(Select::Nothing);
        true
    }

    /// Opens the first link of a message, or the one after that which was opened last; it stays selected for the others.
    fn open_link(&mut self, message: &Message) {
        let links = links(&message.body);
        let last = self.opened.filter(|(seq, _)| *seq == message.seq).map(|(_, index)| index);
        let index = last.map_or(0, |last| (last + 1) % links.len().max(1));
        let Some(link) = links.get(index) else {
            self.hint = Some("there is no link in it".to_owned());
            return;
        };
        self.opened = Some((message.seq, index));
        let which = if links.len() > 1 { format!(" ({} of {})", index + 1, links.len()) } else { String::new() };
        self.hint = Some(format!("opening{which} {link}"));
        self.effects.push(Effect::Open(link.clone()));
    }

    fn select(&mut self, select: Select) -> bool {
        self.timeline.select(select);
        if self.timeline.selected().is_some() {
            self.hint =
                Some("r: answer  c: copy  o: open its link  s: save its file  Space: unfold  Esc: back".to_owned());
        }
        true
    }

    /// Keys that mean something only where nothing else wanted them.
    fn unused_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Char('r') if key.modifiers == KeyModifiers::ALT && self.input.is_empty() => {
                if let Some(body) = self.timeline.take_failed() {
                    self.input.set_text(body);
                }
            }
            // Where shells end; here a slip of the finger would.
            KeyCode::Char('d') if key.modifiers == KeyModifiers::CONTROL => {
                self.hint("Ctrl-C or /quit stops this peer".to_owned());
            }
            KeyCode::Esc => {
                self.timeline.highlight(None);
                self.timeline.scroll(Scroll::Bottom);
            }
            _ => {}
        }
    }

    /// What was edited outside comes back.
    pub(in crate::tui) fn edited(&mut self, text: String) {
        self.input.set_text(text);
    }

    /// Shown in the line above the draft until the next key.
    pub(in crate::tui) fn hint(&mut self, text: String) {
        self.hint = Some(text);
    }
}

/// The command that saves a file where one would look for it: the user sees the name, and may change it.
fn save_line(file: &File) -> String {
    let digits = file.hash.get(..files::HASH_DIGITS_MIN).unwrap_or(&file.hash);
    let place = files::proposed(&file.name);
    let place = place.map_or_else(String::new, |path| files::quoted(&path.display().to_string()));
    format!("/save {digits} {place}")
}

/// The addresses of the web in a Body.
fn links(body: &str) -> Vec<String> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder.links(body).filter_map(|link| web_address(link.as_str())).collect()
}

/// Whom completion knows.
struct Known<'a> {
    people: &'a People,
    neighbours: &'a [Neighbour],
}

impl Lookup for Known<'_> {
    fn nicks(&self) -> Vec<String> {
        self.people.nicks().map(str::to_owned).collect()
    }

    fn persons(&self) -> Vec<String> {
        self.people.persons().map(str::to_owned).collect()
    }

    fn peers(&self) -> Vec<String> {
        self.neighbours.iter().map(|neighbour| neighbour.addr.clone()).collect()
    }
}
