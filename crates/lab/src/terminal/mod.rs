//! A program on a terminal of its own: typed to like a person would, and its screen read as one would see it.
//! Must not know which program it is. Bounds: [`PATIENCE`] for every wait; those of the emulator for all that is kept.

pub mod chat;
mod emulator;
mod keys;
mod pty;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr, tcsetwinsize};
use tempfile::TempDir;
pub use vt100::{Cell, Color, Screen};

use self::emulator::Emulator;
pub use self::emulator::Heard;
use crate::clock;
use crate::peer::PATIENCE;

/// Bytes of one read.
const READ_BYTES: usize = 64 * 1024;
/// Answers that wait to be read by the program; further ones are left out, as by a terminal whose line is full.
const ANSWERS_MAX: usize = 64;

/// A program that runs on a terminal, or has ended. Dropping it kills it.
pub struct Terminal {
    child: Child,
    /// The terminal's end of the line.
    line: File,
    shared: Arc<Shared>,
    /// Where the program finds nothing of the user's.
    home: TempDir,
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

struct Seen {
    emulator: Emulator,
    ended: bool,
}

/// A wait that came to nothing, with what is on the screen instead.
#[derive(Debug)]
struct Missed {
    what: String,
    ended: bool,
    screen: String,
}

impl Terminal {
    /// Runs `command` on a terminal of this size. Of the environment it gets the path, and what `command` itself sets; it is an
    /// xterm with 256 colours, in UTF-8 and in English, for somebody whose home is empty, and where it runs.
    ///
    /// # Errors
    /// There is no terminal to be had, or the program cannot be run.
    pub fn spawn(command: &Command, columns: u16, rows: u16) -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let (line, its) = pty::open(columns, rows).context("no terminal is to be had")?;
        let child = pty::spawn(command, home.path(), &its)?;
        // From here on the program alone holds it: its end is the end of the line.
        drop(its);
        let seen = Mutex::new(Seen { emulator: Emulator::new(columns, rows), ended: false });
        let shared = Arc::new(Shared { seen, changed: Condvar::new() });
        let (answer, answers) = sync_channel(ANSWERS_MAX);
        let (mut input, output) = (line.try_clone()?, line.try_clone()?);
        let reader = Arc::clone(&shared);
        thread::Builder::new().name("terminal".into()).spawn(move || reader.read(output, &answer))?;
        // By a thread of its own: a program that does not read must still be read from.
        thread::Builder::new().name("answers".into()).spawn(move || write_answers(&answers, &mut input))?;
        Ok(Self { child, line, shared, home })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.seen()
    }

    /// Types: characters, and keys in angle brackets such as `<Enter>`, `<C-u>`, `<A-Enter>` or `<PageUp>`; `<lt>` is a `<`. All
    /// in one write, so that an `<Esc>` must be its last key: before another one it would be taken for Alt.
    ///
    /// # Errors
    /// There is no such key, or the program has ended.
    pub fn keys(&self, keys: &str) -> anyhow::Result<()> {
        let application = self.look(Screen::application_cursor);
        self.write(&keys::encode(keys, application).with_context(|| format!("no such key in {keys:?}"))?)
    }

    /// Pastes a text as it is: between brackets where the program asked for that.
    ///
    /// # Errors
    /// The program has ended.
    pub fn paste(&self, text: &str) -> anyhow::Result<()> {
        let bracketed = self.look(Screen::bracketed_paste);
        let (begin, end) = if bracketed { ("\x1b[200~", "\x1b[201~") } else { ("", "") };
        self.write(format!("{begin}{text}{end}").as_bytes())
    }

    /// Gets or loses the focus; programs that did not ask for it are not told.
    ///
    /// # Errors
    /// The program has ended.
    pub fn focus(&self, focused: bool) -> anyhow::Result<()> {
        let told = self.seen().emulator.heard().tells_focus;
        if told { self.write(if focused { b"\x1b[I" } else { b"\x1b[O" }) } else { Ok(()) }
    }

    fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        (&self.line).write_all(bytes).with_context(|| format!("nobody reads any more:\n{}", self.framed()))
    }

    /// Makes the terminal larger or smaller.
    ///
    /// # Errors
    /// The system refuses.
    pub fn resize(&self, columns: u16, rows: u16) -> anyhow::Result<()> {
        self.seen().emulator.resize(columns, rows);
        tcsetwinsize(&self.line, pty::size(columns, rows))?;
        Ok(())
    }

    /// What is on the screen, row by row, without the blanks at the end of each.
    #[must_use]
    pub fn screen(&self) -> String {
        self.seen().emulator.text()
    }

    /// The same in a frame, for people.
    #[must_use]
    pub fn framed(&self) -> String {
        framed(&self.screen())
    }

    /// Looks at more of the screen than its text.
    pub fn look<T>(&self, at: impl FnOnce(&Screen) -> T) -> T {
        at(self.seen().emulator.screen())
    }

    /// The row where the cursor is: what is being written.
    #[must_use]
    pub fn cursor_row(&self) -> String {
        let seen = self.seen();
        let (row, _) = seen.emulator.screen().cursor_position();
        seen.emulator.text().lines().nth(usize::from(row)).unwrap_or_default().to_owned()
    }

    /// Column and row of the cursor, from 0; `None` while it is hidden.
    #[must_use]
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.look(|screen| {
            let (row, column) = screen.cursor_position();
            (!screen.hide_cursor()).then_some((column, row))
        })
    }

    /// Waits until the text of the screen is so. It is not looked at while the program says that a picture is half drawn.
    ///
    /// # Errors
    /// It did not become so in time, or the program has ended: with the screen.
    pub fn wait_for(&self, what: &str, mut is_so: impl FnMut(&str) -> bool) -> anyhow::Result<()> {
        self.wait_until(what, PATIENCE, |seen| seen.emulator.is_whole() && is_so(&seen.emulator.text()))
    }

    /// Waits until this text stands somewhere on the screen, within one row.
    ///
    /// # Errors
    /// Those of [`Terminal::wait_for`].
    pub fn wait_for_text(&self, text: &str) -> anyhow::Result<()> {
        self.wait_for(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Waits until a row has all these parts, in this order.
    ///
    /// # Errors
    /// Those of [`Terminal::wait_for`].
    pub fn wait_for_row(&self, parts: &[&str]) -> anyhow::Result<()> {
        self.wait_for(&format!("row with {parts:?}"), |screen| has_row(screen, parts))
    }

    /// Waits until this text stands nowhere on the screen.
    ///
    /// # Errors
    /// Those of [`Terminal::wait_for`].
    pub fn wait_for_no(&self, text: &str) -> anyhow::Result<()> {
        self.wait_for(&format!("end of {text:?}"), |screen| !screen.contains(text))
    }

    /// Waits until more of the screen than its text is so.
    ///
    /// # Errors
    /// Those of [`Terminal::wait_for`].
    pub fn wait_for_look(&self, what: &str, mut is_so: impl FnMut(&Screen) -> bool) -> anyhow::Result<()> {
        self.wait_until(what, PATIENCE, |seen| seen.emulator.is_whole() && is_so(seen.emulator.screen()))
    }

    /// Waits until what it did beside the screen is so.
    ///
    /// # Errors
    /// Those of [`Terminal::wait_for`].
    pub fn wait_for_heard(&self, what: &str, mut is_so: impl FnMut(&Heard) -> bool) -> anyhow::Result<()> {
        self.wait_until(what, PATIENCE, |seen| is_so(seen.emulator.heard()))
    }

    fn wait_until(&self, what: &str, limit: Duration, mut met: impl FnMut(&Seen) -> bool) -> anyhow::Result<()> {
        let deadline = clock::moment() + limit;
        let mut seen = self.seen();
        loop {
            if met(&seen) {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(clock::moment());
            if left.is_zero() || seen.ended {
                bail!(Missed { what: what.to_owned(), ended: seen.ended, screen: seen.emulator.text() });
            }
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The newest bytes that the program wrote, up to a mebibyte.
    #[must_use]
    pub fn raw(&self) -> Vec<u8> {
        self.seen().emulator.raw()
    }

    /// How many bytes it wrote in all.
    #[must_use]
    pub fn written_bytes(&self) -> u64 {
        self.seen().emulator.written_bytes()
    }

    /// What it did beside the screen so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.seen().emulator.heard().clone()
    }

    /// The home of whoever sits there.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The process.
    ///
    /// # Errors
    /// Its number is none.
    pub fn pid(&self) -> anyhow::Result<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a process has a number")
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It has ended.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        kill_process(self.pid()?, signal).context("the process has ended")
    }

    /// Whether the terminal is as a shell wants it: shows what is typed, reads line by line, and Ctrl-C interrupts.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn is_whole(&self) -> anyhow::Result<bool> {
        let modes = tcgetattr(&self.line)?.local_modes;
        let tidy = self.look(|screen| {
            let mouse = screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste() && !mouse
        });
        let focus = self.seen().emulator.heard().tells_focus;
        Ok(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG) && tidy && !focus)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It goes on: with the screen.
    pub fn exit(&mut self) -> anyhow::Result<ExitStatus> {
        let mut ended = self.seen();
        let deadline = clock::moment() + PATIENCE;
        while !ended.ended {
            let left = deadline.saturating_duration_since(clock::moment());
            if left.is_zero() {
                bail!(Missed { what: "end of the program".to_owned(), ended: false, screen: ended.emulator.text() });
            }
            ended = self.shared.changed.wait_timeout(ended, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(ended);
        self.child.wait().map_err(|error| anyhow!(error))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut line: File, answer: &SyncSender<Vec<u8>>) {
        let mut bytes = vec![0; READ_BYTES];
        loop {
            match line.read(&mut bytes) {
                Ok(length @ 1..) => {
                    let answers = self.seen().emulator.take(&bytes[..length]);
                    if !answers.is_empty() {
                        // Fails where nobody reads the answers, and then nobody misses them.
                        let _ = answer.try_send(answers);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A line whose other end is closed reads as an error.
                _ => break,
            }
            self.changed.notify_all();
        }
        self.seen().ended = true;
        self.changed.notify_all();
    }
}

fn write_answers(answers: &Receiver<Vec<u8>>, line: &mut File) {
    for answer in answers {
        if line.write_all(&answer).is_err() {
            return;
        }
    }
}

/// Whether a row of the screen has all these parts, in this order.
#[must_use]
pub fn has_row(screen: &str, parts: &[&str]) -> bool {
    screen.lines().any(|row| {
        let mut rest = Some(row);
        for part in parts {
            rest = rest.and_then(|row| row.split_once(part)).map(|(_, rest)| rest);
        }
        rest.is_some()
    })
}

/// A screen in a frame.
fn framed(screen: &str) -> String {
    let rows: String = screen.lines().map(|row| format!("| {row}\n")).collect();
    format!("+---\n{rows}+---")
}

impl std::fmt::Display for Missed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, ended, screen } = self;
        let why = if *ended { "the program has ended" } else { "in time" };
        write!(f, "no {what}, {why}:\n{}", framed(screen))
    }
}

impl std::error::Error for Missed {}
