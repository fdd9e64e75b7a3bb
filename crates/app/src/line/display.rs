//! Which events go to standard output, and in what form; what is no message goes to standard error in words.
//! Must not know how lines look. Bounds: about 64 KiB gathered into one write.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use whispernet_node::event::{Event, Via};
use whispernet_node::handle::{Handle, Person, Subscription};

use super::output::Sink;
use super::progress::Ticker;
use super::show::{self, Fate, Look};
use crate::shown::words;

/// Events are gathered into one write up to about this many bytes.
const BATCH_BYTES: usize = 64 * 1024;
/// How long a file may take to get on the disk until a message is shown without saying whether it is (a guess).
const FATE_PATIENCE: Duration = Duration::from_secs(1);

/// What standard output shows.
pub(crate) enum Display {
    /// Nothing: messages have no reader here.
    Nothing,
    /// One event a line, one's own messages too.
    Json,
    /// The messages of others.
    Lines(Look),
}

impl Display {
    /// What suits the options of a chat, and the terminal where standard output is one.
    pub(crate) fn of_chat(plain: bool, json: bool) -> Self {
        if json {
            Self::Json
        } else if plain || !io::stdout().is_terminal() {
            Self::Lines(Look::plain())
        } else {
            Self::Lines(Look::pretty())
        }
    }

    /// Whether messages have a reader here.
    pub(crate) const fn shows_messages(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Whether it tells what became of files.
    const fn shows_files(&self) -> bool {
        matches!(self, Self::Lines(_))
    }

    /// Takes an event: what is for standard output is appended to `batch`, what is for standard error is returned. `fate`: of its file.
    /// `whois`: what is known of the owner of a key.
    fn take(
        &mut self,
        event: &Event,
        fate: Fate,
        batch: &mut String,
        whois: impl Fn(&str) -> Option<Person>,
    ) -> Option<String> {
        match (self, event) {
            (Self::Json, _) => {
                show::json(event, batch);
                None
            }
            (Self::Lines(look), Event::Message(message)) if message.via != Via::Own => {
                look.message_and_file(message, fate, batch)
            }
            (Self::Lines(look), Event::Upgrade(message)) => look.upgrade_and_file(message, fate, batch),
            (_, Event::Trust { key, state }) => words::decided(key, *state, whois(key).as_ref()),
            _ => words::of(event),
        }
    }
}

/// Shows events until the peer stops. Stops the peer where standard output is closed.
pub(crate) async fn show_events(
    handle: Handle,
    events: Subscription,
    mut display: Display,
    stdout: Sink,
    stderr: Sink,
) {
    let mut events = events.named("lines");
    // Who reads standard error elsewhere has no use for what is outdated a second later.
    let mut ticker = io::stderr().is_terminal().then(Ticker::default);
    // What was told last of a decision.
    let mut decided = None;
    loop {
        let first = tokio::select! {
            event = events.next() => event,
            () = stdout.gone() => return handle.stop(),
        };
        let Some(first) = first else { return };
        let mut batch = String::new();
        let mut next = Some(first);
        while let Some(event) = next {
            let fate = if display.shows_files() { fate(&handle, &event).await } else { Fate::Untold };
            if let (Event::Progress(progress), Some(ticker)) = (&event, &mut ticker)
                && let Some(words) = ticker.take(progress, tokio::time::Instant::now().into_std())
            {
                stderr.offer(&words);
            }
            if let Some(words) = display.take(&event, fate, &mut batch, |key| handle.whois(key).ok()) {
                // A decision may change no more than a name.
                let is_decision = matches!(event, Event::Trust { .. });
                let is_repeated = is_decision && decided.replace(words.clone()).as_ref() == Some(&words);
                if !is_repeated {
                    stderr.offer(&words);
                }
            }
            next = if batch.len() < BATCH_BYTES { next_ready(&mut events).await } else { None };
        }
        if !batch.is_empty() && stdout.write(batch).await.is_err() {
            return handle.stop();
        }
        // However much there is to show: signals and the API have their turn.
        tokio::task::yield_now().await;
    }
}

/// What became of the file of a message.
async fn fate(handle: &Handle, event: &Event) -> Fate {
    let (Event::Message(message) | Event::Upgrade(message)) = event else { return Fate::Untold };
    let Some(file) = message.file.as_ref().filter(|_| message.via != Via::Own) else { return Fate::Untold };
    match tokio::time::timeout(FATE_PATIENCE, handle.file(&file.hash)).await {
        Ok(Some(_)) => Fate::Kept,
        Ok(None) => Fate::NotKept,
        Err(_) => Fate::Untold,
    }
}

/// The next event, if it is there already.
async fn next_ready(events: &mut Subscription) -> Option<Event> {
    tokio::select! {
        biased;
        event = events.next() => event,
        () = std::future::ready(()) => None,
    }
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::{About, Level, Message, Trust};

    use super::*;

    fn message(via: Via) -> Event {
        Event::Message(Box::new(Message {
            seq: 1,
            id: "1".to_owned(),
            addr: "10.0.0.7:55555".to_owned(),
            nick: "phil".to_owned(),
            body: "hi".to_owned(),
            time: None,
            received: 0,
            via,
            about: About::default(),
            replay: false,
            hello: false,
            file: None,
        }))
    }

    #[test]
    fn each_display_takes_what_is_its_own() {
        let notice = || Event::Notice { level: Level::Info, text: "disk full".to_owned() };
        let check = |mut display: Display, event: Event, out_begins: &str, chatter: Option<&str>| {
            let mut batch = String::new();
            let told = display.take(&event, Fate::Untold, &mut batch, |_| None);
            assert_eq!(told.as_deref(), chatter, "of {event:?}");
            assert!(batch.starts_with(out_begins) && batch.is_empty() == out_begins.is_empty(), "{batch}");
        };
        let plain = || Display::Lines(Look::plain());
        let unsigned = "unsigned: phil at 10.0.0.7:55555, anybody can write this name";
        check(plain(), message(Via::Classic), "phil: hi\n", Some(unsigned));
        check(plain(), message(Via::Own), "", None);
        check(plain(), notice(), "", Some("disk full"));
        let decided = || Event::Trust { key: "1234abcd".repeat(8), state: Trust::Pinned };
        check(plain(), decided(), "", Some("the key 1234abcd is pinned now"));
        check(Display::Json, decided(), r#"{"event":"trust""#, None);
        let Event::Message(rich) = message(Via::Classic) else { unreachable!("a message") };
        check(Display::Json, Event::Upgrade(rich), r#"{"event":"upgrade""#, None);
        check(Display::Json, message(Via::Own), r#"{"event":"message""#, None);
        check(Display::Json, notice(), r#"{"event":"notice""#, None);
        check(Display::Nothing, message(Via::Classic), "", None);
        check(Display::Nothing, notice(), "", Some("disk full"));
    }
}
