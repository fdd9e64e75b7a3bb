//! What Enter makes of a draft: a line to send, or a word about why not. Must not know keys, nor where a line goes.
//! Bounds: [`BODY_BYTES_MAX`] of a line.

use super::{BODY_BYTES_MAX, Hint};
use crate::shown::safe;
use crate::slash;

/// So few bytes of room are told (a guess).
const ROOM_TOLD_MAX: usize = 1_024;

/// Why a draft is not sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// In words that are safe to show.
    pub(super) text: String,
    /// Whether it is sent if Enter is the next key.
    pub(super) is_question: bool,
}

/// The line to send for a draft that is not empty. Several lines that begin with a slash were hardly meant as a command, which stands in
/// one line: they are asked about, and then sent as text.
pub(super) fn read(text: &str, is_confirmed: bool) -> Result<String, Refusal> {
    let refuse = |text, is_question| Err(Refusal { text, is_question });
    let excess = bytes(text).saturating_sub(BODY_BYTES_MAX);
    if excess > 0 {
        return refuse(format!("too long to send: shorten it by {}", counted(excess)), false);
    }
    let read = slash::parse(text);
    match read {
        Ok(slash::Line::Say(_)) => Ok(text.to_owned()),
        _ if text.contains('\n') && is_confirmed => Ok(format!("/{text}")),
        _ if text.contains('\n') => {
            refuse("it begins like a command but has several lines: Enter again sends it as text".to_owned(), true)
        }
        Ok(slash::Line::Call(_)) => Ok(text.to_owned()),
        Err(error) => refuse(safe::line(&error.to_string()).into_owned(), false),
    }
}

/// How much room is left, where it is little.
pub(super) fn room(text: &str) -> Option<Hint> {
    let bytes = bytes(text);
    match BODY_BYTES_MAX.checked_sub(bytes) {
        Some(room) if room > ROOM_TOLD_MAX => None,
        Some(room) => Some(Hint { text: format!("{} left", counted(room)), is_warning: false }),
        None => Some(Hint { text: format!("{} too many", counted(bytes - BODY_BYTES_MAX)), is_warning: true }),
    }
}

/// What is sent of it, in bytes: of two slashes at the beginning, one.
fn bytes(text: &str) -> usize {
    text.len() - usize::from(text.starts_with("//"))
}

fn counted(bytes: usize) -> String {
    if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_and_what_is_not() {
        let check = |text: &str, is_confirmed, expected: Result<&str, (&str, bool)>| {
            let read = read(text, is_confirmed);
            let read = read.as_deref().map_err(|refusal| (refusal.text.as_str(), refusal.is_question));
            assert_eq!(read, expected, "of {text:?}");
        };
        check("hi", false, Ok("hi"));
        check("//hi", false, Ok("//hi"));
        check("/me waves\ntwice", false, Ok("/me waves\ntwice"));
        check("/peers", false, Ok("/peers"));
        check("/pers", false, Err(("no command `/pers`: did you mean `/peers`? (`//` sends a slash)", false)));
        check("/pers", true, Err(("no command `/pers`: did you mean `/peers`? (`//` sends a slash)", false)));
        check("/x\u{202e}", false, Err(("no command `/x\\u{202e}`: /help lists them (`//` sends a slash)", false)));
        check("/connect", false, Err(("write `/connect HOST:PORT`", false)));
        let question = "it begins like a command but has several lines: Enter again sends it as text";
        for text in ["/quit\n", "/connect\na:1", "/etc/hosts\n/etc/passwd"] {
            check(text, false, Err((question, true)));
            check(text, true, Ok(&format!("/{text}")));
        }
    }

    #[test]
    fn the_bound_holds_to_the_byte() {
        let check = |text: &str, expected: Result<(), &str>, told: Option<&str>| {
            let read = read(text, true);
            assert_eq!(read.as_ref().map(|_| ()).map_err(|refusal| refusal.text.as_str()), expected);
            assert_eq!(room(text).as_ref().map(|hint| hint.text.as_str()), told);
        };
        let line = |bytes: usize| "x".repeat(bytes);
        check(&line(BODY_BYTES_MAX - ROOM_TOLD_MAX - 1), Ok(()), None);
        check(&line(BODY_BYTES_MAX - ROOM_TOLD_MAX), Ok(()), Some("1024 bytes left"));
        check(&line(BODY_BYTES_MAX - 812), Ok(()), Some("812 bytes left"));
        check(&line(BODY_BYTES_MAX), Ok(()), Some("0 bytes left"));
        check(&line(BODY_BYTES_MAX + 1), Err("too long to send: shorten it by 1 byte"), Some("1 byte too many"));
        check(&format!("//{}", line(BODY_BYTES_MAX - 1)), Ok(()), Some("0 bytes left"));
        check(
            &format!("//{}", line(BODY_BYTES_MAX)),
            Err("too long to send: shorten it by 1 byte"),
            Some("1 byte too many"),
        );
        // With the slash that makes it text it is as long as it was.
        check(&format!("/\n{}", line(BODY_BYTES_MAX - 2)), Ok(()), Some("0 bytes left"));
    }
}
