//! `whisper tail` and the paging that `search` shares: reads the history, then follows.
//! Must not know HTTP. Bounds: `PAGE` messages in memory.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::signal::unix::{SignalKind, signal};
use whispernet_node::event::{Event, Message};

use super::api::{Api, Which};
use super::{Failure, print, say};
use crate::args::TailArgs;
use crate::line::show::{self, Look};
use crate::shown::words;

/// Messages asked for at a time: the most that the API gives.
const PAGE: usize = 500;

/// Shown where neither `--limit` nor `--since` is given.
const LIMIT_DEFAULT: u64 = 100;

/// Pauses between tries to find a peer that is gone; the last one repeats (guesses).
const RETRY_PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// Shows events on standard output as they come.
pub(super) struct Printer {
    /// `None`: as JSON.
    look: Option<Look>,
}

impl Printer {
    pub(super) fn new(json: bool) -> Self {
        let look = if io::stdout().is_terminal() { Look::pretty() } else { Look::plain() };
        Self { look: (!json).then_some(look) }
    }

    fn show(&mut self, event: &Event, out: &mut String) {
        match (&mut self.look, event) {
            (_, Event::Hello { .. }) => {}
            (None, event) => show::json(event, out),
            (Some(look), Event::Message(message)) => warn(message, look.message(message, out)),
            (Some(look), Event::Upgrade(message)) => warn(message, look.upgrade(message, out)),
            (Some(_), Event::Skip { .. } | Event::Notice { .. }) => {
                if let Some(words) = words::of(event) {
                    say(&words);
                }
            }
            // Links come and go, and decisions were made elsewhere; who wants to see it takes JSON.
            (Some(_), _) => {}
        }
    }
}

/// Says what is to be told of an author, where it is a warning: who is new in a history is no news.
fn warn(message: &Message, words: Option<String>) {
    if let Some(words) = words.filter(|_| message.about.warning.is_some()) {
        say(&words);
    }
}

/// Shows what was said; with `--follow` goes on until it is ended.
pub(super) fn tail(args: &TailArgs, data_dir: &Path) -> Result<(), Failure> {
    let api = Api::find(data_dir)?;
    let mut printer = Printer::new(args.json);
    let start = start(&api, args.since, args.limit)?;
    if args.follow {
        // The socket begins with what was said before: pages would race with what is said meanwhile.
        return follow(data_dir, start, &mut printer);
    }
    pages(&api, start, None, &mut printer).map(drop)
}

/// After which seq to begin.
fn start(api: &Api, since: Option<u64>, limit: Option<u64>) -> Result<u64, Failure> {
    let mut left = match (since, limit) {
        (Some(since), None) => return Ok(since),
        (None, None) => LIMIT_DEFAULT,
        (_, Some(0)) => return Ok(api.status()?.seq),
        (_, Some(limit)) => limit,
    };
    let since = since.unwrap_or(0);
    let mut before = None;
    // Backwards by seq alone, so that nothing but one page is ever held.
    while left > 0 {
        let limit = usize::try_from(left).unwrap_or(PAGE).min(PAGE);
        let page = api.messages(Which { before, limit, ..Which::default() })?;
        let Some(first) = page.iter().find_map(seq).filter(|first| *first > since) else {
            return Ok(since);
        };
        before = Some(first);
        left = left.saturating_sub(page.len() as u64);
    }
    Ok(before.map_or(since, |first| first - 1))
}

/// Shows all that came after that seq; the newest seq shown.
pub(super) fn pages(api: &Api, since: u64, search: Option<&str>, printer: &mut Printer) -> Result<u64, Failure> {
    let mut last = since;
    loop {
        let page = api.messages(Which { since: Some(last), limit: PAGE, search, ..Which::default() })?;
        let Some(newest) = page.iter().filter_map(seq).max().filter(|newest| *newest > last) else {
            return Ok(last);
        };
        let mut out = String::new();
        for event in &page {
            printer.show(event, &mut out);
        }
        print(&out)?;
        last = newest;
    }
}

/// Shows what comes after that seq, across restarts of the peer.
fn follow(data_dir: &Path, mut last: u64, printer: &mut Printer) -> Result<(), Failure> {
    end_well_by_signal();
    end_with_reader();
    let mut tries = 0;
    loop {
        match Api::find(data_dir).and_then(|api| api.events(last)) {
            Ok(mut socket) => {
                if tries > 0 {
                    say("the peer is back");
                }
                tries = 0;
                while let Ok(frame) = socket.read() {
                    let Some(event) = frame.to_text().ok().and_then(|text| serde_json::from_str(text).ok()) else {
                        continue;
                    };
                    match seq(&event) {
                        Some(seq) if seq <= last => continue,
                        Some(seq) => last = seq,
                        None => {}
                    }
                    let mut out = String::new();
                    printer.show(&event, &mut out);
                    print(&out)?;
                }
            }
            Err(Failure::Error(_) | Failure::NoPeer(_)) => {}
            Err(other) => return Err(other),
        }
        if tries == 0 {
            say("the peer is gone: waiting for it to come back");
        }
        std::thread::sleep(RETRY_PAUSES[tries.min(RETRY_PAUSES.len() - 1)]);
        tries += 1;
    }
}

/// Who reads may go while nothing is said: that ends following as it does where something is.
fn end_with_reader() {
    std::thread::spawn(|| {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        // Without events asked for, only what is told in any case: that nobody can read what is written.
        while let Ok(_) | Err(Errno::INTR) = poll(&mut watched, None) {
            if watched[0].revents().contains(PollFlags::ERR) {
                std::process::exit(0);
            }
            if !watched[0].revents().is_empty() {
                return;
            }
        }
    });
}

/// A signal is how one ends following: a success. What was printed is out already, since each event is flushed.
fn end_well_by_signal() {
    let wait = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::io::Result::Ok(())
        })
    };
    // Where signals cannot be waited for, they end the process as they always do.
    std::thread::spawn(move || wait().map(|()| std::process::exit(0)));
}

fn seq(event: &Event) -> Option<u64> {
    match event {
        Event::Message(message) | Event::Upgrade(message) => Some(message.seq),
        _ => None,
    }
}
