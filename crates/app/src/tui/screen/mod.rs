//! The terminal itself: its modes, frames of cells, what is typed, and all that goes to it beside cells.
//! Must not know what is shown. Bounds: 60 frames a second ([`Pace`], kept by whoever draws), and those of the parts.
//!
//! What blocks: [`Screen::draw`], [`Screen::copy`], [`Screen::notify`] and [`Screen::leave`] write to the terminal and wait while it
//! takes nothing (Ctrl-S, a slow line), so they belong on a thread that nothing else waits for. A panic gives the terminal back
//! before it says anything, and what is drawn after that fails. No text of others is written but by cells, without what a terminal
//! obeys.

mod cells;
mod decoder;
mod editor;
mod events;
mod keys;
mod launch;
mod links;
mod modes;
mod pace;
mod painter;
mod pictures;
mod sequences;
mod surroundings;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Size;
use rustix::process::{Signal, kill_current_process_group};

use self::cells::Outlet;
use self::events::Shared;
use self::painter::Painter;
use self::surroundings::Surroundings;

pub(crate) use self::events::Events;
pub(crate) use self::launch::open_url;
pub(crate) use self::links::web_address;
pub(crate) use self::pace::{FRAMES_PER_SECOND_MAX, Pace};
pub(crate) use self::painter::Overlay;
pub(crate) use self::pictures::{Gallery, Pictures};
pub(crate) use self::sequences::{Notification, Notify};
pub(crate) use self::surroundings::suits;

/// From one notification to the next: what comes between is not told.
const NOTIFICATION_PERIOD: Duration = Duration::from_secs(2);
/// How long a stop is waited for that was asked for: a group of processes without a shell never stops.
const STOP_PATIENCE: Duration = Duration::from_millis(500);
/// How long after the end of an editor a Ctrl-C may still be one that it was given.
const INTERRUPT_PATIENCE: Duration = Duration::from_millis(500);

/// Editors that Ctrl-C belongs to, and those that have just ended.
static EDITORS: AtomicUsize = AtomicUsize::new(0);

/// How a screen is used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// How pictures are shown.
    pub(crate) pictures: Pictures,
    /// Whether links are written as such (OSC 8); by the environment where it is not said.
    pub(crate) links: Option<bool>,
    /// Which ways notifications take.
    pub(crate) notify: Notify,
}

/// What happens at the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key was pressed, or repeats.
    Key(KeyEvent),
    /// This was pasted, as it was sent: line ends are CR, LF or both.
    Paste {
        /// At most 64 KiB of it.
        text: String,
        /// Bytes of it that are not there.
        dropped: usize,
    },
    /// The terminal has another size: draw a frame.
    Resize,
    /// The terminal is looked at, or not any more.
    Focus(bool),
    /// The process went on after a stop that was not its own: [`Screen::resume`], then draw a frame.
    Resumed,
    /// There is something new to show (a picture is decoded, the terminal told what it can): draw a frame.
    Redraw,
    /// The terminal is gone, or a panic gave it back. Nothing else will come.
    Closed,
}

/// Gives the terminal back as it was, from whichever thread: for the end of a program whose screen waits for a terminal that takes
/// nothing. Takes half a second at most; a screen that is drawn on later gets an error.
pub(crate) fn give_back() {
    // A terminal that is gone needs nothing.
    let _ = modes::leave();
}

/// Whether Ctrl-C (SIGINT) is meant for an editor that was started by [`Screen::edit_externally`], and not for us.
pub(crate) fn interrupts_are_the_editors() -> bool {
    EDITORS.load(Ordering::SeqCst) > 0
}

/// A terminal that is ours to draw on, until this is dropped.
pub(crate) struct Screen {
    painter: Painter<Tty>,
    options: Options,
    surroundings: Surroundings,
    shared: Arc<Shared>,
    notified: Option<Instant>,
}

impl Screen {
    /// Takes over the terminal of standard input and output. Nothing is waited for: what the terminal can is asked, and used when it
    /// answers. Needs a tokio runtime with signals.
    ///
    /// # Errors
    /// There is no terminal, or no room for a thread.
    pub(crate) fn enter(options: Options) -> io::Result<(Self, Events)> {
        modes::guard_against_panics();
        let shared = Arc::new(Shared::default());
        let surroundings = Surroundings::now();
        let gallery = Gallery::new(options.pictures, surroundings, shared.clone());
        let painter = Painter::new(Tty, options.links.unwrap_or(surroundings.links), gallery)?;
        let mut events = Events::new(shared.clone())?;
        let mut screen = Self { painter, options, surroundings, shared, notified: None };
        screen.resume()?;
        events.read_on()?;
        let pictures = if screen.painter.gallery.asks() { pictures::QUERY } else { "" };
        modes::write(format!("{}{pictures}", modes::KEYBOARD_QUERY).as_bytes())?;
        Ok((screen, events))
    }

    /// Gives the terminal back as it was, as [`give_back`] does. Done by dropping the screen, too.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn leave(&mut self) -> io::Result<()> {
        modes::leave()
    }

    /// Takes the terminal over again, whatever became of it; the next frame is drawn as a whole.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        modes::enter()?;
        self.painter.forget()
    }

    /// Gives the terminal to the shell and stops, with all processes of the job; goes on when the shell says so.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) async fn suspend(&mut self, events: &mut Events) -> io::Result<()> {
        events.pause();
        self.leave()?;
        events.forget_continued().await;
        kill_current_process_group(Signal::TSTP)?;
        events.continued(STOP_PATIENCE).await;
        self.resume()?;
        events.read_on()
    }

    /// The next frame is drawn as a whole: something else may have written on the terminal.
    ///
    /// # Errors
    /// None that the next frame would not have.
    pub(crate) fn forget(&mut self) -> io::Result<()> {
        self.painter.forget()
    }

    /// Draws a frame: cells by the frame, links by the overlay, pictures by the gallery. The cursor stands where the frame puts it.
    ///
    /// # Errors
    /// The terminal is gone, or a panic gave it back.
    pub(crate) fn draw(&mut self, show: impl FnOnce(&mut Frame<'_>, &mut Overlay, &mut Gallery)) -> io::Result<()> {
        let answers = self.shared.answers();
        if answers.keyboard {
            self.use_keyboard()?;
        }
        self.painter.gallery.learn(answers, cell_pixels());
        self.painter.draw(show)
    }

    /// Has modified keys told apart, once for each time that the terminal is taken over.
    fn use_keyboard(&mut self) -> io::Result<()> {
        if modes::turn_keyboard_on() { modes::write(modes::KEYBOARD_ON.as_bytes()) } else { Ok(()) }
    }

    /// Puts the text on the clipboard of whoever sits at the terminal (OSC 52), without control characters. Not every terminal does
    /// so, and none says whether it did.
    ///
    /// # Errors
    /// The text is longer than [`COPY_BYTES_MAX`], or the terminal is gone.
    pub(crate) fn copy(&mut self, text: &str) -> io::Result<()> {
        let bytes = sequences::clipboard(text, self.surroundings.tmux)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no more than 64 KiB can be copied"))?;
        self.painter.send_now(&bytes)
    }

    /// Tells somebody who looks elsewhere, in the ways that are switched on; not more often than once in 2 s.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn notify(&mut self, notification: &Notification, now: Instant) -> io::Result<()> {
        if self.notified.is_some_and(|last| now.saturating_duration_since(last) < NOTIFICATION_PERIOD) {
            return Ok(());
        }
        self.notified = Some(now);
        if self.options.notify.desktop {
            launch::notify_desktop(notification);
        }
        let bytes = sequences::notification(notification, self.options.notify, self.surroundings.tmux);
        if bytes.is_empty() { Ok(()) } else { self.painter.send_now(&bytes) }
    }

    /// Has the text edited in the editor that the environment names (`VISUAL`, `EDITOR`, else vi or nano), which has the terminal
    /// until it ends. What comes back has no line end behind its last line. Meanwhile Ctrl-C is the editor's:
    /// [`interrupts_are_the_editors`].
    ///
    /// # Errors
    /// There is no editor, it failed, or what it left cannot be taken; the terminal is ours again. Or the terminal is gone.
    pub(crate) async fn edit_externally(&mut self, events: &mut Events, text: &str) -> io::Result<String> {
        let draft = editor::Draft::create(text)?;
        let file = draft.path().to_owned();
        events.pause();
        self.leave()?;
        let interrupts = Interrupts::take();
        let edited = tokio::task::spawn_blocking(move || editor::run(&editor::programs(), &file)).await;
        tokio::spawn(interrupts.give_back());
        self.resume()?;
        events.read_on()?;
        edited.map_err(io::Error::other)??;
        draft.read()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Ctrl-C is somebody else's while this lives.
struct Interrupts;

impl Interrupts {
    fn take() -> Self {
        EDITORS.fetch_add(1, Ordering::SeqCst);
        Self
    }

    /// The one that ended the editor was ours too, and may come to its handler later than the editor's end.
    async fn give_back(self) {
        tokio::time::sleep(INTERRUPT_PATIENCE).await;
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        EDITORS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The terminal of standard output.
struct Tty;

impl Outlet for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        modes::write(bytes)
    }

    fn size(&self) -> Size {
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout());
        size.map_or(Size::ZERO, |size| Size { width: size.ws_col, height: size.ws_row })
    }
}

/// Width and height of a cell in pixels, where the terminal tells it without being asked.
fn cell_pixels() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    let cell = (size.ws_xpixel.checked_div(size.ws_col)?, size.ws_ypixel.checked_div(size.ws_row)?);
    (cell.0 > 0 && cell.1 > 0).then_some(cell)
}
