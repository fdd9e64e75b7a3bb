//! A word as `files::word` reads it, in quotes or with escapes, that may still be written: how far it goes and what it says.
//! Must not know what it names. Bounds: the text given.

/// The word that `text` begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Begun {
    /// What it says so far.
    pub(super) says: String,
    /// Where it ends; `None`: it goes on to the end of the text.
    pub(super) end: Option<usize>,
}

/// Reads the word that `text` begins with.
pub(super) fn read(text: &str) -> Begun {
    let mut says = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None, _) if c.is_whitespace() => return Begun { says, end: Some(at) },
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            (None, '\\') => says.extend(chars.next().map(|(_, next)| next)),
            (Some('"'), '\\') => {
                let escaped = chars.as_str().chars().next().filter(|next| "\"\\$`".contains(*next));
                says.push(escaped.unwrap_or(c));
                if escaped.is_some() {
                    chars.next();
                }
            }
            _ => says.push(c),
        }
    }
    Begun { says, end: None }
}

/// A text as one word.
pub(super) fn escaped(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || matches!(c, '\'' | '"' | '\\') {
            word.push('\\');
        }
        word.push(c);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_begun() {
        let check = |text: &str, says: &str, end| {
            assert_eq!(read(text), Begun { says: says.to_owned(), end }, "of {text:?}");
        };
        check("", "", None);
        check("a b", "a", Some(1));
        check("a\\ b c", "a b", Some(4));
        check("a\\", "a", None);
        check("'a b' c", "a b", Some(5));
        check("'a b", "a b", None);
        check("'a\\b", "a\\b", None);
        check("\"a\\\"b\\c", "a\"b\\c", None);
        check("\"a\"'b'c", "abc", None);
        check("\"a\\", "a\\", None);
    }

    #[test]
    fn what_is_escaped_is_one_word_that_files_are_found_by() {
        for text in ["cat.gif", "my file", "a'b\"c\\d", "~/x y", "\u{3000}wide"] {
            assert_eq!(read(&escaped(text)), Begun { says: text.to_owned(), end: None });
            if !text.starts_with('~') {
                assert_eq!(crate::files::word(&escaped(text)), Some((text.to_owned(), "")));
            }
        }
    }
}
