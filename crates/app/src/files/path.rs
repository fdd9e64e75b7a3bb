//! Paths as people and terminals write them: in quotes, with escaped blanks, with `~`, as `file:` URLs (RFC 8089).
//! Must not know what is in a file; only [`dragged`] looks whether one is there. Bounds: [`TEXT_BYTES_MAX`].

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

/// Longest text that can be one path: Linux's PATH_MAX, each byte of it as an escape of a URL.
const TEXT_BYTES_MAX: usize = 3 * 4_096;

/// The first word of `text` as a shell would read it, and what stands after it. `None`: there is none, or its quotes do not end.
pub(crate) fn word(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let mut word = home_of(text).unwrap_or_default();
    let mut rest = if word.is_empty() { text } else { &text[1..] };
    if rest.is_empty() && word.is_empty() {
        return None;
    }
    let mut quote = None;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match (quote, c) {
            (None, _) if c.is_whitespace() => break,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            (None | Some('"'), '\\') => {
                let next = after.chars().next();
                // Within double quotes it stands for itself before all but these.
                if quote.is_some() && !next.is_some_and(|next| "\"\\$`".contains(next)) {
                    word.push(c);
                } else if let Some(next) = next {
                    word.push(next);
                    rest = &after[next.len_utf8()..];
                    continue;
                }
            }
            _ => word.push(c),
        }
        rest = after;
    }
    quote.is_none().then_some((word, rest.trim()))
}

/// The home directory, where `text` begins with a `~` that means it.
fn home_of(text: &str) -> Option<String> {
    let after = text.strip_prefix('~')?;
    let stands_alone = after.is_empty() || after.starts_with('/') || after.starts_with(char::is_whitespace);
    if !stands_alone {
        return None;
    }
    BaseDirs::new()?.home_dir().to_str().map(str::to_owned)
}

/// The path that a word names: as it stands, or out of a `file:` URL. `None`: one of another machine.
pub(crate) fn of_word(word: &str) -> Option<PathBuf> {
    let Some(url) = word.strip_prefix("file:") else { return Some(PathBuf::from(word)) };
    let path = match url.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").filter(|path| path.starts_with('/')).unwrap_or(rest),
        None => url,
    };
    path.starts_with('/').then(|| PathBuf::from(OsString::from_vec(unescaped(path))))
}

/// Most characters of a path in a sentence: of a longer one the middle is left out.
const SHOWN_CHARS_MAX: usize = 120;

/// A path in a sentence.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    let count = text.chars().count();
    if count <= SHOWN_CHARS_MAX {
        return text;
    }
    let half = (SHOWN_CHARS_MAX - 1) / 2;
    let (head, tail) = (text.chars().take(half), text.chars().skip(count - half));
    head.chain(['…']).chain(tail).collect()
}

/// The bytes that the escapes of a URL stand for; what is no escape stays.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        rest = match (byte, after) {
            (b'%', [high, low, after @ ..]) if let (Some(high), Some(low)) = (digit(*high), digit(*low)) => {
                bytes.push(high << 4 | low);
                after
            }
            _ => {
                bytes.push(*byte);
                after
            }
        };
    }
    bytes
}

/// The one existing file that a pasted text is the path of, as terminals paste what is dragged into them. Only paths from the root or
/// the home directory: a word that happens to be a file's name here is a word.
pub(crate) fn dragged(text: &str) -> Option<PathBuf> {
    let text = text.trim();
    if text.len() > TEXT_BYTES_MAX || text.contains(char::is_control) {
        return None;
    }
    // Some terminals paste it as it is, blanks and quotes and all.
    let as_it_is = Some(PathBuf::from(text));
    let as_word = word(text).filter(|(_, rest)| rest.is_empty()).and_then(|(word, _)| of_word(&word));
    [as_it_is, as_word].into_iter().flatten().find(|path| path.is_absolute() && is_file(path))
}

/// Whether there is a regular file.
pub(crate) fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
}

/// A text as one word that [`word`] reads back, in quotes where it needs them.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:=@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_a_shell_reads_them() {
        let home = BaseDirs::new().unwrap().home_dir().to_str().unwrap().to_owned();
        let check = |text: &str, first: &str, after: &str| {
            assert_eq!(word(text), Some((first.to_owned(), after)), "of {text:?}");
        };
        check("a.png", "a.png", "");
        check("  a.png   look at  this ", "a.png", "look at  this");
        check("'/a/b c.png'", "/a/b c.png", "");
        check("'/a/b c.png' look", "/a/b c.png", "look");
        check(r#""/a/b c.png""#, "/a/b c.png", "");
        check(r#""a\"b\\c\d\$""#, r#"a"b\c\d$"#, "");
        check(r"/a/b\ c.png", "/a/b c.png", "");
        check(r"'it'\''s'", "it's", "");
        check(r"'a\b'", r"a\b", "");
        check(r"a\", "a", "");
        check("a'b c'd e", "ab cd", "e");
        check("''", "", "");
        check("~", &home, "");
        check("~ x", &home, "x");
        check("~/a b", &format!("{home}/a"), "b");
        check("'~/a'", "~/a", "");
        check(r"\~/a", "~/a", "");
        check("~root/a", "~root/a", "");
        check("a~", "a~", "");
        check("ü\u{3000}x", "ü", "x");
        for open in ["", "  ", "'a", "\"a", "a 'b".split_at(2).1] {
            assert_eq!(word(open), None, "of {open:?}");
        }
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in ["a.png", "/a/b c.png", "it's", r"a\b", "~/a", "", "$x", "\"", "ü\u{3000}", "-"] {
            assert_eq!(word(&quoted(text)), Some((text.to_owned(), "")), "of {text:?}");
        }
        assert_eq!(quoted("/a/b-1.png"), "/a/b-1.png");
    }

    #[test]
    fn urls_of_files() {
        let check = |word: &str, path: Option<&str>| assert_eq!(of_word(word), path.map(PathBuf::from), "of {word:?}");
        check("file:///a/b%20c.png", Some("/a/b c.png"));
        check("file://localhost/a", Some("/a"));
        check("file:/a", Some("/a"));
        check("file:///a%2", Some("/a%2"));
        check("file:///a%zz%C3%BC", Some("/a%zzü"));
        check("file://elsewhere/a", None);
        check("file://localhosts/a", None);
        check("file:a", None);
        check("a b", Some("a b"));
        let bytes = of_word("file:///%ff").unwrap().into_os_string().into_vec();
        assert_eq!(bytes, b"/\xff");
    }

    #[test]
    fn a_pasted_text_is_a_file_only_where_one_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        for name in ["a.png", "b c.png", "d'e", r"f\ g", "'h'"] {
            fs::write(at(name), "x").unwrap();
        }
        let check = |text: &str, name: Option<&str>| {
            assert_eq!(dragged(text), name.map(|name| dir.path().join(name)), "of {text:?}");
        };
        check(&at("a.png"), Some("a.png"));
        check(&format!(" {} \n", at("a.png")), Some("a.png"));
        check(&format!("'{}'", at("b c.png")), Some("b c.png"));
        check(&at("b c.png"), Some("b c.png"));
        check(&at(r"b\ c.png"), Some("b c.png"));
        check(&at("d'e"), Some("d'e"));
        check(&quoted(&at("d'e")), Some("d'e"));
        check(&at(r"f\ g"), Some(r"f\ g"));
        check(&at("'h'"), Some("'h'"));
        check(&format!("file://{}", at("b%20c.png")), Some("b c.png"));
        check(&at("a.png look"), None);
        check(&format!("{} {}", at("a.png"), at("a.png")), None);
        check(&format!("{}\n{}", at("a.png"), at("a.png")), None);
        check(&at("none"), None);
        check(dir.path().to_str().unwrap(), None);
        check("a.png", None);
        check("Cargo.toml", None);
        check("/dev/null", None);
        check("", None);
        check(&format!("/{}", "x".repeat(TEXT_BYTES_MAX)), None);
        check("/a\0b", None);
    }

    #[test]
    fn a_long_path_is_shown_in_part() {
        let check = |chars: usize, shown_chars: usize| {
            let text = format!("/begin{}end", "é".repeat(chars - 9));
            let shown = shown(Path::new(&text));
            assert_eq!(shown.chars().count(), shown_chars);
            assert!(shown.starts_with("/begin") && shown.ends_with("end"), "{shown}");
        };
        check(120, 120);
        check(121, 119);
        check(4_000, 119);
    }
}
