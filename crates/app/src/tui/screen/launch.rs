//! Other programs, started and left to themselves: the one that opens a link, and the desktop's notification.
//! Must not know what they do. Bounds: [`RUNNING_MAX`] at once. Never a shell: what others wrote is an argument, behind `--` or an
//! address that begins with `http`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::links::web_address;
use super::sequences::Notification;

/// Programs that may run at once; a desktop that answers none of them gets no more.
const RUNNING_MAX: usize = 8;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Opens an address of the web in the user's browser.
///
/// # Errors
/// It is none, or there is no program for it.
pub(crate) fn open_url(url: &str) -> io::Result<()> {
    let url = web_address(url).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "only addresses that begin with http:// or https:// are opened")
    })?;
    start(if cfg!(target_os = "macos") { "open" } else { "xdg-open" }, &[&url])
}

/// Tells the desktop. Where it cannot be told, nobody is.
pub(super) fn notify_desktop(notification: &Notification) {
    let (program, arguments) = desktop(notification, cfg!(target_os = "macos"));
    // To start a program takes a while, which the screen does not wait for; without room for a thread nothing is told.
    let _ = thread::Builder::new().name("notify".to_owned()).spawn(move || {
        let _ = start(program, &arguments);
    });
}

/// The program and its arguments.
fn desktop(notification: &Notification, mac: bool) -> (&'static str, Vec<String>) {
    let Notification { title, body } = notification.safe();
    if mac {
        let script = [
            "-e",
            "on run texts",
            "-e",
            "display notification (item 2 of texts) with title (item 1 of texts)",
            "-e",
            "end run",
            "--",
        ];
        return ("osascript", script.map(str::to_owned).into_iter().chain([title, body]).collect());
    }
    // Desktops read a body as a little HTML, and notify-send reads backslashes.
    let body = body.replace('\\', "\\\\").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let arguments = ["-a", "whisper", "--"].map(str::to_owned).into_iter().chain([title, body]).collect();
    ("notify-send", arguments)
}

/// Starts it apart from our terminal and its signals; a thread waits for its end.
fn start(program: &str, arguments: &[impl AsRef<OsStr>]) -> io::Result<()> {
    let slot = Slot::take().ok_or_else(|| io::Error::other("too many programs that were started have not ended"))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{program} cannot be started: {error}")))?;
    thread::Builder::new().name("launched".to_owned()).spawn(move || {
        let _slot = slot;
        // How it ended concerns nobody.
        let _ = child.wait();
    })?;
    Ok(())
}

/// The right to have one program running.
struct Slot;

impl Slot {
    fn take() -> Option<Self> {
        let more = |running| (running < RUNNING_MAX).then_some(running + 1);
        RUNNING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok().map(|_| Self)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_an_argument_and_no_option() {
        let hostile =
            Notification { title: "--icon=/etc/passwd".to_owned(), body: "$(id) `id` <b>&\\x1b\x1b".to_owned() };
        let (program, arguments) = desktop(&hostile, false);
        assert_eq!(program, "notify-send");
        assert_eq!(arguments, ["-a", "whisper", "--", "--icon=/etc/passwd", "$(id) `id` &lt;b&gt;&amp;\\\\x1b ",]);
        let (program, arguments) = desktop(&hostile, true);
        assert_eq!((program, arguments.len()), ("osascript", 9));
        assert_eq!(arguments[6..8], ["--", "--icon=/etc/passwd"]);
        assert!(arguments[..7].iter().all(|argument| !argument.contains("passwd")), "the script is ours alone");
    }

    #[test]
    fn nothing_but_the_web_is_opened() {
        for url in ["file:///etc/passwd", "-h", "", "xdg-open https://x", "javascript:x"] {
            assert_eq!(open_url(url).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{url:?}");
        }
    }

    #[test]
    fn what_cannot_be_started_says_which() {
        let error = start("/nonexistent/program", &["x"]).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/program"), "{error}");
    }
}
