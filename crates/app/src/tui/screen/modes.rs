//! The modes of the terminal: into those of a screen, and back to what they were, whoever asks and from whichever thread.
//! Must not know what is drawn. Bounds: one terminal in a process; what it has to be freed of is kept in two flags.

use std::io;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::Notify;

/// To the alternate screen; no cursor until it has its place; nothing beyond the edge; a paste as a paste; the focus told.
pub(super) const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[?1004h";
/// What ends whatever was being written: a string, a frame, a link, a style. Then the modes of [`ENTER`], backwards.
const LEAVE: &str = "\x1b\\\x1b[?2026l\x1b]8;;\x1b\\\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";
/// Modified keys as `CSI u` ("disambiguate escape codes", <https://sw.kovidgoyal.net/kitty/keyboard-protocol/>), on top of what
/// was set before.
pub(super) const KEYBOARD_ON: &str = "\x1b[>1u";
/// Back to what was set before.
const KEYBOARD_OFF: &str = "\x1b[<1u";
/// Asks whether keys can be told so. Who does not know it does not answer.
pub(super) const KEYBOARD_QUERY: &str = "\x1b[?u";

/// How long a terminal that takes nothing is waited for when it is left. Its modes are set back in any case.
const LEAVE_PATIENCE: Duration = Duration::from_millis(500);

/// The name of the thread that decodes what others sent: its panics are caught there and say nothing of the program.
pub(super) const DECODER_THREAD: &str = "pictures";

/// The terminal is in the modes of a screen.
static ON: AtomicBool = AtomicBool::new(false);
/// And modified keys come as `CSI u`.
static KEYBOARD: AtomicBool = AtomicBool::new(false);
/// A panic gave the terminal back: nothing is drawn on it any more.
static GIVEN_BACK: AtomicBool = AtomicBool::new(false);
/// Told when that happens.
pub(super) static GIVING_BACK: Notify = Notify::const_new();

/// Raw mode, then the modes of a screen.
///
/// # Errors
/// There is no terminal, or it is given back after a panic.
pub(super) fn enter() -> io::Result<()> {
    if GIVEN_BACK.load(Ordering::SeqCst) {
        return Err(given_back());
    }
    // Where somebody else changed the modes while we were stopped, they are set anew.
    disable_raw_mode()?;
    enable_raw_mode()?;
    ON.store(true, Ordering::SeqCst);
    KEYBOARD.store(false, Ordering::SeqCst);
    write(ENTER.as_bytes())
}

/// Back to how the terminal was. What is done already is not done again.
///
/// # Errors
/// The terminal is gone.
pub(super) fn leave() -> io::Result<()> {
    if !ON.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let text = leave_text(KEYBOARD.swap(false, Ordering::SeqCst));
    // Where another thread is held up writing, this one is not: whoever leaves may be on the way out.
    let written = if takes_more(Some(LEAVE_PATIENCE))? { write_at_once(text.as_bytes()) } else { Ok(()) };
    disable_raw_mode()?;
    written
}

fn leave_text(keyboard: bool) -> String {
    // The keyboard belongs to the alternate screen, so it comes before that is left; what is cut ends before all.
    if keyboard { LEAVE.replacen("\x1b\\", &format!("\x1b\\{KEYBOARD_OFF}"), 1) } else { LEAVE.to_owned() }
}

/// Notes that modified keys are asked for: whether they were not before.
pub(super) fn turn_keyboard_on() -> bool {
    ON.load(Ordering::SeqCst) && !KEYBOARD.swap(true, Ordering::SeqCst)
}

/// Has every panic give the terminal back before it says anything, whichever thread it is in. Panics of [`DECODER_THREAD`] are
/// caught there, and silent.
pub(super) fn guard_against_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() == Some(DECODER_THREAD) {
                return;
            }
            if ON.load(Ordering::SeqCst) {
                GIVEN_BACK.store(true, Ordering::SeqCst);
                // The message is worth more than what became of the terminal.
                let _ = leave();
                GIVING_BACK.notify_one();
            }
            before(panic);
        }));
    });
}

fn given_back() -> io::Error {
    io::Error::other("the program failed, and gave the terminal back")
}

/// Writes to the terminal while it is a screen's.
///
/// Blocks while the terminal takes nothing (Ctrl-S, a slow line).
///
/// # Errors
/// It is gone, or it is no screen's any more.
pub(super) fn write(bytes: &[u8]) -> io::Result<()> {
    if GIVEN_BACK.load(Ordering::SeqCst) || !ON.load(Ordering::SeqCst) {
        return Err(given_back());
    }
    write_at_once(bytes)
}

/// Past the lock and the buffer of the standard library: a panic must not wait for a thread that holds them.
fn write_at_once(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // Somebody who shares the terminal made it so.
            Err(Errno::AGAIN) => {
                takes_more(None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether the terminal takes something within that time.
fn takes_more(patience: Option<Duration>) -> io::Result<bool> {
    let mut terminal = [PollFd::from_borrowed_fd(rustix::stdio::stdout(), PollFlags::OUT)];
    let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
    loop {
        match poll(&mut terminal, patience.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_turned_on_is_turned_off_again() {
        let check = |keyboard: bool, expected: &str| assert_eq!(leave_text(keyboard), expected);
        check(false, "\x1b\\\x1b[?2026l\x1b]8;;\x1b\\\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l");
        check(true, "\x1b\\\x1b[<1u\x1b[?2026l\x1b]8;;\x1b\\\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l");
        for mode in ["?1049", "?2004", "?1004"] {
            assert!(ENTER.contains(&format!("\x1b[{mode}h")) && LEAVE.contains(&format!("\x1b[{mode}l")), "{mode}");
        }
        assert!(ENTER.contains("\x1b[?25l") && LEAVE.contains("\x1b[?25h"), "the cursor");
        assert!(!ENTER.contains("\x1b[?1000") && !ENTER.contains("\x1b[?1006"), "the mouse is left alone");
        assert!(LEAVE.ends_with("\x1b[?1049l"), "nothing is written on the screen that was there before");
    }

    #[test]
    fn nothing_is_written_before_the_terminal_is_ours() {
        assert!(write(b"x").is_err());
        assert!(leave().is_ok(), "what is not on needs no turning off");
        assert!(!turn_keyboard_on());
    }
}
