//! What the terminal UI knows and does: events, keys and finished work in, a picture of the screen and effects out.
//! Must not know the terminal. Bounds: [`WORK_MAX`] things under way; the rest stands in the parts.

mod keys;
mod say;
mod view;

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::net::SocketAddr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use tokio::task::JoinSet;
use whispernet_node::event::{Direction, Event, Level, LinkState, Message, PeerChange, Via};
use whispernet_node::handle::{Kept, Said};

use super::header::Facts;
use super::input::Input;
use super::neighbours::{self, Neighbour};
use super::overlay::{Older, Overlay, Results};
use super::people::People;
use super::screen::Notification;
use super::timeline::{Extras, Keeping, Timeline, Want};
use crate::desk::Desk;
use crate::files::picture;
use crate::settings::{NotifyFor, Ui};
use crate::shown::{acquaintance, safe, words};
use crate::slash;

/// Things that the terminal is to do; further calls for attention are left out.
const EFFECTS_MAX: usize = 16;
/// Files that are looked at again and again: more than a screen shows, however tall it is (a line each, as far as one can read).
const FILES_MAX: usize = 256;
/// Words, commands and pages that are waited for; more are refused for the moment.
const WORK_MAX: usize = 256;

/// What the terminal is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Leave it to the shell until it is called back.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Give this to the clipboard.
    Copy(String),
    /// Open this in a browser.
    Open(String),
    /// Have this edited outside.
    Edit(String),
    /// Call the user.
    Notify(Notification),
}

/// Something that was waited for.
pub(super) enum Done {
    /// A page of the history.
    Page(Want, Result<Vec<Message>, String>),
    /// What became of words.
    Said(u64, Result<Said, String>),
    /// More of what a search finds.
    Found(Result<Vec<Message>, String>),
    /// A line went out, and is not on disk: why.
    SentUnkept(u64, String),
    /// What a command answered.
    Reply(Result<slash::Reply, String>),
}

/// A message that is being answered.
struct Answering {
    id: String,
    /// Safe to show.
    whom: String,
}

/// Where the peer is, which never changes.
#[derive(Clone)]
pub(super) struct Place {
    /// Where it listens.
    pub(super) addr: SocketAddr,
    /// What was to be told at its start.
    pub(super) notices: Vec<String>,
}

/// The terminal UI.
pub(super) struct App {
    desk: Desk,
    ui: Ui,
    zone: TimeZone,
    timeline: Timeline,
    input: Input,
    people: People,
    facts: Facts,
    neighbours: Vec<Neighbour>,
    neighbours_all: usize,
    side_shown: Option<bool>,
    overlay: Option<Overlay>,
    answering: Option<Answering>,
    /// What was searched for last, where the last command was a search.
    term: Option<String>,
    /// What is to be read once, in the line above the draft.
    hint: Option<String>,
    /// Which link of which message was opened last.
    opened: Option<(u64, usize)>,
    /// Hashes of the files that were on the screen lately.
    files: VecDeque<String>,
    /// The size of each that is a picture, once it was looked at.
    pictures: HashMap<String, Option<(u32, u32)>>,
    /// Something has been said, here or ever.
    spoken: bool,
    /// Whether the terminal is looked at; `None`: it has not told.
    focused: Option<bool>,
    colors: bool,
    /// Of the screen when it was drawn last.
    columns: u16,
    /// Where completions lie over the messages.
    covered: Option<Rect>,
    next_client: u64,
    work: JoinSet<Done>,
    /// What changes without being told is to be looked at again.
    stale: bool,
    effects: Vec<Effect>,
}

impl App {
    /// Of a peer that has just started.
    pub(super) fn new(desk: Desk, place: &Place, ui: Ui, colors: bool) -> Self {
        let zone = TimeZone::system();
        let facts =
            Facts { addr: place.addr.to_string(), web: desk.web.as_ref().map(|web| web.addr), ..Facts::default() };
        let mut app = Self {
            timeline: Timeline::new(zone.clone(), colors),
            input: Input::new(Vec::new()),
            desk,
            ui,
            zone,
            people: People::default(),
            facts,
            neighbours: Vec::new(),
            neighbours_all: 0,
            side_shown: None,
            overlay: None,
            answering: None,
            term: None,
            hint: None,
            opened: None,
            files: VecDeque::new(),
            pictures: HashMap::new(),
            spoken: false,
            focused: None,
            colors,
            columns: 0,
            covered: None,
            next_client: 0,
            work: JoinSet::new(),
            stale: false,
            effects: Vec::new(),
        };
        app.refresh();
        for notice in &place.notices {
            app.note(Level::Info, &safe::line(notice));
        }
        app
    }

    /// Looks again at what changes without being told.
    pub(super) fn refresh(&mut self) {
        self.stale = false;
        let handle = &self.desk.handle;
        (self.neighbours, self.neighbours_all) = neighbours::look(handle);
        let status = handle.status();
        self.facts.connected = self.neighbours.iter().filter(|neighbour| neighbour.state.is_empty()).count();
        self.facts.discovery = status.discovery;
        self.facts.disk = Some(status.disk).filter(|disk| !matches!(disk.as_str(), "ok" | "off"));
        if self.facts.nick != status.nick {
            self.timeline.set_me(&status.nick, &status.key);
            self.facts.nick = status.nick;
        }
        self.timeline.paced(handle.waiting().next_in);
        self.look_at_files();
    }

    /// Takes what happened.
    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::Message(message) if message.hello => self.greeted(&message),
            Event::Message(message) => self.message(*message),
            Event::Upgrade(message) => self.timeline.upgrade(*message),
            Event::Delivery { seq, links } => self.timeline.delivered(seq, links),
            Event::Progress(progress) => self.timeline.progress(&progress, now_millis()),
            Event::Offer { file, .. } => {
                self.timeline.file(&file.hash, Keeping::Offered);
            }
            Event::Trust { ref key, state } => {
                let person = self.desk.handle.whois(key).ok();
                if let Some(words) = words::decided(key, state, person.as_ref()) {
                    self.note(Level::Info, &words);
                }
                self.stale = true;
            }
            Event::Notice { level, .. } => self.note_event(level, &event),
            Event::Skip { .. } => self.note_event(Level::Warn, &event),
            Event::Peer(change) => {
                if is_news(&change) {
                    self.timeline.peer(now_millis(), &change);
                }
                self.stale = true;
            }
            Event::Hello { .. } | Event::Ack { .. } | Event::Refused { .. } => {}
        }
    }

    fn message(&mut self, message: Message) {
        if message.via != Via::Own {
            self.people.spoke(&message);
            let calls = match self.ui.notify_for {
                NotifyFor::None => false,
                NotifyFor::Mentions => self.timeline.is_mention(&message),
                NotifyFor::All => !message.replay,
            };
            if calls && self.focused != Some(true) && self.effects.len() < EFFECTS_MAX {
                let body = safe::line(&message.body).into_owned();
                let title = acquaintance::name(&message);
                self.effects.push(Effect::Notify(Notification { title, body }));
            }
        }
        self.spoken = true;
        self.timeline.push(message, true);
    }

    /// Greetings are no chat: they tell that somebody is here.
    fn greeted(&mut self, message: &Message) {
        if message.via == Via::Own || message.replay {
            return;
        }
        let name = acquaintance::name(message);
        self.people.spoke(message);
        self.note(Level::Info, &format!("{name} is here ({})", safe::addr(&message.addr)));
        self.stale = true;
    }

    fn note_event(&mut self, level: Level, event: &Event) {
        if let Some(words) = words::of(event) {
            self.note(level, &words);
        }
    }

    /// Puts lines that are safe to show among the messages.
    fn note(&mut self, level: Level, text: &str) {
        self.timeline.note(now_millis(), level, text);
    }

    /// Takes what was waited for.
    pub(super) fn done(&mut self, done: Done) {
        match done {
            Done::Said(client, Ok(said)) => self.timeline.submitted(client, said.seq),
            Done::Said(client, Err(error)) => self.timeline.failed(client, &safe::line(&error)),
            Done::SentUnkept(client, error) => {
                // It stands among the messages, as what others say meanwhile.
                self.timeline.forget_pending(client);
                self.note(Level::Error, &safe::line(&error));
            }
            Done::Reply(Ok(reply)) => self.replied(reply),
            Done::Reply(Err(error)) => self.note(Level::Error, &safe::line(&error)),
            Done::Page(want, page) => self.take_page(want, page),
            Done::Found(page) => self.found(page),
        }
    }

    fn replied(&mut self, reply: slash::Reply) {
        if !reply.messages.is_empty() {
            let is_first_page = self.term.is_some() && reply.messages.len() >= slash::FOUND_MAX;
            let older = if is_first_page { Older::Some } else { Older::None };
            self.overlay = Some(Overlay::Results(Results::new(&reply.messages, &self.zone, older)));
        }
        if let Some(say) = reply.say {
            self.say(say);
        }
        if !reply.lines.is_empty() {
            let lines = reply.lines.iter().map(|line| safe::line(line).into_owned()).collect::<Vec<_>>();
            self.note(Level::Info, &lines.join("\n"));
        }
        self.stale = true;
    }

    fn take_page(&mut self, want: Want, page: Result<Vec<Message>, String>) {
        match page {
            Ok(page) => {
                for message in page.iter().rev().filter(|message| message.via != Via::Own) {
                    self.people.spoke_before(message);
                }
                self.spoken |= !page.is_empty();
                self.timeline.page(want, page);
            }
            Err(error) => {
                self.timeline.no_page(want);
                self.note(Level::Error, &safe::line(&error));
            }
        }
    }

    /// Learns of files on the screen whether they are kept; whether there was anything to learn.
    fn look_for_files(&mut self, hashes: &[String]) -> bool {
        let fresh = hashes.iter().filter(|hash| !self.files.contains(hash)).cloned().collect::<Vec<_>>();
        for hash in fresh.iter().cloned() {
            if self.files.len() >= FILES_MAX
                && let Some(gone) = self.files.pop_front()
            {
                self.pictures.remove(&gone);
            }
            self.files.push_back(hash);
        }
        !fresh.is_empty() && self.look_at_files()
    }

    /// What is said and what is saved changes it; whether anything is otherwise now.
    fn look_at_files(&mut self) -> bool {
        let mut changed = false;
        for hash in &self.files {
            let keeping = match self.desk.handle.kept(hash) {
                Some(Kept { path, accepted: true }) => {
                    let picture = self.pictures.entry(hash.clone()).or_insert_with(|| picture::size(&path));
                    Keeping::Accepted { picture: *picture }
                }
                Some(_) => Keeping::Offered,
                None => Keeping::NotKept,
            };
            changed |= self.timeline.file(hash, keeping);
        }
        changed
    }

    /// Looks at what has changed since the last picture, and learns what that one needed.
    pub(super) fn before_drawing(&mut self) {
        if self.stale {
            self.refresh();
        }
    }

    /// Takes what a picture needs that it did not have; whether another one is due.
    pub(super) fn after_drawing(&mut self, extras: &Extras) -> bool {
        let changed = self.look_for_files(&extras.files);
        self.ask_for_page();
        changed
    }

    /// Asks for the page that the messages shown will soon need.
    fn ask_for_page(&mut self) {
        let Some(want) = self.timeline.wants() else { return };
        let handle = self.desk.handle.clone();
        self.work.spawn(async move {
            let page = handle.messages(want.query()).await;
            Done::Page(want, page.map_err(|error| error.to_string()))
        });
    }

    /// Resolves with the next thing that was waited for; never where there is none.
    pub(super) async fn next_done(&mut self) -> Option<Done> {
        match self.work.join_next().await {
            Some(done) => done.ok(),
            None => std::future::pending().await,
        }
    }

    /// What the terminal is to do, once.
    pub(super) fn effects(&mut self) -> Vec<Effect> {
        mem::take(&mut self.effects)
    }
}

/// Whether a person wants to know of it: that somebody connects to us as well is told by greetings and by the list of peers.
fn is_news(change: &PeerChange) -> bool {
    match change.why.as_deref() {
        // What one did oneself is no news.
        Some("user") => false,
        None | Some("closed") => change.link == Direction::Out || change.state == LinkState::Blocked,
        Some(_) => true,
    }
}

fn now_millis() -> i64 {
    Timestamp::now().as_millisecond()
}
