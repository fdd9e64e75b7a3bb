//! Who spoke lately, newest first: for completion. Must not know who can be believed. Bounds: [`PEOPLE_MAX`].

use std::collections::VecDeque;

use whispernet_node::event::Message;

/// People that are remembered (a guess: as many as one may want to answer).
const PEOPLE_MAX: usize = 256;

/// Who spoke lately.
#[derive(Debug, Default)]
pub(super) struct People {
    /// The newest first.
    known: VecDeque<Known>,
}

/// Somebody, by the name that is shown of him, as it came.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    name: String,
    /// The first digits of the key, where the name alone does not tell who it is.
    short: Option<String>,
}

impl Known {
    fn of(message: &Message) -> Option<Self> {
        let about = &message.about;
        let name = about.petname.as_ref().unwrap_or(&message.nick);
        (!name.is_empty()).then(|| Self { name: name.clone(), short: about.short.clone() })
    }
}

impl People {
    /// Somebody said this just now.
    pub(super) fn spoke(&mut self, message: &Message) {
        let Some(known) = Known::of(message) else { return };
        if self.known.front() == Some(&known) {
            return;
        }
        self.known.retain(|other| *other != known);
        self.known.truncate(PEOPLE_MAX - 1);
        self.known.push_front(known);
    }

    /// Somebody said this before all that was heard so far.
    pub(super) fn spoke_before(&mut self, message: &Message) {
        if let Some(known) = Known::of(message)
            && self.known.len() < PEOPLE_MAX
            && !self.known.contains(&known)
        {
            self.known.push_back(known);
        }
    }

    /// What they are called in a message, the newest first.
    pub(super) fn nicks(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|known| known.name.as_str())
    }

    /// What they are called in a command, the newest first.
    pub(super) fn whos(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|known| known.short.as_ref().unwrap_or(&known.name).as_str())
    }
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::{About, Via};

    use super::*;

    fn message(nick: &str, short: Option<&str>) -> Message {
        Message {
            seq: 1,
            id: "1".into(),
            addr: String::new(),
            nick: nick.into(),
            body: "hi".into(),
            time: None,
            received: 0,
            via: Via::Classic,
            about: About { short: short.map(str::to_owned), ..About::default() },
            replay: false,
            hello: false,
            file: None,
        }
    }

    #[test]
    fn the_newest_come_first_and_nobody_twice() {
        let mut people = People::default();
        for nick in ["ann", "bob", "ann", "", "ann"] {
            people.spoke(&message(nick, None));
        }
        people.spoke_before(&message("bob", None));
        people.spoke_before(&message("eve", Some("1234abcd")));
        assert_eq!(people.nicks().collect::<Vec<_>>(), ["ann", "bob", "eve"]);
        assert_eq!(people.whos().collect::<Vec<_>>(), ["ann", "bob", "1234abcd"]);
        for number in 0..2 * PEOPLE_MAX {
            people.spoke(&message(&number.to_string(), None));
        }
        people.spoke_before(&message("late", None));
        assert_eq!((people.known.len(), people.nicks().next()), (PEOPLE_MAX, Some("511")));
    }
}
