//! What the dialog shows in which a person is verified: the key in digits and as a code, and how it stands.
//! Must not know HTML. Bounds: those of what is known of one person.

use serde::Serialize;
use whispernet_node::handle::Person;

use super::mark::{Mark, mark};
use super::qr::Code;
use crate::shown::safe;

/// One person.
#[derive(Serialize)]
pub(crate) struct Card {
    /// In hex.
    key: String,
    /// Its first digits.
    short: String,
    /// Safe to show; empty where there is none.
    name: String,
    mark: Mark,
    /// The key as people compare it.
    digits: Vec<String>,
    code: Option<Code>,
    /// What is to be known before one believes it; safe to show.
    warning: Option<String>,
}

impl From<Person> for Card {
    fn from(person: Person) -> Self {
        Self {
            name: safe::nick(&person.name),
            mark: mark(person.trust),
            digits: person.digits.split(' ').map(str::to_owned).collect(),
            code: Code::of(&person.qr),
            warning: person.warning.as_deref().map(|warning| safe::line(warning).into_owned()),
            short: person.short,
            key: person.key,
        }
    }
}
