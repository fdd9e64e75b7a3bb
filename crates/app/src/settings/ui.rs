//! How the terminal UI is set up: the table `[ui]` of the config file.
//! Must not know the file, nor how a terminal does it. Bounds: each list holds each of its words once at most.

use serde::Deserialize;

/// What a user chose for the terminal UI.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Ui {
    /// How to draw attention; none: not at all.
    pub(crate) notify: Vec<Notify>,
    /// To what.
    pub(crate) notify_for: NotifyFor,
    /// How to show the pictures that were accepted.
    pub(crate) pictures: Pictures,
    /// Whether links are marked for the terminal to open (OSC 8).
    pub(crate) links: bool,
    /// Whether the list of peers stands beside the messages.
    pub(crate) side: Side,
    /// Whether colours are used.
    pub(crate) colors: Colors,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            notify: vec![Notify::Bell],
            notify_for: NotifyFor::Mentions,
            pictures: Pictures::Auto,
            links: true,
            side: Side::Auto,
            colors: Colors::Auto,
        }
    }
}

/// A way to draw attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Notify {
    /// The terminal's bell.
    Bell,
    /// OSC 9, which iTerm2, Windows Terminal and kitty turn into a notification.
    Osc9,
    /// OSC 777, which urxvt, foot and wezterm do.
    Osc777,
    /// The desktop's own, by the program `notify-send`.
    Desktop,
}

/// What deserves attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NotifyFor {
    /// Messages that name the user.
    Mentions,
    /// All that others say now.
    All,
    /// Nothing.
    None,
}

/// How to show pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pictures {
    /// By the best that the terminal says it has.
    Auto,
    /// Not at all.
    Off,
    /// By characters, two dots each.
    HalfBlocks,
    /// By sixels.
    Sixel,
    /// By the protocol of kitty.
    Kitty,
    /// By that of iTerm2.
    Iterm,
}

/// Whether the list of peers is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// Where the terminal is wide enough.
    Auto,
    /// Always, as far as there is room at all.
    On,
    /// Only when it is asked for.
    Off,
}

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Colors {
    /// Unless `NO_COLOR` or the terminal forbids them.
    Auto,
    /// Never.
    Off,
}
