//! The config file that says what holds without one. Must not know how it is read. Bounds: none.

/// Every key with its meaning; what has no value of its own is commented out.
pub(crate) const DEFAULT: &str = r#"# Settings of whisper. What is given on the command line comes first, then the environment (WHISPER_NICK for
# nick, WHISPER_INBOUND_MAX for inbound-max, and so on), then this file.
# `whisper config path` tells where it is looked for.

# Your name in the chat; without it the one used last, else a friendly one.
# nick = "ann"

# Connect to these peers, and keep at it.
# peer = ["192.168.1.7:55555"]

# TCP port; 0 takes any. Without it 55555, or a free one where that is taken.
# port = 55555

# Listen on this address of this machine; without it the first that is not loopback.
# bind = "192.168.1.5"

# Tell others to connect to this address instead, for example behind a port forwarding.
# advertise = "203.0.113.7:55555"

# Web interface and API: IP:PORT, a port, or "off". Without it 127.0.0.1:8888, or a free port where that is taken.
# http = "127.0.0.1:8888"

# UDP port on which peers of one network find each other, or "off".
discovery = 5555

# Where history, keys and files are kept; without it `whispernet` in the XDG data directory.
# data-dir = "/home/ann/chat"

# The kind of ID on what you write: "signed" proves that it is yours; "hash", "random".
id = "signed"

# Where the key is under a passphrase, read it from the first line of this file.
# passphrase-file = "/run/secrets/whisper"

# Most incoming links, 1 to 10000.
inbound-max = 256

# Keep what is said on disk.
history = true

# Messages that a newly connected peer is sent, 0 to 1000.
backlog = 50

# Which files of others are taken without a question: "ask" none, "verified" those of people you verified, "all".
# Others wait as offers; with "none" they are not kept.
accept = "ask"

# Protection against floods; "off" is for trusted benches.
flood-limit = "default"

# Line mode instead of the terminal UI; with one JSON event a line.
plain = false
json = false

# The terminal UI.
[ui]

# How to call you: any of "bell", "osc9", "osc777" (which some terminals show), "desktop".
notify = ["bell"]

# For what: "mentions" of your nick, "all" messages, "none".
notify-for = "mentions"

# Pictures that you took: "auto", "off", "half-blocks", "sixel", "kitty", "iterm".
pictures = "auto"

# Mark links for the terminal to open.
links = true

# The list of peers: "auto" where there is room, "on", "off".
side = "auto"

# Colours: "auto" (not with NO_COLOR), "off".
colors = "auto"
"#;
