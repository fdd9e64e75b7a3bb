//! A Body as the page shows it: text that is safe, and the links in it.
//! Must not know HTML, which the templates escape. Bounds: those of a Body.

use linkify::{LinkFinder, LinkKind};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::shown::safe;

/// Longest excerpt of a message that is answered, in graphemes (a guess: one line of a phone).
const EXCERPT_GRAPHEMES_MAX: usize = 80;

/// A part of a Body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// To be read.
    Text(String),
    /// To be followed too: it leads where it says.
    Link(String),
}

/// The parts of a Body, in their order. Line breaks and tabs stay as they are.
pub(super) fn spans(body: &str) -> Vec<Span> {
    let text = lines(body).collect::<Vec<_>>().join("\n");
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let parts = finder.spans(&text).map(|part| {
        let is_link = part.kind().is_some() && ["http://", "https://"].iter().any(|http| begins(part.as_str(), http));
        if is_link { Span::Link(part.as_str().to_owned()) } else { Span::Text(part.as_str().to_owned()) }
    });
    parts.collect()
}

/// The beginning of a Body, in one line.
pub(super) fn excerpt(body: &str) -> String {
    let text = lines(body).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut graphemes = text.trim().graphemes(true);
    let mut short: String = graphemes.by_ref().take(EXCERPT_GRAPHEMES_MAX).collect();
    if graphemes.next().is_some() {
        short.push('…');
    }
    short
}

/// Whether a Body has the nick as a word of its own, in whatever case.
pub(super) fn mentions(body: &str, nick: &str) -> bool {
    let (body, nick) = (body.to_lowercase(), nick.trim().to_lowercase());
    let is_inside = |c: char| c.is_alphanumeric() || c == '_';
    !nick.is_empty()
        && body
            .match_indices(&nick)
            .any(|(at, _)| !body[..at].ends_with(is_inside) && !body[at + nick.len()..].starts_with(is_inside))
}

/// The lines of a Body, safe to show, with their tabs.
fn lines(body: &str) -> impl Iterator<Item = String> {
    body.trim_end_matches(['\n', '\r']).split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\t').map(safe::line).collect::<Vec<_>>().join("\t")
    })
}

fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_those_of_the_web() {
        let check = |body: &str, links: &[&str]| {
            let spans = spans(body);
            let found = spans.iter().filter_map(|span| match span {
                Span::Link(link) => Some(link.as_str()),
                Span::Text(_) => None,
            });
            assert_eq!(found.collect::<Vec<_>>(), links, "of {body:?}");
        };
        check(
            "see http://example.com/a?b=c&d, and (https://example.org/x).",
            &["http://example.com/a?b=c&d", "https://example.org/x"],
        );
        check("HTTPS://EXAMPLE.COM", &["HTTPS://EXAMPLE.COM"]);
        for body in [
            "javascript://example.com/%0aalert(1)",
            "javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "file:///etc/passwd",
            "vbscript://x",
            "ftp://example.com",
            "nobody@example.com",
            "example.com",
        ] {
            check(body, &[]);
        }
        check("http://exa\u{202e}mple.com", &["http://exa"]);
    }

    #[test]
    fn a_body_stays_as_it_was_where_it_can_be_seen() {
        let check = |body: &str, shown: &str| {
            let whole: String = spans(body)
                .into_iter()
                .map(|span| match span {
                    Span::Text(text) | Span::Link(text) => text,
                })
                .collect();
            assert_eq!(whole, shown, "of {body:?}");
        };
        check("", "");
        check("a\n\n\tb\r\nc\n\n", "a\n\n\tb\nc");
        check("\0\u{1b}[31m\u{7f}\u{9b}", "\\u{0}\\u{1b}[31m\\u{7f}\\u{9b}");
        check("a\u{202e}b\u{200b}", "a\\u{202e}b\\u{200b}");
        check("<b>&amp;\"'", "<b>&amp;\"'");
        check("é 日本 \u{1f468}\u{200d}\u{1f469}", "é 日本 \u{1f468}\u{200d}\u{1f469}");
    }

    #[test]
    fn a_nick_is_mentioned_as_a_word() {
        let check = |body: &str, nick: &str, is: bool| assert_eq!(mentions(body, nick), is, "of {nick:?} in {body:?}");
        for body in ["zoe", "Zoe: tea?", "tea, @ZOE", "zoetrope, zoe!", "(zoe)"] {
            check(body, "zoe", true);
        }
        for body in ["", "zoetrope", "azoe", "zoe_2", "zoé"] {
            check(body, "zoe", false);
        }
        check("hi two words.", "Two Words", true);
        check("ÉLAN!", "élan", true);
        check("hi", "", false);
        check("hi", " ", false);
    }

    #[test]
    fn an_excerpt_is_one_line() {
        assert_eq!(excerpt("\n \n first \nsecond"), "first");
        assert_eq!(excerpt(""), "");
        assert_eq!(excerpt(&"é".repeat(EXCERPT_GRAPHEMES_MAX)).chars().count(), EXCERPT_GRAPHEMES_MAX);
        assert_eq!(excerpt(&"é".repeat(EXCERPT_GRAPHEMES_MAX + 1)).chars().count(), EXCERPT_GRAPHEMES_MAX + 1);
    }
}
