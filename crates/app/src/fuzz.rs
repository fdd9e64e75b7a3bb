//! What the fuzz targets check, for any bytes: a fault is a panic. The same checks run over the committed corpora as tests.
//! Must not be part of the program. Bounds: the fuzzer's on its input.

use unicode_segmentation::UnicodeSegmentation as _;
use whispernet_node::event::{About, Event, Message, Via};
use whispernet_node::store::Files;

pub use crate::http::fuzz::http_body;
use crate::line::show::{self, Look};
use crate::shown::safe;

/// Checks what a terminal is shown of a message: `input` is its Body, its nick and its address, each ended by a byte 0xff.
pub fn shown(input: &[u8]) {
    let mut parts = input.split(|byte| *byte == 0xff).map(String::from_utf8_lossy);
    let mut part = || parts.next().unwrap_or_default().into_owned();
    let message = message(part(), part(), part());

    let (nick, addr) = (safe::nick(&message.nick), safe::addr(&message.addr));
    check_name(&nick, 32);
    check_name(&addr, 64);
    let author = safe::author(&message.nick, &message.addr);
    assert!(!author.is_empty() && (author == nick || author == addr || author == "?"), "an author is a name");

    let mut plain = String::new();
    let told = Look::plain().message(&message, &mut plain).expect("who is unsigned is told of");
    check_lines(&told);
    assert!(!told.contains('\n') && told.starts_with(&format!("unsigned: {author}")), "words are one line");
    check_lines(&plain);
    check_marks(&plain);
    let lines: Vec<&str> = plain.strip_suffix('\n').expect("the last line is ended").split('\n').collect();
    let action = message.body.strip_prefix("/me ").is_some_and(|words| !words.trim().is_empty());
    match lines[0].strip_prefix("* ") {
        Some(rest) => assert!(action && rest.starts_with(&author), "only an action begins so"),
        None => assert_eq!(lines[0].split_once(": ").map(|(before, _)| before), Some(author.as_str()), "who says it"),
    }
    assert!(lines[1..].iter().all(|line| line.starts_with("  ")), "a Body forges no line");

    let mut json = String::new();
    show::json(&Event::Message(Box::new(message.clone())), &mut json);
    check_lines(&json);
    assert_eq!(json.lines().count(), 1);
    assert_eq!(
        serde_json::from_str::<Event>(&json).ok(),
        Some(Event::Message(Box::new(message))),
        "JSON says the same"
    );
}

/// Checks how a received file is named and typed: `input` is its bytes.
pub fn file(input: &[u8]) {
    let file = Files::describe(input, None).0;
    let hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    assert!(file.hash.len() == 64 && hex(&file.hash), "a file is named by its hash");
    let (stem, extension) = file.name.split_once('.').expect("a name has an extension");
    assert!(stem.len() == 12 && file.hash.starts_with(stem), "nothing of a name comes from the wire");
    assert!((1..=8).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    // What a double click would run, on one system or another.
    const RUN: [&str; 14] =
        ["exe", "dll", "com", "bat", "sh", "elf", "so", "class", "jar", "wasm", "html", "svg", "js", "desktop"];
    assert!(!RUN.contains(&extension), "a file is given the extension {extension}");
    let part = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    assert!(file.mime.split_once('/').is_some_and(|(kind, name)| part(kind) && part(name)), "{}", file.mime);
    assert_eq!(file.size, input.len() as u64);
}

fn message(body: String, nick: String, addr: String) -> Message {
    Message {
        seq: 1,
        id: "id".to_owned(),
        addr,
        nick,
        body,
        time: None,
        received: 0,
        via: Via::Classic,
        about: About::default(),
        replay: false,
        hello: false,
        file: None,
    }
}

fn check_name(name: &str, graphemes_max: usize) {
    check_lines(name);
    assert!(!name.contains('\n') && name.graphemes(true).count() <= graphemes_max, "a name is one short line");
    assert!(!name.contains(": ") && !name.starts_with("* "), "a name ends no author and begins no action");
    let digits = |rest: &str| rest.bytes().take(8).filter(u8::is_ascii_hexdigit).count() == 8;
    assert!(!name.split(['~', '(']).skip(1).any(digits), "a name holds no key");
    assert!(name.graphemes(true).all(|grapheme| grapheme.chars().count() <= 16), "a grapheme of a name");
}

/// Nothing that a terminal obeys, nothing that turns the direction of writing, nothing that nobody sees.
fn check_lines(text: &str) {
    for c in text.chars() {
        let obeyed = c.is_control() && c != '\n';
        let turns =
            matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let unseen = matches!(
            c,
            '\u{ad}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}' | '\u{e0001}'..='\u{e007f}'
        );
        assert!(!obeyed && !turns && !unseen, "{:?} is shown as it is", c);
    }
}

/// Nothing that stacks without end.
fn check_marks(text: &str) {
    let mut marks = 0;
    for c in text.chars() {
        marks = if matches!(c, '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}') { marks + 1 } else { 0 };
        assert!(marks <= 8, "marks stack up");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Runs `check` over all inputs of a corpus.
    #[track_caller]
    fn replay(target: &str, check: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        let inputs: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(inputs.len() > 5, "the corpus of {target} is not where this test looks");
        for path in inputs {
            if std::panic::catch_unwind(|| check(&fs::read(&path).unwrap())).is_err() {
                panic!("the input {} fails", path.display());
            }
        }
    }

    #[test]
    fn corpus_of_http_body() {
        replay("http_body", super::http_body);
    }

    #[test]
    fn corpus_of_shown() {
        replay("shown", super::shown);
    }

    #[test]
    fn corpus_of_file() {
        replay("file", super::file);
    }
}
