//! What a finished line does: words go out, commands are carried out. Must not know keys.
//! Bounds: [`WORK_MAX`](super::WORK_MAX) at a time.

use whispernet_node::event::{Level, Message};
use whispernet_node::handle::{Query, Say, SayError};

use super::{App, Done, WORK_MAX};
use crate::shown::safe;
use crate::slash::{self, Line};
use crate::tui::overlay::{Older, Overlay};
use crate::tui::timeline::Scroll;

/// Messages of one more page of a search: the most that the history gives at once.
const FOUND_PAGE: usize = 500;

impl App {
    /// Carries out a line, or tells why it cannot be.
    pub(super) fn submit(&mut self, text: &str) {
        if self.work.len() >= WORK_MAX {
            self.hint = Some("too much is under way: wait a moment".to_owned());
            return self.input.set_text(text);
        }
        match slash::parse(text) {
            Ok(Line::Say(body)) => {
                let reply = self.answering.take().map(|answering| answering.id);
                self.say(Say { body: body.into_owned(), reply, ..Say::default() });
            }
            Ok(Line::Call(_)) if text.trim() == "/help" => self.overlay = Some(Overlay::help()),
            Ok(Line::Call(_)) => self.call(text.to_owned()),
            Err(error) => {
                self.hint = Some(safe::line(&error.to_string()).into_owned());
                self.input.set_text(text);
            }
        }
    }

    pub(super) fn say(&mut self, say: Say) {
        self.next_client = self.next_client.wrapping_add(1);
        let client = self.next_client;
        self.spoken = true;
        self.timeline.pending(client, &words_of(&say));
        // What one says is to be seen.
        self.timeline.scroll(Scroll::Bottom);
        match self.desk.handle.submit(say) {
            Ok(submission) => {
                self.work.spawn(async move {
                    match submission.durable().await {
                        Err(error @ SayError::NotDurable { .. }) => Done::SentUnkept(client, error.to_string()),
                        said => Done::Said(client, said.map_err(|error| error.to_string())),
                    }
                });
            }
            Err(error) => self.timeline.failed(client, &safe::line(&error.to_string())),
        }
    }

    fn call(&mut self, text: String) {
        let term = text.strip_prefix("/search ").map(|term| term.trim().to_owned());
        if term.is_some() {
            self.timeline.highlight(term.as_deref());
        }
        self.term = term;
        let desk = self.desk.clone();
        self.work.spawn(async move {
            let reply = match slash::parse(&text) {
                Ok(Line::Call(call)) => slash::call(&desk, &call).await.map_err(|error| error.to_string()),
                // It was a command a moment ago.
                Ok(Line::Say(_)) => Ok(slash::Reply::default()),
                Err(error) => Err(error.to_string()),
            };
            Done::Reply(reply)
        });
    }
}

impl App {
    /// Reads on in a search, before the message with this `seq`.
    pub(super) fn search_before(&mut self, seq: u64) {
        let query = Query { before: Some(seq), limit: FOUND_PAGE, search: self.term.clone(), ..Query::default() };
        let handle = self.desk.handle.clone();
        self.work.spawn(async move {
            let page = handle.messages(query).await;
            Done::Found(page.map_err(|error| error.to_string()))
        });
    }

    /// Adds what was found to the list of results, where that is still open.
    pub(super) fn found(&mut self, page: Result<Vec<Message>, String>) {
        let page = match page {
            Ok(page) => page,
            Err(error) => return self.note(Level::Error, &safe::line(&error)),
        };
        if let Some(Overlay::Results(results)) = &mut self.overlay {
            let older = if page.len() == FOUND_PAGE { Older::Some } else { Older::None };
            results.prepend(&page, &self.zone, older);
        }
    }
}

/// What stands for it until it is in the history.
fn words_of(say: &Say) -> String {
    match &say.file {
        Some(file) if say.body.is_empty() => format!("sends {}", file.name),
        _ => say.body.clone(),
    }
}
