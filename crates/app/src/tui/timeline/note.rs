//! What is no message: links, greetings, notices, replies of commands. Must not know rows.
//! Bounds: [`NOTES_MAX`] notes, [`NOTE_LINES_MAX`] and [`NOTE_BYTES_MAX`] of each.

use std::collections::VecDeque;

use whispernet_node::event::{Event, Level, LinkState, Message, PeerChange};

use super::Key;
use crate::shown::{acquaintance, safe, words};

/// Notes in memory; the oldest go first (a guess: some screens).
const NOTES_MAX: usize = 200;
/// Lines of one note (a guess: longer than any list of a command that is read on a screen).
const NOTE_LINES_MAX: usize = 500;
/// Bytes of the text of one note.
const NOTE_BYTES_MAX: usize = 64 * 1024;
/// Names in a note that several became.
const NAMES_MAX: usize = 3;

/// A note where it stands.
pub(super) struct Note {
    /// After the message with this place.
    after: u64,
    number: u64,
    /// When it came, in milliseconds since the UNIX epoch.
    pub(super) at_ms: i64,
    pub(super) level: Level,
    words: Words,
}

enum Words {
    /// Safe to show.
    Lines(Vec<String>),
    /// What may become one with others. `alone`: how it reads without.
    Alike { kind: Kind, names: Vec<String>, count: usize, alone: String },
}

/// What notes have in common that become one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// A greeting came.
    Joined,
    /// Links came or went, of this cause.
    Links(LinkState, Option<String>),
}

impl Note {
    pub(super) const fn key(&self) -> Key {
        Key(self.after, self.number)
    }

    /// Its lines, safe to show.
    pub(super) fn lines(&self) -> Vec<String> {
        match &self.words {
            Words::Lines(lines) => lines.clone(),
            Words::Alike { count: 1, alone, .. } => vec![alone.clone()],
            Words::Alike { kind, names, count, .. } => vec![alike(kind, names, *count)],
        }
    }
}

fn alike(kind: &Kind, names: &[String], count: usize) -> String {
    let mut who = names.join(", ");
    if count > names.len() {
        who.push_str(&format!(" and {} more", count - names.len()));
    }
    match kind {
        Kind::Joined => format!("{who} joined"),
        Kind::Links(state, why) => {
            let state = match state {
                LinkState::Connected => "connected",
                LinkState::Disconnected => "disconnected",
                LinkState::Blocked => "blocked",
            };
            let why = why.as_ref().map_or(String::new(), |why| format!(" ({})", safe::line(why)));
            format!("{count} links {state}: {who}{why}")
        }
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Notes {
    notes: VecDeque<Note>,
    /// Of the newest one; a number of none is 0, where the message stands that it comes after.
    number: u64,
}

impl Notes {
    /// Ascending by key.
    pub(super) const fn all(&self) -> &VecDeque<Note> {
        &self.notes
    }

    /// How many stand before `key`.
    pub(super) fn before(&self, key: Key) -> usize {
        self.notes.partition_point(|note| note.key() < key)
    }

    /// Words that are not safe yet, in one line or several.
    pub(super) fn say(&mut self, after: u64, at_ms: i64, level: Level, text: &str) {
        let text = text.get(..text.floor_char_boundary(NOTE_BYTES_MAX)).unwrap_or_default();
        let lines = safe::body_lines(text).take(NOTE_LINES_MAX).map(|line| line.into_owned()).collect();
        self.push(after, at_ms, level, Words::Lines(lines));
    }

    /// A greeting. The key of the note that tells of it.
    pub(super) fn join(&mut self, after: u64, message: &Message) -> Key {
        let name = acquaintance::name(message);
        let alone = format!("{name} joined");
        self.push_alike(after, message.received, Kind::Joined, name, alone)
    }

    /// A change of a link. The key of the note that tells of it.
    pub(super) fn link(&mut self, after: u64, at_ms: i64, change: &PeerChange) -> Key {
        let alone = words::of(&Event::Peer(change.clone())).unwrap_or_default();
        if change.rule.is_some() {
            return self.push(after, at_ms, Level::Warn, Words::Lines(vec![alone]));
        }
        let kind = Kind::Links(change.state, change.why.clone());
        self.push_alike(after, at_ms, kind, safe::addr(&change.addr), alone)
    }

    fn push_alike(&mut self, after: u64, at_ms: i64, kind: Kind, name: String, alone: String) -> Key {
        if let Some(last) = self.notes.back_mut().filter(|last| last.after >= after)
            && let Words::Alike { kind: before, names, count, .. } = &mut last.words
            && *before == kind
        {
            *count += 1;
            if names.len() < NAMES_MAX {
                names.push(name);
            }
            return last.key();
        }
        self.push(after, at_ms, Level::Info, Words::Alike { kind, names: vec![name], count: 1, alone })
    }

    fn push(&mut self, after: u64, at_ms: i64, level: Level, words: Words) -> Key {
        self.number += 1;
        // Those that were let pass stand further down.
        let after = self.notes.back().map_or(after, |last| last.after.max(after));
        self.notes.push_back(Note { after, number: self.number, at_ms, level, words });
        if self.notes.len() > NOTES_MAX {
            self.notes.pop_front();
        }
        Key(after, self.number)
    }

    /// What came after a message that was told only now goes after it.
    pub(super) fn let_pass(&mut self, seq: u64, received_ms: i64) {
        for note in self.notes.iter_mut().rev().take_while(|note| note.after < seq && note.at_ms >= received_ms) {
            note.after = seq;
        }
    }
}
