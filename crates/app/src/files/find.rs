//! Which file of the history a person means: by its name, the first digits of its hash, or the message that it came with.
//! Must not know what is done with it. Bounds: the newest [`MESSAGES_MAX`] messages; those with files of them.

use whispernet_node::event::Message;
use whispernet_node::handle::{Handle, HistoryError, Query};

use crate::shown::safe;

/// Messages that are looked through, newest first (a guess: what is older is found by its whole hash).
const MESSAGES_MAX: usize = 20_000;
/// Messages of one look into the history: the most that it gives.
const PAGE: usize = 500;
const _: () = assert!(MESSAGES_MAX.is_multiple_of(PAGE));
/// So many digits of a hash name a file at least; it is what lists show.
pub(crate) const HASH_DIGITS_MIN: usize = 8;
/// Digits of a whole hash: SHA-256.
const HASH_DIGITS: usize = 64;

/// Whether this can be the beginning of a hash, and whether it is a whole one.
fn is_hash(text: &str) -> bool {
    (HASH_DIGITS_MIN..=HASH_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The hash that this is in full, as the store writes it.
pub(crate) fn whole_hash(text: &str) -> Option<String> {
    (text.len() == HASH_DIGITS && is_hash(text)).then(|| text.to_ascii_lowercase())
}

/// Whether `text` means the file of that message.
fn is_meant(message: &Message, text: &str) -> bool {
    let Some(file) = &message.file else { return false };
    // Names are compared as they are, and as they are shown.
    file.name == text
        || safe::line(&file.name) == text
        || is_meant_by_digits(message, text)
        || text.parse() == Ok(message.seq)
}

fn is_meant_by_digits(message: &Message, text: &str) -> bool {
    message.file.as_ref().is_some_and(|file| is_hash(text) && file.hash.starts_with(&text.to_ascii_lowercase()))
}

/// The newest message with each file that `text` may mean, newest first. More than one: it does not tell which. A whole hash means no
/// file of that name.
pub(crate) async fn meant(handle: &Handle, text: &str) -> Result<Vec<Message>, HistoryError> {
    if let Some(hash) = whole_hash(text) {
        return search(handle, 1, |message| message.file.as_ref().is_some_and(|file| file.hash == hash)).await;
    }
    let mut found = search(handle, usize::MAX, |message| is_meant(message, text)).await?;
    // Anybody can give a file the digits of another one as its name.
    if found.iter().any(|message| is_meant_by_digits(message, text)) {
        found.retain(|message| is_meant_by_digits(message, text));
    }
    if let Some(seq) = text.parse::<u64>().ok().filter(|seq| found.iter().all(|message| message.seq != *seq)) {
        // It may be older than what was looked through.
        let exactly = Query { since: Some(seq.saturating_sub(1)), before: seq.checked_add(1), limit: 1, search: None };
        let at_seq = handle.messages(exactly).await?.into_iter().filter(|message| message.seq == seq);
        let news = |message: &Message| message.file.is_some() && !found.iter().any(|known| is_same(known, message));
        let older: Vec<Message> = at_seq.filter(news).collect();
        found.extend(older);
    }
    Ok(found)
}

/// The newest message with each of the newest files.
pub(crate) async fn newest(handle: &Handle, max: usize) -> Result<Vec<Message>, HistoryError> {
    search(handle, max, |message| message.file.is_some()).await
}

fn is_same(one: &Message, other: &Message) -> bool {
    one.file.as_ref().map(|file| &file.hash) == other.file.as_ref().map(|file| &file.hash)
}

/// The newest message with each file that is wanted, newest first, until there are `max`.
async fn search(handle: &Handle, max: usize, wanted: impl Fn(&Message) -> bool) -> Result<Vec<Message>, HistoryError> {
    // What a person has seen must be found: to ask for a file that nobody can have waits until all that came so far is on disk.
    handle.caught_up().await;
    let mut found: Vec<Message> = Vec::new();
    let mut before = None;
    for _ in 0..MESSAGES_MAX / PAGE {
        let page = handle.messages(Query { before, limit: PAGE, ..Query::default() }).await?;
        before = page.first().map(|message| message.seq);
        for message in page.into_iter().rev().filter(|message| wanted(message)) {
            if !found.iter().any(|known| is_same(known, &message)) {
                found.push(message);
            }
            if found.len() == max {
                return Ok(found);
            }
        }
        if before.is_none() {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use whispernet_node::event::{About, File, Via};

    use super::*;

    #[test]
    fn what_means_a_file() {
        let hash = "3a5f0c21".repeat(8);
        let file = File { name: "cat\u{202e}.gif".into(), mime: "image/gif".into(), size: 1, hash: hash.clone() };
        let message = Message {
            seq: 12_345_678,
            id: "1".to_owned(),
            addr: String::new(),
            nick: String::new(),
            body: String::new(),
            time: None,
            received: 0,
            via: Via::Classic,
            about: About::default(),
            replay: false,
            hello: false,
            file: Some(file),
        };
        for (text, meant) in [
            ("cat\u{202e}.gif", true),
            (r"cat\u{202e}.gif", true),
            ("cat.gif", false),
            ("Cat\u{202e}.gif", false),
            ("3a5f0c21", true),
            ("3A5F0C21", true),
            (&hash, true),
            ("3a5f0c2", false),
            ("3a5f0c22", false),
            (&format!("{hash}3"), false),
            ("12345678", true),
            ("+12345678", true),
            ("12345679", false),
            ("", false),
        ] {
            assert_eq!(is_meant(&message, text), meant, "{text:?}");
        }
        assert!(!is_meant(&Message { file: None, ..message }, "12345678"), "no file");
        assert_eq!(whole_hash(&"AB".repeat(32)), Some("ab".repeat(32)));
        assert_eq!((whole_hash("3a5f0c21"), whole_hash(&"xy".repeat(32))), (None, None));
    }
}
