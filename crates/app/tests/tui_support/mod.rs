//! Peers in their terminal UI: typed to, and their screens read.
//! Must not know what is tested. Bounds: the lab's `PATIENCE` for every wait, whose failure tells the screen.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use whispernet_lab::terminal::chat::{Chat, Start};
use whispernet_lab::terminal::{Screen, Terminal};

/// The program.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_whisper"))
}

/// A peer in its terminal UI.
pub(crate) struct Tui(pub(crate) Chat);

impl Tui {
    /// Starts one alone on loopback, at 80 x 24, with these further options.
    #[track_caller]
    pub(crate) fn start(nick: &str, options: &[&str]) -> Self {
        Self::start_with(&Start { options, ..Start::new(nick) })
    }

    /// Starts one in a data directory that was used before.
    #[track_caller]
    pub(crate) fn start_in(dir: &Arc<TempDir>, nick: &str, options: &[&str]) -> Self {
        Self::start_with(&Start { options, dir: Some(Arc::clone(dir)), ..Start::new(nick) })
    }

    #[track_caller]
    pub(crate) fn start_with(start: &Start<'_>) -> Self {
        Self(Chat::start(program(), start).expect("it shows where it is"))
    }

    /// Starts one that is linked to `other`, and waits until each has seen the other.
    #[track_caller]
    pub(crate) fn linked_to(other: &Self, other_nick: &str, nick: &str) -> Self {
        let new = Self::start(nick, &["--peer", &other.addr()]);
        new.wait(other_nick);
        other.wait(nick);
        new
    }

    pub(crate) fn terminal(&self) -> &Terminal {
        &self.0.terminal
    }

    pub(crate) fn addr(&self) -> String {
        self.0.addr.to_string()
    }

    pub(crate) fn screen(&self) -> String {
        self.terminal().screen()
    }

    #[track_caller]
    pub(crate) fn keys(&self, keys: &str) {
        self.terminal().keys(keys).expect("it reads");
    }

    #[track_caller]
    pub(crate) fn paste(&self, text: &str) {
        self.terminal().paste(text).expect("it reads");
    }

    #[track_caller]
    pub(crate) fn wait(&self, text: &str) {
        self.terminal().wait_for_text(text).expect("it is shown");
    }

    #[track_caller]
    pub(crate) fn wait_row(&self, parts: &[&str]) {
        self.terminal().wait_for_row(parts).expect("it is shown");
    }

    #[track_caller]
    pub(crate) fn wait_no(&self, text: &str) {
        self.terminal().wait_for_no(text).expect("it goes away");
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, is_so: impl FnMut(&str) -> bool) {
        self.terminal().wait_for(what, is_so).expect("it comes");
    }

    /// Waits until what is being written ends so, with the cursor right behind it.
    #[track_caller]
    pub(crate) fn wait_draft(&self, end: &str) {
        let is_so = |screen: &Screen| {
            let (row, column) = screen.cursor_position();
            let before = screen.rows(0, column).nth(usize::from(row)).unwrap_or_default();
            !screen.hide_cursor() && before.ends_with(end)
        };
        self.terminal().wait_for_look(&format!("draft with {end:?}"), is_so).expect("it is in the draft");
    }

    /// Whether nothing but pictures and known modes were written, and nothing of strangers rang or took the title.
    #[track_caller]
    pub(crate) fn assert_tame(&self) {
        let heard = self.terminal().heard();
        assert!(heard.unknown.is_empty(), "sequences that no terminal knows: {:?}", heard.unknown);
        assert_eq!((heard.bells, heard.titles.as_slice()), (0, [].as_slice()), "nothing rings or takes the title");
        assert!(heard.copied.is_empty() && heard.notified.is_empty(), "{heard:?}");
    }

    /// Ends it as its user would; the terminal is as it was.
    #[track_caller]
    pub(crate) fn quit(mut self) -> Arc<TempDir> {
        self.keys("<C-u>/quit<Enter>");
        let status = self.0.terminal.exit().expect("it ends");
        assert!(status.success(), "{status}");
        assert!(self.terminal().is_whole().expect("it is a terminal"), "the terminal is as it was");
        Arc::clone(&self.0.dir)
    }
}
