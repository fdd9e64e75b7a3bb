//! What the commands about people answer, in words: what was done, and what it means.
//! Must not know how its answer is shown. Bounds: those of what is known of one person.

use jiff::Timestamp;
use whispernet_node::event::Trust;
use whispernet_node::handle::{Block, Handle, Person, PersonError};

use crate::key;
use crate::shown::safe;
use crate::shown::words::who;

pub(super) fn whois(handle: &Handle, whom: &str) -> Result<Vec<String>, PersonError> {
    match handle.whois(whom) {
        Ok(person) => Ok(facts(&person)),
        // Who has said nothing yet is not heard either.
        Err(PersonError::Unknown(_)) if key::PublicKey::parse(whom) == key::PublicKey::parse(&handle.status().key) => {
            Ok(own_key(handle))
        }
        Err(error) => Err(error),
    }
}

/// All that is known of a person.
fn facts(person: &Person) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: &str| lines.push(format!("{name:<12} {value}"));
    line("name", &who(person));
    line("trust", trust(person));
    if let Some(verified) = person.verified {
        line("verified", &when(verified));
    }
    line("key", &person.key);
    for (number, digits) in key::digit_lines(&person.digits).iter().enumerate() {
        line(if number == 0 { "digits" } else { "" }, digits);
    }
    line("nicks", &person.nicks.iter().map(|nick| safe::nick(nick)).collect::<Vec<_>>().join(", "));
    line("first heard", &when(person.first));
    line("last heard", &when(person.last));
    if let Some(blocked) = person.blocked {
        line("blocked", &format!("since {}: what this key says is neither shown nor kept", when(blocked)));
    }
    for former in &person.former {
        line("former key", former);
    }
    if let Some(warning) = &person.warning {
        line("warning", &safe::line(warning));
    }
    lines
}

/// How far somebody is believed, and why.
fn trust(person: &Person) -> &'static str {
    match person.trust {
        Trust::Own => "your own key",
        Trust::Unsigned => "unsigned: nothing proves who wrote it",
        Trust::New => "new: nothing shows yet that this key is who the name says",
        Trust::Pinned => {
            "pinned: this key holds the name here; to be sure whose it is, compare its digits with the owner and /verify"
        }
        Trust::Verified => "verified: you compared its digits with the owner",
        Trust::Changed => {
            "changed: another key holds a name like this here, or this key was given up; ask the owner before you /trust it"
        }
    }
}

fn when(millis: i64) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

pub(super) fn verify(handle: &Handle, whom: &str, proof: &str) -> Result<Vec<String>, PersonError> {
    Ok(vec![verified(&handle.verify(whom, proof)?)])
}

/// What it means that a key is verified now.
pub(crate) fn verified(person: &Person) -> String {
    format!("{} is verified: what this key signs comes from whoever showed you these digits", who(person))
}

pub(super) fn accept(handle: &Handle, whom: &str) -> Result<Vec<String>, PersonError> {
    let (person, other) = handle.accept(whom)?;
    let mut lines = vec![format!("{} is believed under this name from now on", who(&person))];
    if let Some(other) = other {
        let other = handle.whois(&other).map_or(other, |other| who(&other));
        lines.push(format!("{other} holds a name like it too: digits stand beside both"));
    }
    Ok(lines)
}

pub(super) fn rename(handle: &Handle, whom: &str, name: &str) -> Result<Vec<String>, PersonError> {
    // Who writes a WHO of several words in quotes may write a name like that too.
    let unquoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    let person = handle.rename(whom, unquoted.unwrap_or(name))?;
    let nick = person.nicks.last().map(|nick| safe::nick(nick)).unwrap_or_default();
    Ok(vec![match &person.petname {
        Some(_) if nick.is_empty() => format!("{} is the name of this key for you alone", who(&person)),
        Some(_) => format!("{} is what you see instead of {nick}; nobody else does", who(&person)),
        None => format!("{} is shown under the nick again", who(&person)),
    }])
}

/// Our own key, for others to compare.
pub(super) fn own_key(handle: &Handle) -> Vec<String> {
    let key = key::PublicKey::parse(&handle.status().key);
    key.map(|key| key::in_words(&key).lines().map(str::to_owned).collect()).unwrap_or_default()
}

/// Whom a block is for: a key by the name of its owner.
pub(super) fn blocked(handle: &Handle, block: &Block) -> String {
    let is_key = key::PublicKey::parse(&block.who).is_some();
    let person = if is_key { handle.whois(&block.who).ok() } else { None };
    person.map_or_else(|| block.who.clone(), |person| who(&person))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_in_lines() {
        let person = Person {
            short: "abababab".to_owned(),
            digits: ["12345"; 12].join(" "),
            qr: String::new(),
            name: "Bob".to_owned(),
            ambiguous: false,
            trust: Trust::Verified,
            petname: Some("Bob".to_owned()),
            nicks: vec!["bob".to_owned(), "b\nob".to_owned()],
            first: 1_382_050_082_085,
            last: 1_382_050_082_085,
            verified: Some(1_382_050_082_085),
            blocked: Some(1_382_050_082_085),
            former: vec!["cd".repeat(32)],
            warning: Some("looks like \u{1b}".to_owned()),
            key: "ab".repeat(32),
        };
        let groups = ["12345"; 6].join(" ");
        let expected = [
            "name         Bob (abababab)".to_owned(),
            "trust        verified: you compared its digits with the owner".to_owned(),
            "verified     2013-10-17 22:48 UTC".to_owned(),
            format!("key          {}", "ab".repeat(32)),
            format!("digits       {groups}"),
            format!("             {groups}"),
            "nicks        bob, b\\u{a}ob".to_owned(),
            "first heard  2013-10-17 22:48 UTC".to_owned(),
            "last heard   2013-10-17 22:48 UTC".to_owned(),
            "blocked      since 2013-10-17 22:48 UTC: what this key says is neither shown nor kept".to_owned(),
            format!("former key   {}", "cd".repeat(32)),
            "warning      looks like \\u{1b}".to_owned(),
        ];
        assert_eq!(facts(&person), expected);
    }
}
