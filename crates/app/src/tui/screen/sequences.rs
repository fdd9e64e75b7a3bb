//! The sequences that carry text beside the cells: to the clipboard (OSC 52) and to the desktop (OSC 9 and 777).
//! Must not know when they are wanted. Bounds: [`COPY_BYTES_MAX`], [`NOTIFICATION_BYTES_MAX`].

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;

/// Longest text copied, in bytes: in Base64 it stays below the 100,000 bytes that xterm takes.
pub(crate) const COPY_BYTES_MAX: usize = 64 * 1024;
/// Longest title and longest text of a notification, in bytes each: what desktops show in two lines (a guess).
pub(crate) const NOTIFICATION_BYTES_MAX: usize = 200;

/// Which ways a notification takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notify {
    /// The bell.
    pub(crate) bell: bool,
    /// OSC 9: iTerm2, WezTerm, kitty, Windows Terminal, ConEmu.
    pub(crate) osc9: bool,
    /// OSC 777: urxvt, foot, VTE of some distributions, Ghostty.
    pub(crate) osc777: bool,
    /// The desktop's own program: `notify-send`, or `osascript` on macOS.
    pub(crate) desktop: bool,
}

/// What somebody is told who looks elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notification {
    /// Who or where, in a few words.
    pub(crate) title: String,
    /// What.
    pub(crate) body: String,
}

impl Notification {
    /// The same without anything that is obeyed, and bounded.
    pub(super) fn safe(&self) -> Self {
        Self { title: in_one_line(&self.title), body: in_one_line(&self.body) }
    }
}

fn in_one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut safe = text.chars().map(plain).take(NOTIFICATION_BYTES_MAX + 1).collect::<String>();
    if safe.len() > NOTIFICATION_BYTES_MAX {
        let cut = "…";
        safe.truncate(safe.floor_char_boundary(NOTIFICATION_BYTES_MAX - cut.len()));
        safe.push_str(cut);
    }
    safe
}

/// The bytes that tell it by way of the terminal.
pub(super) fn notification(notification: &Notification, ways: Notify, tmux: bool) -> Vec<u8> {
    let Notification { title, body } = notification.safe();
    let mut bytes = Vec::new();
    if ways.osc9 {
        // Digits and a semicolon would be commands of ConEmu.
        bytes.extend(passed_on(
            &format!("\x1b]9;{}: {body}\x07", title.trim_start_matches(|c: char| c.is_ascii_digit())),
            tmux,
        ));
    }
    if ways.osc777 {
        bytes.extend(passed_on(&format!("\x1b]777;notify;{};{body}\x07", title.replace(';', ",")), tmux));
    }
    if ways.bell {
        bytes.push(b'\x07');
    }
    bytes
}

/// The bytes that put it on the clipboard: without controls but tabs and line ends, which a shell would obey when it is pasted.
/// `None` for more than [`COPY_BYTES_MAX`].
pub(super) fn clipboard(text: &str, tmux: bool) -> Option<Vec<u8>> {
    if text.len() > COPY_BYTES_MAX {
        return None;
    }
    let text = text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "");
    let mut sequence = String::new();
    CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence).ok()?;
    let mut bytes = sequence.clone().into_bytes();
    if tmux {
        // tmux takes the first for itself where it is told to (`set-clipboard on`), and passes on the second (`allow-passthrough on`).
        bytes.extend(passed_on(&sequence, true));
    }
    Some(bytes)
}

/// The sequence; wrapped for tmux to pass it on, where that is between.
fn passed_on(sequence: &str, tmux: bool) -> Vec<u8> {
    if tmux {
        format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")).into_bytes()
    } else {
        sequence.to_owned().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Notify = Notify { bell: true, osc9: true, osc777: true, desktop: true };

    fn told(title: &str, body: &str, ways: Notify, tmux: bool) -> String {
        let told = Notification { title: title.to_owned(), body: body.to_owned() };
        String::from_utf8(notification(&told, ways, tmux)).unwrap()
    }

    #[test]
    fn each_way_is_taken_where_it_is_on() {
        let off = Notify::default();
        assert_eq!(told("ann", "hi", off, false), "");
        assert_eq!(told("ann", "hi", Notify { bell: true, ..off }, false), "\x07");
        assert_eq!(told("ann", "hi", Notify { osc9: true, ..off }, false), "\x1b]9;ann: hi\x07");
        assert_eq!(told("ann;x", "hi;y", Notify { osc777: true, ..off }, false), "\x1b]777;notify;ann,x;hi;y\x07");
        assert_eq!(told("ann", "hi", Notify { osc9: true, ..off }, true), "\x1bPtmux;\x1b\x1b]9;ann: hi\x07\x1b\\");
        assert_eq!(told("4;1;50", "", Notify { osc9: true, ..off }, false), "\x1b]9;;1;50: \x07");
    }

    #[test]
    fn no_control_of_theirs_is_in_a_notification() {
        let hostile = "a\x07b\x1b]0;title\x1b\\c\u{9b}1m\n\u{9c}";
        let controls = |text: &str| text.chars().filter(|c| c.is_control()).count();
        assert_eq!(controls(&told(hostile, hostile, ALL, false)), controls(&told("", "", ALL, false)));
        let long = "é".repeat(1_000);
        let Notification { title, body } = Notification { title: long.clone(), body: long }.safe();
        assert!(title.len() <= NOTIFICATION_BYTES_MAX && title.ends_with('…') && body == title, "{title}");
        let just = "x".repeat(NOTIFICATION_BYTES_MAX);
        assert_eq!(in_one_line(&just), just);
        assert_eq!(in_one_line(&format!("{just}x")).len(), NOTIFICATION_BYTES_MAX);
    }

    #[test]
    fn what_is_copied_is_bounded_and_cannot_end_a_paste() {
        let copied = |text: &str, tmux| clipboard(text, tmux).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(copied("hi", false).as_deref(), Some("\x1b]52;c;aGk=\x1b\\"));
        assert_eq!(copied("h\x1b[201~i\n", false), copied("h[201~i\n", false));
        let twice = "\x1b]52;c;aGk=\x1b\\\x1bPtmux;\x1b\x1b]52;c;aGk=\x1b\x1b\\\x1b\\";
        assert_eq!(copied("hi", true).as_deref(), Some(twice));
        assert!(copied(&"x".repeat(COPY_BYTES_MAX), false).is_some_and(|bytes| bytes.len() < 100_000));
        assert!(copied(&"x".repeat(COPY_BYTES_MAX + 1), false).is_none());
        assert!(copied("", false).is_some());
    }
}
