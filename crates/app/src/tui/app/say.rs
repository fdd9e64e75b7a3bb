//! What a finished line does: words go out, commands are carried out. Must not know keys.
//! Bounds: [`WORK_MAX`](super::WORK_MAX) at a time.

use whispernet_node::handle::Say;

use super::{App, Done, WORK_MAX};
use crate::shown::safe;
use crate::slash::{self, Line};
use crate::tui::overlay::Overlay;

impl App {
    /// Carries out a line, or tells why it cannot be.
    pub(super) fn submit(&mut self, text: &str) {
        if self.work.len() >= WORK_MAX {
            self.hint = Some("too much is under way: wait a moment".to_owned());
            return self.input.set_text(text.to_owned());
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
                self.input.set_text(text.to_owned());
            }
        }
    }

    pub(super) fn say(&mut self, say: Say) {
        self.next_client = self.next_client.wrapping_add(1);
        let client = self.next_client;
        self.spoken = true;
        self.timeline.pending(client, &words_of(&say));
        match self.desk.handle.submit(say) {
            Ok(submission) => {
                self.work.spawn(async move {
                    Done::Said(client, submission.durable().await.map_err(|error| error.to_string()))
                });
            }
            Err(error) => self.timeline.failed(client, &safe::line(&error.to_string())),
        }
    }

    fn call(&mut self, text: String) {
        if let Some(term) = text.strip_prefix("/search ") {
            self.timeline.highlight(Some(term.trim()));
        }
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

/// What stands for it until it is in the history.
fn words_of(say: &Say) -> String {
    match &say.file {
        Some(file) if say.body.is_empty() => format!("sends {}", file.name),
        _ => say.body.clone(),
    }
}
