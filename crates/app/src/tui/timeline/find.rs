//! What stands out in a line: the user's nick, a text that is searched for, links. Must not know how it is shown.
//! Bounds: one line; a link of [`URL_BYTES_MAX`].

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};

/// Longest link, in bytes (what browsers agree on).
const URL_BYTES_MAX: usize = 2_048;

/// A text to find, letters compared without case as the search in the history does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle {
    lower: String,
    /// No letter or digit stands beside it.
    is_word: bool,
}

impl Needle {
    /// `None`: nothing to find.
    pub(super) fn text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { lower: fold(text), is_word: false })
    }

    /// The same, as a word of its own.
    pub(super) fn word(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { lower: fold(text), is_word: true })
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        self.all_in(text, 1).next().is_some()
    }

    /// Where it stands in `text`: bytes, ascending, apart from one another.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        self.all_in(text, usize::MAX).collect()
    }

    fn all_in(&self, text: &str, max: usize) -> impl Iterator<Item = Range<usize>> {
        let folded = fold(text);
        // One character may have a lower case of several bytes more or less: where those of the text begin.
        let places = if text.is_ascii() { Vec::new() } else { places(text) };
        let place = |at: usize, end: bool| {
            if places.is_empty() {
                return at;
            }
            let found = places.partition_point(|(lower, _)| *lower < at + usize::from(!end));
            let index = if end { found } else { found.saturating_sub(1) };
            places.get(index).map_or(text.len(), |(_, original)| *original)
        };
        let mut found = Vec::new();
        let mut from = 0;
        while found.len() < max
            && let Some(at) = folded.get(from..).and_then(|rest| rest.find(&self.lower))
        {
            let (start, end) = (from + at, from + at + self.lower.len());
            let is_apart = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
            if !self.is_word || is_apart(folded[..start].chars().next_back()) && is_apart(folded[end..].chars().next())
            {
                found.push(place(start, false)..place(end, true));
                from = end;
            } else {
                from = start + folded[start..].chars().next().map_or(1, char::len_utf8);
            }
        }
        found.into_iter()
    }
}

/// In lower case, letter by letter: as the history is searched.
fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().flat_map(char::to_lowercase).collect() }
}

/// For each character: where its lower case begins, and where it does.
fn places(text: &str) -> Vec<(usize, usize)> {
    let mut lower = 0;
    let place = |(at, c): (usize, char)| {
        let here = (lower, at);
        lower += c.to_lowercase().map(char::len_utf8).sum::<usize>();
        here
    };
    text.char_indices().map(place).collect()
}

/// The links of a line that is safe to show, and where they lead.
pub(super) fn links(line: &str) -> Vec<(Range<usize>, String)> {
    if !line.contains("://") {
        return Vec::new();
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder.links(line).filter_map(|link| Some((link.start()..link.end(), url(link.as_str())?))).collect()
}

/// Where a link leads, in printable ASCII; `None`: nowhere that is to be opened. A host in other letters may pass for another.
fn url(text: &str) -> Option<String> {
    let scheme = ["http://", "https://"]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(scheme)))?;
    let rest = &text[scheme.len()..];
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A name before the host, with or without a password, may look like a host itself; a backslash began an escape.
    let is_plain = !authority.is_empty() && authority.is_ascii() && !authority.contains('@') && !text.contains('\\');
    if !is_plain || text.len() > URL_BYTES_MAX {
        return None;
    }
    let mut url = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'!'..=b'~' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(needle: Option<Needle>, text: &str) -> Vec<&str> {
        needle.unwrap().find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_stand_alone() {
        let check =
            |nick: &str, text: &str, expected: &[&str]| assert_eq!(found(Needle::word(nick), text), expected, "{text}");
        check("bob", "bob: hi Bob, BOB!", &["bob", "Bob", "BOB"]);
        check("bob", "bobby, kebob, bob_2, bob2", &[]);
        check("bob", "(bob)", &["bob"]);
        check("aa", "aaa aa", &["aa"]);
        check("Jörg", "JÖRG und jörgen", &["JÖRG"]);
        check("two words", "hi Two Words.", &["Two Words"]);
        check("漢", "漢 漢字", &["漢"]);
        assert!(Needle::word("").is_none());
    }

    #[test]
    fn texts_are_found_anywhere_without_case() {
        let check =
            |term: &str, text: &str, expected: &[&str]| assert_eq!(found(Needle::text(term), text), expected, "{text}");
        check("an", "Banana AN", &["an", "an", "AN"]);
        check("i", "\u{130}x I", &["\u{130}", "I"]);
        check("x", "\u{130}\u{130}x", &["x"]);
        check("ß", "Straße STRASSE", &["ß"]);
        check("\u{1e9e}", "ß", &["ß"]);
        check("é", "É\u{130}é", &["É", "é"]);
    }

    #[test]
    fn links_lead_where_they_say() {
        let check = |line: &str, expected: &[(&str, &str)]| {
            let links = links(line);
            let links: Vec<_> = links.iter().map(|(range, url)| (&line[range.clone()], url.as_str())).collect();
            assert_eq!(links, expected, "{line}");
        };
        let same = |line: &str, url: &str| check(line, &[(url, url)]);
        same("see https://example.org/a?b=c#d, or not", "https://example.org/a?b=c#d");
        same("(http://10.0.0.7:8888/x)", "http://10.0.0.7:8888/x");
        same("HTTP://EXAMPLE.ORG", "HTTP://EXAMPLE.ORG");
        check("https://example.org/Zürich", &[("https://example.org/Zürich", "https://example.org/Z%C3%BCrich")]);
        check("https://a.org http://b.org", &[("https://a.org", "https://a.org"), ("http://b.org", "http://b.org")]);
        for line in [
            "ftp://example.org",
            "file:///etc/passwd",
            "javascript://example.org/%0aalert(1)",
            "mailto:a@example.org",
            "example.org",
            "https://exаmple.org",
            "https://example.org@evil.example/",
            "https://example.org/\\u{202e}x",
            "https://",
            &format!("https://example.org/{}", "a".repeat(URL_BYTES_MAX)),
        ] {
            check(line, &[]);
        }
    }
}
