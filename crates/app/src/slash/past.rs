//! The commands that look back: what was said, and where words were said.
//! Must not know how messages look. Bounds: [`MESSAGES_MAX`] messages a reply.

use whispernet_node::handle::{Handle, Query};

use super::{Error, Reply};

/// Most messages one reply holds: as many as one answer of the API.
const MESSAGES_MAX: usize = 500;
/// So many where nobody says how many: about a screen.
pub(crate) const MESSAGES_DEFAULT: usize = 20;
/// Of what is no number, so much is repeated to the user, in characters.
const COUNT_SHOWN_CHARS_MAX: usize = 32;
const _: () = assert!(MESSAGES_DEFAULT <= MESSAGES_MAX);

/// The newest messages: as many as the argument says, where there is one.
pub(super) async fn newest(handle: &Handle, count: &str) -> Result<Reply, Error> {
    let limit = match count {
        "" => MESSAGES_DEFAULT,
        count => count_of(count).ok_or_else(|| Error::NoCount(count.chars().take(COUNT_SHOWN_CHARS_MAX).collect()))?,
    };
    found(handle, Query { limit, ..Query::default() }, "nothing was said yet").await
}

/// The newest messages that have these words in their text or nick.
pub(super) async fn search(handle: &Handle, words: &str) -> Result<Reply, Error> {
    let query = Query { limit: MESSAGES_DEFAULT, search: Some(words.to_owned()), ..Query::default() };
    found(handle, query, &format!("nothing found for `{words}`")).await
}

async fn found(handle: &Handle, query: Query, none: &str) -> Result<Reply, Error> {
    // What was just shown is to be found: the answer waits until it is on disk, for a moment.
    handle.caught_up().await;
    let messages = handle.messages(query).await?;
    let lines = match messages.as_slice() {
        [] if handle.status().disk == "off" => vec!["the history is off: nothing is kept".to_owned()],
        [] => vec![none.to_owned()],
        [..] => vec![],
    };
    Ok(Reply { lines, messages, say: None })
}

/// A number of messages: 1 to as many as a reply holds.
fn count_of(text: &str) -> Option<usize> {
    let count = text.parse::<usize>().ok().filter(|count| *count > 0)?;
    (count <= MESSAGES_MAX).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        for (text, count) in [("1", Some(1)), ("500", Some(500)), ("501", None), ("0", None), ("-1", None)] {
            assert_eq!(count_of(text), count, "{text}");
        }
        assert_eq!(count_of("ten"), None);
        assert_eq!(count_of("99999999999999999999999"), None);
    }
}
